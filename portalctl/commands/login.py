"""`portalctl login`, `logout` and `whoami`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption, StoreCommandOption, StoreOption
from portalctl.commands.options import ShowsData
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.context import Context

app = typer.Typer()


@app.command(cls=ShowsData)
def login(
    ctx: typer.Context,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="Your e-mail address; else the profile's.")
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    store: StoreOption = None,
    store_command: StoreCommandOption = None,
) -> None:
    """Sign in.

    \b
    Examples:
      portalctl login
      portalctl login --email anna@example.com --store file
      pass show portal | portalctl --profile anna login --password-stdin
    """
    from portalctl.commands.entering import given_password, keep, working_profile
    from portalctl.models.sessions import Identity, SignIn

    context = running(ctx)
    output = context.output
    output.check_fields(Identity)
    profile = working_profile(context, None, store, store_command)
    address = email or profile.email or context.prompt.text("E-mail", "--email")
    password = given_password(context, password_stdin, password_file)
    if password is None:
        password = context.prompt.hidden(f"Password of {address}", "--password-stdin or --password-file")
    portal = context.open_portal(profile.portal)
    signed_in = portal.sessions.sign_in(SignIn(email=address, password=password))
    portal.close()
    keep(context, profile, signed_in)
    output.say(f"{signed_in.identity.email} is signed in under the profile `{profile.name}`.")
    _mention_token(context)
    output.done("Signed in", signed_in.identity)


@app.command()
def logout(ctx: typer.Context) -> None:
    """Sign out: the session ends at the portal, and its token is wiped here.

    Where the portal cannot be reached the token is wiped all the same.

    \b
    Examples:
      portalctl logout
      portalctl --profile anna logout
    """
    from portalctl.commands.leaving import end_session, leave

    context = running(ctx)
    profile = context.profile
    given = context.environment.get("PORTALCTL_TOKEN", "").strip()
    if given:
        end_session(context, profile, given)
    if leave(context, profile) or given:
        context.say(f"Signed out of the profile `{profile.name}`.")
    else:
        context.say(f"Nobody was signed in under the profile `{profile.name}`.")
    _mention_token(context)


@app.command(cls=ShowsData)
def whoami(ctx: typer.Context) -> None:
    """Show who is signed in, and to which portal.

    \b
    Examples:
      portalctl whoami
      portalctl whoami --json | jq -r .client_id
    """
    portal, output = use(ctx)
    identity = portal.sessions.who_am_i()
    if output.is_table:
        profile = running(ctx).profile
        output.say(f"Profile `{profile.name}`, portal {profile.portal}")
    output.show_one(identity)


def _mention_token(context: Context) -> None:
    if context.environment.get("PORTALCTL_TOKEN", "").strip():
        context.say("PORTALCTL_TOKEN is still set, and wins over the session of any profile.")
