"""Filling PostgreSQL by COPY, with the indexes built when all is there."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from benchmarks.crowd import MINUTES
from benchmarks.portals import Booking
from portalctl.domain.ids import ALPHABET
from portalctl.storage import audit

APPOINTMENTS = (
    *("id", "client_id", "practitioner_id", "service_id", "status", "holds", "starts_at", "ends_at", "blocked_from"),
    *("blocked_until", "place", "cancellation_notice_minutes", "reschedule_notice_minutes", "reason_required"),
    *("late_cancellation_recorded", "sequence", "created_at", "updated_at", "practitioner_no", "client_no"),
)
NOTICES = ("id", "client_id", "kind", "appointment_id", "starts_at", "by_account", "by_name", "at")
AUDIT = ("chain", "position", "at", "actor", "role", "action", "subject", "previous", "hash")
TABLES = {"appointments": APPOINTMENTS, "notices": NOTICES, "audit": AUDIT}

CANCELLED = 0.08
"""The share of past appointments that were cancelled."""

BUFFERED = 1 << 20
"""Characters that are sent at once."""

_TRIPLES = [a + b + c for a in ALPHABET for b in ALPHABET for c in ALPHABET]


def copy_appointments(url: str, service: str, staff: tuple[str, str], bookings: Iterable[Booking], now: int) -> int:
    """Write appointments as booking leaves them, each with its notice and its audit row; how many there were.

    `staff` is who booked them, by staff id and account id.
    """
    count = 0
    with psycopg.connect(url) as connection:
        numbers: dict[str, int] = dict(
            connection.execute("SELECT id, no FROM staff UNION ALL SELECT id, no FROM clients").fetchall()
        )
    with ExitStack() as stack:
        into = {table: stack.enter_context(_copying(url, table, columns)) for table, columns in TABLES.items()}
        for appointment, notice, record in _rows(bookings, service, staff, now, numbers):
            into["appointments"].append(appointment)
            into["notices"].append(notice)
            into["audit"].append(record)
            count += 1
    return count


class _Sink:
    """Rows on their way into one table."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy
        self._lines: list[str] = []
        self._size = 0

    def append(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._size > BUFFERED:
            self.flush()

    def flush(self) -> None:
        self._copy.write("".join(self._lines))
        self._lines.clear()
        self._size = 0


@contextmanager
def _copying(url: str, table: str, columns: Sequence[str]) -> Iterator[_Sink]:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        with cursor.copy(statement) as copy:
            sink = _Sink(copy)
            yield sink
            sink.flush()


def _rows(
    bookings: Iterable[Booking], service: str, staff: tuple[str, str], now: int, numbers: Mapping[str, int]
) -> Iterator[tuple[str, str, str]]:
    """Each booking's lines for the three tables. Nothing in them needs to be quoted."""
    chance = random.Random(2)  # noqa: S311  the same portal each time
    bits, share = chance.getrandbits, chance.random
    length = 60 * MINUTES
    staff_id, account_id = staff
    ends: dict[str, tuple[int, str]] = {}
    for client, practitioner, start in bookings:
        appointment, at = f"apt_{_word(bits(60))}", min(now, start - 7 * 86_400)
        status, holds = _status(start, now, share())
        position, previous = ends.get(client, (0, audit.ORIGIN))
        position += 1
        digest = audit.row_hash(previous, client, position, at, staff_id, "owner", "appointments.book", appointment)
        ends[client] = (position, digest)
        yield (
            f"{appointment}\t{client}\t{practitioner}\t{service}\t{status}\t{holds}\t{start}\t{start + length}"
            f"\t{start}\t{start + length}\tphone\t1440\t1440\t0\t0\t0\t{at}\t{at}"
            f"\t{numbers[practitioner]}\t{numbers[client]}\n",
            f"ntc_{_word(bits(60))}\t{client}\tbooked\t{appointment}\t{start}\t{account_id}\tOwner\t{at}\n",
            f"{client}\t{position}\t{at}\t{staff_id}\towner\tappointments.book\t{appointment}\t{previous}\t{digest}\n",
        )


def _status(start: int, now: int, chance: float) -> tuple[str, int]:
    if start > now:
        return "booked", 1
    if chance < CANCELLED:
        return "cancelled", 0
    return ("no_show", 1) if chance > 0.97 else ("attended", 1)


def _word(number: int) -> str:
    """Twelve characters, as ids have them."""
    return (
        _TRIPLES[number & 32767]
        + _TRIPLES[number >> 15 & 32767]
        + _TRIPLES[number >> 30 & 32767]
        + _TRIPLES[number >> 45]
    )


@contextmanager
def without_guards(url: str) -> Iterator[None]:
    """Fill the three tables as they stand, indexes and constraints included, without keeping those up row by row.

    The indexes are marked as not to be written, and built at the end when the tables are rewritten; foreign keys and
    triggers are off for whoever copies. To add an exclusion constraint anew would look for each of its rows once more,
    which takes three quarters of an hour at ten million; that no time is held twice is asked in two queries instead.
    """
    _mark(url, ready=False)
    yield
    _mark(url, ready=True)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        for table in TABLES:
            connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(table)))
        for person, begin, end in (
            ("practitioner_id", "blocked_from", "blocked_until"),
            ("client_id", "starts_at", "ends_at"),
        ):
            found = connection.execute(_TWICE.format(person=person, begin=begin, end=end)).fetchone()
            assert found == (0,), f"{found} overlaps"


def _mark(url: str, *, ready: bool) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE pg_index SET indisready = %(ready)s WHERE indrelid = ANY (%(tables)s::regclass[])",
            {"ready": ready, "tables": list(TABLES)},
        )


_TWICE = """
SELECT count(*) FROM (SELECT {begin} < lag({end}) OVER (PARTITION BY {person} ORDER BY {begin}) AS is_held_twice
FROM appointments WHERE holds = 1) AS held WHERE is_held_twice
"""
