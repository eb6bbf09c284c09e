"""The communication policy: who may begin a conversation, who may answer in one, and when one closes by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.assignments import AssignmentReference
from portalctl.models.communication import Communication
from portalctl.models.conversations import (
    Conversation,
    ConversationReference,
    ListConversations,
    ReplyToConversation,
    ShowConversation,
    StartConversation,
)
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService
from tests.domain.booking_setup import ANNA, ROSSI
from tests.domain.conftest import FakeClock, Template

CODES = {
    "ok": None,
    "reply": "policy_reply_only",
    "never": "policy_never_initiate",
    "assigned": "policy_assigned_only",
    "closed": "conversation_closed",
}

TABLE = """
policy          writer  assigned  begun-by  begin     open      quiet     closed
reply-only      client  no        client    reply     reply     reply     reply
reply-only      client  no        staff     -         ok        closed    closed
reply-only      client  yes       client    reply     reply     reply     reply
reply-only      client  yes       staff     -         ok        closed    closed
reply-only      staff   no        client    -         ok        ok        ok
reply-only      staff   no        staff     ok        ok        ok        ok
reply-only      staff   yes       client    -         ok        ok        ok
reply-only      staff   yes       staff     ok        ok        ok        ok
never-initiate  client  no        client    never     ok        ok        closed
never-initiate  client  no        staff     -         ok        ok        closed
never-initiate  client  yes       client    never     ok        ok        closed
never-initiate  client  yes       staff     -         ok        ok        closed
never-initiate  staff   no        client    -         ok        ok        ok
never-initiate  staff   no        staff     ok        ok        ok        ok
never-initiate  staff   yes       client    -         ok        ok        ok
never-initiate  staff   yes       staff     ok        ok        ok        ok
assigned-only   client  no        client    assigned  assigned  assigned  assigned
assigned-only   client  no        staff     -         assigned  assigned  assigned
assigned-only   client  yes       client    ok        ok        ok        closed
assigned-only   client  yes       staff     -         ok        ok        closed
assigned-only   staff   no        client    -         assigned  assigned  assigned
assigned-only   staff   no        staff     assigned  assigned  assigned  assigned
assigned-only   staff   yes       client    -         ok        ok        ok
assigned-only   staff   yes       staff     ok        ok        ok        ok
all-clients     client  no        client    ok        ok        ok        closed
all-clients     client  no        staff     -         ok        ok        closed
all-clients     client  yes       client    ok        ok        ok        closed
all-clients     client  yes       staff     -         ok        ok        closed
all-clients     staff   no        client    -         ok        ok        ok
all-clients     staff   no        staff     ok        ok        ok        ok
all-clients     staff   yes       client    -         ok        ok        ok
all-clients     staff   yes       staff     ok        ok        ok        ok
"""
"""What comes of writing: in a new conversation, an open one, one that staff wrote in 48 hours ago without an answer of
the client since, and one that staff closed by hand. A conversation was begun under another policy, and this one then
set. Nobody begins for the other side."""


class Cell(NamedTuple):
    """One combination, and what comes of it."""

    policy: Communication
    by_client: bool
    assigned: bool
    begun_by_client: bool
    state: str
    outcome: str

    def __str__(self) -> str:
        writer, starter = ("client" if each else "staff" for each in (self.by_client, self.begun_by_client))
        return f"{self.policy}-{writer}-{'' if self.assigned else 'un'}assigned-{starter}-{self.state}"


def cells() -> Iterator[Cell]:
    """Every combination of the table."""
    header, *lines = TABLE.strip().splitlines()
    states = header.split()[4:]
    for line in lines:
        policy, writer, assigned, starter, *outcomes = line.split()
        for state, outcome in zip(states, outcomes, strict=True):
            if outcome != "-":
                yield Cell(
                    Communication(policy), writer == "client", assigned == "yes", starter == "client", state, outcome
                )


class Two(NamedTuple):
    """Dr Rossi and Anna, who write to each other."""

    owner: EmbeddedPortal
    client: EmbeddedPortal
    clock: FakeClock

    def set(self, policy: Communication) -> None:
        """The practice has this policy from now on."""
        self.owner.policy.set(SetPolicy(communication=policy))

    def assign(self, assigned: bool) -> None:
        """Anna is Dr Rossi's client, or not."""
        both = AssignmentReference(client=ANNA, staff=ROSSI)
        if assigned:
            self.owner.assignments.add(both)
        else:
            self.owner.assignments.remove(both)

    def begin(self, *, by_client: bool) -> Conversation:
        """A new conversation."""
        portal, to = (self.client, ROSSI) if by_client else (self.owner, ANNA)
        return portal.conversations.start(StartConversation(to=to, subject="Hello", body="How are you?"))

    def write(self, conversation: Conversation, *, by_client: bool) -> None:
        """An answer."""
        portal = self.client if by_client else self.owner
        portal.conversations.reply(ReplyToConversation(id=conversation.id, body="Well."))

    def seen(self, conversation: Conversation) -> Conversation:
        """The conversation as Anna sees it now."""
        shown = self.client.conversations.show(ShowConversation(id=conversation.id))
        (listed,) = (
            each for each in self.client.conversations.list(ListConversations()).items if each.id == conversation.id
        )
        is_open = [each.id for each in self.client.conversations.list(ListConversations(open=True, limit=1000)).items]
        assert (shown.state, shown.closes_at) == (listed.state, listed.closes_at)
        assert (conversation.id in is_open) == (shown.state == "open")
        return listed


class Stage(NamedTuple):
    """The two, and for each cell of the table a conversation as it was before the cell's policy was set."""

    two: Two
    begun: dict[Cell, Conversation]
    set_to: dict[str, object]

    def set(self, policy: Communication, *, assigned: bool) -> None:
        """Have it so, where it is not so yet: the table goes through policies one after the other."""
        if self.set_to != {"policy": policy, "assigned": assigned}:
            self.two.set(policy)
            self.two.assign(assigned)
            self.set_to.update(policy=policy, assigned=assigned)


@pytest.fixture(scope="module")
def stage(_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """What stands before any policy is tightened; those that are quiet are as old as that takes."""
    folder, clock = tmp_path_factory.mktemp("communication") / "portal", FakeClock()
    shutil.copytree(_template.file.parent, folder)
    file = folder / _template.file.name
    portals = [
        EmbeddedPortal(f"sqlite://{file}", file, token, clock, lambda _: None)
        for token in (_template.owner, _template.client)
    ]
    two, begun = Two(portals[0], portals[1], clock), {}
    two.set(Communication.ALL_CLIENTS)
    for state in ("quiet", "open", "closed"):
        for cell in cells():
            if cell.state == state:
                begun[cell] = two.begin(by_client=cell.begun_by_client)
                two.write(begun[cell], by_client=False)
                if state == "closed":
                    two.owner.conversations.close(ConversationReference(id=begun[cell].id))
        if state == "quiet":
            clock.advance(timedelta(hours=48))
    yield Stage(two, begun, {})
    for portal in portals:
        portal.close()


@pytest.fixture
def two(owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock) -> Two:
    """The two, in a portal for this test alone."""
    return Two(owner, client, clock)


def test_the_table_holds_every_combination() -> None:
    """Policy, writer, assignment and starter, each with each; and every state of each."""
    lines = [tuple(line.split()[:4]) for line in TABLE.strip().splitlines()[1:]]
    assert len(lines) == len(set(lines)) == len(Communication) * 2 * 2 * 2
    assert len(list(cells())) == len(lines) * 3 + len(lines) // 2


@pytest.mark.parametrize("cell", list(cells()), ids=str)
def test_what_may_be_written_follows_the_table(stage: Stage, cell: Cell) -> None:
    two, conversation = stage.two, stage.begun.get(cell)
    stage.set(cell.policy, assigned=cell.assigned)
    refusal = None
    try:
        if conversation is None:
            two.begin(by_client=cell.by_client)
        else:
            two.write(conversation, by_client=cell.by_client)
    except errors.Refused as raised:
        refusal = raised
    assert (refusal.code if refusal else None) == CODES[cell.outcome]
    if refusal is not None:
        assert refusal.hint is not None
        assert "communication configuration is the reason" in refusal.hint
        assert f"(its policy is {cell.policy})" in refusal.hint
    if conversation is not None:
        shown = two.client.conversations.show(ShowConversation(id=conversation.id))
        assert len(shown.messages) == (2 if refusal else 3)
        assert refusal or cell.by_client or shown.state == "open"


SECOND = timedelta(seconds=1)
DAYS = timedelta(hours=48)


def test_a_conversation_is_open_until_a_second_before_48_hours_have_gone_by(two: Two) -> None:
    conversation = two.begin(by_client=False)
    two.clock.advance(DAYS - SECOND)
    assert two.seen(conversation).state == "open"
    two.clock.advance(SECOND)
    closed = two.seen(conversation)
    assert (closed.state, closed.closes_at) == ("closed", conversation.created_at + DAYS)
    with pytest.raises(errors.ConversationClosed):
        two.write(conversation, by_client=True)


def test_a_client_who_answers_in_the_last_second_stops_the_clock(two: Two) -> None:
    conversation = two.begin(by_client=False)
    two.clock.advance(DAYS - SECOND)
    two.write(conversation, by_client=True)
    two.clock.advance(10 * DAYS)
    still = two.seen(conversation)
    assert (still.state, still.closes_at) == ("open", None)
    two.write(conversation, by_client=True)


def test_the_next_message_of_staff_starts_the_clock_again_and_opens_what_was_closed(two: Two) -> None:
    conversation = two.begin(by_client=False)
    two.clock.advance(timedelta(hours=47))
    two.write(conversation, by_client=False)
    two.clock.advance(timedelta(hours=47))
    assert two.seen(conversation).state == "open"
    two.clock.advance(timedelta(hours=1))
    assert two.seen(conversation).state == "closed"
    two.write(conversation, by_client=False)
    assert two.seen(conversation).closes_at == two.clock() + DAYS
    two.write(conversation, by_client=True)


def test_what_is_opened_by_hand_has_the_whole_time_again(two: Two) -> None:
    conversation = two.begin(by_client=False)
    this = ConversationReference(id=conversation.id)
    two.clock.advance(DAYS)
    assert two.owner.conversations.reopen(this).closes_at == two.clock() + DAYS
    two.owner.conversations.close(this)
    assert two.seen(conversation).closes_at == two.clock()
    two.owner.conversations.reopen(this)
    two.clock.advance(DAYS - SECOND)
    two.write(conversation, by_client=True)


def test_what_was_closed_by_hand_stays_closed_under_every_policy(two: Two) -> None:
    conversation = two.begin(by_client=False)
    two.owner.conversations.close(ConversationReference(id=conversation.id))
    two.assign(True)
    for policy in Communication:
        two.set(policy)
        assert two.seen(conversation).state == "closed"


def test_what_closed_by_itself_is_open_under_a_policy_that_closes_nothing(two: Two) -> None:
    """Closing is decided when it is asked."""
    conversation = two.begin(by_client=False)
    two.clock.advance(DAYS)
    for policy in Communication:
        two.set(policy)
        assert two.seen(conversation).state == ("closed" if policy is Communication.REPLY_ONLY else "open")


def test_history_stays_readable_when_the_policy_is_tightened(two: Two) -> None:
    two.set(Communication.ALL_CLIENTS)
    conversation = two.begin(by_client=True)
    for policy in (Communication.NEVER_INITIATE, Communication.ASSIGNED_ONLY, Communication.REPLY_ONLY):
        two.set(policy)
        shown = two.client.conversations.show(ShowConversation(id=conversation.id))
        assert [each.body for each in shown.messages] == ["How are you?"]


def test_a_refusal_of_assigned_only_names_whom_a_client_may_write_to(two: Two) -> None:
    two.set(Communication.ASSIGNED_ONLY)
    with pytest.raises(errors.PolicyAssignedOnly) as refused:
        two.begin(by_client=True)
    assert "nobody is assigned to you yet" in (refused.value.hint or "")
    two.assign(True)
    conversation = two.begin(by_client=True)
    two.assign(False)
    with pytest.raises(errors.PolicyAssignedOnly) as refused:
        two.write(conversation, by_client=True)
    assert refused.value.message == "nobody who takes part in this conversation is assigned to you"


def test_the_communication_policy_is_the_practices_alone(two: Two) -> None:
    two.owner.services.add(AddService(name="Session", duration_minutes=60))
    with pytest.raises(errors.InvalidInput):
        two.owner.policy.set(SetPolicy(service="Session", communication=Communication.ALL_CLIENTS))
