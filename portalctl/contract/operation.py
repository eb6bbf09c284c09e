"""The declaration of one operation: how a method of the contract travels over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


class Operation(NamedTuple):
    """One thing a portal can do. Fields named in the path travel there, the rest in the query or the JSON body.

    `repeatable` says that asking twice does what asking once does, although the method alone does not promise it.
    """

    noun: str
    name: str
    method: str
    path: str
    repeatable: bool = False

    @property
    def key(self) -> str:
        """The operation's name in the access table, in the audit and in tests: `appointments.book`."""
        return f"{self.noun}.{self.name}"


def operation(method: str, path: str, *, repeatable: bool = False) -> Callable[[Method], Method]:
    """Declare a method of a contract class as an operation."""

    def declare(function: Method) -> Method:
        noun = function.__module__.rpartition(".")[2]
        function.__operation__ = Operation(noun, function.__name__, method, path, repeatable)  # type: ignore[attr-defined]
        return function

    return declare


def by_hand(noun: str) -> Callable[[Method], Method]:
    """Declare a method with files or streams: allowed and recorded like an operation, but with no derived route."""

    def declare(function: Method) -> Method:
        function.__operation__ = Operation(noun, function.__name__, "", "")  # type: ignore[attr-defined]  # a mark of ours
        return function

    return declare


def declared(function: Callable[..., Any]) -> Operation:
    """The operation that a contract method declares."""
    found = function.__operation__  # type: ignore[attr-defined]
    assert isinstance(found, Operation)  # noqa: S101  a method without a declaration is a mistake of ours
    return found
