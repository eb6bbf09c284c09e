"""The practice's communication policy: what a client may write, and to whom."""

from enum import StrEnum


class Communication(StrEnum):
    """Who may begin a conversation, and who may answer in one.

    `reply-only`: clients answer in what staff began, which closes by itself 48 hours after the last message of staff
    that the client has not answered. `never-initiate`: clients answer only, and nothing closes by itself.
    `assigned-only`: clients and staff write to each other where they are assigned. `all-clients`: any client writes to
    any of the practice's people at any time.
    """

    REPLY_ONLY = "reply-only"
    NEVER_INITIATE = "never-initiate"
    ASSIGNED_ONLY = "assigned-only"
    ALL_CLIENTS = "all-clients"
