"""What a portal can do with API tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.tokens import ApiToken, CreateToken, IssuedToken, TokenReference


class Tokens(ABC):
    """The caller's tokens for scripts. A token itself reaches none of this."""

    @operation("POST", "/tokens")
    @abstractmethod
    def create(self, request: CreateToken) -> IssuedToken:
        """Make a token; its secret is told this once, and its maker hears of it by mail.

        Raises NotChangeable where there are too many.
        """

    @operation("GET", "/tokens")
    @abstractmethod
    def list(self) -> list[ApiToken]:
        """The caller's tokens, newest first."""

    @operation("POST", "/tokens/{id}/revoke")
    @abstractmethod
    def revoke(self, request: TokenReference) -> ApiToken:
        """End a token at once. Raises NotFound, AmbiguousId."""
