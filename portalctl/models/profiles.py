"""The portals that this user has profiles for."""

from portalctl.models.values import Record


class ProfileRow(Record):
    """One profile; `current` is true for the one in use. `store` says where its session token is kept."""

    name: str
    current: bool
    portal: str
    email: str | None = None
    store: str
