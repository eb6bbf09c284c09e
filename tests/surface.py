"""What can be asked of a portal and of the program, found by walking them: nothing can be added and forgotten."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, get_type_hints

import typer

from portalctl.commands.root import program
from portalctl.contract.operation import Operation, declared
from portalctl.contract.portal import NOUNS
from portalctl.models.values import Request


class Declared(NamedTuple):
    """One operation: its declaration, the contract's class and method, and what it takes and answers."""

    operation: Operation
    owner: type
    method: Callable[..., Any]
    request: type[Request] | None
    answer: Any

    @property
    def key(self) -> str:
        """`appointments.book`."""
        return self.operation.key

    @property
    def implementation(self) -> Callable[..., Any]:
        """The method of the domain that carries it out."""
        domain = getattr(import_module(f"portalctl.domain.{self.operation.noun}"), self.owner.__name__)
        method: Callable[..., Any] = vars(domain)[self.operation.name]
        return method


@cache
def operations() -> dict[str, Declared]:
    """Every operation of the contract by its key."""
    found = {}
    for noun in NOUNS:
        module = import_module(f"portalctl.contract.{noun}")
        for owner in list(vars(module).values()):
            if not inspect.isabstract(owner) or owner.__module__ != module.__name__:
                continue
            for method in vars(owner).values():
                if hasattr(method, "__operation__"):
                    hints = get_type_hints(method)
                    one = Declared(declared(method), owner, method, hints.get("request"), hints["return"])
                    found[one.key] = one
    return found


@cache
def commands() -> dict[tuple[str, ...], Any]:
    """Every command and group by the words that lead to it; the program itself by none."""
    found: dict[tuple[str, ...], Any] = {}
    _walk((), program(), found)
    return found


def _walk(path: tuple[str, ...], command: Any, found: dict[tuple[str, ...], Any]) -> None:
    found[path] = command
    for name in getattr(command, "commands", ()):
        _, below, _ = command.resolve_command(typer.Context(command), [name])
        _walk((*path, name), below, found)


def options_of(command: Any) -> set[str]:
    """The flags that a command takes, in every spelling."""
    names = {spelling for parameter in command.params for spelling in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("-")} | {"--help", "-h"}
