"""`portalctl settings notifications`: which notices come by e-mail, and when reminders do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import ShowsData, VersionOption
from portalctl.context import use

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings notifications show
  portalctl settings notifications set --off booked --off moved
  portalctl settings notifications set --on all --reminders 24h,2h
"""
)

EVERYTHING = "all"


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """Which notices come to you by e-mail, and how long before an appointment you are reminded.

    \b
    Examples:
      portalctl settings notifications show
      portalctl settings notifications show --json | jq .turned_off
    """
    portal, output = use(ctx)
    output.show_one(portal.settings.show().notifications)


@group.command(cls=ShowsData)
def set(  # noqa: A001  the command's name
    ctx: typer.Context,
    on: Annotated[
        list[str] | None, typer.Option("--on", metavar="KIND|all", help="Have these mailed. May be repeated.")
    ] = None,
    off: Annotated[
        list[str] | None, typer.Option("--off", metavar="KIND|all", help="Do without these. May be repeated.")
    ] = None,
    reminders: Annotated[
        str | None,
        typer.Option("--reminders", metavar="LENGTHS", help="So long before: 24h,2h; none; or practice, as usual."),
    ] = None,
    if_version: VersionOption = None,
) -> None:
    """Choose which notices come by e-mail; `show` names their kinds. The portal itself shows everything anyway.

    Mail that guards your account, and links that you ask for, always come. Reminder times of your own also count for
    what is booked already.

    \b
    Examples:
      portalctl settings notifications set --off booked --off moved
      portalctl settings notifications set --reminders 24h,2h
      portalctl settings notifications set --on all --reminders practice
    """
    from portalctl.commands.parsing import durations, given
    from portalctl.models.settings import Notifications, SetNotifications

    portal, output = use(ctx, Notifications)
    usual = reminders == "practice"
    changes = given(
        on=_kinds(portal, on),
        off=_kinds(portal, off),
        reminder_minutes=durations(reminders) if reminders is not None and not usual else None,
        usual_reminders=usual or None,
    )
    request = SetNotifications.model_validate({**changes, "if_version": if_version})
    output.done("Set", portal.settings.set_notifications(request))


def _kinds(portal: Portal, words: list[str] | None) -> list[str] | None:
    """The kinds of notices that options name; `all` is every one that there is for the caller."""
    if not words:
        return None
    named = [word.strip().replace("-", "_") for text in words for word in text.split(",")]
    if EVERYTHING not in named:
        return named
    there_are = portal.settings.show().notifications
    return [str(kind) for kind in (*there_are.by_email, *there_are.turned_off)]
