"""Signing up, signing in and what a session knows of its account."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from portalctl.models.values import Email, Instant, Line, Open, Password, Record, Request, ZoneName


ENGLISH = "en"
"""The language of everybody who has chosen none."""


class Role(StrEnum):
    """What an account is in the practice."""

    OWNER = "owner"
    PRACTITIONER = "practitioner"
    STAFF = "staff"
    CLIENT = "client"
    RELATED = "related"


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
    """E-mail and password."""

    email: Email
    password: Password


class ResetPassword(Request):
    """Redeem a reset link: `code` is the part of the link behind `/reset/`."""

    code: str
    password: Password


class RequestReset(Request):
    """Ask for a reset link by e-mail."""

    email: Email
