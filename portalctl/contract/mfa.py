"""What a portal can do with second factors."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.mfa import (
    DisableMfa,
    MfaReset,
    MfaSetup,
    MfaStatus,
    RecoveryCodes,
    RenewRecoveryCodes,
    ResetMfa,
    SetUpMfa,
    VerifyMfa,
)


class SecondFactors(ABC):
    """The caller's own second factor, and help for clients who lost theirs."""

    @operation("GET", "/mfa")
    @abstractmethod
    def status(self) -> MfaStatus:
        """Whether a second factor is asked for, and how many recovery codes are left."""

    @operation("POST", "/mfa")
    @abstractmethod
    def set_up(self, request: SetUpMfa) -> MfaSetup:
        """A new secret for an authenticator app, in place of one that is pending; it is told this once.

        Raises BadCredentials, NotChangeable where a factor is on, TooManyAttempts.
        """

    @operation("POST", "/mfa/verify")
    @abstractmethod
    def verify(self, request: VerifyMfa) -> RecoveryCodes:
        """Turn the pending factor on with its first code; ten recovery codes are told this once.

        Every other session of the account ends, and its owner is told by mail. Raises WrongCode, NotChangeable,
        TooManyAttempts.
        """

    @operation("POST", "/mfa/disable")
    @abstractmethod
    def disable(self, request: DisableMfa) -> MfaStatus:
        """Turn the factor off, with the password and a code; harmless where it is off.

        Every other session of the account ends, and its owner is told by mail. Raises BadCredentials, MfaNeeded
        without a code, WrongCode, WeakPassword where the password is too short to stand alone, TooManyAttempts.
        """

    @operation("POST", "/mfa/recovery-codes")
    @abstractmethod
    def renew_recovery_codes(self, request: RenewRecoveryCodes) -> RecoveryCodes:
        """Ten new recovery codes in place of those there are. Raises WrongCode, NotChangeable, TooManyAttempts."""

    @operation("POST", "/clients/{client}/reset-mfa")
    @abstractmethod
    def reset(self, request: ResetMfa) -> MfaReset:
        """Take the factor of somebody away who has lost it: their sessions and tokens end, and they are told by mail.

        Owners do so for staff too, nobody for themselves. Raises NotFound, AmbiguousId, NotChangeable.
        """
