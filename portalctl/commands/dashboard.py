"""`portalctl dashboard`: your history with the practice."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import use

app = typer.Typer()


@app.command(cls=ShowsData)
def dashboard(
    ctx: typer.Context,
    past: Annotated[int, typer.Option("--past", metavar="N", min=0, max=100, help="How many past appointments.")] = 5,
) -> None:
    """Your history with the practice: next, coming, past, new.

    \b
    Examples:
      portalctl dashboard
      portalctl dashboard --json | jq .next
    """
    from portalctl.models.dashboard import ShowDashboard

    portal, output = use(ctx)
    output.show_dashboard(portal.dashboard.show(ShowDashboard(past=past)))
