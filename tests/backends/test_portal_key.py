"""The portal's key: made once, readable by its owner alone, and never replaced in silence."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from portalctl.backends.portal_key import key_path, read_or_make
from portalctl.errors import StorageFailure


def read(path: Path, said: list[str] | None = None, *, missed: bool = False) -> bytes:
    return read_or_make(path, (said if said is not None else []).append, is_missed=lambda: missed)


def test_it_is_made_once_and_stays(tmp_path: Path) -> None:
    path = key_path(tmp_path / "portal.db")
    key = read(path)
    assert path == tmp_path / "portal.db.key"
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert read(path) == key
    assert read(tmp_path / "other.key") != key


def _race(path: str, line: object, found: object) -> None:
    line.wait()  # type: ignore[attr-defined]  # a barrier of the other process
    found.put(read(Path(path)))  # type: ignore[attr-defined]  # a queue of the other process


def test_processes_that_make_it_at_once_agree(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    line, found = spawn.Barrier(4), spawn.Queue()
    racers = [spawn.Process(target=_race, args=(str(tmp_path / "portal.key"), line, found)) for _ in range(4)]
    for racer in racers:
        racer.start()
    keys = {found.get(timeout=60) for _ in racers}
    for racer in racers:
        racer.join()
    assert len(keys) == 1


def test_a_lost_key_is_replaced_with_a_word_about_it(tmp_path: Path) -> None:
    said: list[str] = []
    read(tmp_path / "portal.key", said, missed=True)
    assert len(said) == 1
    assert "second factors and links sent before no longer work" in said[0]


def test_the_first_key_is_made_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    read(tmp_path / "portal.key", said)
    assert said == []


def test_others_lose_their_access_and_the_user_hears_of_it(tmp_path: Path) -> None:
    path, said = tmp_path / "portal.key", list[str]()
    key = read(path)
    path.chmod(0o644)
    assert read(path, said) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(said) == 1


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_file_of_another_size_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "portal.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(StorageFailure, match="not a portal key"):
        read(path)
    assert path.read_bytes() == content


def test_a_link_to_another_file_is_refused(tmp_path: Path) -> None:
    read(tmp_path / "elsewhere.key")
    (tmp_path / "portal.key").symlink_to(tmp_path / "elsewhere.key")
    with pytest.raises(StorageFailure):
        read(tmp_path / "portal.key")
