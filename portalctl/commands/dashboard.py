"""`portalctl dashboard`: your history with the practice."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData, whole
from portalctl.context import use

app = typer.Typer()


@app.command(cls=ShowsData)
def dashboard(
    ctx: typer.Context,
    past: Annotated[
        int | None,
        typer.Option("--past", metavar="N", parser=whole(0, 100), help="How many past ones; 5, if not told."),
    ] = None,
) -> None:
    """Your history with the practice: next, coming, past, new.

    \b
    Examples:
      portalctl dashboard
      portalctl dashboard --json | jq .next
    """
    from portalctl.models.dashboard import ShowDashboard

    portal, output = use(ctx)
    output.show_dashboard(portal.dashboard.show(ShowDashboard() if past is None else ShowDashboard(past=past)))
