"""What the practice offers."""

from typing import Annotated

from pydantic import AfterValidator, Field

from portalctl.models.money import Money
from portalctl.models.place import Place
from portalctl.models.values import IdempotencyKey, Instant, Line, Open, Record, Reference, Request, Version


def _https(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        whole = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("a video room is an https:// address")
    return url


RoomUrl = Annotated[str, Field(max_length=2000), AfterValidator(_https)]
"""The https address of a video room."""

Duration = Annotated[int, Field(ge=5, le=1440)]
Buffer = Annotated[int, Field(ge=0, le=480)]


class Service(Record):
    """Something to book. Durations and buffers are minutes; a buffer blocks the practitioner, not the client."""

    id: str
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    price: Money | None = None
    place: Annotated[Place, Open]
    room_url: str | None = None
    practitioners: list[str]
    archived: bool
    created_at: Instant
    version: str = ""


class AddService(Request):
    """A new service. Without `practitioners` everybody who gives appointments now offers it."""

    name: Line
    duration_minutes: Duration
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    price: Money | None = None
    place: Place = Place.IN_PERSON
    room_url: RoomUrl | None = None
    practitioners: list[Reference] = Field(default=[])
    idempotency_key: IdempotencyKey | None = None


class EditService(Request):
    """Change what is given, keep the rest. Appointments already booked keep their times."""

    service: Reference
    name: Line | None = None
    duration_minutes: Duration | None = None
    buffer_before_minutes: Buffer | None = None
    buffer_after_minutes: Buffer | None = None
    price: Money | None = None
    place: Place | None = None
    room_url: RoomUrl | None = None
    practitioners: list[Reference] | None = None
    if_version: Version | None = None


class ServiceReference(Request):
    """Names one service."""

    service: Reference


class ListServices(Request):
    """What is offered; archived services too when asked."""

    archived: bool = False
