"""`portalctl practice hours`: when practitioners give appointments."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import IdempotencyOption, ShowsData, VersionOption
from portalctl.context import use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice hours show
  portalctl practice hours set rossi@example.com --days mon-fri --windows 09:00-12:00,13:00-17:00
  portalctl practice hours add rossi@example.com --days sat --windows 09:00-12:00
  portalctl practice hours override rossi@example.com 2026-12-24 --closed
"""
)

PractitionerArgument = Annotated[
    str, typer.Argument(metavar="PRACTITIONER", help="The practitioner's id, e-mail or name.")
]
DaysOption = Annotated[str, typer.Option("--days", metavar="DAYS", help="Weekdays, such as mon-fri,sun.")]
WindowsOption = Annotated[
    str | None,
    typer.Option(
        "--windows", metavar="WINDOWS", help="Times of the practitioner's own zone, such as 09:00-12:00,13:00-17:00."
    ),
]


@group.command(cls=ShowsData)
def show(
    ctx: typer.Context,
    practitioner: Annotated[
        str | None, typer.Argument(metavar="[PRACTITIONER]", help="Id, e-mail or name; without, your own hours.")
    ] = None,
) -> None:
    """Weekly hours, and dates with hours of their own.

    \b
    Examples:
      portalctl practice hours show
      portalctl practice hours show verdi@example.com --json
    """
    from portalctl.models.hours import PractitionerReference

    portal, output = use(ctx)
    if practitioner is None:
        myself = portal.sessions.who_am_i()
        practitioner = myself.staff_id or myself.account_id
    output.show_one(portal.hours.show(PractitionerReference(practitioner=practitioner)))


@group.command(cls=ShowsData)
def set(  # noqa: A001  the command's name
    ctx: typer.Context,
    practitioner: PractitionerArgument,
    days: DaysOption,
    windows: WindowsOption = None,
    closed: Annotated[bool, typer.Option("--closed", help="No appointments on these weekdays.")] = False,
    if_version: VersionOption = None,
) -> None:
    """Replace the hours of some weekdays; the other weekdays stay.

    Times are wall-clock times in the practitioner's zone. When the clocks change, a time that does not exist
    moves to the end of the gap, and one that happens twice means the first.

    \b
    Examples:
      portalctl practice hours set rossi@example.com --days mon-fri --windows 09:00-12:00,13:00-17:00
      portalctl practice hours set rossi@example.com --days wed --closed
    """
    from portalctl.commands.parsing import weekdays
    from portalctl.models.hours import PractitionerHours, SetHours

    portal, output = use(ctx, PractitionerHours)
    request = SetHours(
        practitioner=practitioner,
        weekdays=weekdays(days),
        windows=_chosen(windows, closed),
        if_version=if_version,
    )
    output.done("Set", portal.hours.set(request))


@group.command(cls=ShowsData)
def add(
    ctx: typer.Context,
    practitioner: PractitionerArgument,
    days: DaysOption,
    windows: Annotated[str, typer.Option("--windows", metavar="WINDOWS", help="Such as 18:00-20:00.")],
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Add windows to some weekdays, beside those they have.

    \b
    Examples:
      portalctl practice hours add rossi@example.com --days tue,thu --windows 18:00-20:00
    """
    from portalctl.commands import parsing
    from portalctl.models.hours import AddHours, PractitionerHours

    portal, output = use(ctx, PractitionerHours)
    request = AddHours(
        practitioner=practitioner,
        weekdays=parsing.weekdays(days),
        windows=parsing.windows(windows),
        idempotency_key=idempotency_key,
    )
    output.done("Added", portal.hours.add(request))


@group.command(cls=ShowsData)
def override(
    ctx: typer.Context,
    practitioner: PractitionerArgument,
    date: Annotated[str, typer.Argument(metavar="DATE", help="2026-12-24, in the practitioner's zone.")],
    windows: WindowsOption = None,
    closed: Annotated[bool, typer.Option("--closed", help="No appointments on this date.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Return the date to its weekday's hours.")] = False,
    if_version: VersionOption = None,
) -> None:
    """Close a date, or give it hours of its own.

    \b
    Examples:
      portalctl practice hours override rossi@example.com 2026-12-24 --closed
      portalctl practice hours override rossi@example.com 2026-12-31 --windows 09:00-12:00
      portalctl practice hours override rossi@example.com 2026-12-24 --clear
    """
    from portalctl.commands.parsing import day
    from portalctl.models.hours import OverrideHours, PractitionerHours

    portal, output = use(ctx, PractitionerHours)
    if clear and (closed or windows is not None):
        raise typer.BadParameter("--clear does not go with --windows or --closed: choose one")
    chosen = None if clear else _chosen(windows, closed, others=", or --clear")
    request = OverrideHours(practitioner=practitioner, date=day(date), windows=chosen, if_version=if_version)
    output.done("Set", portal.hours.override(request))


def _chosen(windows: str | None, closed: bool, others: str = "") -> list[str]:
    """The windows asked for, none for closed. Raises BadParameter unless exactly one of the two was given."""
    from portalctl.commands import parsing

    if closed == (windows is not None):
        raise typer.BadParameter(f"give either --windows or --closed{others}")
    return parsing.windows(windows) if windows is not None else []
