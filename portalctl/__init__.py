"""A health practice's client portal on the command line."""

__version__ = "0.1.0"
