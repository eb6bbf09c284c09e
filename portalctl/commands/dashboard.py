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
    peek: Annotated[bool, typer.Option("--peek", help="Look, and let what is new stay new.")] = False,
) -> None:
    """Your history with the practice, what belongs to it, and what is new.

    Each past and coming appointment has its notes, documents and forms with it.

    What is new since you last looked is told until you look again.

    \b
    Examples:
      portalctl dashboard
      portalctl dashboard --json | jq .next
      portalctl dashboard --json | jq '.past[] | {id, notes: [.notes[].title]}'
      portalctl dashboard --peek --json | jq .unread_messages
    """
    from portalctl.models.dashboard import LookAtDashboard, ShowDashboard

    portal, output = use(ctx)
    shown = portal.dashboard.show(ShowDashboard() if past is None else ShowDashboard(past=past))
    output.show_dashboard(shown)
    if not peek and shown.shown_at is not None:
        portal.dashboard.look(LookAtDashboard(at=shown.shown_at))
