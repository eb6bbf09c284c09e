"""`portalctl password`: setting a new password with a reset link."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption
from portalctl.context import running

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl password reset -                 paste the link that the practice gave you
"""
)


@group.command()
def reset(
    ctx: typer.Context,
    link: Annotated[
        str | None, typer.Argument(metavar="[LINK|-]", help="The reset link; - reads it from standard input.")
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
) -> None:
    """Set a new password with the link that the practice gave you. Every session of the account ends.

    The password is asked for twice. With - and --password-stdin the link is the first line, the password the second.

    \b
    Examples:
      portalctl password reset -
      portalctl password reset - --password-file ./new-password
    """
    from portalctl.commands.entering import new_password
    from portalctl.commands.links import read_link
    from portalctl.models.sessions import ResetPassword

    context = running(ctx)
    given = read_link(context, link, "reset")
    password = new_password(context, password_stdin, password_file)
    portal = context.open_portal(given.portal or context.profile.portal)
    portal.sessions.reset_password(ResetPassword(code=given.code, password=password))
    portal.close()
    context.say("The new password is set, and every session has ended. Sign in with: portalctl login")
