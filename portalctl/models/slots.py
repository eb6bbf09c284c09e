"""Free times."""

from typing import Annotated

from pydantic import Field

from portalctl.models.place import Place
from portalctl.models.values import Instant, Record, Reference, Request, WrittenInstant


class Slot(Record):
    """A start that can be booked now. It is computed, not stored: the id encodes service, practitioner and start."""

    id: str
    starts_at: Instant
    ends_at: Instant
    service_id: str
    service: str
    practitioner_id: str
    practitioner: str
    practitioner_timezone: str
    place: Place


class FindSlots(Request):
    """Free slots from `starts_from` until before `starts_before`, earliest first. Staff ask for a `client`."""

    service: Reference | None = None
    practitioner: Reference | None = None
    client: Reference | None = None
    starts_from: WrittenInstant | None = None
    starts_before: WrittenInstant | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 20
