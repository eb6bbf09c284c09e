"""`portalctl settings sessions`: where you are signed in."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings sessions list
  portalctl settings sessions revoke ses_7k2m
  portalctl settings sessions revoke --others
"""
)


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context) -> None:
    """Your sessions: with what and from where they began, and when each was last used. `*` marks this one.

    \b
    Examples:
      portalctl settings sessions list
      portalctl settings sessions list --json | jq -r '.[] | select(.current | not) | .id'
    """
    from portalctl.models.sessions import Session

    portal, output = use(ctx)
    output.show(portal.sessions.list(), Session)


@group.command(cls=ShowsData)
def revoke(
    ctx: typer.Context,
    session: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The session's id, or enough of its beginning.")
    ] = None,
    others: Annotated[bool, typer.Option("--others", help="Every session but this one.")] = False,
) -> None:
    """End a session at once, wherever it is; or with --others all but this one.

    \b
    Examples:
      portalctl settings sessions revoke ses_7k2m
      portalctl settings sessions revoke --others
    """
    from portalctl.errors import InputNeeded
    from portalctl.models.sessions import RevokeSession, Session, SessionsEnded

    if session is not None and others:
        raise typer.BadParameter("an ID and --others are two things: give one")
    if session is None and not others:
        raise InputNeeded("which session?", "name it, as `settings sessions list` shows it, or give --others")
    portal, output = use(ctx, Session if session is not None else SessionsEnded)
    if session is None:
        output.done("Revoked", portal.sessions.revoke_others())
        return
    context = running(ctx)
    if output.is_table:
        context.zone  # noqa: B018  it is asked for while this session, which may be the one that ends, can ask
    ended = portal.sessions.revoke(RevokeSession(id=session))
    if ended.current:
        context.say("That was this session. Sign in again with: portalctl login")
    output.done("Revoked", ended)
