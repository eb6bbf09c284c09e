"""When a practitioner and a client are free: computed from hours, overrides, buffers and what is already held.

`Agenda` is one practitioner's time, `Diary` one client's. Listing and booking ask the same questions of them,
so what is listed is bookable and what is bookable is listed. All times are epoch seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portalctl.domain.windows import starts_in, windows_on
from portalctl.models.policy import BookingTerms
from portalctl.models.services import Service
from portalctl.models.staff import StaffMember
from portalctl.storage import appointments, hours
from portalctl.storage.engine import Transaction

_CHUNK = 7 * 86_400
"""How much held time is read at once."""


class Offer(NamedTuple):
    """A service by a practitioner, under the terms in force."""

    service: Service
    practitioner: StaffMember
    terms: BookingTerms

    @property
    def length(self) -> int:
        """Seconds from start to end."""
        return 60 * self.service.duration_minutes

    def blocked(self, start: int) -> tuple[int, int]:
        """What an appointment at `start` takes of the practitioner's time, buffers included."""
        service = self.service
        return start - 60 * service.buffer_before_minutes, start + self.length + 60 * service.buffer_after_minutes


class _Held:
    """Stretches that do not overlap, in order; asks quickly whether one more would fit."""

    def __init__(self, stretches: list[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in stretches]
        self._ends = [end for _, end in stretches]

    def overlaps(self, start: int, end: int) -> bool:
        """Whether [start, end) meets any of them."""
        following = bisect_right(self._ends, start)
        return following < len(self._starts) and self._starts[following] < end


class Agenda:
    """One practitioner's hours and held time."""

    def __init__(self, tx: Transaction, practitioner: StaffMember, ignoring: str | None = None) -> None:
        self._tx = tx
        self._id = practitioner.id
        self._zone = ZoneInfo(practitioner.timezone)
        self._weekly, self._overrides = hours.of(tx, practitioner.id)
        self._ignoring = ignoring
        self._chunks: dict[int, _Held] = {}
        self._windows: dict[date, list[tuple[int, int]]] = {}

    def starts(self, offer: Offer, earliest: int, latest: int) -> Iterator[int]:
        """Every start on the grid, free or not, from `earliest` to `latest`, both included.

        Where clocks go back over midnight a window of the next day holds instants of this one.
        """
        day = self._day_of(earliest)
        last = self._day_of(latest) + timedelta(days=1)
        while day <= last:
            for window in self._windows_on(day):
                for start in starts_in(window, offer.service.duration_minutes, offer.terms.slot_interval_minutes):
                    if earliest <= start <= latest:
                        yield start
            day += timedelta(days=1)

    def offers(self, offer: Offer, start: int) -> bool:
        """Whether `start` is on the grid."""
        return start in self.starts(offer, start, start)

    def is_busy(self, start: int, end: int) -> bool:
        """Whether [start, end) meets time that another appointment holds."""
        return any(self._held(chunk).overlaps(start, end) for chunk in range(start // _CHUNK, end // _CHUNK + 1))

    def _held(self, chunk: int) -> _Held:
        if chunk not in self._chunks:
            begin = chunk * _CHUNK
            self._chunks[chunk] = _Held(
                appointments.held_of_practitioner(self._tx, self._id, begin, begin + _CHUNK, self._ignoring)
            )
        return self._chunks[chunk]

    def _windows_on(self, day: date) -> list[tuple[int, int]]:
        if day not in self._windows:
            self._windows[day] = windows_on(day, self._weekly, self._overrides, self._zone)
        return self._windows[day]

    def _day_of(self, second: int) -> date:
        return datetime.fromtimestamp(second, UTC).astimezone(self._zone).date()


class Diary:
    """One client's held time and how many appointments each day has, in the practice's zone."""

    def __init__(
        self,
        tx: Transaction,
        client_id: str,
        earliest: int,
        latest: int,
        practice_zone: str,
        ignoring: str | None = None,
    ) -> None:
        self._zone = ZoneInfo(practice_zone)
        margin = 2 * 86_400
        counted = appointments.counted_of_client(tx, client_id, earliest - margin, latest + margin, ignoring)
        self._held = _Held([(row["starts_at"], row["ends_at"]) for row in counted if row["holds"]])
        self._starts = [row["starts_at"] for row in counted]

    def is_busy(self, start: int, end: int) -> bool:
        """Whether [start, end) meets another appointment of the client."""
        return self._held.overlaps(start, end)

    def is_full(self, start: int, terms: BookingTerms) -> bool:
        """Whether the day of `start` already has as many appointments as the policy allows."""
        return 0 < terms.daily_limit <= self._per_day[self.day_of(start)]

    @cached_property
    def _per_day(self) -> Counter[date]:
        return Counter(map(self.day_of, self._starts))

    def day_of(self, second: int) -> date:
        """The calendar day in the practice's zone."""
        return datetime.fromtimestamp(second, UTC).astimezone(self._zone).date()
