"""How settings look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from portalctl.output.cells import in_one_line, minutes
from portalctl.output.columns import EMAIL, EXPIRES, NAME, ZONE, Column, Look

if TYPE_CHECKING:
    from portalctl.models.settings import Notifications, Settings

_PERSON = Column("ID", "person_id", whole=True)
_LANGUAGE = Column("Language", "language", whole=True)
_NEW_EMAIL = Column("To be confirmed", "new_email")

_PROFILE = (
    _PERSON,
    NAME,
    Column("Called", "preferred_name"),
    Column("Pronouns", "pronouns"),
    Column("Born", "birth_date"),
    EMAIL,
    _NEW_EMAIL,
    Column("Phone", "phone"),
    Column("Address", in_one_line),
    ZONE,
    _LANGUAGE,
)


def _choices(notifications: Notifications) -> Iterable[tuple[str, object]]:
    own = notifications.reminder_minutes
    yield "By e-mail", ", ".join(kind.replace("_", " ") for kind in notifications.by_email) or "nothing"
    yield "Turned off", ", ".join(kind.replace("_", " ") for kind in notifications.turned_off) or "nothing"
    if "reminder" not in (*notifications.by_email, *notifications.turned_off):
        return
    yield "Reminders", "as the practice sends them" if own is None else ", ".join(map(minutes, own)) or "none"


def _everything(settings: Settings) -> Iterable[tuple[str, object]]:
    yield from ((column.header, column.of(settings.profile)) for column in _PROFILE)
    yield from _choices(settings.notifications)
    yield "Sessions", settings.sessions


LOOKS: dict[str, Look] = {
    "Profile": Look("profiles", _PROFILE),
    "Notifications": Look("notifications", (_PERSON,), _choices),
    "Settings": Look("settings", (Column("ID", lambda settings: settings.profile.person_id, whole=True),), _everything),
    "EmailChange": Look("changes", (_PERSON, _NEW_EMAIL, EXPIRES)),
    "OwnTimezone": Look("time zones", (ZONE,)),
    "OwnLanguage": Look("languages", (_LANGUAGE,)),
}
