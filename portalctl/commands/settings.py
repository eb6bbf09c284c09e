"""`portalctl settings`: what is yours to choose."""

from __future__ import annotations

import typer

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings mfa setup
  portalctl settings tokens list
"""
)
