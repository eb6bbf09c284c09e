"""What the contract promises, read from its declarations, and what the tests of the suite say they show of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from portalctl import errors
from portalctl.contract.operation import declared
from portalctl.contract.portal import NOUNS, Portal
from portalctl.errors import PortalError

EVERYWHERE = (
    errors.SignInNeeded,
    errors.NotPermitted,
    errors.ScopeMissing,
    errors.InvalidInput,
    errors.AmbiguousId,
    errors.Unsupported,
    errors.StorageFailure,
    errors.GatewayUnreachable,
)
"""What any operation may raise: its docstring need not name it."""


class Promise(NamedTuple):
    """That an operation can be carried out, or that it can fail in one way."""

    operation: str
    failure: type[PortalError] | None

    def __str__(self) -> str:
        """Say it: appointments.book raises SlotTaken."""
        return f"{self.operation} raises {self.failure.__name__}" if self.failure else f"{self.operation} answers"


@cache
def promised() -> frozenset[Promise]:
    """Every operation, and every failure that its docstring names.

    Unsupported is not among them: whether a backend raises it is what the backend declares.
    """
    found = set()
    for method in _methods():
        key = declared(method).key
        found |= {Promise(key, None), *(Promise(key, failure) for failure in _raises(method))}
    return frozenset(each for each in found if each.failure is not errors.Unsupported)


def may_raise(operation: str, failure: PortalError) -> bool:
    """Whether an operation may fail so."""
    return isinstance(failure, EVERYWHERE) or Promise(operation, type(failure)) in promised()


def shown_in(suite: ModuleType) -> Iterator[tuple[str, Promise]]:
    """What the tests of a suite say they show, each with the test's name."""
    for name, owner in vars(suite).items():
        if inspect.isclass(owner) and name.startswith("Test"):
            for test in vars(owner).values():
                for promise in getattr(test, "__shows__", ()):
                    yield test.__qualname__, promise


def _methods() -> Iterator[Callable[..., Any]]:
    for noun in NOUNS:
        module = import_module(f"portalctl.contract.{noun}")
        for owner in [each for each in vars(module).values() if inspect.isclass(each)]:
            if owner.__module__ == module.__name__:
                yield from _declared_by(owner)
    yield from _declared_by(Portal)


def _declared_by(owner: type) -> list[Callable[..., Any]]:
    return [method for method in list(vars(owner).values()) if hasattr(method, "__operation__")]


def _raises(method: Callable[..., Any]) -> set[type[PortalError]]:
    """The failures in the `Raises …` of a docstring; `what book raises` are those of that operation."""
    found: set[type[PortalError]] = set()
    for sentence in re.findall(r"\bRaises ([^.]+)\.", inspect.getdoc(method) or ""):
        names = re.findall(r"\b[A-Z][A-Za-z]+\b", sentence)
        found |= {getattr(errors, name) for name in names if hasattr(errors, name)}
        for other in re.findall(r"what `(\w+)` raises", sentence):
            found |= _raises(_sibling(method, other))
    return found


def _sibling(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    return next(each for each in _methods() if (each.__module__, each.__name__) == (method.__module__, name))
