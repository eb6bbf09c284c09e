"""The rules, on a real portal file."""
