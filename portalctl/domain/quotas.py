"""Quotas: how much the practice keeps for one client, and altogether."""

from __future__ import annotations

from collections.abc import Collection

from portalctl import errors
from portalctl.domain.office import Visit
from portalctl.models.sharing import DocumentTerms
from portalctl.storage import usage
from portalctl.storage.usage import Used


class Room:
    """What may still be added in one operation. Nobody else adds under the same quota meanwhile; without one, all may.

    What the same owner has twice counts twice, though it is stored once: what somebody has must not depend on what
    else there is.
    """

    def __init__(self, visit: Visit, terms: DocumentTerms, client_ids: Collection[str | None]) -> None:
        self._terms = terms
        self._is_limited = bool(terms.client_documents or terms.client_bytes)
        clients = sorted(each for each in client_ids if each is not None) if self._is_limited else []
        held = [*clients, *(["practice"] if terms.practice_bytes else [])]
        visit.transaction.hold(*(f"usage:{each}" for each in held))
        self._of_clients = usage.of_clients(visit.transaction, clients) if clients else {}
        self._kept = usage.of_practice(visit.transaction).bytes if terms.practice_bytes else 0

    def take(self, client_id: str | None, count: int, *, is_new: bool = True) -> None:
        """Take the room of one document of so many bytes, which the practice has already unless it `is_new`.

        Raises QuotaExceeded.
        """
        terms = self._terms
        if is_new and terms.practice_bytes and self._kept + count > terms.practice_bytes:
            raise errors.QuotaExceeded(
                f"the practice keeps up to {terms.practice_bytes:,} bytes of documents, and this would be more",
                "delete what is not needed; an owner sets it with: portalctl practice policy set --practice-quota",
            )
        if self._is_limited and client_id is not None:
            self._take_of(client_id, count)
        if is_new:
            self._kept += count

    def _take_of(self, client_id: str, count: int) -> None:
        used, terms = self._of_clients.get(client_id, Used()), self._terms
        if terms.client_documents and used.documents >= terms.client_documents:
            raise errors.QuotaExceeded(
                f"the practice keeps up to {terms.client_documents:,} documents for a client", _HINT
            )
        if terms.client_bytes and used.bytes + count > terms.client_bytes:
            raise errors.QuotaExceeded(
                f"the practice keeps up to {terms.client_bytes:,} bytes of documents for a client,"
                f" and {used.bytes:,} of them are there",
                _HINT,
            )
        self._of_clients[client_id] = Used(used.documents + 1, used.bytes + count)


_HINT = "delete what is not needed, or ask the practice for more room"
