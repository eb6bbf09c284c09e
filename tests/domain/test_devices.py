"""Device sign-in (RFC 8628): a code is shown, a person decides, and exactly one poll has the session."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.domain import devices as rules
from portalctl.domain.office import Office, Visit
from portalctl.models.devices import LETTERS, DeviceCode, DeviceReference, PollDevice, StartDevice
from portalctl.models.sessions import SignedIn
from portalctl.models.staff import StaffReference
from portalctl.storage.backup import take_back
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.domain.conftest import ANNA_EMAIL, FakeClock, Template, query
from tests.domain.people import hire
from tests.domain.served import Served

URL = "https://portal.example.com/rossi"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def served(portal_file: Path, clock: FakeClock) -> Iterator[Served]:
    """The portal, for somebody who has not signed in."""
    store = SqliteStore(portal_file)
    yield Served(Office(store, clock, None, lambda: b"k" * 32, URL, "192.0.2.1"))
    store.close()


@pytest.fixture
def anna(served: Served, _template: Template) -> Served:
    """The portal for Anna, a client."""
    return served.with_token(_template.client)


@pytest.fixture
def ben(served: Served, _template: Template) -> Served:
    """The portal for Ben, another client."""
    return served.with_token(_template.other_client)


def start(portal: Portal, name: str = "portalctl on laptop") -> DeviceCode:
    """Begin a device sign-in."""
    return portal.devices.start(StartDevice(name=name))


def poll(portal: Portal, started: DeviceCode) -> SignedIn:
    """Ask for the session."""
    return portal.devices.poll(PollDevice(device_code=started.device_code))


def named(started: DeviceCode) -> DeviceReference:
    """The device sign-in, as its person names it."""
    return DeviceReference(user_code=started.user_code)


NOWHERE = DeviceReference(user_code="BBBB-BBBB")


def test_a_start_answers_a_long_secret_and_a_short_code_with_its_page(served: Served) -> None:
    started = start(served)
    assert len(started.device_code) >= 43, "256 bits"
    assert re.fullmatch(rf"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", started.user_code)
    assert started.verification_uri == URL + "/device"
    assert started.verification_uri_complete == f"{URL}/device?user_code={started.user_code}"
    assert (started.expires_in, started.interval) == (600, 5)
    assert start(served).device_code != started.device_code


def test_the_secret_is_stored_by_its_hash_only(served: Served, portal_file: Path) -> None:
    started = start(served)
    (row,) = query(portal_file, "SELECT * FROM device_sign_ins")
    assert row["device_hash"] == hashlib.sha256(started.device_code.encode()).hexdigest()
    assert started.device_code not in str(row)


def test_a_portal_in_a_file_has_no_page_to_send_anybody_to(portal: Portal) -> None:
    with pytest.raises(errors.Unsupported) as refused:
        start(portal)
    assert "portalctl login" in str(refused.value.hint)


def test_once_allowed_the_device_has_a_session_of_its_own(served: Served, anna: Served) -> None:
    started = start(served)
    with pytest.raises(errors.AuthorizationPending):
        poll(served, started)
    assert anna.devices.allow(named(started)).state == "allowed"
    signed_in = poll(served, started)
    assert signed_in.identity.email == ANNA_EMAIL
    assert signed_in.token != anna._given.token
    device = served.with_token(signed_in.token)
    assert device.sessions.who_am_i().email == ANNA_EMAIL
    device.sessions.sign_out()
    assert anna.sessions.who_am_i().email == ANNA_EMAIL, "the session that allowed it is another one"


def test_the_person_sees_what_asks_from_where_and_when(served: Served, anna: Served, clock: FakeClock) -> None:
    started = start(served.at("198.51.100.7"), "portalctl on lab-3")
    shown = anna.devices.show(DeviceReference(user_code=started.user_code.lower().replace("-", " ")))
    assert (shown.user_code, shown.name, shown.address) == (started.user_code, "portalctl on lab-3", "198.51.100.7")
    assert (shown.state, shown.requested_at, shown.expires_at) == ("pending", clock(), clock() + 10 * MINUTE)


@pytest.mark.parametrize("step", ["show", "allow", "refuse"])
def test_deciding_needs_a_session(served: Served, step: str) -> None:
    with pytest.raises(errors.SignInNeeded) as refused:
        getattr(served.devices, step)(named(start(served)))
    assert refused.value.code == "sign_in_needed"


def test_a_session_is_handed_out_once(served: Served, anna: Served) -> None:
    started = start(served)
    anna.devices.allow(named(started))
    poll(served, started)
    with pytest.raises(errors.ExpiredToken):
        poll(served, started)
    assert anna.devices.show(named(started)).state == "used"


def test_of_many_polls_at_once_exactly_one_has_the_session(served: Served, anna: Served) -> None:
    started = start(served)
    anna.devices.allow(named(started))

    def attempt(_: int) -> str:
        try:
            return poll(served, started).token
        except errors.PortalError as failure:
            return failure.code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(attempt, range(32)))
    assert sorted(set(told), key=len)[0] == "expired_token"
    assert told.count("expired_token") == 31


def test_a_refusal_is_told_to_the_device(served: Served, anna: Served) -> None:
    started = start(served)
    assert anna.devices.refuse(named(started)).state == "refused"
    assert anna.devices.refuse(named(started)).state == "refused", "harmless to repeat"
    with pytest.raises(errors.AccessDenied):
        poll(served, started)
    with pytest.raises(errors.NotChangeable):
        anna.devices.allow(named(started))


def test_allowing_again_is_harmless_and_recorded_once(
    served: Served, anna: Served, audit: Callable[[], list[Row]]
) -> None:
    started = start(served)
    first = anna.devices.allow(named(started))
    assert anna.devices.allow(named(started)) == first
    poll(served, started)
    assert anna.devices.allow(named(started)).state == "used"
    actions = [(row["action"], row["chain"][:4]) for row in audit() if row["action"].startswith("devices.")]
    assert actions == [("devices.allow", "cli_"), ("devices.poll", "cli_")]


def test_what_was_allowed_may_be_refused_until_the_device_has_its_session(served: Served, anna: Served) -> None:
    started = start(served)
    anna.devices.allow(named(started))
    anna.devices.refuse(named(started))
    with pytest.raises(errors.AccessDenied):
        poll(served, started)
    other = start(served)
    anna.devices.allow(named(other))
    poll(served, other)
    with pytest.raises(errors.NotChangeable):
        anna.devices.refuse(named(other))


def test_what_somebody_has_allowed_is_not_there_for_others(served: Served, anna: Served, ben: Served) -> None:
    started = start(served)
    assert ben.devices.show(named(started)).state == "pending"
    anna.devices.allow(named(started))
    for step in (ben.devices.show, ben.devices.allow, ben.devices.refuse):
        with pytest.raises(errors.NotFound):
            step(named(started))
    assert poll(served, started).identity.email == ANNA_EMAIL


def test_whose_session_ends_meanwhile_lets_nothing_in(
    served: Served, anna: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sessions end, as when a second factor is turned on, while this one allows a device."""
    started, reachable = start(served), rules._reachable

    def ending(visit: Visit, user_code: str) -> Row | None:
        visit.transaction.run("DELETE FROM sessions")
        return reachable(visit, user_code)

    monkeypatch.setattr(rules, "_reachable", ending)
    with pytest.raises(errors.SignInNeeded):
        anna.devices.allow(named(started))
    monkeypatch.undo()
    with pytest.raises(errors.AuthorizationPending):
        poll(served, started)


def test_a_disabled_account_gets_nothing(served: Served, owner: EmbeddedPortal) -> None:
    verdi = served.with_token(hire(owner, "Verdi")._token)
    started = start(served)
    verdi.devices.allow(named(started))
    owner.staff.disable(StaffReference(staff="Verdi"))
    for _ in range(2):
        with pytest.raises(errors.AccessDenied):
            poll(served, started)


class TestWaiting:
    def test_a_device_that_keeps_the_interval_is_told_that_it_pends(self, served: Served, clock: FakeClock) -> None:
        started = start(served)
        for _ in range(4):
            with pytest.raises(errors.AuthorizationPending):
                poll(served, started)
            clock.advance(started.interval * SECOND)

    def test_each_poll_too_soon_makes_the_interval_five_seconds_longer(self, served: Served, clock: FakeClock) -> None:
        started = start(served)
        with pytest.raises(errors.AuthorizationPending):
            poll(served, started)
        for wait in (10, 15):
            clock.advance(3 * SECOND)
            with pytest.raises(errors.SlowDown) as slowed:
                poll(served, started)
            assert f"wait {wait} s" in str(slowed.value.hint)
        clock.advance(8 * SECOND)
        with pytest.raises(errors.SlowDown):
            poll(served, started)
        clock.advance(20 * SECOND)
        with pytest.raises(errors.AuthorizationPending):
            poll(served, started)

    def test_a_clock_that_was_set_back_makes_no_device_wait_longer(self, served: Served, clock: FakeClock) -> None:
        started = start(served)
        with pytest.raises(errors.AuthorizationPending):
            poll(served, started)
        clock.advance(-MINUTE)
        with pytest.raises(errors.AuthorizationPending):
            poll(served, started)

    def test_what_is_decided_is_told_however_soon_the_device_asks(self, served: Served, anna: Served) -> None:
        started = start(served)
        with pytest.raises(errors.AuthorizationPending):
            poll(served, started)
        anna.devices.allow(named(started))
        assert poll(served, started).token


class TestTheEnd:
    def test_a_code_works_until_just_before_ten_minutes(self, served: Served, anna: Served, clock: FakeClock) -> None:
        started = start(served)
        clock.advance(10 * MINUTE - SECOND)
        anna.devices.allow(named(started))
        assert poll(served, started).token

    @pytest.mark.parametrize("state", ["pending", "allow", "refuse"])
    def test_after_ten_minutes_it_has_ended_whatever_was_decided(
        self, served: Served, anna: Served, clock: FakeClock, state: str
    ) -> None:
        started = start(served)
        if state != "pending":
            getattr(anna.devices, state)(named(started))
        clock.advance(10 * MINUTE)
        with pytest.raises(errors.ExpiredToken):
            poll(served, started)
        for step in (anna.devices.show, anna.devices.allow, anna.devices.refuse):
            with pytest.raises(errors.NotFound):
                step(named(started))

    def test_a_backup_that_is_brought_back_brings_no_device_sign_in_with_it(
        self, served: Served, anna: Served, portal_file: Path, clock: FakeClock
    ) -> None:
        started = start(served)
        anna.devices.allow(named(started))
        store = SqliteStore(portal_file)
        with store.writing() as tx:
            take_back(tx, None, int(clock().timestamp()))
        store.close()
        with pytest.raises(errors.ExpiredToken):
            poll(served, started)

    def test_an_unknown_code_is_told_the_same_as_one_that_has_ended(self, served: Served, clock: FakeClock) -> None:
        started = start(served)
        clock.advance(10 * MINUTE)
        told = []
        for code in (started.device_code, "x", "A" * 200, "\u0661"):
            with pytest.raises(errors.ExpiredToken) as failure:
                served.devices.poll(PollDevice(device_code=code))
            told.append((failure.value.message, failure.value.hint))
        assert len(set(told)) == 1

    def test_old_ones_are_forgotten(self, served: Served, portal_file: Path, clock: FakeClock) -> None:
        start(served)
        clock.advance(timedelta(hours=2))
        start(served)
        assert query(portal_file, "SELECT count(*) AS rows FROM device_sign_ins") == [{"rows": 1}]


class TestGuessing:
    def test_an_account_has_five_guesses_and_then_waits(self, served: Served, anna: Served, ben: Served) -> None:
        for step in (anna.devices.show, anna.devices.allow, anna.devices.refuse) * 2:
            with pytest.raises(errors.NotFound):
                step(NOWHERE)
        started = start(served)
        for step in (anna.devices.show, anna.devices.allow, anna.devices.refuse):
            with pytest.raises(errors.TooManyAttempts):
                step(named(started))
        assert ben.devices.show(named(started)).state == "pending", "others are not slowed down"

    def test_the_wait_grows_to_a_minute_and_ends(self, served: Served, anna: Served, clock: FakeClock) -> None:
        started = start(served)
        for _ in range(5):
            with pytest.raises(errors.NotFound):
                anna.devices.show(NOWHERE)
            assert anna.devices.show(named(started)).state == "pending"
        for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
            with pytest.raises(errors.NotFound):
                anna.devices.show(NOWHERE)
            with pytest.raises(errors.TooManyAttempts) as slowed:
                anna.devices.show(named(started))
            assert slowed.value.allowed_from == clock() + seconds * SECOND
            clock.advance(seconds * SECOND)
        assert anna.devices.show(named(started)).state == "pending"

    def test_an_address_is_slowed_down_too_whoever_guesses(self, served: Served, anna: Served, ben: Served) -> None:
        for number in range(51):
            with pytest.raises(errors.ExpiredToken):
                served.devices.poll(PollDevice(device_code=f"guess {number}"))
        started = start(served)
        with pytest.raises(errors.TooManyAttempts):
            served.devices.poll(PollDevice(device_code="one more"))
        for guesser in (anna, ben):
            with pytest.raises(errors.TooManyAttempts):
                guesser.devices.show(named(started))
        with pytest.raises(errors.AuthorizationPending):
            poll(served, started)
        assert ben.at("198.51.100.9").devices.show(named(started)).state == "pending"

    def test_a_code_that_is_right_is_no_guess(self, served: Served, anna: Served, portal_file: Path) -> None:
        for _ in range(8):
            anna.devices.show(named(start(served)))
        assert query(portal_file, "SELECT * FROM throttles WHERE bucket LIKE 'guesser:%'") == []

    def test_one_address_begins_sixty_at_once_and_then_ten_a_minute(self, served: Served, clock: FakeClock) -> None:
        for _ in range(60):
            start(served)
        with pytest.raises(errors.TooManyAttempts) as refused:
            start(served)
        assert refused.value.allowed_from == clock() + 6 * SECOND
        start(served.at("198.51.100.9"))
        clock.advance(6 * SECOND)
        start(served)
        with pytest.raises(errors.TooManyAttempts):
            start(served)
        clock.advance(MINUTE)
        assert len({start(served).user_code for _ in range(10)}) == 10
