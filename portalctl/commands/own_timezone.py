"""`portalctl settings timezone`: the time zone that you read times in."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings timezone set Asia/Kathmandu
  portalctl settings timezone set practice
"""
)

PRACTICE = "practice"
"""What is written for the practice's own time zone."""


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """The time zone that tables show times in.

    \b
    Examples:
      portalctl settings timezone show
    """
    from portalctl.models.settings import OwnTimezone

    portal, output = use(ctx)
    profile = portal.settings.show().profile
    output.show_one(OwnTimezone(person_id=profile.person_id, timezone=profile.timezone))


@group.command(cls=ShowsData)
def set(  # noqa: A001  the command's name
    ctx: typer.Context,
    zone: Annotated[str, typer.Argument(metavar="ZONE", help="Such as Europe/Rome; or practice, for the practice's.")],
) -> None:
    """Read times in another time zone, in tables and in mail. JSON and CSV stay in UTC.

    Appointments stay when they are. A practitioner's hours are meant in their zone, and move with it.

    \b
    Examples:
      portalctl settings timezone set Asia/Kathmandu
      portalctl settings timezone set practice
    """
    from zoneinfo import ZoneInfo

    from portalctl.models.settings import OwnTimezone, SetProfile

    portal, output = use(ctx, OwnTimezone)
    request = SetProfile(clear=["timezone"]) if zone == PRACTICE else SetProfile(timezone=zone)
    profile = portal.settings.set_profile(request)
    running(ctx).zone = ZoneInfo(profile.timezone)
    output.done("Set", OwnTimezone(person_id=profile.person_id, timezone=profile.timezone))
