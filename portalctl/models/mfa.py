"""The second factor: one-time codes from an authenticator app (RFC 6238), and recovery codes for whoever loses it."""

from typing import Annotated, Literal

from portalctl.models.values import Instant, MfaCode, Open, Password, Record, Reference, Request

MfaState = Literal["off", "pending", "on"]
"""`pending`: set up, and not asked for until its first code has come."""


class MfaStatus(Record):
    """Whether a second factor is asked for, since when, and how many recovery codes are left."""

    state: Annotated[MfaState, Open]
    since: Instant | None = None
    recovery_codes_left: int = 0


class MfaSetup(Record):
    """What an authenticator app is given, once. A portal answers both; a program shows neither unasked."""

    state: Annotated[MfaState, Open]
    secret: str | None
    uri: str | None


class RecoveryCodes(Record):
    """Recovery codes; each works once. They are told when they are made, and only counted after that."""

    codes: list[str]
    left: int


class MfaReset(Record):
    """Whose second factor the practice took away."""

    person_id: str
    name: str
    state: Annotated[MfaState, Open]


class SetUpMfa(Request):
    """Ask for a secret; the password again, so that a session left open is not enough."""

    password: Password


class VerifyMfa(Request):
    """The app's first code, which turns the second factor on."""

    code: MfaCode


class DisableMfa(Request):
    """Turn the second factor off, with the password and a code of it or a recovery code.

    A password shorter than 15 characters needs `new_password`: alone it is not enough.
    """

    password: Password
    code: MfaCode | None = None
    new_password: Password | None = None


class RenewRecoveryCodes(Request):
    """Make new recovery codes in place of those there are, with a code of the factor or a recovery code."""

    code: MfaCode


class ResetMfa(Request):
    """Take the second factor of a client away, who has lost it; owners do so for staff too."""

    client: Reference
