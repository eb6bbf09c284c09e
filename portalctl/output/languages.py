"""How days, times and numbers are written in languages other than English, by what Unicode knows of them (CLDR)."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_datetime_format
from babel.numbers import format_decimal

from portalctl.output.cells import Style
from portalctl.output.safe import visible

_MARKS = re.compile("[\u061c\u200e\u200f]")
_SPACES = re.compile("[\u00a0\u2009\u202f]")


class _Localized(Style):
    """How one locale writes."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def day(self, when: date) -> str:
        """`Mo., 2. März 2026`."""
        return _plain(format_skeleton("yMMMEd", when, locale=self._locale))

    def moment(self, there: datetime) -> str:
        """`Mo., 2. März 2026, 09:00`, on the clocks of that place."""
        at = format_time(there, "short", tzinfo=there.tzinfo, locale=self._locale)
        pattern = str(get_datetime_format("medium", locale=self._locale)).replace("'", "")
        return _plain(pattern.replace("{0}", at).replace("{1}", self.day(there)))

    def number(self, count: float | Decimal, decimals: int | None = None) -> str:
        """`1.234,5`."""
        if decimals is None:
            return _plain(format_decimal(count, locale=self._locale))
        whole = self._locale.decimal_formats[None].pattern.partition(".")[0]
        pattern = f"{whole}.{'0' * decimals}" if decimals else whole
        return _plain(format_decimal(count, format=pattern, locale=self._locale))


def style_of(tag: str) -> Style:
    """How a language (BCP 47) is written: that of the region where it is known, else of the language; else English."""
    parts = re.split(r"-[0-9A-Za-z]-", tag)[0].split("-")
    for length in range(len(parts), 0, -1):
        try:
            return _Localized(Locale.parse("-".join(parts[:length]), sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return Style()


def _plain(text: str) -> str:
    """The text without marks that turn the line's direction, and with spaces that every terminal knows."""
    return visible(_SPACES.sub(" ", _MARKS.sub("", text)))
