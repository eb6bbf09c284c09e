"""The same key and request of one account have one effect, for 24 hours; the key with another request is a conflict.

What is kept are the ids of what was made. A repeated request is answered with those records as they are now, whatever
has become of them, and links are made again from their ids.
"""

from __future__ import annotations

import hashlib

from portalctl import errors
from portalctl.domain.office import Visit
from portalctl.models.values import Request
from portalctl.storage import idempotency

_KEPT_SECONDS = 86_400


def earlier(visit: Visit, key: str | None, request: Request) -> list[str] | None:
    """The ids that the same intent led to before.

    Raises IdempotencyConflict, IdempotencyRunning while another transaction is at it.
    """
    if key is None:
        return None
    if not visit.transaction.try_hold(f"key:{visit.caller.account_id}:{key}"):
        raise errors.IdempotencyRunning(
            "a request with this idempotency key is being carried out", "ask again in a moment, with the same key"
        )
    found = idempotency.get(visit.transaction, visit.caller.account_id, key, visit.second - _KEPT_SECONDS)
    if found is None:
        return None
    if found["fingerprint"] != fingerprint(visit, request):
        raise errors.IdempotencyConflict(
            "this idempotency key was used for another request", "use a new key for a new intent"
        )
    ids: str = found["result"]
    return ids.split()


def remember(visit: Visit, key: str | None, request: Request, ids: list[str]) -> None:
    """Keep what an intent led to, in the transaction that carries it out."""
    if key is not None:
        idempotency.put(
            visit.transaction,
            account_id=visit.caller.account_id,
            key=key,
            operation=visit.operation,
            fingerprint=fingerprint(visit, request),
            result=" ".join(ids),
            created_at=visit.second,
            since=visit.second - _KEPT_SECONDS,
        )


def fingerprint(visit: Visit, request: Request) -> str:
    """What is asked for, as one word."""
    return hashlib.sha256(f"{visit.operation} {request.model_dump_json()}".encode()).hexdigest()
