"""What a run has reached, kept on this machine so that the same command goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from portalctl.models.batches import FileResult
from portalctl.transfer.items import Item, Plan


class Journal:
    """The memory of one batch, which this process alone is at.

    `is_anew` tells that what there was of it could not be read and was set aside: the portal is to be asked what stands.
    """

    batch: str
    is_anew: bool

    @classmethod
    @contextmanager
    def of(
        cls, folder: Path, plan: Plan, *, portal: str, account: str, profile: str | None, now: datetime
    ) -> Iterator[Journal]:
        """The journal of a plan: one for the same key, portal and account; made where there is none.

        `folder` is `paths.state / "batches"`, `account` who is signed in, as far as this machine knows (the profile's
        e-mail address or name). Raises BatchRunning, naming the process that is at it; StorageFailure.
        """
        raise NotImplementedError

    def pending(self, items: Sequence[Item]) -> list[Item]:
        """Those that are not done, or have another signature or purpose now."""
        raise NotImplementedError

    def done(self, items: Sequence[Item]) -> Iterator[FileResult]:
        """What became of those that are done: each is `there`."""
        raise NotImplementedError
