"""More of an upload as it arrives, piece by piece: kept, hashed on the way, and settled when it is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portalctl import errors
from portalctl.domain.office import Office
from portalctl.storage import bodies, uploads
from portalctl.storage.blobs import SMALL, Staging
from portalctl.storage.bodies import Part
from portalctl.storage.engine import Lasts, Row, Transaction

if TYPE_CHECKING:
    from hashlib import _Hash

ENDS = 64 << 10
"""Bytes at either end of a body that are kept until its kind is found by them: an archive's directory is one end."""


class Arriving:
    """One sender's turn at one upload. Each step works for a moment, so that threads may take them in turn.

    Of a turn that is `is_whole_or_nothing` nothing stays unless it is finished.
    """

    def __init__(self, office: Office, row: Row, parts: Sequence[Part], *, is_whole_or_nothing: bool = False) -> None:
        self._is_whole_or_nothing = is_whole_or_nothing
        self.id: str = row["id"]
        self._office = office
        self._owner: str = row["owner"]
        self._size: int = row["bytes"]
        self._arrived = self._safe = int(row["arrived"])
        self._place = f"{self._owner}/{self.id}"
        self._is_small = self._size <= SMALL
        self._staging: Staging = (
            _InRow(row["content"] or b"")
            if self._is_small
            else office.bodies().staging(self._owner, self.id, self._arrived, parts)
        )
        try:
            self._head = next(self._staging.read_back(), b"")[:ENDS] if self._arrived else b""
            self._tail = self._end_so_far()
            self._digest = self._so_far()
            self._digest_before = self._digest.copy()
        except BaseException:
            self._staging.close()
            raise

    @property
    def lacks(self) -> int:
        """Bytes that have not arrived yet."""
        return self._size - self._arrived

    def take(self, piece: bytes) -> None:
        """Keep what comes next. Raises DocumentTooLarge for more than was announced, StorageFailure."""
        if self._arrived + len(piece) > self._size:
            raise errors.DocumentTooLarge(
                f"more comes than the {self._size} bytes that were announced", "start another upload for it"
            )
        self._staging.write(piece)
        self._digest.update(piece)
        self._arrived += len(piece)
        if len(self._head) < ENDS:
            self._head += piece[: ENDS - len(self._head)]
        self._tail = (self._tail + piece)[-ENDS:] if len(piece) < ENDS else piece
        if self._arrived - self._safe >= self._staging.checkpoint and not self._is_whole_or_nothing:
            self._save(all_of_it=False, is_more_coming=True)

    def finish(self) -> None:
        """The sender has sent all it wants to: keep it, and settle the body when it is whole."""
        self._save(all_of_it=True, is_more_coming=self._arrived < self._size)
        self._keep_running()

    def leave(self) -> None:
        """The sender broke off: what has arrived stays, unless it is nothing without the rest."""
        if self._is_whole_or_nothing:
            self._arrived, self._digest = self._safe, self._digest_before
        else:
            self._save(all_of_it=True, is_settled=False)
        self._keep_running()

    def close(self) -> None:
        """Let somebody else go on."""
        self._staging.close()

    def _end_so_far(self) -> bytes:
        """What the rest will not push out of the end; mostly the rest is long enough, and nothing is read."""
        end = b""
        if self._arrived and self._size - self._arrived < ENDS:
            for chunk in self._staging.read_back():
                end = (end + chunk)[-ENDS:]
        return end

    def _so_far(self) -> _Hash:
        if not self._is_small and (known := self._office.bodies().running_hash(self.id, self._arrived)):
            return known
        digest = hashlib.sha256()
        for chunk in self._staging.read_back() if self._arrived else ():
            digest.update(chunk)
        return digest

    def _save(self, *, all_of_it: bool, is_settled: bool = True, is_more_coming: bool = False) -> None:
        safe, added = self._staging.save(all_of_it=all_of_it, is_more_coming=is_more_coming)
        is_whole = is_settled and safe == self._size and all_of_it
        if safe == self._safe and not is_whole:
            return
        content = self._staging.content if isinstance(self._staging, _InRow) else None
        with self._office.store.writing(Lasts.LATER if is_more_coming else Lasts.BEFORE_SEEN) as tx:
            tx.hold(f"body:{self._owner}")
            if not uploads.arrive(tx, self.id, before=self._safe, after=safe, content=content):
                raise errors.UploadOffsetWrong("somebody else went on with this upload", "ask how far it is")
            for part in added:
                bodies.add_part(tx, self._place, part)
            if is_whole:
                self._settle(tx, content)
        self._safe = safe

    def _settle(self, tx: Transaction, content: bytes | None) -> None:
        sha256 = self._digest.hexdigest()
        before = bodies.get(tx, self._owner, sha256)
        place = None if content is not None else self._office.bodies().settle(self._owner, self.id, sha256)
        if before is not None and before["place"] not in (None, place):
            bodies.forget_parts(tx, before["place"])
        bodies.put(tx, owner=self._owner, sha256=sha256, bytes=self._size, content=content, place=place)
        uploads.complete(tx, self.id, sha256=sha256, head=self._head, tail=self._tail[-ENDS:])

    def _keep_running(self) -> None:
        if not self._is_small and self._safe == self._arrived < self._size:
            self._office.bodies().keep_running(self.id, self._safe, self._digest)


@contextmanager
def received(arriving: Arriving) -> Iterator[Arriving]:
    """One turn: what came in the block is kept, also when it breaks off. Where keeping it fails, nothing is tried."""
    try:
        try:
            yield arriving
        except errors.StorageFailure:
            raise
        except BaseException:
            arriving.leave()
            raise
        arriving.finish()
    finally:
        arriving.close()


class _InRow(Staging):
    """A small body that collects in its row."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def write(self, content: bytes) -> None:
        """See Staging."""
        self.content += content

    def save(self, *, all_of_it: bool, is_more_coming: bool = False) -> tuple[int, list[Part]]:  # noqa: ARG002  a row is saved whole
        """See Staging: the row is written by whoever asks."""
        return len(self.content), []

    def read_back(self) -> Iterator[bytes]:
        """See Staging."""
        if self.content:
            yield self.content

    def close(self) -> None:
        """See Staging."""
