"""`portalctl login`, `logout` and `whoami`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption, StoreCommandOption, StoreOption
from portalctl.commands.options import ShowsData
from portalctl.context import running, use

if TYPE_CHECKING:
    from pathlib import Path

    from portalctl.config import Profile
    from portalctl.context import Context
    from portalctl.models.sessions import SignedIn

app = typer.Typer()


@app.command(cls=ShowsData)
def login(
    ctx: typer.Context,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="Your e-mail address; else the profile's.")
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    web: Annotated[
        bool, typer.Option("--web", help="Sign in on the portal's web page, with a code that is shown here.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="With --web: open no browser.")] = False,
    code: Annotated[
        str | None, typer.Option("--code", metavar="CODE", help="A code of your second factor, or a recovery code.")
    ] = None,
    store: StoreOption = None,
    store_command: StoreCommandOption = None,
) -> None:
    """Sign in.

    Where a second factor is on, its code is asked for too. With --web a code and a link are shown: you sign in there,
    on this or any other device, and allow this one.

    \b
    Examples:
      portalctl login
      portalctl login --web
      portalctl login --code 123456
      portalctl login --email anna@example.com --store file
      pass show portal | portalctl --profile anna login --password-stdin
    """
    from portalctl.commands.entering import keep, working_profile
    from portalctl.models.sessions import Identity

    context = running(ctx)
    output = context.output
    output.check_fields(Identity)
    if web and (email is not None or password_stdin or password_file is not None or code is not None):
        raise typer.BadParameter("with --web the page asks for e-mail address, password and code: leave them out here")
    if no_browser and not web:
        raise typer.BadParameter("--no-browser goes with --web")
    profile = working_profile(context, None, store, store_command)
    if web:
        signed_in = _on_the_web(context, profile, browser=not no_browser)
    else:
        signed_in = _with_password(context, profile, email, password_stdin, password_file, code)
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


def _with_password(
    context: Context, profile: Profile, email: str | None, from_stdin: bool, file: Path | None, code: str | None
) -> SignedIn:
    from portalctl.commands.entering import given_password
    from portalctl.errors import MfaNeeded
    from portalctl.models.sessions import SignIn

    address = email or profile.email or context.prompt.text("E-mail", "--email")
    password = given_password(context, from_stdin, file)
    if password is None:
        password = context.prompt.hidden(f"Password of {address}", "--password-stdin or --password-file")
    with closing(context.open_portal(profile.portal)) as portal:
        try:
            return portal.sessions.sign_in(SignIn(email=address, password=password, code=code))
        except MfaNeeded:
            if not context.prompt.possible:
                raise
        code = context.prompt.text("Code from your authenticator app, or a recovery code", "--code")
        return portal.sessions.sign_in(SignIn(email=address, password=password, code=code))


def _on_the_web(context: Context, profile: Profile, *, browser: bool) -> SignedIn:
    from portalctl.commands.web_sign_in import sign_in_on_the_web

    with closing(context.open_portal(profile.portal)) as portal:
        return sign_in_on_the_web(context, portal, browser=browser)


def _mention_token(context: Context) -> None:
    if context.environment.get("PORTALCTL_TOKEN", "").strip():
        context.say("PORTALCTL_TOKEN is still set, and wins over the session of any profile.")
