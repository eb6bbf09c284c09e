"""`portalctl practice init` and `show`."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption, StoreCommandOption, StoreOption
from portalctl.commands.options import ShowsData
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice init --name "Studio Rossi" --owner "Dr Rossi" --email rossi@example.com --timezone Europe/Rome
  portalctl practice invite anna@example.com --name "Anna Bianchi"
  portalctl practice calendar
"""
)


@group.command(cls=ShowsData)
def init(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The practice's name.")],
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="The owner's e-mail address.")],
    timezone: Annotated[str, typer.Option("--timezone", metavar="ZONE", help="The practice's zone: Europe/Rome.")],
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="The owner's name; the practice's if not given.")
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    store: StoreOption = None,
    store_command: StoreCommandOption = None,
) -> None:
    """Make a practice and its first owner, who is a practitioner too, and sign in.

    Without --portal the practice lives in a file of its own in your data folder.

    \b
    Examples:
      portalctl practice init --name "Studio Rossi" --owner "Dr Rossi" --email rossi@example.com --timezone Europe/Rome
      portalctl practice init --portal sqlite:///srv/rossi.db --name Rossi --email r@example.com --timezone Europe/Rome
    """
    from portalctl.commands.entering import keep, new_password, working_profile
    from portalctl.models.practice import Practice, SetUpPractice

    context = running(ctx)
    output = context.output
    output.check_fields(Practice)
    profile = working_profile(context, None, store, store_command)
    password = new_password(context, password_stdin, password_file)
    portal = context.open_portal(profile.portal)
    signed_in = portal.practice.set_up(
        SetUpPractice(name=name, email=email, timezone=timezone, owner=owner or name, password=password)
    )
    portal.close()
    output.say(f"The practice lives at {profile.portal}; {email} is signed in under the profile `{profile.name}`.")
    output.done("Made", keep(context, profile, signed_in).practice.show())


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """The practice's name, address and zone.

    \b
    Examples:
      portalctl practice show
    """
    portal, output = use(ctx)
    output.show_one(portal.practice.show())
