"""A practice is set up once, with its first owner and the portal's key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.errors import PracticeExists, WeakPassword
from portalctl.models.practice import SetUpPractice
from portalctl.models.sessions import Role
from tests.domain.conftest import OWNER_PASSWORD, FakeClock


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
