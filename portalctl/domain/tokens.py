"""The caller's API tokens: for scripts, within scopes, for a time."""

from __future__ import annotations

import secrets
from typing import Any

from portalctl import errors
from portalctl.contract import tokens as contract
from portalctl.domain import letters, references, scopes
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit, hash_token
from portalctl.models.tokens import ApiToken, CreateToken, IssuedToken, TokenReference
from portalctl.storage import api_tokens
from portalctl.storage.engine import Row

MOST = 50
"""Tokens that an account may have at once."""

KEPT_SECONDS = 30 * 86_400
"""How long a token that has expired is still listed."""


class Tokens(contract.Tokens):
    """The API tokens of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def create(self, request: CreateToken) -> IssuedToken:
        """Make a token; its secret leaves the portal here once."""
        secret = f"{scopes.PREFIX}{secrets.token_urlsafe(32)}"
        with self._office.visit(contract.Tokens.create) as visit:
            wanted = scopes.known(request.scopes)
            tx, account_id = visit.transaction, visit.caller.account_id
            tx.hold(f"account:{account_id}")
            api_tokens.sweep(tx, account_id, visit.second - KEPT_SECONDS)
            if len(api_tokens.of_account(tx, account_id)) >= MOST:
                raise errors.NotChangeable(
                    f"there are {MOST} tokens, and there may be no more", "revoke one: portalctl settings tokens revoke"
                )
            made: dict[str, Any] = {
                "id": new_id("tok"),
                "name": request.name,
                "created_at": visit.second,
                "expires_at": visit.second + 86_400 * request.expires_days,
            }
            api_tokens.insert(tx, **made, account_id=account_id, token_hash=hash_token(secret), scopes=" ".join(wanted))
            letters.tell_of_token(visit, made["id"], scopes=wanted, expires_at=made["expires_at"])
            visit.record(made["id"], visit.caller.client_id)
            return IssuedToken(**made, scopes=wanted, token=secret)

    def list(self) -> list[ApiToken]:
        """The caller's tokens, newest first."""
        with self._office.visit(contract.Tokens.list) as visit:
            return _all(visit)

    def revoke(self, request: TokenReference) -> ApiToken:
        """End a token at once."""
        with self._office.visit(contract.Tokens.revoke) as visit:
            fitting = [token for token in _all(visit) if token.id.startswith(request.id)]
            found = references.one(fitting, "token", request.id, lambda token: token.name)
            api_tokens.end(visit.transaction, found.id)
            visit.record(found.id, visit.caller.client_id)
            return found


def _all(visit: Visit) -> list[ApiToken]:
    return [_token(row) for row in api_tokens.of_account(visit.transaction, visit.caller.account_id)]


def _token(row: Row) -> ApiToken:
    return ApiToken.model_validate({**row, "scopes": row["scopes"].split(" ")})
