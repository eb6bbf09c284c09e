"""Device sign-in (RFC 8628): a program shows a code, and a person who is signed in decides about it elsewhere."""

from __future__ import annotations

import hashlib
import secrets

from portalctl import errors
from portalctl.contract import devices as contract
from portalctl.domain import letters, throttle
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Origin, Visit
from portalctl.domain.sessions import enter
from portalctl.models.devices import LETTERS, Device, DeviceCode, DeviceReference, PollDevice, StartDevice
from portalctl.models.sessions import SignedIn
from portalctl.storage import accounts, callers, devices
from portalctl.storage.engine import Row, Transaction

LIFETIME_SECONDS = 600
"""How long a code works."""

INTERVAL_SECONDS = 5
"""How long a device waits between two polls, and how much longer it must wait after polling too often."""

KEPT_SECONDS = 3600
"""How long an ended device sign-in is still known, so that a late poll is no guess."""

_GRACE_SECONDS = 1
"""The portal's clock counts whole seconds: a poll may come this much early."""


class Devices(contract.Devices):
    """The device sign-ins of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def start(self, request: StartDevice) -> DeviceCode:
        """Begin a device sign-in: a secret for the device, a short code for the person."""
        page = self._page()
        at = self._second()
        device_code = secrets.token_urlsafe(32)
        with self._office.store.writing() as tx:
            throttle.spend(tx, at, throttle.device_starts(self._office.address))
            devices.sweep(tx, at - KEPT_SECONDS)
            user_code = _new_user_code()
            while not devices.insert(
                tx,
                id=new_id("dev"),
                device_hash=_hash(device_code),
                user_code=user_code,
                name=request.name,
                address=self._office.address,
                interval_seconds=INTERVAL_SECONDS,
                created_at=at,
                expires_at=at + LIFETIME_SECONDS,
            ):
                user_code = _new_user_code()
        return DeviceCode(
            device_code=device_code,
            user_code=user_code,
            verification_uri=page,
            verification_uri_complete=f"{page}?user_code={user_code}",
            expires_in=LIFETIME_SECONDS,
            interval=INTERVAL_SECONDS,
        )

    def poll(self, request: PollDevice) -> SignedIn:
        """Answer the session once it is allowed: of any number of polls exactly one has it."""
        with self._office.store.writing() as tx:
            answer = self._answer(tx, _hash(request.device_code))
        if isinstance(answer, SignedIn):
            return answer
        raise answer

    def show(self, request: DeviceReference) -> Device:
        """What is asking; a code that is wrong counts as a guess."""
        with self._office.visit(contract.Devices.show) as visit:
            throttle.require_open(visit.transaction, visit.second, *self._guesses(visit))
            found = _reachable(visit, request.user_code)
        if found is not None:
            return _device(found)
        with self._office.store.writing() as tx:
            throttle.begin(tx, visit.second, *self._guesses(visit))
        raise _unknown()

    def allow(self, request: DeviceReference) -> Device:
        """Let it act as the caller; doing it again changes nothing."""
        with self._office.visit(contract.Devices.allow) as visit:
            found = self._held(visit, request.user_code)
            if found is not None:
                if found["state"] == "refused":
                    raise errors.NotChangeable("it was refused already", "start again on the device, for a new code")
                self._still_in(visit)
                return _decide(visit, found, "allowed") if found["state"] == "pending" else _device(found)
        raise _unknown()

    def refuse(self, request: DeviceReference) -> Device:
        """Turn it away, also when it was allowed and has not come for its session yet; again changes nothing."""
        with self._office.visit(contract.Devices.refuse) as visit:
            found = self._held(visit, request.user_code)
            if found is not None:
                if found["state"] == "used":
                    raise errors.NotChangeable("the device is signed in already", "sign out there: portalctl logout")
                return _decide(visit, found, "refused") if found["state"] != "refused" else _device(found)
        raise _unknown()

    def _answer(self, tx: Transaction, device_hash: str) -> SignedIn | errors.SignInNeeded:
        """What a poll is told. It is returned, not raised, so that what was written down for it stays."""
        now = self._office.clock()
        at = int(now.timestamp())
        found = devices.by_device(tx, device_hash)
        if found is None:
            throttle.begin(tx, at, throttle.of_address(self._office.address))
            return _over()
        tx.hold(f"device:{found['id']}")
        found = devices.by_device(tx, device_hash)
        if found is None or at >= found["expires_at"] or found["state"] == "used":
            return _over()
        if found["state"] == "refused":
            return _denied()
        if found["state"] == "pending":
            return _told_to_wait(tx, found, at)
        tx.hold(f"account:{found['account_id']}")
        found = devices.by_device(tx, device_hash)
        if found is None or found["state"] != "allowed":
            return _denied()
        account = accounts.get(tx, found["account_id"])
        if account is None or not account["active"]:
            devices.settle(tx, found["id"], state="refused", account_id=None)
            return _denied()
        devices.settle(tx, found["id"], state="used", account_id=found["account_id"])
        letters.tell_of_sign_in(tx, at, account, found["address"])
        return enter(tx, found["account_id"], now, "devices.poll", Origin(found["address"], found["name"]))

    def _held(self, visit: Visit, user_code: str) -> Row | None:
        """The device sign-in to decide about, held; None for a code that is wrong, which then counts as a guess."""
        tx = visit.transaction
        throttle.require_open(tx, visit.second, *self._guesses(visit))
        found = _reachable(visit, user_code)
        if found is None:
            throttle.begin(tx, visit.second, *self._guesses(visit))
            return None
        tx.hold(f"device:{found['id']}")
        return _reachable(visit, user_code)

    def _still_in(self, visit: Visit) -> None:
        """See that the caller's session was not ended meanwhile, and cannot be before this is done: it would live on in
        the device's. Raises SignInNeeded."""
        visit.transaction.hold(f"account:{visit.caller.account_id}")
        if callers.by_token(visit.transaction, self._office.token_hash()) is None:
            raise errors.SignInNeeded("your session has ended", "sign in again with: portalctl login")

    def _guesses(self, visit: Visit) -> tuple[throttle.Bucket, throttle.Bucket]:
        return throttle.of_guesser(visit.caller.account_id), throttle.of_address(self._office.address)

    def _page(self) -> str:
        """The page on which a person decides. Raises Unsupported where the portal has no web pages."""
        if not self._office.portal_url.startswith(("https://", "http://")):
            raise errors.Unsupported(
                "a portal in a file has no web page to sign in on", "sign in with your password: portalctl login"
            )
        return f"{self._office.portal_url.rstrip('/')}/device"

    def _second(self) -> int:
        return int(self._office.clock().timestamp())


def _told_to_wait(tx: Transaction, found: Row, at: int) -> errors.SignInNeeded:
    """AuthorizationPending, or SlowDown for a device that does not wait; a clock that was set back forgives."""
    interval: int = found["interval_seconds"]
    before: int | None = found["polled_at"]
    too_soon = before is not None and 0 <= at - before < interval - _GRACE_SECONDS
    wait = interval + INTERVAL_SECONDS if too_soon else interval
    devices.polled(tx, found["id"], at=at, interval_seconds=wait)
    if too_soon:
        return errors.SlowDown("the device asks too often", f"wait {wait} s before asking again")
    return errors.AuthorizationPending("nobody has decided yet", f"ask again in {wait} s")


def _reachable(visit: Visit, user_code: str) -> Row | None:
    """The device sign-in of a code, unless it has ended or somebody else has allowed it."""
    found = devices.by_user_code(visit.transaction, user_code)
    if found is None or visit.second >= found["expires_at"]:
        return None
    return found if found["account_id"] in (None, visit.caller.account_id) else None


def _decide(visit: Visit, found: Row, state: str) -> Device:
    account_id = visit.caller.account_id if state == "allowed" else None
    devices.settle(visit.transaction, found["id"], state=state, account_id=account_id)
    visit.record(found["id"], visit.caller.client_id)
    return _device({**found, "state": state})


def _device(row: Row) -> Device:
    return Device.model_validate({**row, "requested_at": row["created_at"]})


def _new_user_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _hash(device_code: str) -> str:
    return hashlib.sha256(device_code.encode()).hexdigest()


def _unknown() -> errors.NotFound:
    return errors.NotFound("there is no such code, or it has ended", "look at the device: a code works for ten minutes")


def _over() -> errors.ExpiredToken:
    return errors.ExpiredToken("the device sign-in has ended", "start again with: portalctl login --web")


def _denied() -> errors.AccessDenied:
    return errors.AccessDenied("the device sign-in was refused", "start again with: portalctl login --web")
