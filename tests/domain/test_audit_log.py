"""The audit as it is read: whose it is, and that no row is altered or missing."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import AppointmentReference
from portalctl.models.audit import AuditChain, ListAudit, VerifyAudit
from tests.domain.booking_setup import book, moment, offer

NINE = moment("2026-03-10 09:00")

TAMPERING = {
    "altered": ("UPDATE audit SET subject = 'cli_zzzzzzzzzzzz' WHERE chain = :chain AND position = 2", 2, "not what"),
    "actor": ("UPDATE audit SET actor = 'stf_zzzzzzzzzzzz' WHERE chain = :chain AND position = 1", 1, "not what"),
    "taken out": ("DELETE FROM audit WHERE chain = :chain AND position = 2", 2, "missing"),
    "first taken out": ("DELETE FROM audit WHERE chain = :chain AND position = 1", 1, "missing"),
    "rehashed": (
        "UPDATE audit SET previous = '00', hash = '11' WHERE chain = :chain AND position = 2",
        2,
        "not what",
    ),
}


def tamper(file: Path, sql: str, chain: str) -> None:
    connection = apsw.Connection(str(file))
    connection.execute(sql, {"chain": chain})
    connection.close()


def followed(portal: EmbeddedPortal) -> dict[str, AuditChain]:
    return {chain.chain: chain for chain in portal.audit.verify(VerifyAudit()).items}


@pytest.mark.parametrize("what", TAMPERING)
def test_a_row_that_is_not_what_was_written_is_a_fault_of_its_chain_alone(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path, what: str
) -> None:
    """The fault names the first row that is wrong."""
    offer(owner)
    book(client, NINE)
    sql, position, word = TAMPERING[what]
    whole = followed(owner)
    tamper(portal_file, sql, "practice")
    broken = followed(owner)
    fault = broken["practice"].fault
    assert fault is not None
    assert f"row {position} is" in fault
    assert word in fault
    assert {name for name, chain in broken.items() if chain.fault} == {"practice"}
    assert broken.keys() == whole.keys()


def test_a_client_proves_their_own_chain_and_sees_no_other(
    client: EmbeddedPortal, other_client: EmbeddedPortal, portal_file: Path
) -> None:
    """Somebody else's fault is not theirs."""
    own = client.sessions.who_am_i().client_id or ""
    theirs = other_client.sessions.who_am_i().client_id or ""
    tamper(portal_file, TAMPERING["actor"][0], theirs)
    assert followed(client).keys() == {own}
    assert followed(client)[own].fault is None
    assert followed(other_client)[theirs].fault is not None


def test_the_log_names_the_people_behind_its_ids(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Staff by their name, the client by theirs, and who has not signed in by no name at all."""
    offer(owner)
    booked = book(client, NINE)
    owner.appointments.show(AppointmentReference(id=booked.id))
    entries = client.audit.list(ListAudit()).items
    assert [(entry.actor, entry.action) for entry in entries[:2]] == [
        ("Dr Rossi", "appointments.show"),
        ("Anna Bianchi", "appointments.book"),
    ]
