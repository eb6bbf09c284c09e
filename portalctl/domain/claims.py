"""What the holder of a link may claim: an account by an invite, a new password by a reset, a new address by a code.

A link that does not work gets one answer, whatever the reason. The audit knows the reason, and the address pays
for the try.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from portalctl import errors
from portalctl.domain import links, throttle
from portalctl.domain.invites import state_of
from portalctl.domain.links import LinkKind
from portalctl.domain.office import Office
from portalctl.storage import accounts, audit, clients, invites, profiles, related_people, resets, staff
from portalctl.storage.engine import Row, Transaction

NOBODY = "unknown"
"""The actor in the audit where nobody has signed in yet."""


class Claim(NamedTuple):
    """A record that a genuine link names; `refusal` says why it gives no right any more, if it does not."""

    id: str
    kind: str
    person_id: str
    account_id: str | None
    name: str
    email: str
    refusal: str | None

    @property
    def chain(self) -> str:
        """Where the audit keeps what is done with it."""
        return self.person_id if self.kind == "client" else "practice"


Find = Callable[[Transaction, str, int], Claim | None]
"""Finds the claim of a record's id, at a moment in epoch seconds."""


def present(office: Office, kind: LinkKind, code: str, find: Find, action: str) -> Claim:
    """The claim that a link's code gives now; one that gives any is looked up without a write.

    Raises LinkNotValid, TooManyAttempts.
    """
    id = links.id_in(kind, code, office.portal_key())  # noqa: A001  the record's name for it
    address = throttle.of_address(office.address)
    at = int(office.clock().timestamp())
    with office.store.reading() as tx:
        throttle.require_open(tx, at, address)
        claim = find(tx, id, at) if id is not None else None
    if claim is not None and claim.refusal is None:
        return claim
    with office.store.writing() as tx:
        throttle.begin(tx, at, address)
        if claim is not None:
            refuse(tx, at, claim, action)
    raise not_valid()


def refuse(tx: Transaction, at: int, claim: Claim, action: str) -> None:
    """Write down that somebody came with a genuine link that works no more, and why it does not."""
    audit.append(
        tx,
        chain=claim.chain,
        at=at,
        actor=NOBODY,
        role=NOBODY,
        action=f"{action}_refused",
        subject=f"{claim.id}:{claim.refusal or 'used'}",
    )


def of_invite(tx: Transaction, id: str, at: int) -> Claim | None:  # noqa: A002  the column's name
    """What an invite gives: an account for its person."""
    invite = invites.get(tx, id)
    if invite is None:
        return None
    refusal: str | None = state_of(invite, at)
    person = accounts.person(tx, invite["kind"], invite["person_id"])
    if refusal == "pending":
        if person is None or not person["active"]:
            refusal = "disabled"
        elif person["account_id"] is not None or accounts.by_email(tx, invite["email"]) is not None:
            refusal = "member"
        else:
            refusal = None
    return Claim(id, invite["kind"], invite["person_id"], None, invite["name"], invite["email"], refusal)


def of_reset(tx: Transaction, id: str, at: int) -> Claim | None:  # noqa: A002  the column's name
    """What a reset link gives: a new password for its account."""
    reset = resets.get(tx, id)
    account = accounts.get(tx, reset["account_id"]) if reset is not None else None
    if reset is None or account is None:
        return None
    return _of_account(account, id, account["email"], _refusal(reset, account, at))


def of_email_change(tx: Transaction, id: str, at: int) -> Claim | None:  # noqa: A002  the column's name
    """What the code that was mailed to a new address gives: that address, for its account."""
    change = profiles.email_change(tx, id)
    account = accounts.get(tx, change["account_id"]) if change is not None else None
    if change is None or account is None:
        return None
    email = change["email"]
    return _of_account(account, id, email, _refusal(change, account, at) or ("taken" if is_taken(tx, email) else None))


def is_taken(tx: Transaction, email: str) -> bool:
    """Whether an address is somebody's: they sign in with it, or were or will be invited there."""
    finders = (accounts.by_email, clients.by_email, staff.by_email, related_people.by_email)
    return any(find(tx, email) is not None for find in finders)


def _refusal(asked: Row, account: Row, at: int) -> str | None:
    """Why something that an account may do once, within a time, may be done no more."""
    if asked["used_at"] is not None:
        return "used"
    if asked["revoked_at"] is not None:
        return "revoked"
    if at >= asked["expires_at"]:
        return "expired"
    return None if account["active"] else "disabled"


def _of_account(account: Row, id: str, email: str, refusal: str | None) -> Claim:  # noqa: A002  the column's name
    kind = "client" if account["client_id"] is not None else "staff"
    return Claim(id, kind, accounts.person_id(account), account["account_id"], account["name"], email, refusal)


def not_valid() -> errors.LinkNotValid:
    """The one answer to every link that does not work, so that it tells nothing about why."""
    return errors.LinkNotValid("this link is not valid", "ask the practice for a new one")
