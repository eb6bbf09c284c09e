"""The batches that this machine remembers: each by its journal."""

from __future__ import annotations

import shlex
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from portalctl import errors
from portalctl.models.batches import Batch
from portalctl.transfer.journal import ENDING, Recalled, locked, recalled_from
from portalctl.transfer.journal_lines import Damaged
from portalctl.transfer.seals import break_seals


class Run(NamedTuple):
    """The command of a batch: its words, and where and for whom it was given."""

    words: list[str]
    folder: Path
    portal: str
    profile: str | None


def batches(folder: Path) -> list[Batch]:
    """The batches that this machine remembers, the latest first; what cannot be read is no batch."""
    found = []
    for path in folder.glob(f"bat_*{ENDING}") if folder.is_dir() else ():
        with suppress(Damaged, FileNotFoundError, KeyError, ValueError):
            found.append(_batch(path, recalled_from(path)))
    return sorted(found, key=lambda batch: batch.updated_at, reverse=True)


def recall(folder: Path, batch: str) -> Batch:
    """One batch by its id or the beginning of it. Raises NotFound, AmbiguousId, StorageFailure for a damaged one."""
    path = _named(folder, batch)
    return _batch(path, _readable(path))


def run_of(folder: Path, batch: str) -> Run:
    """The command of a batch. Raises as `recall` does."""
    run = _readable(_named(folder, batch)).run
    return Run(run["words"], Path(run["folder"]), run["portal"], run["profile"])


def forget(folder: Path, batch: str) -> str:
    """Remember nothing of a batch; its documents stay. Its whole id. Raises NotFound, AmbiguousId, BatchRunning."""
    path = _named(folder, batch)
    with locked(path):
        path.unlink()
        break_seals(path)
    return _id(path)


def _id(path: Path) -> str:
    return path.name.removesuffix(ENDING)


def _named(folder: Path, batch: str) -> Path:
    known = sorted(_id(path) for path in folder.glob(f"bat_*{ENDING}"))
    fitting = [each for each in known if each == batch] or [each for each in known if each.startswith(batch)]
    if not fitting:
        raise errors.NotFound(
            f"this machine remembers no batch {batch!r}", "see them with: portalctl docs batches list"
        )
    if len(fitting) > 1:
        raise errors.AmbiguousId(f"{batch!r} fits several batches", f"one of: {', '.join(fitting[:10])}")
    return folder / (fitting[0] + ENDING)


def _readable(path: Path) -> Recalled:
    try:
        found = recalled_from(path)
    except Damaged as error:
        raise errors.StorageFailure(
            f"what is remembered of {_id(path)} cannot be read: {error}",
            f"give its command again, the portal knows what it has; or: portalctl docs batches forget {_id(path)}",
        ) from None
    if not found.run:
        raise errors.StorageFailure(f"nothing is remembered of {_id(path)}", "give its command again")
    return found


def _batch(path: Path, recalled: Recalled) -> Batch:
    run = recalled.run
    done = min(len(recalled.done), run["files"])
    updated = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    return Batch(
        id=_id(path),
        portal=run["portal"],
        command=shlex.join(["portalctl", *run["words"]]),
        started_at=datetime.fromisoformat(recalled.started_at),
        updated_at=updated,
        files=run["files"],
        done=done,
        failed=len(recalled.failed),
        finished=recalled.has_ended and done == run["files"],
        running=run["pid"] if _is_locked(path) else None,
    )


def _is_locked(path: Path) -> bool:
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
