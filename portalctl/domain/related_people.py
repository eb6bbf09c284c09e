"""The people that clients are related to: finding one by an address, inviting them, and letting them go."""

from __future__ import annotations

from portalctl import errors
from portalctl.domain import throttle
from portalctl.domain.ids import new_id
from portalctl.domain.invites import issue, issued, state_of
from portalctl.domain.office import Office, Visit
from portalctl.storage import accounts, invites, related_people, relationships, sessions


def refuse_oneself(own: str, email: str) -> None:
    """Let pass an address that is not the client's own. Raises InvalidInput."""
    if own == email:
        raise errors.InvalidInput("that is the client's own address", "give the address of the other person")


def find_or_enter(visit: Visit, email: str, name: str) -> str:
    """The person of an address, whose account it is where there is one; the caller holds the address."""
    tx = visit.transaction
    known = related_people.by_email(tx, email)
    if known is not None:
        related_id: str = known["id"]
        return related_id
    account = accounts.by_email(tx, email)
    related_id = new_id("rlp")
    related_people.insert(
        tx,
        id=related_id,
        account_id=account["account_id"] if account is not None else None,
        name=name,
        email=email,
        created_at=visit.second,
    )
    return related_id


def count_invite(office: Office, visit: Visit) -> None:
    """Count what may invite somebody, before anything is held. Raises TooManyAttempts."""
    throttle.spend(visit.transaction, visit.second, *throttle.invites_by(visit.caller.account_id, office.address))


def invite(office: Office, visit: Visit, related_id: str) -> list[str]:
    """Invite a person who has no account: the invite's id.

    Nobody is invited who has an account, or an invite as a client or as staff: they come by that.
    """
    tx = visit.transaction
    person = related_people.get(tx, related_id)
    assert person is not None  # noqa: S101  people are never deleted
    if person["account_id"] is not None:
        return []
    known = invites.open_for(tx, person["email"])
    if known is not None and known["kind"] != "related" and state_of(known, visit.second) == "pending":
        return []
    made = issue(office, visit, kind="related", person_id=related_id, name=person["name"], email=person["email"])
    return [made.id]


def link_of(office: Office, visit: Visit, invite_id: str) -> str:
    """The link of an invite."""
    return issued(office, visit, invite_id).link


def let_go(visit: Visit, related_id: str) -> None:
    """Of somebody who has no portal access left: their invite is worthless, and sessions that had no other use end."""
    tx = visit.transaction
    person = related_people.get(tx, related_id)
    if person is None or relationships.may_enter(tx, related_id):
        return
    known = invites.open_for(tx, person["email"])
    if known is not None and known["kind"] == "related":
        invites.revoke(tx, known["id"], visit.second)
        visit._replace(operation="invites.revoke").record(known["id"])
    account = accounts.get(tx, person["account_id"]) if person["account_id"] is not None else None
    if account is not None and account["role"] == "related":
        tx.hold(f"account:{account['account_id']}")
        sessions.end_all(tx, account["account_id"])
