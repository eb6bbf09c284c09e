"""The practice's clients."""

from datetime import date
from typing import Annotated

from pydantic import Field

from portalctl.models.values import IdempotencyKey, Instant, Limit, Record, Reference, Request, WrittenDay


class Client(Record):
    """Somebody the practice cares for; `signed_up` is true once they have an account."""

    id: str
    name: str
    email: str
    timezone: str | None = None
    preferred_name: str | None = None
    pronouns: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    address: str | None = None
    signed_up: bool
    created_at: Instant


class ListClients(Request):
    """Clients by name."""

    limit: Limit = 100
    cursor: str | None = None


class ClientReference(Request):
    """Names one client."""

    client: Reference


Written = Annotated[str, Field(max_length=254)]
"""What somebody wrote in a place for a reference, whether it names anything or not."""


class ClientQuestion(Request):
    """Who is meant by a reference: a whole id, the beginning of one, or an e-mail address.

    `name` and `birth_date` are what else is true of them, and `appointment` is one of theirs.
    """

    client: Written
    name: Annotated[str, Field(max_length=254)] | None = None
    birth_date: WrittenDay | None = None
    appointment: Written | None = None


class IdentifyClients(Request):
    """Ask of many references at once whom each means."""

    questions: Annotated[list[ClientQuestion], Field(min_length=1, max_length=1000)]


class IdentityProblem(Record):
    """Why a question names nobody: which of its fields, the stable word for it, and a sentence."""

    column: str
    code: str
    message: str


class IdentifiedClient(Record):
    """Whom one question means: `client` is their name. Where there are problems, nobody is named."""

    client_id: str | None = None
    client: str | None = None
    appointment_id: str | None = None
    problems: list[IdentityProblem] = Field(default=[])


class MakeResetLink(Request):
    """Make a reset link for a client; owners make them for staff too."""

    client: Reference
    idempotency_key: IdempotencyKey | None = None


class ResetLink(Record):
    """A one-time link with which a person sets a new password; it is shown once."""

    person_id: str
    link: str
    expires_at: Instant
