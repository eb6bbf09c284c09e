"""What a portal can do with bodies on their way to it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.uploads import StartUpload, Upload, UploadReference


class Uploads(ABC):
    """Uploads of the caller's own; `Portal.append` sends their bytes, `documents.add` makes a document of one."""

    @operation("POST", "/uploads")
    @abstractmethod
    def start(self, request: StartUpload) -> Upload:
        """Begin an upload; it is kept for a day.

        Safe to repeat with the same idempotency key. Raises NotFound, DocumentTooLarge, KindNotTaken,
        QuotaExceeded, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("GET", "/uploads/{id}")
    @abstractmethod
    def show(self, request: UploadReference) -> Upload:
        """How far an upload is. Raises NotFound."""

    @operation("DELETE", "/uploads/{id}")
    @abstractmethod
    def drop(self, request: UploadReference) -> None:
        """Give an upload up; harmless when it is gone. Raises NotFound."""
