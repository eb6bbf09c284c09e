"""Slowing down failures, and limiting what costs others something, per account and per address.

All of it is counted in the database, so that any number of processes share one count. An attempt
counts as failed when it begins and is forgiven when it succeeds, so that attempts side by side gain nothing.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from portalctl import errors
from portalctl.storage import throttles
from portalctl.storage.engine import Transaction

LONGEST_DELAY = 60
"""Seconds: nobody waits longer between two attempts, so the true owner is never locked out for good."""

MEMORY = 86_400
"""Seconds after the last failure until all are forgotten."""


class Bucket(NamedTuple):
    """Where failures are counted: the first `free` of them cost nothing."""

    name: str
    free: int


def of_account(email: str) -> Bucket:
    """The bucket of an e-mail address, whether or not it has an account; storage holds its hash only."""
    return Bucket("account:" + hashlib.sha256(email.encode()).hexdigest(), free=5)


def of_address(address: str) -> Bucket:
    """The bucket of where attempts come from: many people may share an address, so it allows more."""
    return Bucket("address:" + hashlib.sha256(address.encode()).hexdigest(), free=50)


def of_guesser(account_id: str) -> Bucket:
    """The bucket of somebody signed in who enters codes that do not exist."""
    return Bucket("guesser:" + hashlib.sha256(account_id.encode()).hexdigest(), free=5)


class Quota(NamedTuple):
    """Something that may be had `burst` times at once, and then once every `seconds`."""

    name: str
    burst: int
    seconds: int


def device_starts(address: str) -> Quota:
    """Device sign-ins begun from one address: 60 at once, then ten a minute."""
    return Quota("device-starts:" + hashlib.sha256(address.encode()).hexdigest(), burst=60, seconds=6)


def invites_by(account_id: str, address: str) -> tuple[Quota, Quota]:
    """Invites made by one account and from one address: 1,000 at once, then one every four seconds."""
    by_account, by_address = (hashlib.sha256(each.encode()).hexdigest() for each in (account_id, address))
    return Quota(f"invites:{by_account}", burst=1000, seconds=4), Quota(f"invites:{by_address}", burst=1000, seconds=4)


def resets_for(email: str, address: str) -> tuple[Quota, Quota]:
    """Reset links asked for: three for one e-mail address, then one an hour; 20 from one place, then one a minute."""
    by_email, by_place = (hashlib.sha256(each.encode()).hexdigest() for each in (email, address))
    return (
        Quota(f"resets-for:{by_email}", burst=3, seconds=3600),
        Quota(f"resets-from:{by_place}", burst=20, seconds=60),
    )


def email_changes_by(account_id: str, email: str) -> tuple[Quota, Quota]:
    """Codes mailed to addresses to be: five for one account, then one an hour; likewise three to one address."""
    by_account, to_address = (hashlib.sha256(each.encode()).hexdigest() for each in (account_id, email))
    return (
        Quota(f"email-changes:{by_account}", burst=5, seconds=3600),
        Quota(f"email-changes-to:{to_address}", burst=3, seconds=3600),
    )


def hold(tx: Transaction, *counted: Bucket | Quota) -> None:
    """Let nobody else count these until the transaction ends: before anything else that it holds."""
    tx.hold(*(f"throttle:{each.name}" for each in counted))


def spend(tx: Transaction, at: int, *quotas: Quota) -> None:
    """Take one of each quota. Raises TooManyAttempts where one is used up; its caller lets the transaction fail.

    `blocked_until` of a quota's row is when all of it can be had again (a generic cell rate: one number per quota).
    """
    hold(tx, *quotas)
    throttles.sweep(tx, at - MEMORY)
    for quota in quotas:
        found = throttles.get(tx, quota.name)
        whole_at = found["blocked_until"] if found is not None and found["failed_at"] <= at else at
        whole_at = max(whole_at, at) + quota.seconds
        allowed_from = whole_at - quota.burst * quota.seconds
        if allowed_from > at:
            raise too_many("too many of these at once", at, allowed_from)
        throttles.put(tx, quota.name, failures=0, failed_at=at, blocked_until=whole_at)


def begin(tx: Transaction, at: int, *buckets: Bucket) -> None:
    """Count an attempt as failed until it is forgiven.

    Raises TooManyAttempts during a delay; that attempt is not counted and makes no delay longer.
    """
    hold(tx, *buckets)
    require_open(tx, at, *buckets)
    throttles.sweep(tx, at - MEMORY)
    for bucket in buckets:
        found = throttles.get(tx, bucket.name)
        failures = (found["failures"] if found else 0) + 1
        throttles.put(
            tx, bucket.name, failures=failures, failed_at=at, blocked_until=at + delay_after(failures, bucket.free)
        )


def require_open(tx: Transaction, at: int, *buckets: Bucket) -> None:
    """Raises TooManyAttempts while one of the buckets is in its delay."""
    until = max(_blocked_until(tx, at, bucket) for bucket in buckets)
    if until > at:
        raise too_many("too many attempts failed", at, until)


def settle(tx: Transaction, at: int, bucket: Bucket) -> None:
    """An attempt that began has failed: its delay runs from now on.

    The row is written anew even when nothing in it changes, so that a failure costs the same write for every account.
    """
    found = throttles.get(tx, bucket.name)
    failures = found["failures"] if found else 1
    throttles.clear(tx, bucket.name)
    throttles.put(
        tx, bucket.name, failures=failures, failed_at=at, blocked_until=at + delay_after(failures, bucket.free)
    )


def forgive(tx: Transaction, at: int, bucket: Bucket) -> None:
    """Take back that an attempt was counted; earlier failures stay."""
    found = throttles.get(tx, bucket.name)
    if found is not None:
        throttles.put(
            tx, bucket.name, failures=max(0, found["failures"] - 1), failed_at=found["failed_at"], blocked_until=at
        )


def forget(tx: Transaction, bucket: Bucket) -> None:
    """Forget all failures of a bucket."""
    throttles.clear(tx, bucket.name)


def delay_after(failures: int, free: int) -> int:
    """Seconds to wait after so many failures: none for those that are free, then 1, 2, 4, up to a minute."""
    return 0 if failures <= free else min(LONGEST_DELAY, 1 << min(failures - free - 1, 10))


def _blocked_until(tx: Transaction, at: int, bucket: Bucket) -> int:
    """When the delay ends. One that begins in the future is from before the clock was set back, and does not hold."""
    found = throttles.get(tx, bucket.name)
    return found["blocked_until"] if found is not None and found["failed_at"] <= at else 0


def too_many(message: str, at: int, until: int) -> errors.TooManyAttempts:
    """The failure of whoever has to wait until then."""
    moment = datetime.fromtimestamp(until, UTC)
    return errors.TooManyAttempts(
        message, f"try again in {until - at} s, at {moment:%Y-%m-%d %H:%M:%S} UTC", allowed_from=moment
    )
