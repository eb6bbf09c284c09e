"""Accounts and their sessions: signing up by invite, signing in and out, and setting a forgotten password anew."""

from __future__ import annotations

import secrets
from datetime import datetime

from portalctl import errors
from portalctl.contract import sessions as contract
from portalctl.domain import claims, letters, passwords, references, second_factors, throttle
from portalctl.domain.ids import new_id
from portalctl.domain.links import LinkKind
from portalctl.domain.office import Office, Origin, Visit, hash_token
from portalctl.domain.reauthentication import proven
from portalctl.models.sessions import (
    ENGLISH,
    ChangePassword,
    Identity,
    RequestReset,
    ResetPassword,
    RevokeSession,
    Session,
    SessionsEnded,
    SignedIn,
    SignIn,
    SignUp,
)
from portalctl.storage import (
    accounts,
    api_tokens,
    audit,
    callers,
    devices,
    invites,
    policy,
    practice,
    profiles,
    resets,
    sessions,
)
from portalctl.storage.engine import Row, Transaction

IDLE_MINUTES = 30
"""A session ends after so long without use; the practice may set less."""

LIFETIME_MINUTES = 720
"""A session ends so long after its start in any case; the practice may set less."""


class Sessions(contract.Sessions):
    """The accounts and sessions of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def sign_up(self, request: SignUp) -> SignedIn:
        """Redeem an invite for an account, and sign in. Of any number of tries with one invite exactly one succeeds."""
        action = "sessions.sign_up"
        claim = claims.present(self._office, LinkKind.INVITE, request.code, claims.of_invite, action)
        name = request.name or claim.name
        password_hash = self._hash_of_new(request.password, name, claim)
        now = self._office.clock()
        at = int(now.timestamp())
        with self._office.store.writing() as tx:
            tx.hold(f"email:{claim.email}")
            again = claims.of_invite(tx, claim.id, at) or claim
            if again.refusal is None and invites.redeem(tx, claim.id, at):
                account_id = new_id("acc")
                accounts.insert(tx, id=account_id, email=claim.email, password_hash=password_hash, created_at=at)
                accounts.join(
                    tx, claim.kind, claim.person_id, account_id=account_id, name=name, timezone=request.timezone
                )
                accounts.adopt_related(tx, account_id)
                return enter(tx, account_id, now, action, self._office.origin)
            claims.refuse(tx, at, again, action)
        raise claims.not_valid()

    def sign_in(self, request: SignIn) -> SignedIn:
        """Start a session. Unknown address, wrong password or disabled: the same answer for the same work."""
        account_bucket, address_bucket = self._buckets(request.email)
        with self._office.store.writing() as tx:
            throttle.begin(tx, self._second(), account_bucket, address_bucket)
            account = accounts.by_email(tx, request.email)
        password_hash: str | None = account["password_hash"] if account is not None else None
        right = passwords.is_right(request.password, password_hash)
        renewed = _renewed(request.password, password_hash) if right else None
        now = self._office.clock()
        at = int(now.timestamp())
        with self._office.store.writing() as tx:
            throttle.hold(tx, account_bucket, address_bucket)
            tx.hold(f"account:{account['account_id'] if account is not None else request.email}")
            found = accounts.by_email(tx, request.email) if right else None
            failure: errors.PortalError | None = _bad_credentials()
            if found is not None and found["active"] and found["password_hash"] == password_hash:
                failure = self._second_step(tx, found, request, at)
            if found is not None and failure is None:
                throttle.forget(tx, account_bucket)
                throttle.forgive(tx, at, address_bucket)
                if renewed is not None:
                    accounts.set_password(tx, found["account_id"], renewed)
                letters.tell_of_sign_in(tx, at, found, self._office.address)
                return enter(tx, found["account_id"], now, "sessions.sign_in", self._office.origin)
            if isinstance(failure, errors.MfaNeeded | errors.WeakPassword):
                throttle.forgive(tx, at, account_bucket)
                throttle.forgive(tx, at, address_bucket)
            else:
                throttle.settle(tx, at, account_bucket)
            if account is not None:
                _record(tx, account, at, f"sessions.sign_in_{_outcome(failure)}", by_owner=False)
        assert failure is not None  # noqa: S101  whoever met none has their session
        raise failure

    def sign_out(self) -> None:
        """End the session of the token in use; harmless when it has ended."""
        if self._office.token is None:
            return
        token_hash = self._office.token_hash()
        with self._office.store.writing() as tx:
            session = callers.by_token(tx, token_hash)
            if session is not None and session["scopes"] is not None:
                return  # an API token is revoked, not signed out
            sessions.end(tx, token_hash)
            account = accounts.get(tx, session["account_id"]) if session is not None else None
            if account is not None:
                _record(tx, account, self._second(), "sessions.sign_out")

    def who_am_i(self) -> Identity:
        """Whose session this is."""
        with self._office.visit(contract.Sessions.who_am_i) as visit:
            return _identity(visit.transaction, self._office.token_hash())

    def reset_password(self, request: ResetPassword) -> None:
        """Set a new password with a reset link; every session and API token of the account ends.

        A second factor stays on, and is asked for when its owner signs in.
        """
        action = "sessions.reset_password"
        claim = claims.present(self._office, LinkKind.RESET, request.code, claims.of_reset, action)
        password_hash = self._hash_of_new(request.password, claim.name, claim)
        at = self._second()
        with self._office.store.writing() as tx:
            throttle.hold(tx, throttle.of_account(claim.email))
            tx.hold(f"account:{claim.account_id}")
            again = claims.of_reset(tx, claim.id, at) or claim
            account = accounts.get(tx, again.account_id or "")
            if len(request.password) < second_factors.shortest_password(tx, claim.account_id or ""):
                raise _too_short_alone()
            if account is not None and again.refusal is None and resets.use(tx, claim.id, at):
                accounts.set_password(tx, account["account_id"], password_hash)
                end_sessions(tx, account["account_id"])
                api_tokens.end_all(tx, account["account_id"])
                throttle.forget(tx, throttle.of_account(account["email"]))
                _record(tx, account, at, action)
                letters.tell_of_new_password(tx, at, account)
                return
            claims.refuse(tx, at, again, action)
        raise claims.not_valid()

    def request_reset(self, request: RequestReset) -> None:
        """Mail a reset link to the address; answer and work are the same where there is no account."""
        at = self._second()
        with self._office.store.writing() as tx:
            throttle.spend(tx, at, *throttle.resets_for(request.email, self._office.address))
            letters.ask_for_reset(tx, at, request.email)

    def change_password(self, request: ChangePassword) -> SessionsEnded:
        """Set a new password in the place of the one that is given; a link that was mailed to reset it is worthless."""
        method = contract.Sessions.change_password
        with self._office.visit(method) as visit:
            caller, shortest = (
                visit.caller,
                second_factors.shortest_password(visit.transaction, visit.caller.account_id),
            )
            organisation = practice.get(visit.transaction)
        own_words = (caller.name, caller.email, organisation.name if organisation else "")
        passwords.check(request.new_password, own_words=own_words, shortest=shortest)
        password_hash = passwords.make_hash(request.new_password)
        with proven(self._office, method, request.password) as visit:
            tx, account_id = visit.transaction, visit.caller.account_id
            if len(request.new_password) < second_factors.shortest_password(tx, account_id):
                raise _too_short_alone()
            account = accounts.get(tx, account_id)
            assert account is not None  # noqa: S101  it was just proven
            accounts.set_password(tx, account_id, password_hash)
            resets.revoke_open(tx, account_id, visit.second)
            ended = _end_others(visit)
            letters.tell_of_new_password(tx, visit.second, account, one_session_stays=True)
            return ended

    def revoke(self, request: RevokeSession) -> Session:
        """End one of the caller's sessions."""
        with self._office.visit(contract.Sessions.revoke) as visit:
            visit.transaction.hold(f"account:{visit.caller.account_id}")
            mine = [each for each in _sessions(visit) if each.id.startswith(request.id)]
            session = references.one(mine, "session", request.id, lambda each: f"{each.device}, {each.address}")
            sessions.end_one(visit.transaction, session.id)
            visit.record(session.id, visit.caller.client_id)
            return session

    def revoke_others(self) -> SessionsEnded:
        """End every session of the caller's account but the one in use."""
        with self._office.visit(contract.Sessions.revoke_others) as visit:
            visit.transaction.hold(f"account:{visit.caller.account_id}")
            return _end_others(visit)

    def list(self) -> list[Session]:
        """The caller's sessions, the latest used first."""
        with self._office.visit(contract.Sessions.list) as visit:
            return _sessions(visit)

    def _hash_of_new(self, password: str, name: str, claim: claims.Claim) -> str:
        """The hash of a password that is good enough for the claim's person. Raises WeakPassword."""
        with self._office.store.reading() as tx:
            found = practice.get(tx)
            shortest = second_factors.shortest_password(tx, claim.account_id or "")
        names = (name, claim.name, claim.email, found.name if found else "")
        passwords.check(password, own_words=names, shortest=shortest)
        return passwords.make_hash(password)

    def _second_step(self, tx: Transaction, account: Row, request: SignIn, at: int) -> errors.PortalError | None:
        """What stands in the way of somebody whose password is right: a code, or that the password is not enough."""
        if not second_factors.is_on(tx, account["account_id"]):
            return _too_short_alone() if len(request.password) < passwords.SHORTEST else None
        if request.code is None:
            return second_factors.code_needed()
        return second_factors.accept(tx, account["account_id"], request.code, at, self._office.portal_key())

    def _buckets(self, email: str) -> tuple[throttle.Bucket, throttle.Bucket]:
        return throttle.of_account(email), throttle.of_address(self._office.address)

    def _second(self) -> int:
        return int(self._office.clock().timestamp())


def start_session(tx: Transaction, account_id: str, now: datetime, origin: Origin) -> SignedIn:
    """A new session of an account. Its token leaves the portal here once; the portal keeps its SHA-256."""
    token = f"pct_{secrets.token_urlsafe(32)}"
    at = int(now.timestamp())
    terms = policy.terms(tx, policy.PRACTICE)
    sessions.sweep(tx, account_id, at)
    sessions.insert(
        tx,
        id=new_id("ses"),
        token_hash=hash_token(token),
        account_id=account_id,
        address=origin.address,
        device=origin.device,
        created_at=at,
        expires_at=at + 60 * min(LIFETIME_MINUTES, terms.get("session_lifetime_minutes", LIFETIME_MINUTES)),
        idle_minutes=min(IDLE_MINUTES, terms.get("session_idle_minutes", IDLE_MINUTES)),
    )
    return SignedIn(token=token, identity=_identity(tx, hash_token(token)))


def enter(tx: Transaction, account_id: str, now: datetime, action: str, origin: Origin) -> SignedIn:
    """A new session of an account that exists, with its audit row."""
    tx.hold(f"account:{account_id}")
    account = accounts.get(tx, account_id)
    assert account is not None  # noqa: S101  the account was found or made in this transaction
    _record(tx, account, int(now.timestamp()), action)
    return start_session(tx, account_id, now, origin)


def end_sessions(tx: Transaction, account_id: str, *, but: str | None = None) -> None:
    """End every session of an account, or every one but one, and what would still become one. Its caller holds it."""
    sessions.end_others(tx, account_id, but or "")
    devices.take_back(tx, account_id)


def _end_others(visit: Visit) -> SessionsEnded:
    """End every session of a held account but the one in use, with the audit row of what it was done for."""
    others = [each for each in _sessions(visit) if not each.current]
    end_sessions(visit.transaction, visit.caller.account_id, but=visit.caller.session_id)
    visit.record(visit.caller.person_id, visit.caller.client_id)
    return SessionsEnded(ended=len(others))


def _sessions(visit: Visit) -> list[Session]:
    """The sessions of the caller's account that have not run out, the latest used first: that in use, now."""
    found = sessions.of_account(visit.transaction, visit.caller.account_id, visit.second)
    mine = []
    for row in found:
        current = row["id"] == visit.caller.session_id
        used_at = visit.second if current else row["touched_at"]
        mine.append(
            Session(
                id=row["id"],
                device=row["device"],
                address=row["address"],
                started_at=row["created_at"],
                used_at=used_at,
                expires_at=min(row["expires_at"], used_at + 60 * row["idle_minutes"]),
                current=current,
            )
        )
    return sorted(mine, key=lambda session: (session.used_at, session.current), reverse=True)


def _record(tx: Transaction, account: Row, at: int, action: str, *, by_owner: bool = True) -> None:
    """Write the audit row of what an account did, or of what somebody unknown tried on it."""
    person_id = accounts.person_id(account)
    audit.append(
        tx,
        chain=account["client_id"] or "practice",
        at=at,
        actor=person_id if by_owner else claims.NOBODY,
        role=account["role"] if by_owner else claims.NOBODY,
        action=action,
        subject=person_id,
    )


def _identity(tx: Transaction, token_hash: str) -> Identity:
    found = callers.by_token(tx, token_hash)
    organisation = practice.get(tx)
    assert found is not None  # noqa: S101  the session was found or made in this transaction
    assert organisation is not None  # noqa: S101  a session exists only where a practice does
    language = profiles.language_of(tx, accounts.person_id(found)) or ENGLISH
    return Identity(**found, practice=organisation.name, session_expires_at=found["expires_at"], language=language)


def _bad_credentials() -> errors.BadCredentials:
    return errors.BadCredentials(
        "e-mail address or password is wrong", "forgotten the password? Ask the practice for a reset link"
    )


def _too_short_alone() -> errors.WeakPassword:
    return errors.WeakPassword(
        f"this password is shorter than {passwords.SHORTEST} characters, which is too short without a second factor",
        "set a longer one: portalctl password reset --email ADDRESS",
    )


def _outcome(failure: errors.PortalError | None) -> str:
    """How the audit calls what came of a try."""
    return "code_needed" if isinstance(failure, errors.MfaNeeded) else "failed"


def _renewed(password: str, password_hash: str | None) -> str | None:
    """A hash by today's parameters where the present one is by older ones."""
    outdated = password_hash is not None and passwords.is_outdated(password_hash)
    return passwords.make_hash(password) if outdated else None
