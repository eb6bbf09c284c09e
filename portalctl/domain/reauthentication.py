"""The password again: asked before what a stolen session must not be able to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from portalctl import errors
from portalctl.domain import passwords, throttle
from portalctl.domain.access import Caller
from portalctl.domain.office import Office, Visit
from portalctl.storage import accounts


@contextmanager
def proven(
    office: Office,
    method: Callable[..., Any],
    password: str,
    *,
    holding: Callable[[Caller], Iterable[str]] = lambda _: (),
) -> Iterator[Visit]:
    """Begin the operation that a contract method declares, for a caller who has given their password again.

    A wrong one counts like a failed sign-in. What `holding` names is held, and then the account. Raises BadCredentials,
    TooManyAttempts, and what `Office.visit` raises.
    """
    with office.visit(method) as visit:
        bucket = throttle.of_account(visit.caller.email)
        throttle.begin(visit.transaction, visit.second, bucket)
        account = accounts.get(visit.transaction, visit.caller.account_id)
    password_hash: str | None = account["password_hash"] if account is not None else None
    if not passwords.is_right(password, password_hash):
        with office.visit(method) as visit:
            throttle.hold(visit.transaction, bucket)
            throttle.settle(visit.transaction, visit.second, bucket)
        raise _wrong()
    with office.visit(method) as visit:
        tx = visit.transaction
        throttle.hold(tx, bucket)
        tx.hold(*holding(visit.caller))
        tx.hold(f"account:{visit.caller.account_id}")
        account = accounts.get(tx, visit.caller.account_id)
        if account is None or account["password_hash"] != password_hash:
            raise _wrong()
        throttle.forget(tx, bucket)
        yield visit


def _wrong() -> errors.BadCredentials:
    return errors.BadCredentials("the password is wrong", "give the password that you sign in with")
