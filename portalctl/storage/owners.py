"""Owners of documents and bodies: a client, by their id, or the practice."""

from __future__ import annotations

PRACTICE = "practice"
"""The owner of what the practice's side makes."""
