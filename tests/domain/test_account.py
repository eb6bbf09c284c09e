"""What the end of an account takes with it, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import passwords
from portalctl.models.account import CONFIRMATION, DeleteAccount
from portalctl.models.appointments import ListAppointments
from portalctl.models.audit import ListAudit
from portalctl.models.clients import MakeResetLink
from portalctl.models.invites import InviteClient
from portalctl.models.notes import AddNote, NoteReference
from portalctl.models.sessions import ResetPassword, SignIn, SignUp
from portalctl.storage.engine import Row
from tests.domain.booking_setup import ANNA, book, moment, offer
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock, PortalFor, code_of, query

NINE = moment("2026-03-10 09:00")
YES = DeleteAccount(password=ANNA_PASSWORD, confirm=CONFIRMATION)
SIGN_IN = SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD)


def test_every_session_reset_link_and_key_of_the_account_is_dead_at_once(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal: EmbeddedPortal, portal_for: PortalFor
) -> None:
    """Whatever let somebody in before."""
    other = portal_for(portal.sessions.sign_in(SIGN_IN).token)
    link = owner.clients.reset_link(MakeResetLink(client=ANNA)).link
    client.account.delete(YES)
    for session in (client, other):
        with pytest.raises(errors.SignInNeeded):
            session.sessions.who_am_i()
    with pytest.raises(errors.BadCredentials):
        portal.sessions.sign_in(SIGN_IN)
    with pytest.raises(errors.LinkNotValid):
        portal.sessions.reset_password(ResetPassword(code=code_of(link), password="a whole new sentence here"))


def test_nothing_that_identifies_the_account_is_left_beside_the_record(
    client: EmbeddedPortal, portal_file: Path
) -> None:
    """Neither address nor password hash; the client's own row keeps its address."""
    client.account.delete(YES)
    (account,) = query(portal_file, "SELECT * FROM accounts WHERE id IN (SELECT account_id FROM deleted_accounts)")
    assert ANNA_EMAIL not in str(account)
    assert account["password_hash"] == ""
    assert query(portal_file, "SELECT email, account_id, timezone FROM clients WHERE name = :name", name=ANNA) == [
        {"email": ANNA_EMAIL, "account_id": None, "timezone": None}
    ]


def test_the_answer_to_asking_again_is_the_first_one_whatever_is_given(client: EmbeddedPortal) -> None:
    """The first answer was lost; the session proves who asks."""
    first = client.account.delete(YES)
    assert client.account.delete(YES) == first
    assert client.account.delete(DeleteAccount(password="", confirm=CONFIRMATION)) == first


def test_of_many_who_delete_at_once_each_hears_of_the_one_deletion(
    client: EmbeddedPortal, portal_for: PortalFor
) -> None:
    """Or that the session has ended while they waited."""
    portals = [portal_for(client._token) for _ in range(6)]

    def delete(place: int) -> str:
        try:
            return portals[place].account.delete(YES).model_dump_json()
        except errors.SignInNeeded:
            return ""

    with ThreadPoolExecutor(len(portals)) as pool:
        told = set(pool.map(delete, range(len(portals))))
    assert len(told - {""}) == 1


def test_who_signs_in_while_the_account_is_deleted_is_not_in_afterwards(
    client: EmbeddedPortal, portal: EmbeddedPortal, portal_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account goes while the password is looked at."""
    is_right, account = passwords.is_right, client.sessions.who_am_i().account_id

    def deleting(password: str, kept: str | None) -> bool:
        monkeypatch.setattr(passwords, "is_right", is_right)
        client.account.delete(YES)
        return is_right(password, kept)

    monkeypatch.setattr(passwords, "is_right", deleting)
    with pytest.raises(errors.BadCredentials):
        portal.sessions.sign_in(SIGN_IN)
    assert query(portal_file, "SELECT id FROM sessions WHERE account_id = :account", account=account) == []


def test_coming_appointments_free_their_time_and_the_past_stays(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Somebody else takes the slot; what was attended is part of the record."""
    offer(owner)
    over = book(client, NINE)
    clock.now = NINE + timedelta(days=1)
    coming = book(client, NINE + timedelta(days=7))
    client.account.delete(YES)
    statuses = {one.id: one.status.value for one in owner.appointments.list(ListAppointments(client=ANNA)).items}
    assert statuses == {over.id: "booked", coming.id: "cancelled"}
    assert book(other_client, coming.starts_at).status == "booked"


def test_the_practice_and_the_person_hear_of_it(
    client: EmbeddedPortal, portal_file: Path, audit: Callable[[], list[Row]]
) -> None:
    """A row in the person's chain, under their id, and a letter to their address."""
    client.account.delete(YES)
    last = [row for row in audit() if row["chain"].startswith("cli_") and row["action"] == "account.delete"]
    assert [(row["actor"], row["role"], row["subject"]) for row in last] == [
        (last[0]["chain"], "client", last[0]["chain"])
    ]
    letters = query(portal_file, "SELECT recipient FROM outbox WHERE kind = 'account_deleted'")
    assert [letter["recipient"] for letter in letters] == [ANNA_EMAIL]


def test_who_deleted_their_account_may_be_invited_again_and_finds_the_record(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal: EmbeddedPortal
) -> None:
    """The same client, a new account; what was done before is still in the log."""
    before = client.sessions.who_am_i()
    client.account.delete(YES)
    link = owner.invites.create(InviteClient(email=ANNA_EMAIL, name=ANNA)).link
    again = portal.sessions.sign_up(SignUp(code=code_of(link), password=ANNA_PASSWORD))
    assert again.identity.client_id == before.client_id
    assert again.identity.account_id != before.account_id
    log = portal.with_token(again.token).audit.list(ListAudit()).items
    assert "account.delete" in [entry.action for entry in log]


def test_drafts_are_erased_and_what_was_completed_stays(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """Nobody reads what was never said; what was said is the practice's record."""
    draft = client.notes.add(AddNote(title="Half a thought", text="unfinished words"))
    told = client.notes.add(AddNote(title="A whole one", text="finished words"))
    client.notes.complete(NoteReference(id=told.id))
    assert client.account.check_deletion().drafts == 1
    client.account.delete(YES)
    left = str(query(portal_file, "SELECT * FROM documents JOIN notes ON notes.document_id = documents.id"))
    assert "Half a thought" not in left
    assert "unfinished words" not in left
    assert "finished words" in left
    with pytest.raises(errors.NotFound):
        owner.notes.show(NoteReference(id=draft.id))
    assert owner.notes.show(NoteReference(id=told.id)).text == "finished words"


@pytest.mark.parametrize("words", ["yes, delete", "Yes", "", "Yes, delete "])
def test_other_words_than_the_right_ones_are_no_request_at_all(words: str) -> None:
    """A program that guesses deletes nothing."""
    with pytest.raises(ValueError, match="Yes, delete"):
        DeleteAccount.model_validate({"password": ANNA_PASSWORD, "confirm": words})
