"""The root of the commands: every noun, and the options that all of them have."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portalctl import __version__
from portalctl.commands.groups import HELP, Entry, LazyGroup, command_in, group_in

if TYPE_CHECKING:
    from portalctl.context import Context

_HERE = "portalctl.commands."

ENTRIES: dict[str, Entry] = {
    "demo": command_in(_HERE + "demo", "demo", "Try everything on a sample practice; nothing to set up."),
    "signup": command_in(_HERE + "signup", "signup", "Make your account with the invite link you were sent."),
    "login": command_in(_HERE + "login", "login", "Sign in."),
    "logout": command_in(_HERE + "login", "logout", "Sign out."),
    "whoami": command_in(_HERE + "login", "whoami", "Show who is signed in, and to which portal."),
    "devices": group_in(_HERE + "devices", "devices", "Let a program that shows a code act as you, or turn it away."),
    "password": group_in(_HERE + "password", "password", "Set a new password with a reset link."),
    "profiles": group_in(_HERE + "profiles", "profiles", "List, choose and remove the portals you use."),
    "dashboard": command_in(
        _HERE + "dashboard", "dashboard", "Your history with the practice, what belongs to it, and what is new."
    ),
    "appointments": group_in(_HERE + "appointments", "appointments", "Find free times; book, move, join and cancel."),
    "inbox": group_in(_HERE + "inbox", "inbox", "Read and write messages between clients and the practice."),
    "docs": Entry("Your documentation: files, notes and forms.", lambda: _docs().build()),
    "invoices": group_in(_HERE + "invoices", "invoices", "What you owe: see it, save it, and pay it."),
    "settings": Entry("Your settings: profile, notices, sign-in.", lambda: _settings().build()),
    "account": group_in(_HERE + "account", "account", "Your account, who read your record, and the account's end."),
    "relationships": group_in(
        _HERE + "relationships", "relationships", "Who is close to you, and what is shared with them or you."
    ),
    "serve": command_in(_HERE + "serve", "serve", "Serve the portal to many over HTTP."),
    "practice": Entry(
        "The practice's side: invites, services, hours, policy, calendar.",
        lambda: _practice().build(),
    ),
}

EXAMPLES = """Examples:

\b
  portalctl demo                          a sample practice to play with
  portalctl signup -                      paste the invite link you were sent
  portalctl appointments slots            free times
  portalctl appointments book SLOT
  portalctl inbox list --unread           messages
  portalctl docs list --new               what was shared with you
  portalctl appointments list --json | jq '.[0]'
"""


def _practice() -> Entry:
    from portalctl.commands.practice_group import SUBGROUPS, SUMMARY

    return group_in(_HERE + "practice", "practice", SUMMARY, SUBGROUPS)


def _docs() -> Entry:
    from portalctl.commands.docs_group import SUBGROUPS, SUMMARY

    return group_in(_HERE + "docs", "docs", SUMMARY, SUBGROUPS)


def _settings() -> Entry:
    from portalctl.commands.settings_group import SUBGROUPS, SUMMARY

    return group_in(_HERE + "settings", "settings", SUMMARY, SUBGROUPS)


class RootGroup(LazyGroup):
    """Every noun."""

    def __init__(self, **settings: Any) -> None:
        settings.pop("rich_markup_mode", None)
        settings.pop("commands", None)
        super().__init__(entries=ENTRIES, **settings)


app = typer.Typer(
    name="portalctl",
    cls=RootGroup,
    rich_markup_mode=None,
    context_settings=HELP,
    epilog=EXAMPLES,
    subcommand_metavar="COMMAND …",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"portalctl {__version__}")
        raise typer.Exit


@app.callback()
def portalctl(
    ctx: typer.Context,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="Use this profile.")] = None,
    portal: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Use this portal: sqlite:///path/portal.db or https://portal.example.com."),
    ] = None,
    ca_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Believe the authorities of this PEM file about a portal server.")
    ] = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; fail where an answer is missing.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something unexpected happens.")] = False,
    version: Annotated[  # noqa: ARG001  its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A health practice's client portal on the command line.

    Appointments, messages, documents, notes, forms, settings: what a client portal shows, for people and for scripts.
    """
    context: Context = ctx.obj
    context.profile_name = profile
    context.portal_url = portal
    context.ca_file = ca_file
    context.no_input = no_input or context.environment.get("PORTALCTL_NO_INPUT", "") not in ("", "0")
    context.debug = debug


@cache
def program() -> Any:
    """The root of all commands, once in a process, however many command lines that runs."""
    return typer.main.get_command(app)
