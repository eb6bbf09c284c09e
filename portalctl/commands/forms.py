"""`portalctl docs form`."""

from __future__ import annotations

import typer

group = typer.Typer()
