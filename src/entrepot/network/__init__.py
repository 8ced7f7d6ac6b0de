"""The one door to a node, and what is deployed behind it."""
