"""What a portal can do with sign-in."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.sessions import (
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


class Sessions(ABC):
    """Accounts and their sessions."""

    @operation("POST", "/accounts")
    @abstractmethod
    def sign_up(self, request: SignUp) -> SignedIn:
        """Redeem an invite for an account, and sign in. Raises LinkNotValid, WeakPassword, TooManyAttempts."""

    @operation("POST", "/sessions")
    @abstractmethod
    def sign_in(self, request: SignIn) -> SignedIn:
        """Start a session. Nothing begins before a second factor, where one is on, has given its code.

        Raises BadCredentials, MfaNeeded where the password is right and no code was given, WrongCode, WeakPassword
        for one that is too short without a second factor, TooManyAttempts.
        """

    @operation("DELETE", "/sessions/current")
    @abstractmethod
    def sign_out(self) -> None:
        """End the session of the token in use; harmless when it has ended."""

    @operation("GET", "/sessions/current")
    @abstractmethod
    def who_am_i(self) -> Identity:
        """Whose session this is. Raises SignInNeeded."""

    @operation("POST", "/password/reset")
    @abstractmethod
    def reset_password(self, request: ResetPassword) -> None:
        """Set a new password with a reset link; every session and API token of the account ends, no second factor does.

        Raises LinkNotValid, WeakPassword, TooManyAttempts.
        """

    @operation("POST", "/password/request-reset")
    @abstractmethod
    def request_reset(self, request: RequestReset) -> None:
        """Mail a reset link to the address; the answer is the same where there is no account.

        Raises TooManyAttempts.
        """

    @operation("POST", "/password/change")
    @abstractmethod
    def change_password(self, request: ChangePassword) -> SessionsEnded:
        """Set a new password in the place of the one that is given; every other session of the account ends.

        Raises BadCredentials, WeakPassword, TooManyAttempts.
        """

    @operation("POST", "/sessions/{id}/revoke")
    @abstractmethod
    def revoke(self, request: RevokeSession) -> Session:
        """End one of one's own sessions, perhaps the one in use. Raises NotFound, AmbiguousId."""

    @operation("POST", "/sessions/revoke-others")
    @abstractmethod
    def revoke_others(self) -> SessionsEnded:
        """End every session of the account but the one in use."""

    @operation("GET", "/sessions")
    @abstractmethod
    def list(self) -> list[Session]:
        """One's own sessions, the latest used first. Raises SignInNeeded."""
