"""`portalctl settings password`: setting another password while you are signed in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portalctl.commands.entering import PasswordFileOption
from portalctl.commands.options import ShowsData
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings password change
"""
)


@group.command(cls=ShowsData)
def change(
    ctx: typer.Context,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read your password, and the new one on the next line, from stdin.")
    ] = False,
    password_file: PasswordFileOption = None,
    new_password_file: Annotated[
        Path | None, typer.Option("--new-password-file", metavar="FILE", help="Read the new password from this file.")
    ] = None,
) -> None:
    """Set another password. Your other sessions end, and you are told by e-mail.

    The password that you have is asked for first, then the new one twice. Forgotten? See: portalctl password reset

    \b
    Examples:
      portalctl settings password change
      portalctl settings password change --password-file ./old --new-password-file ./new
    """
    from portalctl.commands.entering import given_password, new_password
    from portalctl.models.sessions import ChangePassword, SessionsEnded

    context = running(ctx)
    portal, output = use(ctx, SessionsEnded)
    if password_stdin and new_password_file is not None:
        raise typer.BadParameter("--password-stdin reads both passwords: leave --new-password-file out")
    password = given_password(context, password_stdin, password_file)
    if password is None:
        password = context.prompt.hidden("Password that you have", "--password-stdin or --password-file")
        context.say("Now the new one.")
    chosen = new_password(context, password_stdin, new_password_file)
    output.done(
        "The new password is set",
        portal.sessions.change_password(ChangePassword(password=password, new_password=chosen)),
    )
