"""Messages: who has read what, what reaches whom, what mail tells of it, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import broadcasts, conversations
from portalctl.models.assignments import AssignmentReference
from portalctl.models.communication import Communication
from portalctl.models.conversations import (
    AskForNews,
    Conversation,
    ListConversations,
    ReadConversation,
    ReplyToConversation,
    SendBroadcast,
    ShowConversation,
    StartConversation,
)
from portalctl.models.documents import DocumentReference
from portalctl.models.notes import AddNote, Note, NoteReference
from portalctl.models.outbox import Letter, LetterKind, LetterReference, ListLetters
from portalctl.models.policy import SetPolicy
from portalctl.models.settings import SetNotifications
from portalctl.models.staff import StaffReference
from portalctl.models.texts import LONGEST_TEXT
from portalctl.storage.engine import Transaction
from portalctl.storage.sqlite import SqliteStore, SqliteTransaction
from portalctl.testing.sending import sent
from tests.domain.booking_setup import ANNA, BEN, ROSSI
from tests.domain.conftest import ANNA_EMAIL, OWNER_EMAIL, FakeClock, query
from tests.domain.people import hire

SUBJECT, BODY = "A quarrel of herons", "The pelican waits at dawn."


def begun(portal: EmbeddedPortal, to: str = ANNA, **more: list[str]) -> Conversation:
    """A new conversation."""
    return portal.conversations.start(StartConversation.model_validate({**_TEXT, "to": to, **more}))


_TEXT = {"subject": SUBJECT, "body": BODY}


def answered(portal: EmbeddedPortal, conversation: Conversation, body: str = "Well.") -> None:
    """An answer."""
    portal.conversations.reply(ReplyToConversation(id=conversation.id, body=body))


def unread(portal: EmbeddedPortal, conversation: Conversation) -> int:
    """How much of it somebody has not read, if it is in their list of the unread."""
    listed = portal.conversations.list(ListConversations(unread=True)).items
    return sum(each.unread for each in listed if each.id == conversation.id)


def notices(owner: EmbeddedPortal) -> list[Letter]:
    """The letters about messages, by whom they are for."""
    letters = [each for each in owner.outbox.list(ListLetters(limit=1000)).items if each.kind is LetterKind.MESSAGE]
    return sorted(letters, key=lambda each: each.recipient)


def test_whoever_of_the_practice_writes_takes_part_from_then_on(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Each has their own unread messages; who has only looked has none."""
    desk, verdi = hire(owner, "Desk", "staff"), hire(owner, "Verdi")
    conversation = begun(owner)
    desk.conversations.show(ShowConversation(id=conversation.id))
    answered(client, conversation)
    assert (unread(owner, conversation), unread(desk, conversation)) == (1, 0)
    assert desk.conversations.list(ListConversations()).items == []
    answered(desk, conversation)
    answered(client, conversation)
    assert (unread(owner, conversation), unread(desk, conversation), unread(client, conversation)) == (3, 1, 2)
    assert desk.conversations.read(ReadConversation(id=conversation.id)).unread == 0
    assert (unread(owner, conversation), unread(client, conversation)) == (3, 2)
    assert verdi.conversations.read(ReadConversation(id=conversation.id)).unread == 0
    for portal in (desk, verdi):
        portal.close()


def test_the_count_of_all_that_is_unread_is_that_of_each_conversation_together(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """It stands on one row for each person, and never drifts."""
    first, second = begun(owner), begun(owner)
    for _ in range(3):
        answered(owner, first)
    answered(client, second)
    client.conversations.read(ReadConversation(id=first.id, up_to=2))
    for _ in range(2):
        client.conversations.read(ReadConversation(id=second.id))
    rows = query(
        portal_file,
        "SELECT i.unread AS told, (SELECT sum(unread) FROM conversation_readers r WHERE r.person_id = i.person_id)"
        " AS found, (SELECT max(place) FROM arrivals a WHERE a.person_id = i.person_id) AS last, i.arrived"
        " FROM inboxes i ORDER BY i.person_id",
    )
    assert [(row["told"], row["found"]) for row in rows] == [(2, 2), (1, 1)]
    assert all(row["last"] == row["arrived"] for row in rows)


def test_a_message_that_comes_between_showing_and_reading_stays_unread(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    conversation = begun(owner)
    shown = client.conversations.show(ShowConversation(id=conversation.id))
    answered(owner, conversation, "And one thing more.")
    client.conversations.read(ReadConversation(id=conversation.id, up_to=shown.messages[-1].number))
    assert unread(client, conversation) == 1


def test_mail_tells_that_there_is_a_message_and_nothing_of_it(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    conversation = begun(owner)
    answered(client, conversation, BODY)
    letters = notices(owner)
    assert [each.recipient for each in letters] == [ANNA_EMAIL, OWNER_EMAIL]
    for letter in letters:
        written = owner.outbox.show(LetterReference(id=letter.id))
        assert f"portalctl inbox show {conversation.id}" in written.text
        assert not any(word in written.subject + written.text for word in ("quarrel", "herons", "pelican", "dawn"))


def test_a_notice_that_waits_tells_of_what_comes_after_it_too(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    conversation = begun(owner)
    for _ in range(3):
        answered(owner, conversation)
    begun(owner)
    assert len(notices(owner)) == 2
    assert [each.recipient for each in notices(owner)] == [ANNA_EMAIL] * 2
    answered(client, conversation)
    assert len(notices(owner)) == 3


def test_who_does_without_such_mail_gets_none(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    client.settings.set_notifications(SetNotifications(off=[LetterKind.MESSAGE]))
    conversation = begun(owner)
    owner.conversations.broadcast(SendBroadcast(subject="News", body="Come.", idempotency_key="k"))
    answered(client, conversation)
    assert [each.recipient for each in notices(owner)] == ["ben@example.com", OWNER_EMAIL]


def test_a_member_of_staff_who_left_gets_no_mail(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    verdi = hire(owner, "Verdi")
    conversation = begun(verdi)
    owner.staff.disable(StaffReference(staff="Verdi"))
    before = len(notices(owner))
    answered(client, conversation)
    assert len(notices(owner)) == before
    verdi.close()
    owner.policy.set(SetPolicy(communication=Communication.ALL_CLIENTS))
    with pytest.raises(errors.NotFound):
        begun(client, "Verdi")


def test_a_broadcast_that_was_interrupted_goes_on_where_it_was(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "AT_ONCE", 1)
    request = SendBroadcast(subject="News", body="Come.", idempotency_key="k")
    begin = broadcasts.go_on
    steps: list[int] = []

    def dying(*arguments: object) -> object:
        if steps:
            raise errors.DiskFull("no space left")
        steps.append(1)
        return begin(*arguments)  # type: ignore[arg-type]  # whatever it is called with

    with monkeypatch.context() as patched:
        patched.setattr(broadcasts, "go_on", dying)
        with pytest.raises(errors.DiskFull):
            owner.conversations.broadcast(request)
    assert len(owner.conversations.list(ListConversations()).items) == 1
    told = owner.conversations.broadcast(request)
    assert (told.clients, told.sent) == (2, 2)
    for portal in (client, other_client):
        (one,) = portal.conversations.list(ListConversations()).items
        assert (one.subject, one.unread, one.started_by) == ("News", 1, "staff")


def test_a_request_reaches_so_many_clients_and_the_next_one_the_rest(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """Thousands do not make one long transaction, and each has the message once, audited in their own record."""
    store = SqliteStore(portal_file)
    with store.writing() as tx:
        tx.run(
            "INSERT INTO clients (id, name, email, created_at) WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL"
            " SELECT n + 1 FROM n WHERE n < 150) SELECT printf('cli_%012d', n), 'C ' || n, n || '@example.net', 1"
            " FROM n"
        )
    store.close()
    request = SendBroadcast(subject="News", body="Come.", idempotency_key="k")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(broadcasts, "AT_ONCE", 20)
        patched.setattr(broadcasts, "STEPS", 4)
        told = [owner.conversations.broadcast(request) for _ in range(3)]
    assert [(each.clients, each.sent) for each in told] == [(152, 80), (152, 152), (152, 152)]
    assert len(client.conversations.list(ListConversations()).items) == 1
    (counts,) = query(
        portal_file,
        "SELECT count(*) AS conversations, count(DISTINCT client_id) AS clients, (SELECT count(DISTINCT chain)"
        " FROM audit WHERE action = 'conversations.start') AS chains FROM conversations",
    )
    assert counts == {"conversations": 152, "clients": 152, "chains": 152}


def test_a_broadcast_reaches_only_the_roster_where_clients_are_assigned(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    owner.policy.set(SetPolicy(communication=Communication.ASSIGNED_ONLY))
    request = SendBroadcast(subject="News", body="Come.", idempotency_key="k")
    with pytest.raises(errors.PolicyAssignedOnly):
        owner.conversations.broadcast(request)
    owner.assignments.add(AssignmentReference(client=BEN, staff=ROSSI))
    assert owner.conversations.broadcast(request).clients == 1
    assert client.conversations.list(ListConversations()).items == []
    assert len(other_client.conversations.list(ListConversations()).items) == 1


def note(portal: EmbeddedPortal, *, complete: bool = True) -> Note:
    """A note of one's own."""
    made = portal.notes.add(AddNote(title="Exercises", text="Ten each morning."))
    return portal.notes.complete(NoteReference(id=made.id)) if complete else made


def test_what_staff_attach_stands_in_the_clients_documentation(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    document = note(owner).id
    with pytest.raises(errors.NotFound):
        client.documents.show(DocumentReference(id=document))
    conversation = begun(owner, documents=[document, document[:9]])
    (message,) = client.conversations.show(ShowConversation(id=conversation.id)).messages
    assert [each.document_id for each in message.documents] == [document]
    assert client.documents.show(DocumentReference(id=document)).title == "Exercises"
    with pytest.raises(errors.NotFound):
        other_client.documents.show(DocumentReference(id=document))
    request = SendBroadcast(subject="News", body="Come.", documents=[document], idempotency_key="k")
    owner.conversations.broadcast(request)
    assert other_client.documents.show(DocumentReference(id=document)).title == "Exercises"


Attach = Callable[[EmbeddedPortal, EmbeddedPortal, EmbeddedPortal], Note]

NOT_TO_ATTACH: dict[str, Attach] = {
    "a draft": lambda owner, _client, _other: note(owner, complete=False),
    "what another client made": lambda _owner, _client, other: note(other),
}


@pytest.mark.parametrize("what", NOT_TO_ATTACH)
def test_what_may_not_be_attached_is_not_there_and_nothing_is_sent(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, what: str
) -> None:
    document = NOT_TO_ATTACH[what](owner, client, other_client).id
    with pytest.raises(errors.NotFound):
        begun(owner, documents=[document])
    conversation = begun(owner)
    with pytest.raises(errors.NotFound):
        client.conversations.reply(ReplyToConversation(id=conversation.id, body="See.", documents=[document]))
    assert len(client.conversations.show(ShowConversation(id=conversation.id)).messages) == 1


def test_a_client_attaches_what_they_made_or_were_given(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    given = note(owner).id
    conversation = begun(owner, documents=[given])
    reply = ReplyToConversation(id=conversation.id, body="See.", documents=[note(client).id, given])
    assert len(client.conversations.reply(reply).documents) == 2


def test_a_file_that_went_with_a_message_stays(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    letter = sent(client)
    conversation = begun(owner)
    client.conversations.reply(ReplyToConversation(id=conversation.id, body="See.", documents=[letter.id]))
    with pytest.raises(errors.NotChangeable):
        client.documents.delete(DocumentReference(id=letter.id))
    assert owner.documents.show(DocumentReference(id=letter.id)).sha256 == letter.sha256


@pytest.mark.parametrize("body", ["", " \n", "a\0b", "\ud800", "x" * (LONGEST_TEXT + 1), "ä" * (LONGEST_TEXT // 2 + 1)])
def test_what_no_message_says_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"must|valid"):
        ReplyToConversation(id="cnv_7k2m", body=body)


def test_news_come_in_order_and_some_at_a_time(
    owner: EmbeddedPortal, client: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "NEWS", 3)
    cursor = client.conversations.news(AskForNews()).cursor
    conversation = begun(owner)
    for _ in range(7):
        answered(owner, conversation)
    told = []
    while True:
        news = client.conversations.news(AskForNews(since=cursor))
        if not news.arrivals:
            break
        cursor = news.cursor
        told += [each.number for each in news.arrivals]
    assert told == list(range(1, 9))


QUESTIONS = {
    "a list": ListConversations(),
    "the unread": ListConversations(unread=True),
    "a client's": ListConversations(client=ANNA),
    "the practice's": ListConversations(practice=True),
    "open ones": ListConversations(open=True),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_no_list_reads_a_whole_table_or_sorts(
    owner: EmbeddedPortal, portal_file: Path, question: ListConversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In SQLite, whose plan says so; PostgreSQL's plans have a test of their own."""
    begun(owner)
    asked: list[tuple[str, dict[str, object]]] = []
    ask = SqliteTransaction.all

    def overheard(tx: SqliteTransaction, sql: str, **parameters: object) -> list[dict[str, object]]:
        asked.append((sql, parameters))
        return ask(tx, sql, **parameters)

    monkeypatch.setattr(SqliteTransaction, "all", overheard)
    cursor = None
    for _ in range(2):
        owner.conversations.list(question.model_copy(update={"cursor": cursor}))
        cursor = "WzE3NzI0Mzg0MDAsImNudl83azJtIl0"
    monkeypatch.undo()
    lists = [(sql, parameters) for sql, parameters in asked if "FROM conversation" in sql and "LIMIT :limit" in sql]
    assert len(lists) == 2
    store = SqliteStore(portal_file)
    with store.reading() as tx:
        for sql, parameters in lists:
            steps = plan(tx, sql, parameters)
            assert not [step for step in steps if step.startswith("SCAN") and "USING INDEX" not in step], steps
            assert not [step for step in steps if "TEMP B-TREE" in step], steps
    store.close()


def plan(tx: Transaction, sql: str, parameters: dict[str, object]) -> list[str]:
    """The steps of SQLite's plan."""
    return [row["detail"] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}", **parameters)]


def test_a_clock_that_stands_still_keeps_messages_in_order(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    conversation = begun(owner)
    answered(client, conversation, "1")
    clock.advance(-timedelta(hours=1))
    answered(owner, conversation, "2")
    shown = client.conversations.show(ShowConversation(id=conversation.id))
    assert [each.body for each in shown.messages] == [BODY, "1", "2"]
