"""`portalctl settings`: what is yours to choose."""

from __future__ import annotations

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings show
  portalctl settings profile set --pronouns they/them --phone "+39 06 698 12345"
  portalctl settings timezone set Asia/Kathmandu
  portalctl settings language set de
  portalctl settings notifications set --off booked --reminders 24h,2h
  portalctl settings sessions list
  portalctl settings mfa setup
  portalctl settings payment list
  portalctl settings tokens list
"""
)


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """Everything that you have set, at a glance.

    \b
    Examples:
      portalctl settings show
      portalctl settings show --json | jq .profile.timezone
    """
    portal, output = use(ctx)
    output.show_one(portal.settings.show())
