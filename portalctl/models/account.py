"""The caller's own account, and its end."""

from typing import Annotated, Literal

from portalctl.models.role import Role
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


class ExportReport(Record):
    """A copy of all that one may see: where it is, what is in it, and its checksum.

    `unread` names documents whose body could not be read, each with why: everything else is there.
    """

    file: str
    account_id: str
    exported_at: Instant
    files: int
    documents: int
    bytes: int
    sha256: str
    unread: list[str]


class ExportCheck(Record):
    """What checking such a copy came to: `faults` names each file that is not what was exported, and why."""

    file: str
    account_id: str
    exported_at: Instant
    files: int
    whole: bool
    faults: list[str]
