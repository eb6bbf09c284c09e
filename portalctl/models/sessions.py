"""Signing up, signing in and what a session knows of its account."""

from typing import Annotated

from portalctl.models.role import Role
from portalctl.models.values import Email, Instant, Line, MfaCode, Open, Password, Record, Request, SessionId, ZoneName

ENGLISH = "en"
"""The language of everybody who has chosen none."""


class Identity(Record):
    """Who is signed in. One of `client_id` and `staff_id` is set, or else `related_id`.

    Somebody who has portal access as a client's relative has a `related_id`, also when they are a client or staff.
    """

    account_id: str
    name: str
    email: str
    role: Annotated[Role, Open]
    client_id: str | None = None
    staff_id: str | None = None
    related_id: str | None = None
    timezone: str
    language: str = ENGLISH
    practice: str
    session_expires_at: Instant


class SignedIn(Record):
    """A new session. The token is shown once and stored by the portal as its SHA-256 only."""

    token: str
    identity: Identity


class SignUp(Request):
    """Redeem an invite: `code` is the part of the link behind `/invite/`."""

    code: str
    name: Line | None = None
    password: Password
    timezone: ZoneName | None = None


class SignIn(Request):
    """E-mail and password, and where a second factor is on its code or a recovery code."""

    email: Email
    password: Password
    code: MfaCode | None = None


class ResetPassword(Request):
    """Redeem a reset link: `code` is the part of the link behind `/reset/`."""

    code: str
    password: Password


class RequestReset(Request):
    """Ask for a reset link by e-mail."""

    email: Email


class Session(Record):
    """Where somebody is signed in, and with what; `current` marks the session that asks."""

    id: str
    device: str
    address: str
    started_at: Instant
    used_at: Instant
    expires_at: Instant
    current: bool


class RevokeSession(Request):
    """Names one of one's own sessions."""

    id: SessionId


class SessionsEnded(Record):
    """How many sessions have ended."""

    ended: int


class ChangePassword(Request):
    """The password that one has, and the one to have from now on."""

    password: Password
    new_password: Password
