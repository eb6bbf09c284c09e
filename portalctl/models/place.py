"""Where an appointment happens."""

from enum import StrEnum


class Place(StrEnum):
    """In the practice, in a video room, or on the phone."""

    IN_PERSON = "in-person"
    VIDEO = "video"
    PHONE = "phone"
