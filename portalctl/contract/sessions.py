"""What a portal can do with sign-in."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.sessions import Identity, RequestReset, ResetPassword, SignedIn, SignIn, SignUp


class Sessions(ABC):
    """Accounts and their sessions."""

    @operation("POST", "/accounts")
    @abstractmethod
    def sign_up(self, request: SignUp) -> SignedIn:
        """Redeem an invite for an account, and sign in. Raises LinkNotValid, WeakPassword, TooManyAttempts."""

    @operation("POST", "/sessions")
    @abstractmethod
    def sign_in(self, request: SignIn) -> SignedIn:
        """Start a session. Raises BadCredentials, TooManyAttempts."""

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
        """Set a new password with a reset link; every session of the account ends.

        Raises LinkNotValid, WeakPassword, TooManyAttempts.
        """

    @operation("POST", "/password/request-reset")
    @abstractmethod
    def request_reset(self, request: RequestReset) -> None:
        """Mail a reset link to the address; the answer is the same where there is no account.

        Raises TooManyAttempts.
        """
