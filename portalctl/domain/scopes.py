"""What an API token may do: `NOUN:read` for what only looks, `NOUN:write` for everything else of the noun.

Some operations are for people alone, whatever a token's scopes: those that make or change a way in.
"""

from __future__ import annotations

from collections.abc import Sequence

from portalctl import errors
from portalctl.contract.operation import Operation
from portalctl.domain.access import ACCESS

PREFIX = "pca_"
"""How a token begins, so that it is known for what it is wherever it turns up."""

FOR_PEOPLE = frozenset({"sessions", "mfa", "tokens", "devices", "account", "settings"})
"""Nouns that no token reaches."""

FOR_PEOPLE_TOO = frozenset({"clients.reset_link", "staff.add", "staff.edit"})
"""What no token does of other nouns: it would set somebody's password, or make an owner, who needs no token."""

FOR_ANY = frozenset({"sessions.who_am_i"})
"""What any token may ask: whose it is, and until when."""

READS_BY_HAND = frozenset({"clients.identify", "documents.known", "documents.open_body", "notes.show"})
"""What only looks, of what does not travel by a method that says so."""


def known(asked: Sequence[str]) -> list[str]:
    """The scopes asked for, each once, in order. Raises InvalidInput for one that there is not, listing all."""
    every = everything()
    for scope in asked:
        if scope not in every:
            raise errors.InvalidInput(f"there is no scope {scope!r}", f"choose from: {', '.join(every)}")
    return sorted(set(asked))


def everything() -> list[str]:
    """Every scope that lets a token do anything, in order."""
    from portalctl.contract.binding import every_operation

    travelling = {key: one.operation for key, one in every_operation().items()}
    every = [travelling.get(key) or _by_hand(key) for key in ACCESS]
    return sorted({scope for scope in map(scope_of, every) if scope is not None})


def _by_hand(key: str) -> Operation:
    noun, _, name = key.partition(".")
    return Operation(noun, name, "", "")


def scope_of(operation: Operation) -> str | None:
    """The scope that an operation needs; None where no token does it, or any may."""
    if operation.noun in FOR_PEOPLE or operation.key in FOR_PEOPLE_TOO:
        return None
    only_looks = operation.method == "GET" or operation.key in READS_BY_HAND
    return f"{operation.noun}:{'read' if only_looks else 'write'}"


def require(granted: frozenset[str], operation: Operation) -> None:
    """Let a token do an operation, or raise ScopeMissing, which names the scope."""
    if operation.key in FOR_ANY:
        return
    scope = scope_of(operation)
    if scope is None:
        raise errors.ScopeMissing(
            "no API token may do this", "do it in a session of your own: unset PORTALCTL_TOKEN, then portalctl login"
        )
    if scope not in granted:
        raise errors.ScopeMissing(
            f"this API token lacks the scope {scope}",
            f"make one that has it: portalctl settings tokens create NAME --scope {scope}",
        )
