"""Reset links that the practice makes for somebody who has lost their password."""

from __future__ import annotations

from datetime import UTC, datetime

from portalctl import errors
from portalctl.domain import links
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.domain.people import Person, find_person, kind_of
from portalctl.models.clients import MakeResetLink, ResetLink
from portalctl.models.role import Role
from portalctl.storage import accounts, resets
from portalctl.storage.engine import Transaction

RESET_MINUTES = 1440
"""How long a reset link is valid."""

_INVITED_BY = {"client": "invite", "staff": "staff add", "related": "relationships edit ID --portal-access"}


def reset_link(office: Office, visit: Visit, request: MakeResetLink) -> ResetLink:
    """A one-time link to set a new password; see the contract."""
    tx = visit.transaction
    before = earlier(visit, request.idempotency_key, request)
    if before is not None:
        return _link(office, tx, *before)
    person = find_person(visit, request.client)
    kind = kind_of(person)
    account_id = _account_of(visit, kind, person)
    tx.hold(f"account:{account_id}")
    _account_of(visit, kind, person)
    resets.revoke_open(tx, account_id, visit.second)
    reset_id, expires_at = new_id("rst"), visit.second + 60 * RESET_MINUTES
    resets.insert(tx, id=reset_id, account_id=account_id, created_at=visit.second, expires_at=expires_at)
    visit.record(person.id, person.id if kind == "client" else None)
    remember(visit, request.idempotency_key, request, [reset_id, person.id])
    return _link(office, tx, reset_id, person.id)


def _account_of(visit: Visit, kind: str, person: Person) -> str:
    """The account that a reset link is for. Raises NotPermitted, NotChangeable."""
    if kind == "staff" and visit.caller.role is not Role.OWNER:
        raise errors.NotPermitted("only an owner makes reset links for staff", "ask an owner of the practice")
    row = accounts.person(visit.transaction, kind, person.id)
    if row is None or row["account_id"] is None:
        hint = f"invite them again with: portalctl practice {_INVITED_BY[kind]}"
        raise errors.NotChangeable(f"{person.name} has not signed up yet and has no password", hint)
    if not row["active"]:
        raise errors.NotChangeable(f"{person.name} is disabled and may not sign in", "nothing was changed")
    account_id: str = row["account_id"]
    return account_id


def _link(office: Office, tx: Transaction, reset_id: str, person_id: str) -> ResetLink:
    """The link of a reset, which is the same whenever it is made."""
    found = resets.get(tx, reset_id)
    assert found is not None  # noqa: S101  resets are never deleted
    return ResetLink(
        person_id=person_id,
        link=links.link(office.portal_url, links.LinkKind.RESET, reset_id, office.portal_key()),
        expires_at=datetime.fromtimestamp(found["expires_at"], UTC),
    )
