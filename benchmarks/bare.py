"""The least that a route can cost which does the same in the database: Starlette, uvicorn, the portal's own pool.

    python -m benchmarks.bare --fd 3 --database URL --plan FILE

`/appointments` runs the statements that the portal runs there, and answers the bytes that the portal answered when they
were recorded; nothing is checked, read or written otherwise. `/empty` does nothing. `throughput` compares with it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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


class Bare:
    """The routes over one store; `people` are the client and the account of each token's hash."""

    def __init__(self, store: Store, plan: dict[str, Any]) -> None:
        self._store = store
        self._people: dict[str, dict[str, str]] = plan["people"]
        self._threads = ThreadPoolExecutor(THREADS)
        self._lists, self._books = _replay(plan["list"]), _replay(plan["book"])
        self._listed: bytes = plan["list"]["answer"].encode()
        self._booked: bytes = plan["book"]["answer"].encode()

    async def empty(self, _: Request) -> Response:
        """Nothing."""
        return Response(b"{}", media_type="application/json")

    async def list(self, request: Request) -> Response:
        """The statements of a list."""
        body = await self._in_thread(self._run_list, _hash(request))
        return Response(body, media_type="application/json")

    async def book(self, request: Request) -> Response:
        """The statements of a booking."""
        content = json.loads(await request.body())
        body = await self._in_thread(self._run_book, _hash(request), content["slot"])
        return Response(body, media_type="application/json")

    async def _in_thread(self, function: Any, *arguments: str) -> bytes:
        found: bytes = await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        return found

    def _run_list(self, token_hash: str) -> bytes:
        with self._store.reading() as transaction:
            self._lists.run(transaction, self._people[token_hash])
        return self._listed

    def _run_book(self, token_hash: str, slot: str) -> bytes:
        key = decode(slot)
        now = {**self._people[token_hash], "practitioner": key.practitioner_id, "key": slot}
        with self._store.writing() as transaction:
            self._books.run(transaction, now, key.start)
        return self._booked


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
