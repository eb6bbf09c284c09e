"""Clients who fight for the same slots over HTTP. What gets no answer is asked again with its key, until it has one."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.history import DONE, Act, Kind, Place
from benchmarks.wire import Connection, Lost, Reply
from portalctl.domain.ids import new_id
from portalctl.domain.slot_ids import SlotKey, encode

MOST_HELD = 4
"""Appointments that a client keeps before one must be given up."""

PATIENCE = 120.0
"""Seconds in which an act must have had its answer."""

AGAIN = frozenset({"idempotency_running", "portal_busy", "too_many_requests"})
"""What is asked again although it was answered, like every failure of the server."""


class Ground(NamedTuple):
    """What is fought for: the slots of a service by these practitioners, `width` starts at a time."""

    service: str
    practitioners: Sequence[str]
    begin: int
    step: int
    width: int
    acts_per_step: int
    """After so many acts the ground moves on by one start, so that there is always something to get."""


class Fight:
    """All clients together make `count` acts, each at most one at a time. `acts` is what they did and heard."""

    def __init__(self, port: int, ground: Ground, count: int) -> None:
        self.acts: list[Act] = []
        self.heard_again: Counter[str] = Counter()
        self._port = port
        self._ground = ground
        self._count = count
        self._begun = 0

    @property
    def is_over(self) -> bool:
        """Whether no further act begins."""
        return self._begun >= self._count

    def give_up(self) -> None:
        """Let no further act begin."""
        self._count = self._begun

    async def run(self, clients: Sequence[tuple[str, str]]) -> None:
        """Let clients, given by id and token, fight. Raises TimeoutError for an act that gets no answer at all."""
        async with asyncio.TaskGroup() as together:
            for client, token in clients:
                together.create_task(self._fight(client, Connection(self._port, token)))

    async def _fight(self, client: str, connection: Connection) -> None:
        chance = random.Random(client)  # noqa: S311  the same fight each time
        held: dict[str, Place] = {}
        while not self.is_over:
            self._begun += 1
            act = await self._act(client, connection, held, chance)
            self.acts.append(act)
            if act.heard == DONE and act.appointment is not None:
                held.pop(act.appointment, None)
                if act.kind != "cancel":
                    held[act.appointment] = act.place
        connection.close()

    async def _act(self, client: str, connection: Connection, held: dict[str, Place], chance: random.Random) -> Act:
        kind: Kind = chance.choices(("book", "reschedule", "cancel"), (70, 15, 15))[0] if held else "book"
        if len(held) >= MOST_HELD:
            kind = chance.choice(("reschedule", "cancel"))
        appointment = chance.choice(list(held)) if kind != "book" else None
        place = held[appointment] if appointment is not None and kind == "cancel" else self._somewhere(chance)
        while appointment is not None and kind == "reschedule" and place == held[appointment]:
            place = self._somewhere(chance)
        path, body = self._request(kind, appointment, place)
        began = time.monotonic()
        reply, lost = await self._ask(connection, path, body, new_id("key"))
        ended = time.monotonic()
        if reply.status >= 300:
            return Act(kind, client, place, began, ended, reply.json["code"], appointment, lost)
        return Act(kind, client, place, began, ended, DONE, reply.json["id"], lost)

    def _request(self, kind: Kind, appointment: str | None, place: Place) -> tuple[str, dict[str, Any]]:
        slot = encode(SlotKey(self._ground.service, place.practitioner, place.start))
        if kind == "book":
            return "/appointments", {"slot": slot}
        return f"/appointments/{appointment}/{kind}", {"slot": slot} if kind == "reschedule" else {}

    def _somewhere(self, chance: random.Random) -> Place:
        ground = self._ground
        number = self._begun // ground.acts_per_step + chance.randrange(ground.width)
        return Place(chance.choice(ground.practitioners), ground.begin + number * ground.step)

    async def _ask(self, connection: Connection, path: str, body: dict[str, Any], key: str) -> tuple[Reply, int]:
        """The answer, and how many were lost before it."""
        lost, pause = 0, 0.01
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    reply = await connection.post(path, body, key)
                except Lost:
                    lost += 1
                    self.heard_again["connection lost"] += 1
                else:
                    code = reply.json["code"] if reply.status >= 300 else DONE
                    if reply.status < 500 and code not in AGAIN:
                        return reply, lost
                    self.heard_again[code] += 1
                await asyncio.sleep(pause)
                pause = min(2 * pause, 1.0)
