"""Packing bodies beside other work: the disk, or a store elsewhere, is at it while rows are written."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from portalctl import errors
from portalctl.storage.blobs import Bodies


class Packing(threading.Thread):
    """Bodies that are being packed, begun at once. Whoever began it waits for it before anything is committed."""

    def __init__(self, bodies: Bodies, place: str, contents: Sequence[bytes | memoryview]) -> None:
        super().__init__(name="packing")
        self._bodies, self._place, self._contents = bodies, place, contents
        self._failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Pack them."""
        try:
            self._bodies.pack(self._place, self._contents)
        except BaseException as failure:  # noqa: BLE001  it is raised where the end is waited for
            self._failure = failure

    def wait(self) -> None:
        """Wait until they are safe from a power cut. Raises what packing raised."""
        self.join()
        if self._failure is not None:
            raise self._failure

    def undo(self) -> None:
        """Keep nothing of it, as far as that is possible: what stays, the sweep finds."""
        self.join()
        if self._failure is None:
            with suppress(errors.StorageFailure, errors.Retryable):
                self._bodies.remove(self._place)
