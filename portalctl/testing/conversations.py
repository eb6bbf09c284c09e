"""What clients and the practice write to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.models.assignments import AssignmentReference
from portalctl.models.communication import Communication
from portalctl.models.conversations import (
    AskForNews,
    Conversation,
    ConversationReference,
    ListConversations,
    ReadConversation,
    ReplyToConversation,
    SendBroadcast,
    ShowConversation,
    StartConversation,
)
from portalctl.models.policy import SetPolicy
from portalctl.models.texts import LONGEST_TEXT
from portalctl.testing.at_once import at_once
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import OWNER, Studio

BODY = "Are you well?\n\nYours \x1b[2J \u202e\U0001d11e"
"""Texts come back as they were."""


def begun(studio: Studio, to: str | None = None, subject: str = "Your visit") -> Conversation:
    """A conversation that the owner has begun, with Anna unless it is said with whom."""
    client = to or studio.client_id()
    return studio.owner.conversations.start(StartConversation(to=client, subject=subject, body=BODY))


def reply(conversation: Conversation, body: str = "Yes.") -> ReplyToConversation:
    """An answer."""
    return ReplyToConversation(id=conversation.id, body=body)


def to_owner(**more: str) -> StartConversation:
    """What a client asks who wants to write to Dr Rossi."""
    return StartConversation(to=OWNER, subject="A question", body="May I run again?", **more)


@contextmanager
def policy(studio: Studio, communication: Communication) -> Iterator[None]:
    """The practice has this policy for a while."""
    studio.owner.policy.set(SetPolicy(communication=communication))
    try:
        yield
    finally:
        studio.owner.policy.set(SetPolicy(communication=Communication.REPLY_ONLY))


def unread(portal: Portal) -> dict[str, int]:
    """The conversations with something unread, and how much."""
    listed = portal.conversations.list(ListConversations(unread=True, limit=1000)).items
    return {each.id: each.unread for each in listed}


class TestConversations:
    """What `portal.conversations` does."""

    @shows("conversations.start")
    @shows("conversations.reply")
    @shows("conversations.show")
    def test_what_is_written_is_read_by_the_other_as_it_was_written(self, studio: Studio) -> None:
        conversation = begun(studio)
        assert (conversation.started_by, conversation.state, conversation.client) == ("staff", "open", "Anna Bianchi")
        assert conversation.closes_at == studio.clock() + timedelta(hours=48)
        longest = "ä" * (LONGEST_TEXT // 2)
        answer = studio.anna.conversations.reply(reply(conversation, longest))
        shown = studio.owner.conversations.show(ShowConversation(id=conversation.id))
        assert [(each.number, each.sender, each.body) for each in shown.messages] == [
            (1, OWNER, BODY),
            (2, "Anna Bianchi", longest),
        ]
        assert shown.messages[1] == answer
        assert (shown.closes_at, shown.has_earlier, shown.last_from) == (None, False, "Anna Bianchi")

    @shows("conversations.show")
    def test_a_long_conversation_is_shown_from_its_end(self, studio: Studio) -> None:
        conversation = begun(studio)
        for number in range(4):
            studio.anna.conversations.reply(reply(conversation, f"{number}"))
        end = studio.anna.conversations.show(ShowConversation(id=conversation.id, limit=2))
        before = studio.anna.conversations.show(ShowConversation(id=conversation.id, limit=2, before=4))
        first = studio.anna.conversations.show(ShowConversation(id=conversation.id, limit=2, before=2))
        numbers = [[each.number for each in part.messages] for part in (first, before, end)]
        assert numbers == [[1], [2, 3], [4, 5]]
        assert [part.has_earlier for part in (first, before, end)] == [False, True, True]

    @shows("conversations.list")
    @shows("conversations.read")
    @shows("conversations.unread")
    def test_each_person_has_read_what_they_marked_as_read(self, studio: Studio) -> None:
        conversation = begun(studio)
        studio.owner.conversations.reply(reply(conversation, "One more thing."))
        studio.anna.conversations.show(ShowConversation(id=conversation.id))
        assert unread(studio.anna)[conversation.id] == 2
        assert conversation.id not in unread(studio.owner)
        part = ReadConversation(id=conversation.id, up_to=1)
        assert studio.anna.conversations.read(part).unread == 1
        for _ in range(2):
            assert studio.anna.conversations.read(ReadConversation(id=conversation.id)).unread == 0
        assert conversation.id not in unread(studio.anna)
        for _ in range(2):
            assert studio.anna.conversations.unread(ConversationReference(id=conversation.id)).unread == 1
        assert unread(studio.anna)[conversation.id] == 1

    @shows("conversations.list")
    def test_conversations_are_listed_by_their_latest_message_page_by_page(self, studio: Studio) -> None:
        newcomer, identity = studio.newcomer()
        client = identity.client_id or ""
        made = []
        for _ in range(3):
            made.append(begun(studio, client).id)
            studio.clock.move(timedelta(seconds=1))
        newcomer.conversations.reply(ReplyToConversation(id=made[0], body="Yes."))
        latest = [made[0], made[2], made[1]]
        first = newcomer.conversations.list(ListConversations(limit=2))
        rest = newcomer.conversations.list(ListConversations(limit=2, cursor=first.next))
        assert [each.id for each in (*first.items, *rest.items)] == latest
        of_client = studio.staff.conversations.list(ListConversations(client=client)).items
        assert [(each.id, each.unread) for each in of_client] == [(each, 0) for each in latest]
        studio.owner.conversations.close(ConversationReference(id=made[2]))
        still = studio.owner.conversations.list(ListConversations(client=client, open=True)).items
        assert [each.id for each in still] == [made[0], made[1]]
        whole = studio.staff.conversations.list(ListConversations(practice=True)).items
        assert made[0] in [each.id for each in whole]

    @shows("conversations.close")
    @shows("conversations.reopen")
    @shows("conversations.reply", errors.ConversationClosed)
    def test_the_practice_closes_and_opens_by_hand_or_by_writing(self, studio: Studio) -> None:
        conversation = begun(studio)
        this = ConversationReference(id=conversation.id)
        for open_again in (
            lambda: studio.owner.conversations.reopen(this),
            lambda: studio.staff.conversations.reply(reply(conversation)),
        ):
            for _ in range(2):
                assert studio.staff.conversations.close(this).state == "closed"
            with pytest.raises(errors.ConversationClosed):
                studio.anna.conversations.reply(reply(conversation))
            open_again()
            studio.anna.conversations.reply(reply(conversation))

    @shows("conversations.start", errors.PolicyReplyOnly, errors.PolicyNeverInitiate, errors.PolicyAssignedOnly)
    @shows("conversations.reply", errors.PolicyReplyOnly, errors.PolicyAssignedOnly)
    def test_the_policy_of_the_moment_decides_and_history_stays(self, studio: Studio) -> None:
        anna, owner = studio.anna, studio.owner
        with policy(studio, Communication.ALL_CLIENTS):
            own = anna.conversations.start(to_owner())
        with pytest.raises(errors.PolicyReplyOnly):
            anna.conversations.start(to_owner())
        with pytest.raises(errors.PolicyReplyOnly):
            anna.conversations.reply(reply(own))
        with policy(studio, Communication.NEVER_INITIATE):
            anna.conversations.reply(reply(own))
            with pytest.raises(errors.PolicyNeverInitiate):
                anna.conversations.start(to_owner())
        with policy(studio, Communication.ASSIGNED_ONLY):
            both = AssignmentReference(client=studio.client_id(), staff=OWNER)
            owner.assignments.add(both)
            anna.conversations.start(to_owner())
            owner.assignments.remove(both)
            for refused in (
                lambda: anna.conversations.start(to_owner()),
                lambda: begun(studio),
                lambda: anna.conversations.reply(reply(own)),
                lambda: owner.conversations.reply(reply(own)),
            ):
                with pytest.raises(errors.PolicyAssignedOnly):
                    refused()
        shown = anna.conversations.show(ShowConversation(id=own.id))
        assert [each.body for each in shown.messages] == ["May I run again?", "Yes."]

    @shows("conversations.news")
    def test_news_are_what_reached_one_since_a_cursor(self, studio: Studio) -> None:
        cursor = studio.anna.conversations.news(AskForNews()).cursor
        assert studio.anna.conversations.news(AskForNews(since=cursor)).arrivals == []
        conversation = begun(studio)
        studio.anna.conversations.reply(reply(conversation))
        studio.owner.conversations.reply(reply(conversation))
        begun(studio, studio.patient())
        news = studio.anna.conversations.news(AskForNews(since=cursor))
        assert [(each.conversation_id, each.number) for each in news.arrivals] == [
            (conversation.id, 1),
            (conversation.id, 3),
        ]
        assert studio.anna.conversations.news(AskForNews(since=news.cursor)).arrivals == []

    @shows("conversations.broadcast")
    @shows("conversations.broadcast", errors.PolicyAssignedOnly)
    def test_a_broadcast_is_one_conversation_per_client_of_a_roster(self, studio: Studio) -> None:
        newcomer, identity = studio.newcomer()
        practitioner, key = studio.practitioner, studio.key()
        request = SendBroadcast(subject="News", body="We move.", idempotency_key=key)
        with policy(studio, Communication.ASSIGNED_ONLY):
            with pytest.raises(errors.PolicyAssignedOnly):
                studio.staff.conversations.broadcast(request)
            both = AssignmentReference(client=identity.client_id or "", staff="Verdi")
            studio.owner.assignments.add(both)
            told = practitioner.conversations.broadcast(request)
            assert practitioner.conversations.broadcast(request) == told
            studio.owner.assignments.remove(both)
        assert (told.clients, told.sent) == (1, 1)
        (one,) = newcomer.conversations.list(ListConversations()).items
        assert (one.subject, one.unread, one.staff) == ("News", 1, "Verdi")

    @shows("conversations.reply")
    def test_who_write_at_once_each_have_a_number_and_reach_the_other(self, studio: Studio) -> None:
        conversation, writers = begun(studio), [studio.owner, studio.anna, studio.staff, studio.owner]
        cursor = studio.anna.conversations.news(AskForNews()).cursor
        ready = Barrier(len(writers))

        def write(portal: Portal) -> int:
            ready.wait(60)
            return portal.conversations.reply(reply(conversation)).number

        with ThreadPoolExecutor(len(writers)) as pool:
            numbers = list(pool.map(write, writers))
        assert sorted(numbers) == [2, 3, 4, 5]
        told = [each.number for each in studio.anna.conversations.news(AskForNews(since=cursor)).arrivals]
        assert told == [number for number in (2, 3, 4, 5) if number != numbers[1]]
        assert unread(studio.anna)[conversation.id] == 4

    @shows("conversations.show", errors.NotFound)
    @shows("conversations.start", errors.NotFound)
    @shows("conversations.reply", errors.NotFound)
    @shows("conversations.read", errors.NotFound)
    @shows("conversations.unread", errors.NotFound)
    @shows("conversations.close", errors.NotFound)
    @shows("conversations.reopen", errors.NotFound)
    @shows("conversations.list", errors.NotFound)
    @shows("conversations.broadcast", errors.NotFound)
    def test_what_is_somebody_elses_or_missing_is_not_there(self, studio: Studio) -> None:
        conversations, ben, theirs = studio.owner.conversations, studio.ben.conversations, begun(studio).id
        attached = [MISSING["document"]]
        news = SendBroadcast(subject="News", body="See.", documents=attached, idempotency_key=studio.key())
        asked: list[Callable[[], object]] = [
            lambda: ben.show(ShowConversation(id=theirs)),
            lambda: ben.reply(ReplyToConversation(id=theirs, body="Hm.")),
            lambda: ben.read(ReadConversation(id=theirs)),
            lambda: ben.unread(ConversationReference(id=theirs)),
            lambda: ben.list(ListConversations(client=studio.client_id())),
            lambda: conversations.close(ConversationReference(id=MISSING["conversation"])),
            lambda: conversations.reopen(ConversationReference(id=MISSING["conversation"])),
            lambda: conversations.start(StartConversation(to=MISSING["client"], subject="Hm", body="Hm.")),
            lambda: conversations.reply(ReplyToConversation(id=theirs, body="Hm.", documents=attached)),
            lambda: conversations.broadcast(news),
        ]
        for call in asked:
            with pytest.raises(errors.NotFound):
                call()

    @shows("conversations.list", errors.InvalidInput)
    @shows("conversations.news", errors.InvalidInput)
    def test_a_cursor_that_no_list_gave_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.anna.conversations.list(ListConversations(cursor="x"))
        with pytest.raises(errors.InvalidInput):
            studio.anna.conversations.news(AskForNews(since="x"))


class TestKeysOfConversations:
    """What the same key comes to."""

    @shows("conversations.start", errors.IdempotencyConflict)
    @shows("conversations.reply", errors.IdempotencyConflict)
    @shows("conversations.broadcast", errors.IdempotencyConflict)
    def test_a_key_is_for_one_intent(self, studio: Studio) -> None:
        conversations, key = studio.owner.conversations, studio.key()
        start = StartConversation(to=studio.patient(), subject="Once", body="Once.", idempotency_key=key)
        assert conversations.start(start) == conversations.start(start)
        with pytest.raises(errors.IdempotencyConflict):
            conversations.start(start.model_copy(update={"body": "Twice."}))
        with pytest.raises(errors.IdempotencyConflict):
            conversations.reply(ReplyToConversation(id=begun(studio).id, body="Hm.", idempotency_key=key))
        with pytest.raises(errors.IdempotencyConflict):
            conversations.broadcast(SendBroadcast(subject="Hm", body="Hm.", idempotency_key=key))

    @shows("conversations.start")
    @shows("conversations.reply")
    @shows("conversations.start", errors.IdempotencyRunning, certain=False)
    @shows("conversations.reply", errors.IdempotencyRunning, certain=False)
    def test_a_message_is_written_once(self, studio: Studio) -> None:
        owner, key = studio.owner, studio.key()
        start = StartConversation(to=studio.patient(), subject="Once", body="Once.", idempotency_key=key)
        at_once(lambda: owner.conversations.start(start))
        again = ReplyToConversation(id=owner.conversations.start(start).id, body="Then.", idempotency_key=studio.key())
        at_once(lambda: owner.conversations.reply(again))
        assert owner.conversations.reply(again).number == 2

    @shows("conversations.broadcast")
    @shows("conversations.broadcast", errors.IdempotencyRunning, certain=False)
    def test_a_broadcast_reaches_nobody_twice(self, studio: Studio) -> None:
        newcomer, _ = studio.newcomer()
        owner = studio.owner
        request = SendBroadcast(subject="Once", body="Once.", idempotency_key=studio.key())
        at_once(lambda: owner.conversations.broadcast(request))
        assert len(newcomer.conversations.list(ListConversations()).items) == 1
