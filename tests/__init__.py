"""The tests, each named by the truth it states."""
