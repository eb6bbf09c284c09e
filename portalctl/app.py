"""The root of the commands, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portalctl import __version__
from portalctl.commands.groups import HELP, Entry, LazyGroup, command_in, group_in

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.errors import PortalError

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


def run(arguments: Sequence[str], context: Context) -> int:
    """Run one command line and say its exit code. Nothing is raised but, with --debug, what is unexpected."""
    try:
        code = _invoke(program(), list(arguments), context)
        context.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 141
    except Exception as error:  # noqa: BLE001  the one place that must know every error
        code = _fail(error, arguments, context)
    _let_go(context)
    return code


def _invoke(command: Any, arguments: list[str], context: Context) -> int:
    """Run the command, or answer the shell that completes one.

    (Typer's own `main` would turn a broken pipe into exit code 1.)
    """
    if "_PORTALCTL_COMPLETE" in os.environ:
        command.main(args=arguments, prog_name="portalctl")
    try:
        with command.make_context("portalctl", arguments, obj=context) as root:
            command.invoke(root)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _fail(error: Exception, arguments: Sequence[str], context: Context) -> int:
    from portalctl.reporting import as_portal_error, report

    failure: PortalError = as_portal_error(error)
    if context.debug and failure.exit_code == 1:
        raise error
    _let_go(context)
    with suppress(OSError):
        report(failure, arguments, context)
    return failure.exit_code


def _let_go(context: Context) -> None:
    """Write what waits to be written; what nobody takes is dropped, so that the interpreter's end does not complain."""
    for stream in (context.stdout, context.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main() -> None:
    """The program `portalctl`."""
    gc.set_threshold(100_000, 50, 50)  # a command makes many objects and next to no garbage
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none is searched for, and none sees clinical data
    sys.modules.setdefault("trio", None)  # type: ignore[arg-type]  # httpcore loads it where it is: half a start
    try:
        from portalctl.context import Context

        code = run(sys.argv[1:], Context.of_process())
    except KeyboardInterrupt:
        code = 130
    finally:
        gc.freeze()  # the process ends: what it holds need not be searched for garbage once more
    sys.exit(code)
