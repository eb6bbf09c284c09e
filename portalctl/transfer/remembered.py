"""The batches that this machine remembers: each by its journal."""

from __future__ import annotations

import shlex
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from portalctl import errors
from portalctl.models.batches import Batch
from portalctl.transfer.journal import ENDING, Recalled, locked, recalled_from
from portalctl.transfer.journal_lines import Damaged


def batches(folder: Path) -> list[Batch]:
    """The batches that this machine remembers, the latest first; what cannot be read is no batch."""
    found = []
    for path in folder.glob(f"bat_*{ENDING}") if folder.is_dir() else ():
        with suppress(Damaged, FileNotFoundError, KeyError, ValueError):
            found.append(_batch(path, recalled_from(path)))
    return sorted(found, key=lambda batch: batch.updated_at, reverse=True)


def recall(folder: Path, batch: str) -> Batch:
    """One batch by its id or the beginning of it. Raises NotFound, AmbiguousId, StorageFailure for a damaged one."""
    known = sorted(path.name.removesuffix(ENDING) for path in folder.glob(f"bat_*{ENDING}"))
    fitting = [each for each in known if each.startswith(batch)]
    if not fitting:
        raise errors.NotFound(
            f"this machine remembers no batch {batch!r}", "see them with: portalctl docs batches list"
        )
    if len(fitting) > 1 and batch not in fitting:
        raise errors.AmbiguousId(f"{batch!r} fits several batches", f"one of: {', '.join(fitting[:10])}")
    path = folder / ((batch if batch in fitting else fitting[0]) + ENDING)
    try:
        return _batch(path, recalled_from(path))
    except (Damaged, KeyError) as error:
        raise errors.StorageFailure(
            f"what is remembered of {path.stem} cannot be read: {error}",
            "give its command again: the portal knows what it has; or: portalctl docs batches forget",
        ) from None


def forget(folder: Path, batch: str) -> None:
    """Remember nothing of a batch; its documents stay. Raises BatchRunning."""
    path = folder / (batch + ENDING)
    with locked(path):
        path.unlink()


def _batch(path: Path, recalled: Recalled) -> Batch:
    run, done = recalled.run, recalled.done
    updated = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    return Batch(
        id=path.name.removesuffix(ENDING),
        portal=run["portal"],
        command=shlex.join(["portalctl", *run["words"]]),
        started_at=datetime.fromisoformat(recalled.started_at),
        updated_at=updated,
        files=run["files"],
        done=min(done, run["files"]),
        failed=len(recalled.files) - done,
        finished=recalled.has_ended and done == len(recalled.files),
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
