"""Entrepôt: cross-border trade on chain that settles itself."""

__version__ = "0.1.0"
