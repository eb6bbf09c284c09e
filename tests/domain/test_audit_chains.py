"""A change and its audit row are one, the rows hang together, and they tell nothing that is not theirs to tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import DeclineAppointment, ListAppointments
from portalctl.models.invites import InviteClient
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.domain.booking_setup import (
    ANNA,
    asked,
    at_once,
    book,
    cancel,
    moment,
    move,
    offer,
    outcomes,
    show,
)
from tests.domain.conftest import PortalFor, Template

NINE = moment("2026-03-10 09:00")
HOUR = timedelta(hours=1)

Audit = Callable[[], list[Row]]


@pytest.fixture
def clerks(portal_for: PortalFor, _template: Template) -> list[EmbeddedPortal]:
    """Eight portals on the same file, each with connections of its own, for Dr Rossi."""
    return [portal_for(_template.owner) for _ in range(8)]


@pytest.fixture
def tokens(_template: Template) -> list[str]:
    """What lets people in."""
    return [_template.owner, _template.client, _template.other_client]


def broken(rows: list[Row]) -> list[tuple[str, int]]:
    """Which rows do not follow from the row before them in their chain."""
    found = []
    before: dict[str, tuple[int, str]] = {}
    for row in rows:
        place, previous = before.get(row["chain"], (0, "0" * 64))
        fields = [row[name] for name in ("chain", "position", "at", "actor", "role", "action", "subject")]
        text = json.dumps([previous, *fields], separators=(",", ":"))
        expected = hashlib.sha256(text.encode()).hexdigest()
        if (row["position"], row["previous"], row["hash"]) != (place + 1, previous, expected):
            found.append((row["chain"], row["position"]))
        before[row["chain"]] = (row["position"], row["hash"])
    return found


@contextmanager
def writing(portal_file: Path) -> Iterator[Any]:
    """A transaction past all rules."""
    store = SqliteStore(portal_file)
    try:
        with store.writing() as tx:
            yield tx
    finally:
        store.close()


@pytest.fixture
def used(owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal) -> None:
    """A practice in which something happened."""
    offer(owner)
    mine = book(client, NINE)
    theirs = book(other_client, NINE + HOUR)
    move(client, mine, NINE + 3 * HOUR)
    cancel(owner, theirs)
    owner.appointments.list(ListAppointments())


@pytest.mark.usefixtures("used")
def test_every_chain_verifies(audit: Audit) -> None:
    """Each row follows from the one before it, from the first on; each client has a chain, and so has the practice."""
    rows = audit()
    assert broken(rows) == []
    assert sorted({row["chain"][:4] for row in rows}) == ["cli_", "prac"]
    assert len({row["chain"] for row in rows}) == 3


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize("column", ["at", "actor", "role", "action", "subject", "previous", "hash"])
def test_a_row_that_was_tampered_with_is_found(audit: Audit, portal_file: Path, column: str) -> None:
    """Whatever is changed in a row, the chain breaks there or right behind it."""
    with writing(portal_file) as tx:
        value = 1 if column == "at" else "owner_of_nothing"
        tx.run(f"UPDATE audit SET {column} = :value WHERE position = 2", value=value)  # noqa: S608  a column's name
    assert {position for _, position in broken(audit())} <= {2, 3}
    assert broken(audit())


@pytest.mark.usefixtures("used")
def test_a_row_that_was_taken_out_is_found(audit: Audit, portal_file: Path) -> None:
    """A gap in a chain is a break."""
    with writing(portal_file) as tx:
        tx.run("DELETE FROM audit WHERE position = 2 AND chain LIKE 'cli_%'")
    assert {position for _, position in broken(audit())} == {3}


def test_chains_hold_when_many_write_at_once(owner: EmbeddedPortal, clerks: list[EmbeddedPortal], audit: Audit) -> None:
    """Eight portals book for two clients and read them at the same time."""
    offer(owner)
    starts = [NINE + place * HOUR for place in range(8)]
    names = [ANNA, "Ben Carter"] * 4
    wishes = [asked(start, client=name) for start, name in zip(starts, names, strict=True)]
    answers = at_once([partial(clerk.appointments.book, wish) for clerk, wish in zip(clerks, wishes, strict=True)])
    assert outcomes(answers) == ["booked"] * 8
    rows = audit()
    assert broken(rows) == []
    assert [row["action"] for row in rows].count("appointments.book") == 8


def test_a_change_that_cannot_be_recorded_does_not_happen(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """Change and row are one transaction: without the row nothing is booked and nobody is told."""
    offer(owner)
    booked = book(client, NINE)
    with writing(portal_file) as tx:
        tx.run("ALTER TABLE audit RENAME TO mislaid")
    with pytest.raises(errors.StorageFailure):
        book(client, NINE + HOUR)
    with pytest.raises(errors.StorageFailure):
        cancel(client, booked)
    with pytest.raises(errors.StorageFailure):
        move(client, booked, NINE + HOUR)
    assert client.appointments.list(ListAppointments()).items == [booked]


def test_a_read_by_staff_that_cannot_be_recorded_is_refused(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """Read and row are one transaction; what is the client's own stays readable."""
    offer(owner)
    booked = book(client, NINE)
    with writing(portal_file) as tx:
        tx.run("ALTER TABLE audit RENAME TO mislaid")
    with pytest.raises(errors.StorageFailure):
        show(owner, booked)
    assert show(client, booked) == booked


def test_audit_rows_hold_no_clinical_text_no_names_and_no_secrets(
    owner: EmbeddedPortal, client: EmbeddedPortal, tokens: list[str], audit: Audit
) -> None:
    """What was written to the practice, who somebody is and what lets them in: none of it is in the audit."""
    offer(owner, approval_required=True)
    first = book(client, NINE, note="migraine since March", idempotency_key="burnout-1")
    owner.appointments.decline(DeclineAppointment(id=first.id, reason="see a neurologist"))
    second = book(client, NINE)
    cancel(client, second, "panic attack")
    issued = owner.invites.create(InviteClient(email="carl@example.com", name="Carl Gustav"))
    code = issued.link.rpartition("/")[2].partition(".")[2]
    told = json.dumps(audit()).casefold()
    written = ("migraine", "neurologist", "panic", "burnout")
    named = ("anna", "bianchi", "rossi", "carl", "gustav", "example.com")
    assert [word for word in (*written, *named, *tokens, code) if word.casefold() in told] == []
