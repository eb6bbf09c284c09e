"""A practice is set up once, with its first owner and the portal's key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.office import Office
from portalctl.domain.practice import setup_code
from portalctl.errors import LinkNotValid, PracticeExists, TooManyAttempts, WeakPassword
from portalctl.models.practice import SetUpPractice
from portalctl.models.role import Role
from portalctl.storage.sqlite import SqliteStore
from tests.domain.conftest import OWNER_PASSWORD, FakeClock
from tests.domain.served import Served


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a portal will be, in a folder that is not there yet."""
    return tmp_path / "portals" / "portal.db"


@pytest.fixture
def nothing(file: Path, clock: FakeClock, said: list[str]) -> Iterator[EmbeddedPortal]:
    """A portal that nobody has set up."""
    portal = EmbeddedPortal(f"sqlite://{file}", file, None, clock, said.append)
    yield portal
    portal.close()


def set_up(portal: EmbeddedPortal, password: str = OWNER_PASSWORD) -> EmbeddedPortal:
    """Set it up: the portal as its owner sees it."""
    signed_in = portal.practice.set_up(
        SetUpPractice(
            name="Studio Rossi",
            email="Rossi@Example.com",
            timezone="Europe/Rome",
            owner="Dr Rossi",
            password=password,
        )
    )
    return portal.with_token(signed_in.token)


def test_the_first_owner_is_signed_in_and_gives_appointments(nothing: EmbeddedPortal) -> None:
    owner = set_up(nothing)
    identity = owner.sessions.who_am_i()
    assert (identity.role, identity.name, identity.email) == (Role.OWNER, "Dr Rossi", "rossi@example.com")
    assert identity.practice == owner.practice.show().name == "Studio Rossi"
    assert [member.role for member in owner.staff.list()] == ["owner"]
    owner.close()


def test_the_portal_and_its_key_are_their_owners_alone(nothing: EmbeddedPortal, file: Path, said: list[str]) -> None:
    set_up(nothing).close()
    key = file.with_name(file.name + ".key")
    assert [path.stat().st_mode & 0o777 for path in (file.parent, file, key)] == [0o700, 0o600, 0o600]
    assert len(key.read_bytes()) == 32
    assert said == []


def test_a_portal_that_belongs_to_a_practice_is_not_set_up_again(owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
    with pytest.raises(PracticeExists):
        set_up(portal)
    assert len(owner.staff.list()) == 1


@pytest.mark.parametrize("password", ["too short", "Studio Rossi 2026", "rossi@example.com"])
def test_a_weak_password_leaves_nothing_behind(nothing: EmbeddedPortal, file: Path, password: str) -> None:
    with pytest.raises(WeakPassword):
        set_up(nothing, password)
    assert not file.parent.exists()


class TestOnAServer:
    @pytest.fixture
    def office(self, file: Path, clock: FakeClock) -> Iterator[Office]:
        """A server's office on an empty database."""
        store = SqliteStore(file, create=True)
        yield Office(
            store, clock, None, lambda: b"k" * 32, "https://portal.example.com", "192.0.2.1", setup_needed=True
        )
        store.close()

    @staticmethod
    def request(code: str | None) -> SetUpPractice:
        """The practice, with a set-up code."""
        return SetUpPractice(
            name="Studio Rossi",
            email="rossi@example.com",
            timezone="Europe/Rome",
            owner="Dr Rossi",
            password=OWNER_PASSWORD,
            setup=code,
        )

    def test_the_right_code_makes_the_practice_once(self, office: Office) -> None:
        code = setup_code(office)
        signed_in = Served(office).practice.set_up(self.request(code))
        assert signed_in.identity.role is Role.OWNER
        with pytest.raises(PracticeExists):
            Served(office).practice.set_up(self.request(code))

    def test_every_process_makes_the_same_code_and_another_portal_another(self, office: Office) -> None:
        assert setup_code(office) == setup_code(office._replace(address="elsewhere"))
        assert setup_code(office) != setup_code(office._replace(portal_key=lambda: b"j" * 32))

    @pytest.mark.parametrize("code", [None, "", "set_000000000000.forged", "\u0661", "x" * 9999])
    def test_without_the_right_code_nothing_is_made(self, office: Office, code: str | None) -> None:
        with pytest.raises(LinkNotValid):
            Served(office).practice.set_up(self.request(code))
        Served(office).practice.set_up(self.request(setup_code(office)))

    def test_trying_codes_slows_the_address_down(self, office: Office) -> None:
        for _ in range(51):
            with pytest.raises(LinkNotValid):
                Served(office).practice.set_up(self.request("wrong"))
        with pytest.raises(TooManyAttempts):
            Served(office).practice.set_up(self.request(setup_code(office)))
        elsewhere = office._replace(address="198.51.100.9")
        Served(elsewhere).practice.set_up(self.request(setup_code(office)))
