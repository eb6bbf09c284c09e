"""Finding the one thing that a reference names: an id, a unique prefix of it, an e-mail address or an exact name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from portalctl import errors


class Named(Protocol):
    """Something with an id and a name."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """What people call it."""


Thing = TypeVar("Thing", bound=Named)


def one(candidates: Sequence[Thing], noun: str, reference: str) -> Thing:
    """The only candidate. Raises NotFound where there is none, AmbiguousId, with the candidates, where there are several."""
    exact = [candidate for candidate in candidates if candidate.id == reference]
    found = exact or candidates
    if not found:
        raise errors.NotFound(f"no {noun} {reference!r}", f"see what there is with the list of {noun}s")
    if len(found) > 1:
        choices = ", ".join(f"{candidate.id} ({candidate.name})" for candidate in found)
        raise errors.AmbiguousId(f"{reference!r} fits several: {choices}", "use more characters of the id")
    return found[0]
