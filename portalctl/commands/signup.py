"""`portalctl signup`: from an invite link to an account."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption, StoreCommandOption, StoreOption
from portalctl.commands.options import ShowsData
from portalctl.context import running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portalctl.context import Context
    from portalctl.contract.portal import Portal

AS_INVITED = "as in the invite"

app = typer.Typer()


@app.command(cls=ShowsData)
def signup(
    ctx: typer.Context,
    invite: Annotated[
        str | None, typer.Argument(metavar="[INVITE|-]", help="The invite link; - reads it from standard input.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Your name; else as in the invite.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Your time zone; else this machine's.")
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    store: StoreOption = None,
    store_command: StoreCommandOption = None,
) -> None:
    """Make your account with the invite link you were sent, and sign in.

    The password is asked for twice. With - and --password-stdin the link is the first line, the password the second.

    \b
    Examples:
      portalctl signup -
      portalctl signup - --store file
      portalctl --profile anna signup - --name "Anna Bianchi" --timezone Europe/Rome
    """
    from portalctl.commands.entering import keep, new_password, working_profile
    from portalctl.commands.links import read_link
    from portalctl.models.sessions import Identity, SignUp

    context = running(ctx)
    output = context.output
    output.check_fields(Identity)
    link = read_link(context, invite, "invite")
    profile = working_profile(context, link.portal, store, store_command)
    asked = not (password_stdin or password_file)
    if asked:
        context.prompt.require("--password-stdin or --password-file")
    zone = timezone or machine_zone(context.environment)
    with closing(context.open_portal(profile.portal)) as portal:
        if asked or output.is_table:
            _say_who_invites(context, portal, link.code)
        name = name or (_asked_name(context) if asked else None)
        password = new_password(context, password_stdin, password_file)
        signed_in = portal.sessions.sign_up(SignUp(code=link.code, name=name, password=password, timezone=zone))
    keep(context, profile, signed_in)
    output.say(f"{signed_in.identity.email} is signed in under the profile `{profile.name}`.")
    output.done("Signed up", signed_in.identity)


def _say_who_invites(context: Context, portal: Portal, code: str) -> None:
    """Say whose invite it is, before anybody types a password for it. Raises LinkNotValid, TooManyAttempts."""
    from portalctl.errors import Unsupported
    from portalctl.models.invites import PreviewInvite

    with suppress(Unsupported):
        shown = portal.invites.preview(PreviewInvite(code=code))
        purpose = "to work with its client portal" if shown.kind == "staff" else "to its client portal"
        if shown.kind == "related":
            purpose += ", as somebody close to one of its clients"
        context.say(f"{shown.practice} invites {shown.name} ({shown.email}) {purpose}.")


def machine_zone(environment: Mapping[str, str]) -> str | None:
    """The machine's IANA time zone: TZ, else what the system is set to; None where it has none of that name."""
    from zoneinfo import ZoneInfo

    import tzlocal

    name = environment.get("TZ", "").removeprefix(":")
    try:
        return ZoneInfo(name or tzlocal.get_localzone_name()).key
    except (LookupError, ValueError, OSError):
        return None


def _asked_name(context: Context) -> str | None:
    answer = context.prompt.text("Your name", "--name, and the password with --password-file", default=AS_INVITED)
    return None if answer == AS_INVITED else answer
