"""The least that a route can cost which does the same in the database: Starlette, uvicorn, the portal's own pool.

    python -m benchmarks.bare --fd 3 --database URL --plan FILE

`/appointments` runs the statements that the portal runs there, and makes the portal's answer of the rows; nothing is
checked, read or written otherwise. `/ready-made` answers what was recorded instead, and `/empty` does nothing.
`throughput` compares with them.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.recording import Replay, Step
from portalctl.domain.slot_ids import decode
from portalctl.server.site import THREADS
from portalctl.storage.engine import Store
from portalctl.storage.stores import open_store

ROWS = 20
"""How many the list answers; the portal asks for one more, to know whether there is one."""


class Bare:
    """The routes over one store; `people` are the client and the account of each token's hash."""

    def __init__(self, store: Store, plan: dict[str, Any]) -> None:
        self._store = store
        self._people: dict[str, dict[str, str]] = plan["people"]
        self._threads = ThreadPoolExecutor(THREADS)
        self._lists, self._books = _replay(plan["list"]), _replay(plan["book"])
        self._listed: bytes = plan["list"]["answer"].encode()

    async def empty(self, _: Request) -> Response:
        """Nothing."""
        return Response(b"{}", media_type="application/json")

    async def list(self, request: Request) -> Response:
        """The statements of a list, and its answer."""
        return await self._answer(self._run_list, _hash(request))

    async def ready_made(self, request: Request) -> Response:
        """The statements of a list, and the answer of then."""
        return await self._answer(self._run_ready_made, _hash(request))

    async def book(self, request: Request) -> Response:
        """The statements of a booking, and its answer."""
        content = json.loads(await request.body())
        return await self._answer(self._run_book, _hash(request), content["slot"])

    async def _answer(self, function: Callable[..., bytes], *arguments: str) -> Response:
        body = await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        return Response(body, media_type="application/json")

    def _run_list(self, token_hash: str) -> bytes:
        with self._store.reading() as transaction:
            rows = self._lists.run(transaction, self._people[token_hash])
        return _json({"items": [_shown(row) for row in rows[:ROWS]], "next": None})

    def _run_ready_made(self, token_hash: str) -> bytes:
        with self._store.reading() as transaction:
            self._lists.run(transaction, self._people[token_hash])
        return self._listed

    def _run_book(self, token_hash: str, slot: str) -> bytes:
        key = decode(slot)
        now = {**self._people[token_hash], "practitioner": key.practitioner_id, "key": slot}
        with self._store.writing() as transaction:
            (row,) = self._books.run(transaction, now, key.start)
        return _json(_shown(row))


_MOMENTS = (
    "starts_at",
    "ends_at",
    "confirmed_at",
    "cancellable_until",
    "reschedulable_until",
    "created_at",
    "updated_at",
)
_TRUTHS = ("reason_required", "late_cancellation_recorded")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    for name in _MOMENTS:
        if row[name] is not None:
            row[name] = datetime.fromtimestamp(row[name], UTC)
    for name in _TRUTHS:
        row[name] = bool(row[name])
    return row


def _json(found: dict[str, Any]) -> bytes:
    return orjson.dumps(found, option=orjson.OPT_UTC_Z)


def _hash(request: Request) -> str:
    return hashlib.sha256(request.headers["authorization"][7:].encode()).hexdigest()


def _replay(part: dict[str, Any]) -> Replay:
    return Replay([Step(*step) for step in part["steps"]], part["was"], part["start"])


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="Serve the bare routes.")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--plan", type=Path, required=True)
    options = parser.parse_args()
    bare = Bare(open_store(options.database), json.loads(options.plan.read_text(encoding="utf-8")))
    routes = [
        Route("/appointments", bare.list, methods=["GET"]),
        Route("/appointments", bare.book, methods=["POST"]),
        Route("/ready-made", bare.ready_made),
        Route("/empty", bare.empty),
        Route("/readyz", bare.empty),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), lifespan="off", log_config=None, access_log=False, server_header=False, ws="none"
    )
    uvicorn.Server(config).run([socket.socket(fileno=options.fd)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
