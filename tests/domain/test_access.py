"""The walk of the table of access: every operation, every reference in its request, every role.

A reference to what the caller may not reach is answered exactly as one to what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, get_args, get_type_hints

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.access import ACCESS, PUBLIC, Reach
from portalctl.models.role import Role
from portalctl.models.values import (
    ApiTokenId,
    AppointmentId,
    ConversationId,
    DocumentId,
    InviteId,
    InvoiceId,
    LetterId,
    PaymentMethodId,
    PaymentSetupId,
    Reference,
    RelationshipId,
    Request,
    SessionId,
    SlotId,
    UploadId,
)
from tests.domain.house import MISSING, REQUESTS, ROLES, House, ask, call, filled, placed, seen
from tests.surface import Declared, operations

NAMES_SOMETHING = (
    ApiTokenId,
    DocumentId,
    UploadId,
    AppointmentId,
    ConversationId,
    InviteId,
    InvoiceId,
    LetterId,
    PaymentMethodId,
    PaymentSetupId,
    SlotId,
    Reference,
    RelationshipId,
    SessionId,
)

OF_A_CLIENT = (
    *("appointment", "client", "conversation", "document", "given form", "note", "relationship", "invoice"),
    *("payment method", "payment setup"),
)
"""Kinds of things that a client has, and reaches their own of."""


def references(model: Any, path: str = "") -> Iterator[str]:
    """The fields of a request that name something, those of requests within it too: `first.client`."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name == "model_config":
            continue
        if _names_something(hint):
            yield path + name
        elif isinstance(hint, type) and issubclass(hint, Request):
            yield from references(hint, f"{path}{name}.")


def _names_something(hint: Any) -> bool:
    return any(hint == known for known in NAMES_SOMETHING) or any(_names_something(part) for part in get_args(hint))


class Cell:
    """One operation and role, and one reference in the request."""

    def __init__(self, one: Declared, role: str, request: dict[str, Any], path: str, kind: str) -> None:
        self.one, self.role, self.request, self.path, self.kind = one, role, request, path, kind

    @property
    def reach(self) -> Reach:
        """What the table says."""
        return ACCESS[self.one.key].of(Role(self.role))

    @property
    def is_foreign(self) -> bool:
        """Whether the thing of the house belongs to somebody else than this caller, who reaches only their own.

        Nobody reaches an upload, an API token or a session of somebody else.
        """
        if self.kind in ("upload", "token", "session"):
            return self.reach is not Reach.NOTHING
        return self.reach is Reach.OWN and (self.kind in OF_A_CLIENT or self.one.operation.noun in ("hours", "invites"))

    @property
    def is_refused(self) -> bool:
        """Whether nothing may come of it."""
        return self.reach is Reach.NOTHING or self.is_foreign

    def __str__(self) -> str:
        return f"{self.one.key}-{self.path}-{self.role}"


CELLS = [
    Cell(operations()[key], role, request, path, kind)
    for key, requests in REQUESTS.items()
    for request in requests
    for path, kind in placed(request)
    for role in ROLES
]


def things_for(cell: Cell, house: House, reference: str) -> dict[str, str]:
    """The things of the house, with one replaced; a client names their own where another reference is tried."""
    own = {kind: house.existing[f"own {kind}"] for kind in OF_A_CLIENT} if cell.role == "client" else {}
    return {**house.existing, **own, "upload": house.existing[f"{cell.role} upload"], cell.kind: reference}


def test_the_walk_covers_every_operation_and_every_reference() -> None:
    """Who adds an operation, or a reference to a request, adds it to the walk.

    A card to charge is no part of it: one that is missing or somebody else's has a code of its own.
    """
    assert REQUESTS.keys() | PUBLIC == operations().keys()
    for key, requests in REQUESTS.items():
        one = operations()[key]
        expected = set(references(one.request)) - {"payment_method"} if one.request is not None else set()
        assert {path for request in requests for path, _ in placed(request)} == expected, key


@pytest.fixture(scope="module")
def portals(closed_house: House) -> Iterator[dict[str, EmbeddedPortal]]:
    """The portal of a house that stays as it is, as each role sees it."""
    with ExitStack() as stack:
        yield {role: stack.enter_context(closing(closed_house.portal(role))) for role in ROLES}


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.is_refused], ids=str)
def test_a_foreign_reference_is_answered_exactly_as_a_missing_one(
    cell: Cell, closed_house: House, portals: dict[str, EmbeddedPortal]
) -> None:
    """And nothing comes of it."""
    reference, missing = closed_house.existing[cell.kind], MISSING[cell.kind]
    before = closed_house.counts()
    for_missing, answer = (
        ask(portals[cell.role], cell.one, filled(cell.request, things_for(cell, closed_house, named)))
        for named in (missing, reference)
    )
    assert isinstance(answer, errors.NotPermitted if cell.reach is Reach.NOTHING else errors.NotFound)
    assert seen(answer, reference) == seen(for_missing, missing)
    assert closed_house.counts() == before


@pytest.mark.parametrize("cell", [cell for cell in CELLS if not cell.is_refused], ids=str)
def test_a_reference_that_the_role_may_reach_is_not_answered_as_a_missing_one(cell: Cell, house: House) -> None:
    """The missing one is, and nothing comes of that."""
    reference, missing = house.existing[cell.kind], MISSING[cell.kind]
    before = house.counts()
    for_missing = call(house.portal(cell.role), cell.one, filled(cell.request, things_for(cell, house, missing)))
    assert house.counts() == before
    answer = call(house.portal(cell.role), cell.one, filled(cell.request, things_for(cell, house, reference)))
    of_another_service = cell.one.key == "appointments.reschedule" and cell.kind == "slot"
    assert isinstance(for_missing, errors.InvalidInput if of_another_service else errors.NotFound)
    assert not isinstance(answer, errors.NotFound | errors.NotPermitted)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "key", [key for key, requests in REQUESTS.items() if requests == [{}] or not list(placed(requests[0]))]
)
def test_an_operation_without_references_follows_the_table(key: str, role: str, house: House) -> None:
    """Nothing to name, so the role alone decides."""
    answer = call(house.portal(role), operations()[key], REQUESTS[key][0])
    assert isinstance(answer, errors.NotPermitted) == (ACCESS[key].of(Role(role)) is Reach.NOTHING)
