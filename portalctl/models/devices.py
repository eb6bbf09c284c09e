"""Device sign-in (RFC 8628): a program shows a code, a person allows it elsewhere."""

from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from portalctl.models.values import Instant, Line, Open, Record, Request

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""What user codes are made of (RFC 8628, section 6.1): no vowels, so no words."""


def _as_shown(code: str) -> str:
    letters = "".join(character for character in code.upper() if character not in " -")
    if len(letters) != 8 or any(letter not in LETTERS for letter in letters):
        raise ValueError("not a code such as WDJB-MJHT")
    return f"{letters[:4]}-{letters[4:]}"


UserCode = Annotated[str, StringConstraints(max_length=32), AfterValidator(_as_shown)]
"""Eight letters that a person types; case, spaces and dashes do not matter."""


class StartDevice(Request):
    """Begin; `name` says to the person what is asking."""

    name: Line


class DeviceCode(Record):
    """What RFC 8628 (section 3.2) answers; `expires_in` and `interval` are seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class PollDevice(Request):
    """Ask whether the person has decided."""

    device_code: Annotated[str, StringConstraints(max_length=200)]


class DeviceReference(Request):
    """Names one device sign-in by what the person was shown."""

    user_code: UserCode


class Device(Record):
    """A program that asks to be signed in: what it calls itself, and from where and when it asked."""

    user_code: str
    name: str
    address: str
    state: Annotated[Literal["pending", "allowed", "refused", "used"], Open]
    requested_at: Instant
    expires_at: Instant
