"""A practice's portal, served on a loopback port under a clock that tests set, and whoever visits its pages."""

from __future__ import annotations

import re
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from portalctl.clock import Clock
from portalctl.models.clients import MakeResetLink
from portalctl.models.devices import StartDevice
from portalctl.models.invites import InviteClient
from portalctl.models.practice import SetUpPractice
from portalctl.models.sessions import SignUp
from portalctl.server.routes import ServedPortal
from portalctl.storage.engine import Row
from tests.domain.conftest import FakeClock, code_of
from tests.serving import serving

OWNER_PASSWORD = "walnut harbour cobalt seven"
BEN = "ben@example.com"
PASSWORD = "granite meadow violin dusk"
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""One for all: loading certificates takes longer than most of these tests."""

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Place(NamedTuple):
    """A portal that is served, and what its practice does there."""

    url: str
    anyone: ServedPortal
    owner: ServedPortal

    def invite(self, email: str = "anna@example.com", name: str = "Anna Bianchi") -> str:
        """The link of a new invite."""
        return self.owner.invites.create(InviteClient(email=email, name=name)).link

    def reset_link(self, email: str = BEN) -> str:
        """A link that sets a new password."""
        return self.owner.clients.reset_link(MakeResetLink(client=email)).link

    def device(self, name: str = "portalctl on a laptop") -> str:
        """The code that a program shows which asks to be signed in."""
        return self.anyone.devices.start(StartDevice(name=name)).user_code

    def rows(self, sql: str) -> list[Row]:
        """Rows of the portal's database, read past all rules."""
        with self.anyone._office.store.reading() as transaction:
            return transaction.all(sql)

    def browse(self) -> httpx.Client:
        """A browser that keeps cookies, says what it wants, and does not go on by itself."""
        return httpx.Client(base_url=self.url, headers=HTML, follow_redirects=False, verify=_NO_TLS)


@pytest.fixture(scope="session")
def _practice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("served")
    with serving(f"sqlite://{folder}/portal.db", FakeClock()) as server:
        request = SetUpPractice(
            name="Studio Rossi",
            email="rossi@example.com",
            timezone="Europe/Rome",
            owner="Dr Rossi",
            password=OWNER_PASSWORD,
            setup=server.set_up_code,
        )
        anyone = ServedPortal(server.site.anyone())
        token = anyone.practice.set_up(request).token
        ben = anyone.with_token(token).invites.create(InviteClient(email=BEN, name="Ben Carter")).link
        anyone.sessions.sign_up(SignUp(code=code_of(ben), password=PASSWORD))
        with server.site.store.writing() as transaction:
            transaction.run("UPDATE sessions SET expires_at = :never, idle_minutes = 99999999", never=2**40)
    return folder, token


@contextmanager
def served(practice: tuple[Path, str], folder: Path, clock: Clock) -> Iterator[Place]:
    """A copy of the practice's portal, served until the block ends."""
    template, token = practice
    shutil.copytree(template, folder)
    with serving(f"sqlite://{folder}/portal.db", clock) as server:
        anyone = ServedPortal(server.site.anyone())
        yield Place(server.url, anyone, anyone.with_token(token))


@pytest.fixture
def clock() -> FakeClock:
    """The portal's clock: Monday 2026-03-02, 09:00 in Rome, until the test moves it."""
    return FakeClock()


@pytest.fixture
def place(_practice: tuple[Path, str], tmp_path: Path, clock: FakeClock) -> Iterator[Place]:
    """A portal of Studio Rossi, where Ben has an account, for this test alone; its owner's session does not end."""
    with served(_practice, tmp_path / "served", clock) as found:
        yield found


@pytest.fixture(scope="module")
def shared(_practice: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Such a portal for all tests of a file that leave it as good as they found it."""
    with served(_practice, tmp_path_factory.mktemp("shared") / "served", FakeClock()) as found:
        yield found


@pytest.fixture
def guest(shared: Place) -> Iterator[httpx.Client]:
    """Somebody at the shared portal with a browser."""
    with shared.browse() as client:
        yield client


@pytest.fixture
def visitor(place: Place) -> Iterator[httpx.Client]:
    """Somebody at the portal with a browser."""
    with place.browse() as client:
        yield client


def hidden_fields(page: str) -> dict[str, str]:
    """What the first form of a page sends besides what is typed."""
    form = page.partition("<form")[2].partition("</form>")[0]
    return {
        name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    }


def text_of(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.partition("<body")[2])))
