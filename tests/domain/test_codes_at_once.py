"""A code that comes many times at once has one effect, on both engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from portalctl import errors
from portalctl.domain import second_factors as rules
from portalctl.domain.office import Office
from portalctl.domain.practice import setup_code
from portalctl.models.practice import SetUpPractice
from portalctl.models.sessions import SignIn
from portalctl.storage.stores import open_store
from tests.domain.apps import Guarded, guard
from tests.domain.conftest import OWNER_EMAIL, OWNER_PASSWORD, FakeClock
from tests.domain.served import Served

AT_ONCE = 64
KEY = b"k" * 32


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Office]:
    """The office of a portal that nobody has set up."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite://{tmp_path}/portal.db"
    store = open_store(url, create=True)
    yield Office(store, clock, None, lambda: KEY, "https://portal.example.com", "192.0.2.1", setup_needed=True)
    store.close()


@pytest.fixture
def owner(office: Office) -> Served:
    """The portal for its owner."""
    request = SetUpPractice(
        name="Studio Rossi",
        email=OWNER_EMAIL,
        timezone="Europe/Rome",
        owner="Dr Rossi",
        password=OWNER_PASSWORD,
        setup=setup_code(office),
    )
    return Served(office).with_token(Served(office).practice.set_up(request).token)


@pytest.fixture
def guarded(owner: Served, clock: FakeClock) -> Guarded:
    """What the owner has for their second factor, which is on."""
    return guard(owner, clock, OWNER_PASSWORD)


def all_at_once(attempt: Callable[[], errors.PortalError | None]) -> Counter[str]:
    """What each of 64 attempts comes to that begin in the same moment."""
    start = Barrier(AT_ONCE)

    def told(_: int) -> str:
        start.wait()
        try:
            failure = attempt()
        except errors.PortalError as raised:
            failure = raised
        return failure.code if failure is not None else "in"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(told, range(AT_ONCE)))


def test_of_64_sign_ins_with_one_code_one_has_a_session(
    office: Office, owner: Served, guarded: Guarded, clock: FakeClock
) -> None:
    """The others are told that the code is wrong, or to wait."""
    before = len(owner.sessions.list())
    request = SignIn(email=OWNER_EMAIL, password=OWNER_PASSWORD, code=guarded.app.at(clock()))

    def sign_in() -> None:
        Served(office).sessions.sign_in(request)

    came_of_it = all_at_once(sign_in)
    assert came_of_it["in"] == 1
    assert came_of_it.keys() <= {"in", "wrong_code", "too_many_attempts"}
    assert len(owner.sessions.list()) == before + 1


def test_of_64_uses_of_one_code_one_counts(office: Office, owner: Served, guarded: Guarded, clock: FakeClock) -> None:
    """Also where nothing else slows them down: the account is held while a code is looked at.

    Of wrong ones five are looked at, for side by side nothing is gained.
    """
    account_id, at = owner.sessions.who_am_i().account_id, int(clock().timestamp())

    def use(code: str) -> errors.PortalError | None:
        with office.store.writing() as tx:
            tx.hold(f"account:{account_id}")
            return rules.accept(tx, account_id, code, at, KEY)

    recovery, right, wrong = guarded.recovery_codes[0], guarded.app.at(clock()), guarded.app.wrong(clock())
    assert all_at_once(lambda: use(recovery)) == {"in": 1, "wrong_code": AT_ONCE - 1}
    assert owner.mfa.status().recovery_codes_left == 9
    came_of_it = all_at_once(lambda: use(right))
    assert came_of_it["in"] == 1
    assert came_of_it.keys() <= {"in", "wrong_code", "too_many_attempts"}
    clock.advance(timedelta(minutes=5))
    at = int(clock().timestamp())
    assert all_at_once(lambda: use(wrong)) == {"wrong_code": 5, "too_many_attempts": AT_ONCE - 5}
