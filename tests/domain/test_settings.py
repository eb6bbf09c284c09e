"""What people set for themselves: each field's rules, an address that is confirmed first, passwords and sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import delivery, links
from portalctl.domain.links import LinkKind
from portalctl.domain.phone_numbers import normal
from portalctl.models.clients import ClientReference, MakeResetLink
from portalctl.models.invites import InviteClient
from portalctl.models.outbox import LetterKind, LetterReference, ListLetters
from portalctl.models.sessions import ChangePassword, ResetPassword, SignIn
from portalctl.models.settings import ChangeEmail, ConfirmEmail, SetProfile
from portalctl.storage.engine import Row
from tests.domain.booking_setup import book, moment, offer
from tests.domain.conftest import (
    ANNA_EMAIL,
    ANNA_PASSWORD,
    BEN_EMAIL,
    OWNER_EMAIL,
    OWNER_PASSWORD,
    FakeClock,
    PortalFor,
    code_of,
    query,
)
from tests.domain.house import House
from tests.domain.people import PASSWORD

NEW = "anna@new.example.com"
OTHER_PASSWORD = "violet anchor thunder pencil"
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "zone", "kept"),
    [
        ("06 698 12345", "Europe/Rome", "+390669812345"),
        ("+39 06 698-12345", "Europe/Rome", "+390669812345"),
        ("+49 (30) 901820", "Europe/Rome", "+4930901820"),
        ("0049 30 901820", "Europe/Rome", "+4930901820"),
        ("030 901820", "Europe/Berlin", "+4930901820"),
        ("(212) 736-5000", "America/New_York", "+12127365000"),
        ("01-4200000", "Asia/Kathmandu", "+97714200000"),
        ("+97714200000", "UTC", "+97714200000"),
    ],
)
def test_a_telephone_number_is_read_as_it_is_dialled_at_the_practice(text: str, zone: str, kept: str) -> None:
    """And kept as E.164."""
    assert normal(text, zone) == kept


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("06 698 12345", "UTC"),
        ("112", "Europe/Rome"),
        ("+39", "Europe/Rome"),
        ("+999 123456", "Europe/Rome"),
        ("call me", "Europe/Rome"),
        ("06 698 12345 ext. 7", "Europe/Rome"),
        ("\u202e06 698", "Europe/Rome"),
    ],
)
def test_what_cannot_be_called_from_everywhere_is_refused_with_what_to_write(text: str, zone: str) -> None:
    """A zone of no country reads only numbers that begin with the country's code."""
    with pytest.raises(errors.InvalidInput) as failure:
        normal(text, zone)
    assert "+39" in (failure.value.hint or "")


@pytest.mark.parametrize(
    ("tag", "usual"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("pt-br", "pt-BR"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("en-gb", "en-GB"),
        ("de-de-u-nu-latn", "de-DE-u-nu-latn"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
    ],
)
def test_a_language_is_named_by_its_tag_in_the_usual_case(tag: str, usual: str) -> None:
    """BCP 47."""
    assert SetProfile(language=tag).language == usual


@pytest.mark.parametrize("tag", ["", "d", "german", "de_AT", "de-", "xx", "tlh", "de\n", "ｄｅ", "de-" + "a" * 80])
def test_a_tag_that_dates_cannot_be_written_by_is_refused(tag: str) -> None:
    """Before anything is asked of a portal."""
    with pytest.raises(ValidationError):
        SetProfile(language=tag)


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_date": date(2026, 3, 3)},
        {"birth_date": date(1879, 12, 31)},
        {"address": " \n "},
        {"phone": "12"},
        {"pronouns": "they/them", "clear": ["pronouns"]},
    ],
)
def test_a_profile_says_nothing_that_cannot_be(client: EmbeddedPortal, changes: dict[str, Any]) -> None:
    """Nothing of the request is kept."""
    before = client.settings.show()
    with pytest.raises(errors.InvalidInput):
        client.settings.set_profile(SetProfile(name="Other", **changes))
    assert client.settings.show() == before


@pytest.mark.parametrize("changes", [{"birth_date": date(1985, 4, 12)}, {"address": "Rome"}, {"clear": ["timezone"]}])
def test_the_practice_keeps_no_private_facts_of_its_people(owner: EmbeddedPortal, changes: dict[str, Any]) -> None:
    """A birth date and an address are a client's; and who gives hours has a zone of their own."""
    with pytest.raises(errors.InvalidInput):
        owner.settings.set_profile(SetProfile(**changes))
    owner.settings.set_profile(SetProfile(name="Dr R. Rossi", pronouns="he/him", timezone="Europe/Berlin"))
    (member,) = owner.staff.list()
    assert (member.name, member.timezone) == ("Dr R. Rossi", "Europe/Berlin")


def test_the_day_of_birth_may_be_today_at_the_practice(client: EmbeddedPortal, clock: FakeClock) -> None:
    """Not in UTC: in Rome the third has begun."""
    clock.now = moment("2026-03-03 00:30")
    assert client.settings.set_profile(SetProfile(birth_date=date(2026, 3, 3))).birth_date == date(2026, 3, 3)


def test_the_practice_sees_a_clients_profile_and_that_is_on_record(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, audit: Any
) -> None:
    """The client's own changes are, too; another client sees nothing."""
    client.settings.set_profile(SetProfile(birth_date=date(1985, 4, 12), phone="06 698 12345", address="Via Roma 1"))
    seen = owner.clients.show(ClientReference(client=ANNA_EMAIL))
    assert (seen.birth_date, seen.phone, seen.address) == (date(1985, 4, 12), "+390669812345", "Via Roma 1")
    with pytest.raises(errors.NotFound):
        other_client.clients.show(ClientReference(client=ANNA_EMAIL))
    rows = [(row["action"], row["role"]) for row in audit() if row["chain"] == seen.id]
    assert rows[-2:] == [("settings.set_profile", "client"), ("clients.show", "owner")]
    assert "1985" not in str(audit())


def test_setting_what_is_set_changes_nothing(client: EmbeddedPortal, audit: Any) -> None:
    """And leaves no row."""
    first = client.settings.set_profile(SetProfile(pronouns="she/her"))
    rows = len(audit())
    assert client.settings.set_profile(SetProfile(pronouns="she/her", if_version=first.version)) == first
    assert len(audit()) == rows


def _sent(portal: EmbeddedPortal) -> list[delivery.Outgoing]:
    """Send all mail that is due."""
    sent = []
    while (letter := delivery.claim(portal._office)) is not None:
        if isinstance(letter, delivery.Outgoing):
            delivery.settle(portal._office, letter)
            sent.append(letter)
    return sent


def _changes(file: Path) -> list[Row]:
    return query(file, "SELECT * FROM email_changes ORDER BY created_at, id")


def _ask(portal: EmbeddedPortal, file: Path, email: str = NEW, password: str = ANNA_PASSWORD) -> str:
    """Ask for another address; the code that is mailed there."""
    portal.settings.change_email(ChangeEmail(email=email, password=password))
    (change,) = [row for row in _changes(file) if row["revoked_at"] is None and row["used_at"] is None]
    return links.code(LinkKind.EMAIL, change["id"], portal._portal_key())


def test_a_confirmed_address_is_the_one_to_sign_in_with_and_the_old_one_is_told(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal: EmbeddedPortal, portal_file: Path
) -> None:
    """Client and account have it; the code works once."""
    link = owner.clients.reset_link(MakeResetLink(client=ANNA_EMAIL)).link
    code = _ask(client, portal_file)
    assert client.settings.confirm_email(ConfirmEmail(code=code)).email == NEW
    assert owner.clients.show(ClientReference(client=NEW)).email == NEW
    assert portal.sessions.sign_in(SignIn(email=NEW, password=ANNA_PASSWORD)).identity.email == NEW
    with pytest.raises(errors.BadCredentials):
        portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD))
    told = [(each.kind, each.recipient) for each in owner.outbox.list(ListLetters()).items]
    assert (LetterKind.EMAIL_CHANGED, ANNA_EMAIL) in told
    for again in (code, code):
        with pytest.raises(errors.LinkNotValid):
            client.settings.confirm_email(ConfirmEmail(code=again))
    with pytest.raises(errors.LinkNotValid):
        portal.sessions.reset_password(ResetPassword(code=code_of(link), password=OTHER_PASSWORD))


def test_mail_that_waits_goes_to_the_new_address_but_what_guards_the_account_stays(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal: EmbeddedPortal, portal_file: Path
) -> None:
    """A reminder that was written before follows; the notice of a sign-in tells whoever had the account then."""
    offer(owner, reminder_minutes=[60])
    book(client, moment("2026-03-10 09:00"))
    portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD))
    client.settings.confirm_email(ConfirmEmail(code=_ask(client, portal_file)))
    sent_to = {(each.kind, each.recipient) for each in owner.outbox.list(ListLetters()).items}
    assert {("reminder", NEW), ("booked", NEW), ("new_sign_in", ANNA_EMAIL)} <= sent_to
    assert ("reminder", ANNA_EMAIL) not in sent_to


def test_staff_change_their_address_likewise(owner: EmbeddedPortal, portal_file: Path) -> None:
    """The practice's own address is another matter and stays."""
    code = _ask(owner, portal_file, "rossi@new.example.com", OWNER_PASSWORD)
    owner.settings.confirm_email(ConfirmEmail(code=code))
    assert [member.email for member in owner.staff.list()] == ["rossi@new.example.com"]
    assert owner.practice.show().email == OWNER_EMAIL


def test_somebody_related_to_a_client_has_settings_too(house: House) -> None:
    """A name, a zone and an address of their own; no birth date, and no notices, since none come to them."""
    mother = house.portal("related")
    mother.settings.set_profile(SetProfile(name="Mamma", timezone="Asia/Tokyo", phone="06 69812345", address="Rome"))
    mother.settings.confirm_email(ConfirmEmail(code=_ask(mother, house.file, "mamma@example.com", PASSWORD)))
    me = mother.sessions.who_am_i()
    assert (me.name, me.timezone, me.email) == ("Mamma", "Asia/Tokyo", "mamma@example.com")
    assert mother.settings.set_profile(SetProfile(clear=["timezone"])).timezone == "Europe/Rome"
    with pytest.raises(errors.InvalidInput):
        mother.settings.set_profile(SetProfile(birth_date=date(1950, 1, 1)))
    assert mother.settings.show().notifications.by_email == []
    mother.close()


@pytest.mark.parametrize("taken", [BEN_EMAIL, OWNER_EMAIL, "invited@example.com"])
def test_an_address_of_somebody_else_is_never_given_away(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path, taken: str
) -> None:
    """Asking is answered as ever; no mail goes there, and the code would be worthless."""
    owner.invites.create(InviteClient(email="invited@example.com", name="Invited"))
    code = _ask(client, portal_file, taken)
    assert client.settings.show().profile.new_email == taken
    with pytest.raises(errors.LinkNotValid):
        client.settings.confirm_email(ConfirmEmail(code=code))
    assert taken not in [letter.recipient for letter in _sent(client) if "Confirm" in letter.written.subject]
    dropped = owner.outbox.list(ListLetters(state="dropped")).items
    assert (taken, "the code is worthless: taken") in [(each.recipient, each.last_error) for each in dropped]


def test_an_address_that_somebody_takes_before_it_is_confirmed_stays_theirs(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """Who comes first has it."""
    code = _ask(client, portal_file)
    owner.invites.create(InviteClient(email=NEW, name="Nora"))
    with pytest.raises(errors.LinkNotValid):
        client.settings.confirm_email(ConfirmEmail(code=code))
    assert client.settings.show().profile.email == ANNA_EMAIL


def test_a_code_works_for_a_day_for_its_account_until_another_is_asked_for(
    client: EmbeddedPortal, other_client: EmbeddedPortal, portal_file: Path, clock: FakeClock, audit: Any
) -> None:
    """The audit knows why one did not."""
    first = _ask(client, portal_file)
    clock.now += timedelta(minutes=1)
    second = _ask(client, portal_file)
    for portal, code in ((client, first), (other_client, second)):
        with pytest.raises(errors.LinkNotValid):
            portal.settings.confirm_email(ConfirmEmail(code=code))
    clock.now += DAY
    assert client.settings.show().profile.new_email is None
    with pytest.raises(errors.LinkNotValid):
        client.settings.confirm_email(ConfirmEmail(code=second))
    refused = [row["subject"].partition(":")[2] for row in audit() if row["action"] == "settings.confirm_email_refused"]
    assert sorted(refused) == ["expired", "not of this account", "revoked"]


def test_a_code_that_is_given_several_times_at_once_works_once(
    client: EmbeddedPortal, portal_for: PortalFor, portal_file: Path
) -> None:
    """Of any number of tries exactly one."""
    code = _ask(client, portal_file)

    def confirm(_: int) -> object:
        portal = portal_for(client._token)
        try:
            return portal.settings.confirm_email(ConfirmEmail(code=code)).email
        except errors.PortalError as failure:
            return type(failure)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(confirm, range(4)))
    assert (answers.count(NEW), answers.count(errors.LinkNotValid)) == (1, 3)


def test_the_letter_to_a_new_address_has_a_code_that_the_outbox_does_not_show(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """Only who reads mail there has it."""
    code = _ask(client, portal_file)
    (letter,) = [each for each in owner.outbox.list(ListLetters()).items if each.kind == LetterKind.EMAIL_CHANGE]
    assert code.partition(".")[2] not in owner.outbox.show(LetterReference(id=letter.id)).text
    assert [letter.recipient for letter in _sent(client) if code in letter.written.text] == [NEW]


def test_no_address_is_flooded_with_codes(client: EmbeddedPortal, portal_file: Path) -> None:
    """Three at once, however right the password is."""
    for _ in range(3):
        _ask(client, portal_file)
    with pytest.raises(errors.TooManyAttempts):
        _ask(client, portal_file)
    _ask(client, portal_file, "anna@other.example.com")


def test_a_password_is_changed_with_the_old_one_and_a_link_to_reset_it_is_worthless_then(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal: EmbeddedPortal
) -> None:
    """The owner of the account is told which sessions ended."""
    link = owner.clients.reset_link(MakeResetLink(client=ANNA_EMAIL)).link
    portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD))
    client.sessions.change_password(ChangePassword(password=ANNA_PASSWORD, new_password=OTHER_PASSWORD))
    assert [each.current for each in client.sessions.list()] == [True]
    with pytest.raises(errors.LinkNotValid):
        portal.sessions.reset_password(ResetPassword(code=code_of(link), password=ANNA_PASSWORD))
    letters = owner.outbox.list(ListLetters()).items
    (told,) = [each for each in letters if each.kind == LetterKind.PASSWORD_CHANGED]
    assert "every other session" in " ".join(owner.outbox.show(LetterReference(id=told.id)).text.split())


def test_sessions_are_listed_with_where_they_began_and_when_they_were_used(
    client: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock
) -> None:
    """The latest used first; those that have run out are not."""
    began = clock.now
    portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD))
    clock.now += timedelta(minutes=5)
    mine, other = client.sessions.list()
    assert (mine.current, mine.used_at, other.current, other.used_at) == (True, clock.now, False, began)
    assert other.device.startswith("portalctl/")
    assert (other.address, other.started_at) == ("local", began)
    clock.now += timedelta(minutes=30)
    assert [each.id for each in client.sessions.list()] == [mine.id]
