"""API tokens: what scripts sign in with, within scopes and for a time."""

from typing import Annotated

from pydantic import Field, StringConstraints

from portalctl.models.values import ApiTokenId, Instant, Line, Record, Request

LONGEST_DAYS = 90
"""A token lives so long at the most."""

Scope = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}:(read|write)$")]
"""What a token may do: `appointments:read` looks at appointments, `appointments:write` changes them."""


class ApiToken(Record):
    """A token of the caller's, without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: Instant
    expires_at: Instant
    last_used_at: Instant | None = None


class IssuedToken(ApiToken):
    """A new token with its secret, which is shown once and stored by the portal as its SHA-256 only."""

    token: str


class CreateToken(Request):
    """Make a token for so many days, at most 90."""

    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    expires_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 30


class TokenReference(Request):
    """Names one of the caller's tokens."""

    id: ApiTokenId
