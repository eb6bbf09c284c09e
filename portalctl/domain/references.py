"""Finding the one thing that a reference names: an id, a unique prefix of it, an e-mail address or an exact name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from portalctl import errors
from portalctl.domain.office import Visit
from portalctl.storage import clients
from portalctl.storage.engine import Transaction


class HasId(Protocol):
    """Something with an id."""

    @property
    def id(self) -> str:
        """Its id."""


class HasAddress(HasId, Protocol):
    """Somebody with a name and an e-mail address."""

    @property
    def name(self) -> str:
        """Their name."""

    @property
    def email(self) -> str:
        """Their address."""


Thing = TypeVar("Thing", bound=HasId)
Person = TypeVar("Person", bound=HasAddress)


def one(candidates: Sequence[Thing], noun: str, reference: str, describe: Callable[[Thing], str]) -> Thing:
    """The only candidate. Raises NotFound where there is none, AmbiguousId, listing them, where there are several."""
    exact = [candidate for candidate in candidates if candidate.id == reference]
    found = exact or candidates
    if not found:
        raise errors.NotFound(f"there is no {noun} {reference!r}", f"see what there is in the list of {noun}s")
    if len(found) > 1:
        choices = ", ".join(f"{candidate.id} ({describe(candidate)})" for candidate in found)
        raise errors.AmbiguousId(f"{reference!r} fits several {noun}s", f"use more of the id: {choices}")
    return found[0]


def one_client(visit: Visit, reference: str, candidates: Callable[[Transaction, str], Sequence[Person]]) -> Person:
    """The client that a reference names, of the candidates for it; a client reaches only themselves.

    Raises NotFound, AmbiguousId.
    """
    tx, own = visit.transaction, visit.own_client
    if own is None:
        found = candidates(tx, reference)
    else:
        found = candidates(tx, own) if clients.is_named(tx, own, reference) else []
    return one(found, "client", reference, lambda client: f"{client.name}, {client.email}")
