"""Small files are read with the same care as large ones, and travel as many together as may."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.models.batch_words import BATCH_BYTES, BATCH_FILES, SMALL_FILE
from portalctl.transfer import plain_files
from portalctl.transfer.items import Item, Purpose, Signature
from portalctl.transfer.plain_files import Skipped
from portalctl.transfer.plan import of_paths
from portalctl.transfer.sharing import jobs_of
from portalctl.transfer.together import read_small


@pytest.fixture
def item(tmp_path: Path) -> Item:
    """A file as a plan saw it."""
    path = tmp_path / "result.txt"
    path.write_bytes(b"potassium 4.1")
    (found,) = of_paths([str(path)], Purpose()).items
    return found


def sized(*lengths: int) -> list[Item]:
    """Files of these lengths."""
    return [Item(row, f"{row}", Signature(1, row, length, 0, 0), Purpose()) for row, length in enumerate(lengths)]


def test_small_files_travel_together_and_longer_ones_alone() -> None:
    lengths = [10] * (BATCH_FILES + 3) + [SMALL_FILE + 1, 0] + [SMALL_FILE] * 9
    jobs = list(jobs_of(sized(*lengths)))
    assert sorted(item.row for job in jobs for item in job) == list(range(len(lengths)))
    for job in jobs:
        whole = sum(item.signature.bytes for item in job)
        assert len(job) <= BATCH_FILES
        assert whole <= BATCH_BYTES or len(job) == 1
        assert len(job) == 1 or all(item.signature.bytes <= SMALL_FILE for item in job)
    assert len(jobs) == 4


def changing(path: str, times: int) -> Callable[[int, int], bytes]:
    """Reads, and then somebody else writes to the file; so many times."""
    read = os.read
    left = iter(range(times))

    def instead(descriptor: int, length: int) -> bytes:
        content = read(descriptor, length)
        if next(left, None) is not None:
            with Path(path).open("ab") as file:
                file.write(b"!")
        return content

    return instead


def test_one_that_changes_while_it_is_read_is_read_again_and_then_refused(
    item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "read", changing(item.path, 2))
        found = read_small(item, follow=False)
    assert found is not None
    body, signature = found
    assert (body, signature.bytes) == (b"potassium 4.1!!", len(body))
    monkeypatch.setattr(os, "read", changing(item.path, 3))
    with pytest.raises(errors.UploadIncomplete, match="changed during upload"):
        read_small(item, follow=False)


def test_what_has_taken_the_place_of_a_file_is_looked_at_anew(item: Item, tmp_path: Path) -> None:
    """Another file is sent as it is; a link, a pipe and a second name that somebody planted are not."""
    path = Path(item.path)
    (tmp_path / "another").write_bytes(b"sodium 140")
    (tmp_path / "another").rename(path)
    assert read_small(item, follow=False) == (b"sodium 140", plain_files.signature_of(path.stat()))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        read_small(item, follow=False)
    path.symlink_to("/etc/passwd")
    for follow in (False, True):
        with pytest.raises(Skipped):
            read_small(item, follow=follow)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Skipped):
        read_small(item, follow=False)


def test_a_second_name_of_the_same_file_is_noticed_when_it_is_opened(item: Item, tmp_path: Path) -> None:
    os.link(item.path, tmp_path / "planted")
    assert read_small(item, follow=False) is not None
    tmp_path.chmod(tmp_path.stat().st_mode | stat.S_IWOTH)
    with pytest.raises(Skipped):
        read_small(item, follow=False)


def test_one_that_has_grown_too_long_to_travel_with_others_is_left_to_travel_alone(item: Item) -> None:
    os.truncate(item.path, SMALL_FILE + 1)
    assert read_small(item, follow=False) is None
    os.truncate(item.path, SMALL_FILE)
    found = read_small(item, follow=False)
    assert found is not None
    assert len(found[0]) == SMALL_FILE


def test_nothing_stays_open(item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    """However reading ends."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_small(item, follow=False)

    def failing(*_: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", failing)
    with pytest.raises(OSError, match="Input/output"):
        read_small(item, follow=False)
    monkeypatch.undo()
    os.truncate(item.path, SMALL_FILE + 1)
    read_small(item, follow=False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
