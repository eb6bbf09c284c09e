"""Quotas: how much is kept for a client and altogether is counted as it changes, and no more is taken."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.clients import ListClients
from portalctl.models.conversations import StartConversation
from portalctl.models.documents import AddDocument, DocumentReference, ShareDocument, UnshareDocument
from portalctl.models.policy import SetPolicy
from portalctl.models.uploads import StartUpload
from portalctl.testing.sending import sent, together, uploaded
from tests.domain.booking_setup import ANNA, BEN, SESSION, offer
from tests.domain.conftest import query
from tests.domain.people import noted

COUNTED = (
    "SELECT CASE WHEN holder LIKE 'practice/%' THEN 'practice' ELSE holder END AS holder, sum(documents) AS documents,"
    " sum(bytes) AS bytes FROM usage GROUP BY 1 HAVING sum(documents) <> 0 ORDER BY 1"
)
RECOUNTED = (
    "SELECT r.client_id AS holder, count(*) AS documents, COALESCE(sum(d.bytes), 0) AS bytes FROM documentation r"
    " JOIN documents d ON d.id = r.document_id WHERE r.removed_at IS NULL AND d.deleted_at IS NULL GROUP BY r.client_id"
    " UNION ALL SELECT * FROM (SELECT 'practice', count(*) AS documents, COALESCE(sum(bytes), 0) FROM documents"
    " WHERE deleted_at IS NULL) WHERE documents > 0 ORDER BY 1"
)
STEPS = ("send", "own", "mine", "note", "share", "share", "unshare", "delete", "attach", "together")


def step(owner: EmbeddedPortal, client: EmbeddedPortal, what: str, which: str | None, whom: str) -> str | None:
    """Take one step: the id of the document that it makes, if any."""
    if what == "send":
        return sent(owner, content=b"Dear", client=whom).id
    if what in ("own", "mine"):
        return sent(owner if what == "own" else client, content=b"Dear me").id
    if what == "note":
        return noted(owner, client=whom).id
    if what == "together":
        whose = next(each.id for each in owner.clients.list(ListClients()).items if each.name == whom)
        return together(owner, whose, b"one", b"two", b"two and more")[2].document_id
    if which is not None:
        if what == "share":
            owner.documents.share(ShareDocument(id=which, client=whom))
        elif what == "unshare":
            owner.documents.unshare(UnshareDocument(id=which, client=whom))
        elif what == "delete":
            owner.documents.delete(DocumentReference(id=which))
        elif what == "attach":
            owner.conversations.start(StartConversation(to=whom, subject="News", body="See.", documents=[which]))
    return None


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_counted_is_what_a_recount_finds(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path, seed: int
) -> None:
    """Whatever is made, shared, taken out and deleted, in whatever order, refused or not."""
    chance = Random(seed)  # noqa: S311  the same steps each time
    made: list[str] = []
    taken = set[str]()
    for _ in range(40):
        what, which = chance.choice(STEPS), chance.choice(made) if made else None
        try:
            new = step(owner, client, what, which, chance.choice([ANNA, BEN]))
        except (errors.NotYours, errors.NotChangeable, errors.NotFound):
            continue
        taken.add(what)
        made += [new] if new is not None else []
    assert taken == set(STEPS)
    assert query(portal_file, COUNTED) == query(portal_file, RECOUNTED)


def test_a_client_may_have_so_many_documents(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Whoever adds them; what is deleted makes room."""
    owner.policy.set(SetPolicy(client_documents=2))
    first = sent(client)
    sent(owner, client=ANNA)
    for portal in (client, owner):
        with pytest.raises(errors.QuotaExceeded, match="2 documents"):
            sent(portal, client=ANNA)
    sent(owner, client=BEN)
    client.documents.delete(DocumentReference(id=first.id))
    sent(client)
    owner.policy.set(SetPolicy(client_documents=0))
    sent(client)


def test_a_client_may_have_so_many_bytes_of_documents(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """To the byte; a note has none. What would be too much is refused before it is sent."""
    own = sent(owner, content=10 * b"o")
    owner.policy.set(SetPolicy(client_bytes=25))
    sent(client, content=15 * b"x")
    noted(client)
    with pytest.raises(errors.QuotaExceeded, match=r"25 bytes.*15 of them"):
        client.uploads.start(StartUpload(name="a.txt", bytes=11))
    with pytest.raises(errors.QuotaExceeded):
        owner.uploads.start(StartUpload(name="a.txt", bytes=11, client=ANNA))
    owner.documents.share(ShareDocument(id=own.id, client=ANNA))
    with pytest.raises(errors.QuotaExceeded):
        sent(client, content=b"1")


def test_the_practice_keeps_so_many_bytes_altogether(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Its own and those of all clients; what is shared with several is kept once."""
    owner.policy.set(SetPolicy(practice_bytes=20))
    own = sent(owner, content=10 * b"o")
    late = uploaded(owner, content=10 * b"l")
    for whom in (ANNA, BEN):
        owner.documents.share(ShareDocument(id=own.id, client=whom))
    sent(client, content=10 * b"x")
    with pytest.raises(errors.QuotaExceeded, match="20 bytes"):
        owner.documents.add(AddDocument(upload=late.id))
    owner.documents.delete(DocumentReference(id=own.id))
    owner.documents.add(AddDocument(upload=late.id))


def test_of_a_batch_as_much_is_taken_as_there_is_room_for(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """What follows and fits is taken still; what is there already needs none."""
    owner.policy.set(SetPolicy(client_bytes=10, practice_bytes=100))
    told = together(client, None, 6 * b"a", 6 * b"b", 4 * b"c", b"d")
    assert [each.code for each in told] == [None, "quota_exceeded", None, "quota_exceeded"]
    assert [each.status for each in together(client, None, 6 * b"a")] == ["there"]


def test_a_limit_below_what_is_kept_refuses_more_and_takes_nothing_away(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """Everything that is there is read still."""
    document = sent(client, content=10 * b"x")
    shown = owner.policy.set(SetPolicy(client_documents=1, client_bytes=5, practice_bytes=5))
    assert (shown.client_documents, shown.client_bytes, shown.practice_bytes) == (1, 5, 5)
    assert client.documents.show(DocumentReference(id=document.id)).bytes == 10
    with pytest.raises(errors.QuotaExceeded):
        sent(client, content=b"")


def test_a_quota_is_the_practices_and_no_services(owner: EmbeddedPortal) -> None:
    """As all that concerns documents."""
    offer(owner)
    with pytest.raises(errors.InvalidInput):
        owner.policy.set(SetPolicy(service=SESSION, client_documents=1))
