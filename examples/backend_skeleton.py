"""The smallest backend: portals whose address begins with skeleton://, which list what a practice offers, no more.

Begin with a copy of this file. A backend is a class of portals and a function that opens one by its address. Another
program finds the function by its entry point, so a package that holds this file says in its pyproject.toml:

    [project.entry-points."portalctl.backends"]
    skeleton = "backend_skeleton:open_portal"

Once it is installed, every command knows the scheme:

    portalctl --portal skeleton://rossi appointments services

What the backend can do is held to the suite in portalctl.testing, which says how to join; for this file the project's
own tests/conformance/test_skeleton.py does it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from portalctl import errors
from portalctl.clock import Clock
from portalctl.contract.partial import EVERYTHING, PartialPortal, unsupported
from portalctl.contract.services import Services
from portalctl.models.place import Place
from portalctl.models.services import AddService, EditService, ListServices, Service, ServiceReference

# Where a real backend would ask another system: the practices that it has, and the minutes that each service takes.
PRACTICES = {
    "rossi": {"First visit": 50, "Follow-up": 25},
    "verdi": {"Massage": 45},
}


def open_portal(url: str, token: str | None, clock: Clock, notify: Callable[[str], None]) -> SkeletonPortal:
    """Open the portal behind an address; nothing is asked of it yet.

    The session token, the clock and the place to say things to the user are there for backends that need them.
    """
    name = url.removeprefix("skeleton://")
    if name not in PRACTICES:
        raise errors.InvalidInput(f"there is no practice {name!r}", f"choose from: {', '.join(PRACTICES)}")
    return SkeletonPortal(name)


class SkeletonPortal(PartialPortal):
    """A practice of which one can only read what it offers. Every noun that is not defined here raises Unsupported."""

    lacks = EVERYTHING - {"services.list"}

    def __init__(self, name: str) -> None:
        self.url = f"skeleton://{name}"
        self._name = name

    @cached_property
    def services(self) -> Catalogue:
        """Each noun is an object of its contract's class, made when it is first asked for."""
        return Catalogue(PRACTICES[self._name])

    def with_token(self, token: str | None) -> SkeletonPortal:
        """Nobody signs in here, so the portal is the same for everybody."""
        return SkeletonPortal(self._name)

    def close(self) -> None:
        """Nothing is held open."""


class Catalogue(Services):
    """What a practice offers. The contract says what each operation answers, in which order, and how it may fail."""

    def __init__(self, minutes: dict[str, int]) -> None:
        self._minutes = minutes

    def list(self, request: ListServices) -> list[Service]:
        """What is offered, by name."""
        return [
            Service(
                id=f"svc_{number:012}",
                name=name,
                duration_minutes=minutes,
                buffer_before_minutes=0,
                buffer_after_minutes=0,
                place=Place.IN_PERSON,
                practitioners=[],
                archived=False,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
            for number, (name, minutes) in enumerate(sorted(self._minutes.items()))
        ]

    def add(self, request: AddService) -> Service:
        """Not here."""
        raise unsupported("services.add")

    def edit(self, request: EditService) -> Service:
        """Not here."""
        raise unsupported("services.edit")

    def archive(self, request: ServiceReference) -> Service:
        """Not here."""
        raise unsupported("services.archive")
