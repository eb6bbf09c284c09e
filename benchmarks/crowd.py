"""The appointments of a busy practice, at any size."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice

from benchmarks.portals import Booking, midnight

MINUTES = 30
COMING_DAYS = 42
OWN_COMING, OWN_PAST = 10, 90
DAY = 86_400


def crowd(clients: Sequence[str], practitioners: Sequence[str], count: int) -> Iterator[Booking]:
    """So many appointments, of which these are the same at any count:

    the first client has ten to come and ninety past ones, one a fortnight at 08:00, with each practitioner in turn;
    the first practitioner works on weekdays from 09:00 to 17:00, and half of the coming six weeks are taken.

    The rest are the other practitioners' coming weeks, half taken, and everybody's past, nine tenths taken, as far back
    as the count reaches.
    """
    chance = random.Random(1)  # noqa: S311  the same portal each time
    first, *others = practitioners
    own = list(_own(clients[0], others))
    coming = [
        Booking(clients[client], first, start)
        for start in _starts(1, COMING_DAYS)
        for client in (chance.randrange(1, len(clients)),)
        if chance.random() < 0.5
    ]
    yield from own
    yield from coming
    taken = {(booking.client_id, booking.start) for booking in coming}
    yield from islice(_rest(clients[1:], first, others, taken, chance), count - len(own) - len(coming))


def _own(client: str, practitioners: Sequence[str]) -> Iterator[Booking]:
    for number in range(-OWN_PAST, OWN_COMING):
        start = midnight() + (14 * number + 7) * DAY + 8 * 3600
        yield Booking(client, practitioners[number % len(practitioners)], start)


def _rest(
    clients: Sequence[str],
    first: str,
    others: Sequence[str],
    taken: set[tuple[str, int]],
    chance: random.Random,
) -> Iterator[Booking]:
    day = COMING_DAYS
    while True:
        practitioners = others if day > 0 else [first, *others]
        share = 0.5 if day > 0 else 0.9
        for start in _starts(day, day):
            found = zip(practitioners, chance.sample(clients, len(practitioners)), strict=True)
            for practitioner, client in found:
                if chance.random() < share and (client, start) not in taken:
                    yield Booking(client, practitioner, start)
        day -= 1


def _starts(first_day: int, last_day: int) -> Iterator[int]:
    """Every half hour of the weekdays from so many days after today until so many, both included."""
    for day in range(first_day, last_day + 1):
        begins = midnight() + day * DAY
        if begins // DAY % 7 not in (2, 3):
            yield from range(begins + 9 * 3600, begins + 17 * 3600, 60 * MINUTES)
