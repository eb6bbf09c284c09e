"""The practice: made once, by its first owner."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import practice as contract
from portalctl.domain import links, passwords, throttle
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office
from portalctl.domain.sessions import start_session
from portalctl.models.practice import Practice, SetUpPractice
from portalctl.models.sessions import SignedIn
from portalctl.storage import accounts, audit, practice, staff
from portalctl.storage.engine import Transaction

_SETUP_ID = "set_000000000000"
"""What a set-up code is an HMAC of: always the same, so that every process of a server knows the code unstored."""


class Practices(contract.Practices):
    """The practice of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def set_up(self, request: SetUpPractice) -> SignedIn:
        """Make the practice, its owner and the portal's key, and sign the owner in."""
        passwords.check(request.password, own_words=(request.name, request.owner, request.email))
        if self._office.setup_needed:
            self._check_setup(request.setup)
        password_hash = passwords.make_hash(request.password)
        now = int(self._office.clock().timestamp())
        with self._office.store.writing() as tx:
            tx.hold("practice")
            _require_none(tx)
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
            return start_session(tx, account_id, self._office.clock(), self._office.origin)

    def show(self) -> Practice:
        """The practice's name, address and zone."""
        with self._office.visit(contract.Practices.show) as visit:
            found = practice.get(visit.transaction)
            assert found is not None  # noqa: S101  a session exists only where a practice does
            return found

    def _check_setup(self, given: str | None) -> None:
        """Let whoever has the set-up code pass, before anything is hashed. Raises LinkNotValid, TooManyAttempts."""
        address = throttle.of_address(self._office.address)
        at = int(self._office.clock().timestamp())
        with self._office.store.writing() as tx:
            _require_none(tx)
            throttle.begin(tx, at, address)
            right = links.id_in(links.LinkKind.SETUP, given or "", self._office.portal_key()) == _SETUP_ID
            if right:
                throttle.forgive(tx, at, address)
        if not right:
            raise errors.LinkNotValid(
                "the set-up code is not valid",
                "the server prints it when it starts on an empty database: portalctl practice init --setup CODE",
            )


def setup_code(office: Office) -> str:
    """The code that makes the practice of a server: every process makes the same, and a practice makes it worthless."""
    return links.code(links.LinkKind.SETUP, _SETUP_ID, office.portal_key())


def _require_none(tx: Transaction) -> None:
    """Raise PracticeExists where there is one."""
    if practice.get(tx) is not None:
        raise errors.PracticeExists("this portal already belongs to a practice", "sign in with: portalctl login")
