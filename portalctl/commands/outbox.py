"""`portalctl practice outbox`: the mail that the portal sends."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import LimitOption, ShowsData
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice outbox list --state waiting
  portalctl practice outbox show out_7k2m
  portalctl practice outbox send --smtp smtp://localhost:25
"""
)


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option("--state", metavar="waiting|sent|dropped|failed", help="Only letters of this state.")
    ] = None,
    limit: LimitOption = None,
) -> None:
    """Letters, newest first.

    A letter that was dropped told of something that is so no more; one that failed was refused, or tried for two days.

    \b
    Examples:
      portalctl practice outbox list
      portalctl practice outbox list --state failed --json | jq -r '.[].last_error'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.outbox import Letter, ListLetters

    portal, output = use(ctx)
    asked = {} if state is None else {"state": state}
    letters = collect(
        lambda cursor, size: portal.outbox.list(ListLetters.model_validate({"cursor": cursor, "limit": size, **asked})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(letters, Letter)


@group.command(cls=ShowsData)
def show(
    ctx: typer.Context,
    letter: Annotated[str, typer.Argument(metavar="ID", help="The letter's id, or enough of its beginning.")],
) -> None:
    """One letter as it would be sent now, without its link.

    \b
    Examples:
      portalctl practice outbox show out_7k2m
    """
    from portalctl.models.outbox import LetterReference

    portal, output = use(ctx)
    written = portal.outbox.show(LetterReference(id=letter))
    output.show_with_text(written, written.text)


@group.command(cls=ShowsData)
def send(
    ctx: typer.Context,
    smtp: Annotated[
        str | None, typer.Option("--smtp", metavar="URL", help="The mail relay: smtp://HOST:PORT; or PORTALCTL_SMTP.")
    ] = None,
) -> None:
    """Send the mail that is due. A portal server does it by itself.

    smtps:// is TLS from the start; with smtp:// TLS is used where the relay offers it. User and password come from
    PORTALCTL_SMTP_USER and PORTALCTL_SMTP_PASSWORD.

    \b
    Examples:
      portalctl practice outbox send --smtp smtp://localhost:25
      PORTALCTL_SMTP_USER=rossi PORTALCTL_SMTP_PASSWORD=... portalctl practice outbox send --smtp smtps://mail.example.com
    """
    from portalctl.errors import InputNeeded
    from portalctl.models.outbox import Delivery

    context = running(ctx)
    portal, output = use(ctx, Delivery)
    environment = context.environment
    relay = smtp or environment.get("PORTALCTL_SMTP")
    if not relay:
        raise InputNeeded("through which relay?", "name it with --smtp smtp://HOST:PORT, or in PORTALCTL_SMTP")
    user, password = environment.get("PORTALCTL_SMTP_USER"), environment.get("PORTALCTL_SMTP_PASSWORD")
    came_to = portal.send(relay, user or None, password or None)
    if came_to.postponed:
        output.say("Some letters wait for another try; why: portalctl practice outbox list --state waiting --json")
    output.show_one(came_to)
