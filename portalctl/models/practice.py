"""The practice: the organisation that a portal belongs to."""

from portalctl.models.values import Email, Instant, Line, Password, Record, Request, ZoneName


class Practice(Record):
    """The organisation, as everyone of the portal may see it."""

    id: str
    name: str
    email: str
    timezone: str
    created_at: Instant


class SetUpPractice(Request):
    """Make the practice and its first owner, who is a practitioner too.

    A portal server wants its one-time set-up code; a portal in a file has none.
    """

    name: Line
    email: Email
    timezone: ZoneName
    owner: Line
    password: Password
    setup: str | None = None
