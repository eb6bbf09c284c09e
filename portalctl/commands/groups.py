"""How commands load: a group knows its commands by name and summary, and builds only the one that runs.

Listing, help and completion of names work on the summaries alone, so that no command pays for another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import getdoc
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from portalctl.commands.options import Runs


class Entry(NamedTuple):
    """A command or group by its summary, and how to build it."""

    summary: str
    build: Callable[[], Any]


class LazyGroup(TyperGroup):
    """A group of entries. Without arguments it shows its help."""

    def __init__(self, *, entries: Mapping[str, Entry], **settings: Any) -> None:
        super().__init__(rich_markup_mode=None, **settings)
        self._entries = entries
        self._built: dict[str, Any] = {}
        for name, entry in entries.items():
            self.commands[name] = TyperCommand(name, help=entry.summary, rich_markup_mode=None)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help where nothing is asked."""
        if not args and not ctx.resilient_parsing:
            args = ["--help"]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find a name as ever, then the command behind it, which is built when it is first asked for."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is None:
            return name, command, rest
        if name not in self._built:
            self._built[name] = self._entries[name].build()
        return name, self._built[name], rest


def command_in(module: str, name: str, summary: str) -> Entry:
    """The one command of that name in a module's `app`, which holds commands that stand alone."""
    return Entry(summary, lambda: _build(_registered(import_module(module).app)[name], name))


def group_in(module: str, name: str, summary: str, subgroups: Mapping[str, Entry] | None = None) -> Entry:
    """A group made of every command in a module's `group`, and of subgroups."""
    return Entry(summary, lambda: _group(import_module(module).group, name, summary, subgroups or {}))


def _group(app: typer.Typer, name: str, summary: str, subgroups: Mapping[str, Entry]) -> LazyGroup:
    commands = {
        command_name: Entry(_summary(info), partial(_build, info, command_name))
        for command_name, info in _registered(app).items()
    }
    epilog = app.info.epilog if isinstance(app.info.epilog, str) else None
    return LazyGroup(name=name, help=summary, epilog=epilog, entries={**commands, **subgroups}, context_settings=HELP)


HELP = {"help_option_names": ["-h", "--help"]}


def _registered(app: typer.Typer) -> dict[str, Any]:
    return {
        info.name or info.callback.__name__.replace("_", "-"): info
        for info in app.registered_commands
        if info.callback is not None
    }


def _summary(info: Any) -> str:
    return (getdoc(info.callback) or "").partition("\n\n")[0]


def _build(info: Any, name: str) -> Any:
    info.name = name
    info.cls = Runs if info.cls is TyperCommand else info.cls
    info.context_settings = HELP
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.registered_commands.append(info)
    return typer.main.get_command(single)
