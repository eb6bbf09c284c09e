"""The practice: made once, by its first owner."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import practice as contract
from portalctl.domain import passwords
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office
from portalctl.domain.sessions import start_session
from portalctl.models.practice import Practice, SetUpPractice
from portalctl.models.sessions import SignedIn
from portalctl.storage import accounts, audit, practice, staff


class Practices(contract.Practices):
    """The practice of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def set_up(self, request: SetUpPractice) -> SignedIn:
        """Make the practice, its owner and the portal's key, and sign the owner in."""
        passwords.check(request.password, own_words=(request.name, request.owner, request.email))
        password_hash = passwords.make_hash(request.password)
        now = int(self._office.clock().timestamp())
        with self._office.store.writing() as tx:
            if practice.get(tx) is not None:
                raise errors.PracticeExists(
                    "this portal already belongs to a practice", "sign in with: portalctl login"
                )
            practice.insert(
                tx, id=new_id("prc"), name=request.name, email=request.email, timezone=request.timezone, created_at=now
            )
            account_id, staff_id = new_id("acc"), new_id("stf")
            accounts.insert(tx, id=account_id, email=request.email, password_hash=password_hash, created_at=now)
            staff.insert(
                tx,
                id=staff_id,
                account_id=account_id,
                name=request.owner,
                email=request.email,
                role="owner",
                timezone=request.timezone,
                created_at=now,
            )
            audit.append(
                tx, chain="practice", at=now, actor=staff_id, role="owner", action="practice.set_up", subject=staff_id
            )
            self._office.portal_key()
            return start_session(tx, account_id, self._office.clock())

    def show(self) -> Practice:
        """The practice's name, address and zone."""
        with self._office.visit(contract.Practices.show) as visit:
            found = practice.get(visit.transaction)
            assert found is not None  # noqa: S101  a session exists only where a practice does
            return found
