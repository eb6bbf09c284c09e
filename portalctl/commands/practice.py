"""`portalctl practice init` and `show`."""

from __future__ import annotations

from contextlib import closing
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
    setup: Annotated[
        str | None,
        typer.Option("--setup", metavar="CODE", help="A server's set-up code or link; - reads it from stdin."),
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    store: StoreOption = None,
    store_command: StoreCommandOption = None,
) -> None:
    """Make a practice and its first owner, who is a practitioner too, and sign in.

    Without --portal the practice lives in a file of its own in your data folder. A portal server wants the
    set-up code that it prints when it starts on an empty database. With --setup - and --password-stdin the code is the
    first line, the password the second.

    \b
    Examples:
      portalctl practice init --name "Studio Rossi" --owner "Dr Rossi" --email rossi@example.com --timezone Europe/Rome
      portalctl practice init --portal sqlite:///srv/rossi.db --name Rossi --email r@example.com --timezone Europe/Rome
      portalctl practice init --setup - --portal https://p.example.com --name Rossi --email r@example.com --timezone UTC
    """
    from portalctl.commands.entering import keep, new_password, working_profile
    from portalctl.commands.links import read_link
    from portalctl.models.practice import Practice, SetUpPractice

    context = running(ctx)
    output = context.output
    output.check_fields(Practice)
    code = read_link(context, setup, "setup") if setup is not None else None
    profile = working_profile(context, code.portal if code else None, store, store_command)
    password = new_password(context, password_stdin, password_file)
    request = SetUpPractice(
        name=name, email=email, timezone=timezone, owner=owner or name, password=password, setup=code and code.code
    )
    with closing(context.open_portal(profile.portal)) as portal:
        signed_in = portal.practice.set_up(request)
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
