"""Letting go of bodies that nothing has referred to for a day, a little at a time, while everybody works on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from portalctl import errors
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office
from portalctl.storage import bodies, uploads
from portalctl.storage.blobs import pack_name
from portalctl.storage.engine import Row, Transaction

KEPT_SECONDS = 86_400
"""How long a body stays that nothing refers to any more."""

A_ROUND = 200
"""How many uploads, and how many bodies, are looked at in one round."""

PACKS_A_ROUND = 4
"""How many packs are written anew in one round: those with most that was let go of first."""


class Sweep:
    """Goes round and round; each round looks at a few, and costs next to nothing. Several may go at once.

    It begins behind `after`: an owner and a hash.
    """

    def __init__(self, office: Office, after: tuple[str, str] = ("", "")) -> None:
        self._office = office
        self._body = after
        self._key = ""

    @classmethod
    def somewhere(cls, office: Office) -> Sweep:
        """One that begins anywhere, for whoever goes a round now and then."""
        return cls(office, random.choice([("practice", f"{random.getrandbits(256):064x}"), (new_id("cli"), "")]))  # noqa: S311  nothing is kept secret by it

    def round(self) -> int:
        """Look at the next few. How many bodies were let go of. Raises StorageFailure, Retryable."""
        now = int(self._office.clock().timestamp())
        self._end_uploads(now)
        self._find_idle(now)
        gone = self._remove_idle(now - KEPT_SECONDS) + self._remove_strays(now - KEPT_SECONDS)
        self._remove_packs(now - KEPT_SECONDS)
        self._close_gaps(now)
        return gone

    def _end_uploads(self, now: int) -> None:
        """Forget uploads whose time is over; what is kept of them is idle, or a stray, from then on."""
        with self._office.store.reading() as tx:
            over = uploads.expired(tx, now, A_ROUND)
        if not over:
            return
        with self._office.store.writing() as tx:
            for row in over:
                if row["sha256"] is None:
                    bodies.forget_parts(tx, f"{row['owner']}/{row['id']}")
                uploads.remove(tx, row["id"])

    def _find_idle(self, now: int) -> None:
        """Write down of the next few bodies since when nothing refers to them."""
        with self._office.store.reading() as tx:
            found = bodies.every(tx, self._body, A_ROUND)
        self._body = (found[-1]["owner"], found[-1]["sha256"]) if len(found) == A_ROUND else ("", "")
        changed = [row for row in found if bool(row["is_referred"]) != (row["idle_since"] is None)]
        if not changed:
            return
        with self._office.store.writing() as tx:
            for row in changed:
                bodies.set_idle(tx, row["owner"], row["sha256"], None if row["is_referred"] else now)

    def _remove_idle(self, since: int) -> int:
        """Let go of what has been idle for long, if it still is. Nobody can keep the same body meanwhile."""
        with self._office.store.reading() as tx:
            found = bodies.idle(tx, since, A_ROUND)
        return sum(self._remove_these(rows, since) for rows in _by_owner(found))

    def _remove_these(self, rows: Sequence[Row], since: int) -> int:
        """Let go of an owner's bodies in one step. What is in packs stays there until they are written anew."""
        gone = 0
        with self._office.store.writing() as tx:
            tx.hold(f"body:{rows[0]['owner']}")
            for row in rows:
                was = bodies.remove_idle(tx, row["owner"], row["sha256"], since)
                gone += was is not None
                if was is None or was["place"] is None or was["starts_at"] is not None:
                    continue
                objects = [part.object for part in bodies.parts(tx, was["place"])]
                bodies.forget_parts(tx, was["place"])
                for key in objects or [was["place"]]:
                    self._office.bodies().remove(key)
        return gone

    def _close_gaps(self, now: int) -> None:
        """Write packs anew without what was let go of."""
        with self._office.store.reading() as tx:
            found = bodies.packs_with_gaps(tx, PACKS_A_ROUND)
        for place in found:
            with self._office.store.writing() as tx:
                tx.hold(f"body:{place.partition('/')[0]}")
                if not bodies.forget_gaps(tx, place):
                    continue
                left = bodies.in_pack(tx, place)
                if not left:
                    self._office.bodies().remove(place)
                    continue
                with suppress(errors.BodyDamaged):
                    self._write_anew(tx, place, left)
                    bodies.let_go_of_pack(tx, place, now)

    def _write_anew(self, tx: Transaction, place: str, left: Sequence[Row]) -> None:
        """A pack that is cut short stays as long as it should be, so that each body in it is read as damaged or whole.

        Raises BodyDamaged where it is gone.
        """
        end = left[-1]["starts_at"] + left[-1]["bytes"]
        content = memoryview(self._office.bodies().from_pack(place, 0, end).ljust(end, b"\0"))
        pieces = [content[row["starts_at"] : row["starts_at"] + row["bytes"]] for row in left]
        anew = pack_name(left[0]["owner"])
        self._office.bodies().pack(anew, pieces)
        bodies.move_pack(tx, anew, left)

    def _remove_packs(self, since: int) -> None:
        """Remove packs that were written anew long ago."""
        with self._office.store.reading() as tx:
            found = bodies.packs_let_go(tx, since, A_ROUND)
        for place in found:
            with self._office.store.writing() as tx:
                bodies.forget_pack(tx, place)
                self._office.bodies().remove(place)

    def _remove_strays(self, since: int) -> int:
        """Remove what is kept for nothing: it was left by somebody who was interrupted a day ago."""
        kept = self._office.bodies().some(self._key)
        self._key = kept[-1].key if kept else ""
        gone = 0
        for each in kept:
            if each.changed_at > since:
                continue
            with self._office.store.reading() as tx:
                if bodies.is_known(tx, each.key):
                    continue
            with self._office.store.writing() as tx:
                tx.hold(f"body:{each.key.partition('/')[0]}")
                if not bodies.is_known(tx, each.key):
                    self._office.bodies().remove(each.key)
                    gone += 1
        return gone


def _by_owner(found: Iterable[Row]) -> Iterator[list[Row]]:
    """Bodies that go in one step: an owner's that are in packs or in rows; each that is elsewhere by itself."""
    together: dict[str, list[Row]] = {}
    for row in found:
        if row["place"] is not None and row["starts_at"] is None:
            yield [row]
        else:
            together.setdefault(row["owner"], []).append(row)
    yield from together.values()
