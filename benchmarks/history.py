"""What clients did and heard, and whether one true story of the portal can have been behind it.

Each act has the moment before it was first sent and the moment of its answer; it took effect somewhere between them.
Appointments are all of one length on one grid, so that two overlap only where their starts are the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from portalctl.storage import audit
from portalctl.storage.engine import Row, Transaction

Kind = Literal["book", "reschedule", "cancel"]
DONE = "done"
"""What an act heard that was carried out; otherwise it heard an error's code."""

NEVER = float("inf")

OVERLAPS = """
SELECT a.id AS one, b.id AS other FROM appointments a JOIN appointments b ON a.id < b.id
AND a.practitioner_id = b.practitioner_id AND a.blocked_from < b.blocked_until AND b.blocked_from < a.blocked_until
WHERE a.holds = 1 AND b.holds = 1
UNION ALL
SELECT a.id AS one, b.id AS other FROM appointments a JOIN appointments b ON a.id < b.id
AND a.client_id = b.client_id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.holds = 1 AND b.holds = 1
"""


class Place(NamedTuple):
    """A practitioner's time; `start` is epoch seconds."""

    practitioner: str
    start: int


class Act(NamedTuple):
    """One intent of one client, from its first try to its answer."""

    kind: Kind
    client: str
    place: Place
    """The time that was asked for; of a cancellation the time that was given up."""

    began: float
    ended: float
    heard: str
    appointment: str | None = None
    lost: int = 0
    """How many answers were lost on the way."""


class Holding(NamedTuple):
    """How long an appointment held a place: surely between the inner two moments, at most between the outer."""

    client: str
    place: Place
    possibly_from: float
    surely_from: float
    surely_until: float
    possibly_until: float


def holdings(acts: Iterable[Act]) -> list[Holding]:
    """What was held when, by what was acknowledged. Acts on one appointment come in their order."""
    current: dict[str, Holding] = {}
    ended = []
    for act in acts:
        if act.heard != DONE or act.appointment is None:
            continue
        before = current.pop(act.appointment, None)
        if before is not None:
            ended.append(before._replace(surely_until=act.began, possibly_until=act.ended))
        if act.kind != "cancel":
            current[act.appointment] = Holding(act.client, act.place, act.began, act.ended, NEVER, NEVER)
    return [*ended, *current.values()]


def contradictions(acts: Sequence[Act]) -> Iterator[str]:
    """What nobody can have seen in a portal that gives a time to one only, and refuses it only while it is held."""
    held = holdings(acts)
    by_place: dict[Place, list[Holding]] = defaultdict(list)
    by_client: dict[tuple[str, int], list[Holding]] = defaultdict(list)
    for holding in held:
        by_place[holding.place].append(holding)
        by_client[holding.client, holding.place.start].append(holding)
    for group in (*by_place.values(), *by_client.values()):
        for one, other in pairwise(sorted(group, key=lambda each: each.surely_from)):
            if other.surely_from < one.surely_until:
                yield f"two held at once: {one} and {other}"
    for act in acts:
        if act.heard == "slot_taken":
            suspects = by_place[act.place]
        elif act.heard == "client_busy":
            suspects = by_client[act.client, act.place.start]
        else:
            continue
        if not any(each.possibly_from < act.ended and act.began < each.possibly_until for each in suspects):
            yield f"refused although it was free: {act}"


def differences(tx: Transaction, acts: Sequence[Act]) -> Iterator[str]:
    """Where the database tells another story than what was acknowledged. Every act has had its answer."""
    done = [act for act in acts if act.heard == DONE and act.appointment is not None]
    last = {act.appointment: act for act in done}
    rows = {row["id"]: row for row in tx.all("SELECT * FROM appointments")}
    for appointment in last.keys() | rows.keys():
        act, row = last.get(appointment), rows.get(appointment)
        if act is None or row is None:
            yield f"acknowledged and lost: {act}" if act else f"nobody was told of it: {row}"
        elif differs(act, row):
            yield f"acknowledged: {act}; found: {row}"
    yield from (f"overlap: {row}" for row in tx.all(OVERLAPS))
    yield from _effects(tx, Counter((act.kind, act.appointment) for act in done))
    yield from broken_chains(tx)


def differs(act: Act, row: Row) -> bool:
    """Whether an appointment is not where the last acknowledged act on it left it."""
    if act.kind == "cancel":
        return bool(row["status"] != "cancelled" or row["holds"])
    return (row["status"], row["practitioner_id"], row["starts_at"], row["client_id"]) != (
        "booked",
        *act.place,
        act.client,
    )


def _effects(tx: Transaction, acknowledged: Mapping[tuple[Kind, str | None], int]) -> Iterator[str]:
    """Keys that had no effect or two: each effect has one row in the audit and one notice."""
    for table, name, kinds in (
        ("audit", "action AS kind, subject AS id", {kind: f"appointments.{kind}" for kind in _NOTICES}),
        ("notices", "kind, appointment_id AS id", _NOTICES),
    ):
        found = Counter(
            {
                (row["kind"], row["id"]): row["times"]
                for row in tx.all(f"SELECT {name}, count(*) AS times FROM {table} GROUP BY 1, 2")
            }
        )
        wanted = Counter({(kinds[kind], appointment): times for (kind, appointment), times in acknowledged.items()})
        of_acts = {key: times for key, times in found.items() if key[0] in kinds.values()}
        for key in wanted.keys() | of_acts.keys():
            if wanted[key] != found[key]:
                yield f"{table}: {key} happened {found[key]} times, acknowledged {wanted[key]} times"


_NOTICES: dict[Kind, str] = {"book": "booked", "reschedule": "moved", "cancel": "cancelled"}


def broken_chains(tx: Transaction) -> Iterator[str]:
    """Audit chains that are not whole."""
    for row in tx.all("SELECT DISTINCT chain FROM audit"):
        previous = audit.ORIGIN
        for position, entry in enumerate(audit.rows(tx, row["chain"]), start=1):
            content = {name: value for name, value in entry.items() if name != "hash"}
            if (entry["position"], entry["previous"]) != (position, previous) or audit.row_hash(**content) != entry[
                "hash"
            ]:
                yield f"audit: row {position} of {row['chain']}"
            previous = entry["hash"]
