"""The caller's own second factor: set up, turned on and off; and taken away by the practice where it is lost."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import mfa as contract
from portalctl.domain import letters, passwords
from portalctl.domain import second_factors as rules
from portalctl.domain.office import Office, Visit
from portalctl.domain.people import find_person, kind_of
from portalctl.domain.reauthentication import proven
from portalctl.domain.sessions import end_sessions
from portalctl.models.mfa import (
    DisableMfa,
    MfaReset,
    MfaSetup,
    MfaState,
    MfaStatus,
    RecoveryCodes,
    RenewRecoveryCodes,
    ResetMfa,
    SetUpMfa,
    VerifyMfa,
)
from portalctl.models.role import Role
from portalctl.storage import accounts, api_tokens, practice, second_factors


class SecondFactors(contract.SecondFactors):
    """The second factors of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def status(self) -> MfaStatus:
        """Whether a second factor is asked for, and how many recovery codes are left."""
        with self._office.visit(contract.SecondFactors.status) as visit:
            return _status(visit)

    def set_up(self, request: SetUpMfa) -> MfaSetup:
        """A new secret for an authenticator app, in place of one that is pending."""
        with proven(self._office, contract.SecondFactors.set_up, request.password) as visit:
            tx, account_id = visit.transaction, visit.caller.account_id
            if rules.is_on(tx, account_id):
                raise errors.NotChangeable(
                    "a second factor is on already", "turn it off first: portalctl settings mfa disable"
                )
            secret = rules.begin(tx, account_id, visit.second, self._office.portal_key())
            visit.record(visit.caller.person_id, visit.caller.client_id)
            organisation = practice.get(tx)
            assert organisation is not None  # noqa: S101  a session exists only where a practice does
            uri = rules.uri(secret, practice=organisation.name, email=visit.caller.email)
            return MfaSetup(state="pending", secret=secret, uri=uri)

    def verify(self, request: VerifyMfa) -> RecoveryCodes:
        """Turn the pending factor on with its first code."""
        with self._office.visit(contract.SecondFactors.verify) as visit:
            tx, account_id = visit.transaction, visit.caller.account_id
            tx.hold(f"account:{account_id}")
            if _state(visit) != "pending":
                raise errors.NotChangeable(
                    "no second factor waits for its first code", "set one up: portalctl settings mfa setup"
                )
            failure = rules.accept(tx, account_id, request.code, visit.second, self._office.portal_key())
            if failure is None:
                second_factors.turn_on(tx, account_id, visit.second)
                codes = rules.new_recovery_codes(tx, account_id)
                _changed(visit, is_on=True)
                return RecoveryCodes(codes=codes, left=len(codes))
        raise failure

    def disable(self, request: DisableMfa) -> MfaStatus:
        """Turn the factor off, with the password and a code; one that is pending needs no code."""
        failure: errors.PortalError | None = None
        new_hash = self._checked(request)
        with proven(self._office, contract.SecondFactors.disable, request.password) as visit:
            tx, account_id = visit.transaction, visit.caller.account_id
            if _state(visit) == "on":
                if request.code is None:
                    raise rules.code_needed()
                if new_hash is None and len(request.password) < passwords.SHORTEST:
                    raise _too_short_alone()
                failure = rules.accept(tx, account_id, request.code, visit.second, self._office.portal_key())
                if failure is None and new_hash is not None:
                    accounts.set_password(tx, account_id, new_hash)
            if failure is None and _state(visit) != "off":
                was_on = _state(visit) == "on"
                second_factors.erase(tx, account_id)
                if was_on:
                    _changed(visit, is_on=False)
                else:
                    visit.record(visit.caller.person_id, visit.caller.client_id)
            status = _status(visit)
        if failure is not None:
            raise failure
        return status

    def renew_recovery_codes(self, request: RenewRecoveryCodes) -> RecoveryCodes:
        """Ten new recovery codes in place of those there are."""
        with self._office.visit(contract.SecondFactors.renew_recovery_codes) as visit:
            tx, account_id = visit.transaction, visit.caller.account_id
            tx.hold(f"account:{account_id}")
            if _state(visit) != "on":
                raise errors.NotChangeable("no second factor is on", "set one up: portalctl settings mfa setup")
            failure = rules.accept(tx, account_id, request.code, visit.second, self._office.portal_key())
            if failure is None:
                codes = rules.new_recovery_codes(tx, account_id)
                visit.record(visit.caller.person_id, visit.caller.client_id)
                return RecoveryCodes(codes=codes, left=len(codes))
        raise failure

    def reset(self, request: ResetMfa) -> MfaReset:
        """Take the factor of somebody away who has lost it."""
        with self._office.visit(contract.SecondFactors.reset) as visit:
            tx = visit.transaction
            person = find_person(visit, request.client)
            kind = kind_of(person)
            if kind == "staff" and visit.caller.role is not Role.OWNER:
                raise errors.NotPermitted("only an owner does so for staff", "ask an owner of the practice")
            row = accounts.person(tx, kind, person.id)
            account_id: str | None = row["account_id"] if row is not None else None
            if account_id == visit.caller.account_id:
                raise errors.NotPermitted(
                    "nobody takes their own second factor away like this",
                    "turn it off with a code or a recovery code: portalctl settings mfa disable",
                )
            if account_id is not None:
                tx.hold(f"account:{account_id}")
            if account_id is None or second_factors.get(tx, account_id) is None:
                raise errors.NotChangeable(f"{person.name} has no second factor", "nothing was changed")
            second_factors.erase(tx, account_id)
            end_sessions(tx, account_id)
            api_tokens.end_all(tx, account_id)
            letters.tell_of_second_factor(tx, visit.second, account_id, is_on=False, by_practice=True)
            visit.record(person.id, person.id if kind == "client" else None)
            return MfaReset(person_id=person.id, name=person.name, state="off")

    def _checked(self, request: DisableMfa) -> str | None:
        """The hash of the password that takes the place of one too short to stand alone. Raises WeakPassword."""
        if request.new_password is None:
            return None
        with self._office.visit(contract.SecondFactors.status) as visit:
            organisation = practice.get(visit.transaction)
        words = (visit.caller.name, visit.caller.email, organisation.name if organisation else "")
        passwords.check(request.new_password, own_words=words)
        return passwords.make_hash(request.new_password)


def _state(visit: Visit) -> MfaState:
    found = second_factors.get(visit.transaction, visit.caller.account_id)
    if found is None:
        return "off"
    return "pending" if found["verified_at"] is None else "on"


def _status(visit: Visit) -> MfaStatus:
    tx, account_id = visit.transaction, visit.caller.account_id
    found = second_factors.get(tx, account_id)
    if found is None:
        return MfaStatus(state="off")
    left = second_factors.codes_left(tx, account_id)
    return MfaStatus(state=_state(visit), since=rules.since(found), recovery_codes_left=left)


def _changed(visit: Visit, *, is_on: bool) -> None:
    """What goes with turning the factor on or off: other sessions end, the owner is told, the audit knows."""
    account_id = visit.caller.account_id
    end_sessions(visit.transaction, account_id, but=visit.caller.session_id)
    letters.tell_of_second_factor(visit.transaction, visit.second, account_id, is_on=is_on)
    visit.record(visit.caller.person_id, visit.caller.client_id)


def _too_short_alone() -> errors.WeakPassword:
    return errors.WeakPassword(
        f"your password is shorter than {passwords.SHORTEST} characters, and would stand alone",
        "choose a longer one first, with: portalctl settings mfa disable --new-password-file FILE",
    )
