"""The caller's own account, and its end."""

from __future__ import annotations

from typing import Annotated, Literal

from portalctl.models.sessions import Role
from portalctl.models.values import Instant, Open, Password, Record, Request

CONFIRMATION = "Yes, delete"
"""What somebody types who wants their account deleted."""


class Account(Record):
    """An account: whose it is, since when, and how many sessions are open."""

    id: str
    name: str
    email: str
    role: Annotated[Role, Open]
    practice: str
    client_id: str | None = None
    created_at: Instant
    sessions: int


class Deletion(Record):
    """What deleting the account does: how many of what goes, and what the practice has to keep.

    `deleted_at` is set once it is done.
    """

    account_id: str
    coming_appointments: int
    sessions: int
    drafts: int
    erased: list[str]
    kept: list[str]
    deleted_at: Instant | None = None


class DeleteAccount(Request):
    """Delete the caller's own account: with the password again, and the words that say so."""

    password: Password
    confirm: Literal["Yes, delete"]
