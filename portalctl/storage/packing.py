"""Packing bodies beside other work: the disk, or a store elsewhere, is at it while rows are written."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from portalctl import errors
from portalctl.storage.blobs import Bodies


class Packing(threading.Thread):
    """Bodies that are being packed, begun at once. Whoever began it asks for its end before anything is committed."""

    def __init__(self, bodies: Bodies, owner: str, contents: Sequence[bytes | memoryview]) -> None:
        super().__init__(name="packing")
        self._bodies, self._owner, self._contents = bodies, owner, contents
        self._place: str | None = None
        self._failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Pack them."""
        try:
            self._place = self._bodies.pack(self._owner, self._contents)
        except BaseException as failure:  # noqa: BLE001  it is raised where the end is asked for
            self._failure = failure

    def place(self) -> str:
        """Where they are, once they are safe from a power cut. Raises what packing raised."""
        self.join()
        if self._failure is not None:
            raise self._failure
        assert self._place is not None  # noqa: S101  it has ended without a failure
        return self._place

    def undo(self) -> None:
        """Keep nothing of it, as far as that is possible: what stays, the sweep finds."""
        self.join()
        if self._place is not None:
            with suppress(errors.StorageFailure, errors.Retryable):
                self._bodies.remove(self._place)
