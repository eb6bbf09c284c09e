"""A real portal file with a practice and two clients, under a clock that tests set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.invites import InviteClient
from portalctl.models.practice import SetUpPractice
from portalctl.models.sessions import SignUp
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.domain.house import House, furnish

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday, 09:00 in Rome."""

OWNER_EMAIL, OWNER_PASSWORD = "rossi@example.com", "walnut harbour cobalt seven"
ANNA_EMAIL, ANNA_PASSWORD = "anna@example.com", "tulip engine marble sunday"
BEN_EMAIL, BEN_PASSWORD = "ben@example.com", "copper lantern orchid nine"


PortalFor = Callable[[str | None], EmbeddedPortal]


class FakeClock:
    """Says what it was set to."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now

    def advance(self, length: timedelta) -> None:
        """Let time pass, or go back."""
        self.now += length


class Template(NamedTuple):
    """A finished portal to copy, and the tokens of its people."""

    file: Path
    owner: str
    client: str
    other_client: str


@pytest.fixture
def clock() -> FakeClock:
    """The portal's clock: Monday 2026-03-02, 09:00 in Rome, until the test moves it."""
    return FakeClock()


@pytest.fixture
def said() -> list[str]:
    """What the portal told its user besides answers."""
    return []


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    file = tmp_path_factory.mktemp("template") / "portal.db"
    portal = EmbeddedPortal(f"sqlite://{file}", file, None, FakeClock(), lambda _: None)
    owner = portal.practice.set_up(
        SetUpPractice(
            name="Studio Rossi",
            email=OWNER_EMAIL,
            timezone="Europe/Rome",
            owner="Dr Rossi",
            password=OWNER_PASSWORD,
        )
    ).token
    tokens = []
    for name, email, password in (
        ("Anna Bianchi", ANNA_EMAIL, ANNA_PASSWORD),
        ("Ben Carter", BEN_EMAIL, BEN_PASSWORD),
    ):
        link = portal.with_token(owner).invites.create(InviteClient(email=email, name=name)).link
        sign_up = SignUp(code=code_of(link), password=password, timezone="Europe/Rome")
        tokens.append(portal.sessions.sign_up(sign_up).token)
    portal.close()
    store = SqliteStore(file)
    with store.writing() as tx:
        tx.run("UPDATE sessions SET expires_at = :never, idle_minutes = 99999999", never=2**40)
    store.close()
    return Template(file, owner, *tokens)


@pytest.fixture(scope="session")
def _furnished(_template: Template, tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house") / "portal"
    shutil.copytree(_template.file.parent, folder)
    tokens = {"owner": _template.owner, "client": _template.client, "other client": _template.other_client}
    return furnish(folder / _template.file.name, tokens, FakeClock())


@pytest.fixture
def house(_furnished: House, tmp_path: Path) -> House:
    """A portal with somebody of every role and things to reach for, a copy for this test alone."""
    shutil.copytree(_furnished.file.parent, tmp_path / "house")
    return _furnished.moved(tmp_path / "house" / _furnished.file.name)


@pytest.fixture(scope="session")
def closed_house(_furnished: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house for all who are refused, which stays as it is."""
    folder = tmp_path_factory.mktemp("closed")
    shutil.copytree(_furnished.file.parent, folder / "house")
    return _furnished.moved(folder / "house" / _furnished.file.name)


@pytest.fixture
def portal_file(_template: Template, tmp_path: Path) -> Path:
    """The portal's file, a copy for this test alone."""
    folder = tmp_path / "portal"
    shutil.copytree(_template.file.parent, folder)
    return folder / _template.file.name


@pytest.fixture
def portal_for(portal_file: Path, clock: FakeClock, said: list[str]) -> Iterator[PortalFor]:
    """Makes the portal for a session token; None for somebody who has not signed in."""
    made: list[EmbeddedPortal] = []

    def make(token: str | None) -> EmbeddedPortal:
        made.append(EmbeddedPortal(f"sqlite://{portal_file}", portal_file, token, clock, said.append))
        return made[-1]

    yield make
    for portal in made:
        portal.close()


@pytest.fixture
def portal(portal_for: PortalFor) -> EmbeddedPortal:
    """The portal, for somebody who has not signed in."""
    return portal_for(None)


@pytest.fixture
def owner(portal_for: PortalFor, _template: Template) -> EmbeddedPortal:
    """The portal for Dr Rossi, who owns the practice; this session does not end, however far the clock is moved."""
    return portal_for(_template.owner)


@pytest.fixture
def client(portal_for: PortalFor, _template: Template) -> EmbeddedPortal:
    """The portal for Anna, a client in Rome; this session does not end."""
    return portal_for(_template.client)


@pytest.fixture
def other_client(portal_for: PortalFor, _template: Template) -> EmbeddedPortal:
    """The portal for Ben, another client in Rome; this session does not end."""
    return portal_for(_template.other_client)


@pytest.fixture
def audit(portal_file: Path) -> Callable[[], list[Row]]:
    """Reads every audit row, chain by chain, oldest first."""

    def rows() -> list[Row]:
        return query(portal_file, "SELECT * FROM audit ORDER BY chain, position")

    return rows


def code_of(link: str) -> str:
    """The part of an invite or reset link that is redeemed."""
    return link.rpartition("/")[2]


def query(portal_file: Path, sql: str, **parameters: object) -> list[Row]:
    """Rows of the portal's database, read past all rules."""
    store = SqliteStore(portal_file)
    try:
        with store.reading() as tx:
            return tx.all(sql, **parameters)
    finally:
        store.close()
