"""A portal is opened with the key that belongs to it; its schema is brought up to date when that is wanted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.clock import system_clock
from portalctl.domain.practice import setup_code
from portalctl.server.opening import Place, open_office, place
from portalctl.server.settings import Settings
from portalctl.server.starting import check, migrate
from portalctl.storage.stores import open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of each kind, and where the key will be."""
    url = f"sqlite://{tmp_path / 'portal.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return place(url, tmp_path / "portal.key", lambda _: None)


def _open(at: Place, *, new_key: bool = False) -> str:
    """Open the portal; the set-up code tells its key from others."""
    office = open_office(at, system_clock, "https://portal.example.com", new_key=new_key)
    try:
        return setup_code(office)
    finally:
        office.store.close()


def test_an_empty_database_becomes_a_portal_with_a_key_of_its_own(at: Place) -> None:
    first = _open(at)
    assert at.key_file.stat().st_mode & 0o777 == 0o600
    assert _open(at) == first


def test_another_key_than_before_is_refused_until_that_is_wanted(at: Place) -> None:
    first = _open(at)
    at.key_file.write_bytes(b"k" * 32)
    with pytest.raises(errors.StorageFailure, match="not the key"):
        _open(at)
    second = _open(at, new_key=True)
    assert second != first
    assert _open(at) == second


def test_a_key_that_is_gone_is_not_made_again_unasked(at: Place) -> None:
    first = _open(at)
    at.key_file.unlink()
    with pytest.raises(errors.StorageFailure, match="is gone"):
        _open(at)
    assert not at.key_file.exists()
    assert _open(at, new_key=True) != first


class TestCheck:
    """`serve check` says of each thing whether it is in order, and fails when one is not."""

    def test_a_portal_that_can_be_served_is_in_order(self, at: Place) -> None:
        _open(at)
        no_documents = f"none yet; the folder is made with the first: {at.documents}"
        keys = f"in order: {at.key_file}"
        nothing = [_NO_MAIL, _NO_SCANNER, _NO_STRIPE]
        assert _checked(at) == ["http://127.0.0.1:8420", "in order", keys, no_documents, *nothing]

    def test_a_scanner_is_seen_to_find_what_every_scanner_finds_and_to_pass_what_is_harmless(self, at: Place) -> None:
        _open(at)
        assert _checked(at, scanner=("sh", "-c", "! grep -aq EICAR"))[-2] == "in order"
        for command, part in (
            ("cat", "passes the EICAR"),
            ("exit 1", "in a harmless file"),
            ("exit 2", "ended with 2"),
        ):
            with pytest.raises(errors.InvalidInput, match=part):
                _checked(at, scanner=("sh", "-c", command))

    def test_a_portal_that_was_never_served_is_missed(self, at: Place) -> None:
        with pytest.raises(errors.PortalMissing):
            _checked(at)

    def test_another_key_is_seen(self, at: Place) -> None:
        _open(at)
        at.key_file.write_bytes(b"k" * 32)
        with pytest.raises(errors.StorageFailure, match="not the key"):
            _checked(at)

    def test_a_relay_that_does_not_answer_is_seen(self, at: Place) -> None:
        _open(at)
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            with pytest.raises(errors.NetworkFailure):
                _checked(at, smtp=f"smtp://127.0.0.1:{nobody.getsockname()[1]}")


def test_migrating_makes_the_portal_where_there_is_none_and_is_harmless_to_repeat(at: Place) -> None:
    for _ in range(2):
        said: list[str] = []
        migrate(Settings(at.database, at.key_file), said.append)
        assert said == ["The schema is up to date."]
    _open(at)


def test_an_older_schema_in_postgresql_is_left_alone_until_it_is_migrated(
    postgres_url: str, tmp_path: Path, older_schema: Callable[[str], None]
) -> None:
    """Other servers of the older version may still be at work."""
    at = place(postgres_url, tmp_path / "portal.key", lambda _: None)
    older_schema(postgres_url)
    with pytest.raises(errors.StorageFailure) as caught:
        _open(at)
    assert caught.value.hint is not None
    assert "serve migrate" in caught.value.hint
    migrate(Settings(at.database, at.key_file), lambda _: None)
    _open(at)


_NO_MAIL = "none; mail stays in the outbox (--smtp)"
_NO_STRIPE = "no key; a practice takes payments as a trial only ([stripe] secret_key)"
_NO_SCANNER = "none; documents are read as they come (--scan)"


def _checked(at: Place, smtp: str | None = None, scanner: tuple[str, ...] = ()) -> list[str]:
    """What the check says of address, database, key, documents, relay and scanner."""
    said: list[str] = []
    check(Settings(at.database, at.key_file, smtp=smtp, scanner=scanner), said.append)
    return [line.partition(": ")[2] for line in said]


@pytest.fixture
def older_schema(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a portal as a portalctl made it that knew one migration less."""
    from portalctl.storage import postgres_schema
    from portalctl.storage.migrations import migrations

    def make(url: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(postgres_schema, "migrations", lambda engine: migrations(engine)[:-1])
            store = open_store(url, create=True)
            with store.writing():
                pass
            store.close()

    return make
