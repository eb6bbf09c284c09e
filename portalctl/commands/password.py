"""`portalctl password`: setting a new password with a reset link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption
from portalctl.context import running

if TYPE_CHECKING:
    from portalctl.context import Context

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl password reset --email anna@example.com   have a link sent to you
  portalctl password reset -                          paste the link that you were sent or given
"""
)


@group.command()
def reset(
    ctx: typer.Context,
    link: Annotated[
        str | None, typer.Argument(metavar="[LINK|-]", help="The reset link; - reads it from standard input.")
    ] = None,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="Have a link sent to this address, if it has one.")
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
) -> None:
    """Set a new password with the link that you were sent. Every session of the account ends.

    With --email a link is asked for: the portal mails it to the address, if that has an account. The practice can give
    you one, too. The password is asked for twice. With - and --password-stdin the link is the first line, the password
    the second.

    \b
    Examples:
      portalctl password reset --email anna@example.com
      portalctl password reset -
      portalctl password reset - --password-file ./new-password
    """
    from portalctl.commands.entering import new_password
    from portalctl.commands.links import read_link
    from portalctl.models.sessions import ResetPassword

    context = running(ctx)
    if email is not None:
        _ask_for_link(context, email, other=link is not None or password_stdin or password_file is not None)
        return
    given = read_link(context, link, "reset")
    password = new_password(context, password_stdin, password_file)
    portal = context.open_portal(given.portal or context.profile.portal)
    portal.sessions.reset_password(ResetPassword(code=given.code, password=password))
    portal.close()
    context.say("The new password is set, and every session has ended. Sign in with: portalctl login")


def _ask_for_link(context: Context, email: str, *, other: bool) -> None:
    from portalctl.errors import InvalidInput
    from portalctl.models.sessions import RequestReset

    if other:
        raise InvalidInput(
            "--email asks for a link; a new password is set once you have it", "give --email alone, or the link"
        )
    portal = context.open_portal(context.profile.portal)
    portal.sessions.request_reset(RequestReset(email=email))
    portal.close()
    context.say(f"If there is an account for {email}, a link is on its way. Paste it to: portalctl password reset -")
