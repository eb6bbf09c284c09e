"""Servers of one portal share its key, also those that start on an empty database in the same moment."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from portalctl.clock import system_clock
from portalctl.server.opening import open_office, place
from tests.storage.on_postgres import all_at_once


def opened(url: str, key_file: Path) -> None:
    """Open the portal to serve it, and let it go again."""
    key_file.parent.mkdir(mode=0o700, exist_ok=True)
    open_office(place(url, key_file, lambda _: None), system_clock, "https://portal.example.com").store.close()


def test_of_servers_that_begin_at_once_with_keys_of_their_own_one_goes_on(postgres_url: str, tmp_path: Path) -> None:
    told = all_at_once([partial(opened, postgres_url, tmp_path / str(number) / "portal.key") for number in range(4)])
    assert told == ["done", *["storage_failed"] * 3]


def test_servers_that_begin_at_once_with_the_same_key_all_go_on(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "portal.key").write_bytes(b"k" * 32)
    (tmp_path / "portal.key").chmod(0o600)
    told = all_at_once([partial(opened, postgres_url, tmp_path / "portal.key") for _ in range(4)])
    assert told == ["done"] * 4
