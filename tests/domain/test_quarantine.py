"""What waits for a scanner is read by nobody, and what the practice shares is out of its clients' sight until then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.domain import quarantine
from portalctl.domain.office import Office
from portalctl.models.batch_words import FileToAdd
from portalctl.models.clients import ListClients
from portalctl.models.conversations import ShowConversation, StartConversation
from portalctl.models.dashboard import ShowDashboard
from portalctl.models.documents import Document, DocumentReference, ListDocuments, ShareDocument
from portalctl.models.relationships import ListShared
from portalctl.models.uploads import OpenBody
from portalctl.storage.engine import Row
from portalctl.testing.sending import sent
from tests.domain.booking_setup import ANNA, BEN, offer
from tests.domain.conftest import FakeClock, PortalFor, Template, query
from tests.domain.people import relative
from tests.domain.served import Served


class Scanned:
    """The portal as a server offers it whose files are scanned, to each of its people."""

    def __init__(self, office: Office, template: Template) -> None:
        self.office = office._replace(scans=True)
        everybody = Served(self.office)
        self.owner = everybody.with_token(template.owner)
        self.anna = everybody.with_token(template.client)

    def settle(self, *, passed: bool) -> str:
        """Decide of the file that has waited the longest."""
        waiting = quarantine.claim(self.office)
        assert waiting is not None
        quarantine.settle(self.office, waiting.document_id, passed=passed)
        return waiting.document_id


@pytest.fixture
def scanned(portal_for: PortalFor, _template: Template) -> Scanned:
    """A portal whose files are scanned."""
    return Scanned(portal_for(None)._office, _template)


def titles(portal: Portal, **which: bool) -> list[str]:
    """The titles of a list."""
    return [document.title for document in portal.documents.list(ListDocuments(**which)).items]


def show(portal: Portal, document: Document | str) -> Document:
    """One document."""
    return portal.documents.show(DocumentReference(id=document if isinstance(document, str) else document.id))


def read(portal: Portal, document: Document) -> bytes:
    """Open a document and read all of it."""
    with portal.open_body(OpenBody(id=document.id)) as body:
        return b"".join(body.chunks)


def test_nobody_reads_what_waits_and_its_client_does_not_see_it(scanned: Scanned) -> None:
    document = sent(scanned.owner, client=ANNA)
    assert document.quarantine == "waiting"
    assert show(scanned.owner, document).quarantine == "waiting"
    with pytest.raises(errors.Quarantined, match="no scanner has passed"):
        read(scanned.owner, document)
    assert titles(scanned.anna) == titles(scanned.anna, new=True) == []
    for refused in (lambda: show(scanned.anna, document), lambda: read(scanned.anna, document)):
        with pytest.raises(errors.NotFound):
            refused()
    assert scanned.anna.dashboard.show(ShowDashboard()).new_documents == []


def test_what_has_passed_is_new_to_its_client_from_then_on(scanned: Scanned, clock: FakeClock) -> None:
    document = sent(scanned.owner, client=ANNA)
    clock.advance(timedelta(minutes=2))
    assert scanned.settle(passed=True) == document.id
    found = show(scanned.anna, document)
    assert (found.quarantine, found.new, found.shared_at) == (None, True, clock.now)
    assert read(scanned.anna, document) == read(scanned.owner, document) == b"Dear Anna,\n"
    assert [each.id for each in scanned.anna.dashboard.show(ShowDashboard()).new_documents] == [document.id]
    assert quarantine.claim(scanned.office) is None


def test_what_was_found_to_be_infected_stays_with_those_who_may_deal_with_it(scanned: Scanned) -> None:
    document = sent(scanned.owner, client=ANNA)
    scanned.settle(passed=False)
    assert show(scanned.owner, document).quarantine == "infected"
    assert titles(scanned.owner, quarantined=True) == ["letter.txt"]
    with pytest.raises(errors.Quarantined, match="found something"):
        read(scanned.owner, document)
    assert titles(scanned.anna) == []
    scanned.owner.documents.delete(DocumentReference(id=document.id))
    assert titles(scanned.owner, quarantined=True) == []


def test_clients_are_told_of_what_is_shared_once_it_has_passed(scanned: Scanned, portal_file: Path) -> None:
    anna, ben = (client.id for client in scanned.owner.clients.list(ListClients()).items)

    def told() -> list[str]:
        return [row["person_id"] for row in query(portal_file, "SELECT * FROM outbox WHERE kind = 'documents'")]

    single = sent(scanned.owner, client=ANNA, notify=True).id
    wanted = ((anna, True), (anna, False), (ben, True), (ben, False))
    together = scanned.owner.add_files(
        (
            FileToAdd(
                row=row, name=f"{row}.txt", bytes=4, sha256=sha256(b"text").hexdigest(), client_id=who, notify=notify
            ),
            b"text",
        )
        for row, (who, notify) in enumerate(wanted)
    )
    loud, quiet, infected, unasked = [each.document_id or "" for each in together]
    for each in (single, loud, quiet, infected, unasked):
        assert show(scanned.owner, each).quarantine == "waiting"
    for document_id, passed in ((quiet, True), (unasked, True), (infected, False)):
        quarantine.settle(scanned.office, document_id, passed=passed)
    assert told() == []
    for document_id in (single, loud):
        quarantine.settle(scanned.office, document_id, passed=True)
        assert told() == [anna], "one letter, while that waits"
    assert len(titles(scanned.anna)) == 3
    quarantine.settle(scanned.office, infected, passed=True)
    assert show(scanned.owner, infected).quarantine == "infected", "who was too slow decides nothing any more"
    scanned.owner.documents.release(DocumentReference(id=infected))
    assert sorted(told()) == sorted([anna, ben])


def test_the_owner_lets_out_what_a_scanner_holds_back(scanned: Scanned, audit: Callable[[], list[Row]]) -> None:
    document = sent(scanned.owner, client=ANNA)
    scanned.settle(passed=False)
    with pytest.raises(errors.NotPermitted):
        scanned.anna.documents.release(DocumentReference(id=document.id))
    for _ in range(2):
        assert scanned.owner.documents.release(DocumentReference(id=document.id)).quarantine is None
    assert read(scanned.anna, document) == b"Dear Anna,\n"
    assert [row["chain"] for row in audit() if row["action"] == "documents.release"] == [document.client_id]
    waiting = sent(scanned.anna)
    scanned.owner.documents.release(DocumentReference(id=waiting.id))
    assert quarantine.claim(scanned.office) is None


def test_a_client_sees_their_own_file_waiting_and_neither_side_reads_it(scanned: Scanned) -> None:
    document = sent(scanned.anna)
    assert document.quarantine == "waiting"
    assert titles(scanned.anna, quarantined=True) == titles(scanned.owner, quarantined=True) == ["letter.txt"]
    for portal in (scanned.anna, scanned.owner):
        with pytest.raises(errors.Quarantined):
            read(portal, document)
    scanned.settle(passed=True)
    assert read(scanned.owner, document) == read(scanned.anna, document)
    assert titles(scanned.anna, quarantined=True) == []


def test_what_waits_reaches_nobody_by_being_shared_attached_or_read_by_a_relative(
    scanned: Scanned, owner: EmbeddedPortal
) -> None:
    offer(owner)
    mother, relationship = relative(owner, ANNA, "Maria")
    document = sent(scanned.owner)
    scanned.owner.documents.share(ShareDocument(id=document.id, client=ANNA))
    scanned.owner.documents.share(ShareDocument(id=document.id, client=BEN))
    talk = scanned.owner.conversations.start(
        StartConversation(to=ANNA, subject="Report", body="Here it is.", documents=[document.id])
    )

    def attached(portal: Portal) -> list[str]:
        message = portal.conversations.show(ShowConversation(id=talk.id)).messages[0]
        return [each.document_id for each in message.documents]

    def shared() -> list[str]:
        return [each.id for each in mother.relationships.docs(ListShared(relationship=relationship)).items]

    assert titles(scanned.anna) == attached(scanned.anna) == shared() == []
    assert attached(scanned.owner) == [document.id]
    for portal in (scanned.anna, mother):
        with pytest.raises(errors.NotFound):
            read(portal, document)
    scanned.settle(passed=True)
    assert titles(scanned.anna) == ["letter.txt"]
    assert attached(scanned.anna) == shared() == [document.id]
    assert read(mother, document) == b"Dear Anna,\n"


def test_a_file_is_one_scanners_alone_until_its_time_is_over_and_waits_longer_each_time(
    scanned: Scanned, clock: FakeClock
) -> None:
    document = sent(scanned.anna)
    first = quarantine.claim(scanned.office)
    assert first == quarantine.Waiting(document.id, 1)
    assert quarantine.claim(scanned.office) is None
    clock.advance(timedelta(seconds=quarantine.LEASE))
    second = quarantine.claim(scanned.office)
    assert second == quarantine.Waiting(document.id, 2)
    quarantine.postpone(scanned.office, first)
    assert quarantine.claim(scanned.office) is None, "who was too slow decides nothing any more"
    pauses = []
    waiting: quarantine.Waiting | None = second
    for _ in range(12):
        assert waiting is not None
        quarantine.postpone(scanned.office, waiting)
        began = clock.now
        while (waiting := quarantine.claim(scanned.office)) is None:
            clock.advance(timedelta(seconds=5))
        pauses.append((clock.now - began).total_seconds())
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (10, quarantine.LONGEST_DELAY)


def test_what_was_deleted_while_it_waited_is_not_scanned(scanned: Scanned) -> None:
    document = sent(scanned.anna)
    scanned.anna.documents.delete(DocumentReference(id=document.id))
    assert quarantine.claim(scanned.office) is None


def test_the_audit_of_whoever_it_concerns_knows_what_the_scanner_decided(scanned: Scanned) -> None:
    document = sent(scanned.owner, client=ANNA)
    scanned.settle(passed=True)
    own = sent(scanned.owner)
    scanned.settle(passed=False)
    with scanned.office.store.reading() as tx:
        rows = tx.all("SELECT chain, action, subject FROM audit WHERE actor = 'scanner' ORDER BY action DESC")
    anna = document.client_id
    assert [tuple(row.values()) for row in rows] == [
        (anna, "documents.passed", document.id),
        ("practice", "documents.infected", own.id),
    ]


def test_where_nothing_is_scanned_nothing_waits(owner: Portal) -> None:
    assert sent(owner, client=ANNA).quarantine is None
