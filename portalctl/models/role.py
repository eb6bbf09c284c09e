"""What somebody is in the practice."""

from enum import StrEnum


class Role(StrEnum):
    """What an account is in the practice."""

    OWNER = "owner"
    PRACTITIONER = "practitioner"
    STAFF = "staff"
    CLIENT = "client"
    RELATED = "related"
