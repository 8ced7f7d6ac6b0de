"""Pure domain code: no input, no output, no clock."""
