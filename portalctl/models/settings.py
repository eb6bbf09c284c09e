"""What people set for themselves: who they are, where and in which language they read, and which notices reach them."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from portalctl.models.outbox import LetterKind
from portalctl.models.policy import Reminders
from portalctl.models.role import Role
from portalctl.models.sessions import ENGLISH
from portalctl.models.values import (
    Email,
    Instant,
    Line,
    Open,
    Password,
    Record,
    Request,
    Text,
    Version,
    WrittenDay,
    ZoneName,
)

_TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?(-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[0-9a-wyz](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.ASCII | re.IGNORECASE,
)


def is_english(tag: str) -> bool:
    """Whether a language tag names English, of whatever country."""
    return tag.partition("-")[0].lower() == ENGLISH


def _known_language(tag: str) -> str:
    """The tag in its usual case: `de-AT`, `zh-Hant-TW`."""
    if len(tag) > 60 or not _TAG.fullmatch(tag):
        raise ValueError(f"{tag!r} is not a language tag such as de or pt-BR")
    language, *others = tag.lower().split("-")
    if not is_english(language):
        from babel.localedata import exists

        if not exists(language):
            raise ValueError(f"there is no language {language!r} that dates and numbers can be written in")
    usual, extended = [language], False
    for part in others:
        extended = extended or len(part) == 1
        if not extended and part.isalpha() and len(part) in (2, 4):
            part = part.upper() if len(part) == 2 else part.title()
        usual.append(part)
    return "-".join(usual)


LanguageTag = Annotated[str, AfterValidator(_known_language), Field(examples=["pt-BR"])]
"""A language that dates and numbers can be written in (BCP 47)."""

Phone = Annotated[str, StringConstraints(min_length=1, max_length=60)]
"""A telephone number as people write it; the portal keeps it as E.164."""

Address = Annotated[Text, StringConstraints(min_length=1, max_length=500)]
"""Where somebody lives, in one line or several."""

Clearable = Literal["preferred_name", "pronouns", "birth_date", "phone", "address", "timezone", "language"]
"""What a profile may lack; without a time zone of their own clients follow the practice's."""


class Profile(Record):
    """Somebody, as they describe themselves. `new_email` waits to be confirmed from there.

    Staff have no birth date and no address here, and related people no birth date.
    """

    person_id: str
    role: Annotated[Role, Open]
    name: str
    preferred_name: str | None = None
    pronouns: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    address: str | None = None
    email: str
    new_email: str | None = None
    timezone: str
    language: str = ENGLISH
    version: str = ""


class Notifications(Record):
    """Which notices reach somebody by e-mail.

    `by_email` and `turned_off` are together all that there are for them. Reminders come so many minutes before an
    appointment; None is when the practice sends them.
    """

    person_id: str
    by_email: list[Annotated[LetterKind, Open]]
    turned_off: list[Annotated[LetterKind, Open]]
    reminder_minutes: list[int] | None = None
    version: str = ""


class Settings(Record):
    """All that somebody sets for themselves, and in how many sessions they are signed in."""

    profile: Profile
    notifications: Notifications
    sessions: int


class OwnTimezone(Record):
    """The time zone in which somebody reads the portal."""

    person_id: str
    timezone: str


class OwnLanguage(Record):
    """The language in which somebody reads dates and numbers (BCP 47)."""

    person_id: str
    language: str


class SetProfile(Request):
    """Change what is given; `clear` names what is to be there no more."""

    name: Line | None = None
    preferred_name: Line | None = None
    pronouns: Line | None = None
    birth_date: WrittenDay | None = None
    phone: Phone | None = None
    address: Address | None = None
    timezone: ZoneName | None = None
    language: LanguageTag | None = None
    clear: list[Clearable] = Field(default=[])
    if_version: Version | None = None


class ChangeEmail(Request):
    """Ask for another address to sign in with; the password shows who asks."""

    email: Email
    password: Password


class ConfirmEmail(Request):
    """Take the new address into use: `code` is what was mailed there."""

    code: Annotated[str, StringConstraints(max_length=200)]


class EmailChange(Record):
    """A letter is on its way to the new address; until its code comes back, by then, nothing changes."""

    person_id: str
    new_email: str
    expires_at: Instant


class SetNotifications(Request):
    """Turn notices on and off, and choose when to be reminded; `usual_reminders` is when the practice does."""

    on: list[LetterKind] = Field(default=[])
    off: list[LetterKind] = Field(default=[])
    reminder_minutes: Reminders | None = None
    usual_reminders: bool = False
    if_version: Version | None = None
