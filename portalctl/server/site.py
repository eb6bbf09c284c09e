"""What every route works with: one practice's office, and the threads that carry its operations out.

The rules are synchronous. A few threads run them, as many as the database's pool has connections; hashing a password
takes a tenth of a second and 46 MiB, so it has threads of its own, and reads do not wait behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from starlette.requests import HTTPConnection

from portalctl.clock import Clock
from portalctl.domain.office import Office
from portalctl.server.limits import Limits
from portalctl.storage.engine import Store

THREADS = 4
"""How many operations are carried out at once."""

SLOW_THREADS = 2
"""How many passwords are hashed at once."""

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


class Site:
    """One served portal. `public_url` is where its users reach it, without a slash at the end."""

    def __init__(
        self, store: Store, clock: Clock, portal_key: Callable[[], bytes], public_url: str, limits: Limits | None = None
    ) -> None:
        self.store = store
        self.clock = clock
        self.portal_key = portal_key
        self.public_url = public_url.rstrip("/")
        self.limits = limits or Limits()
        self._office = Office(store, clock, None, portal_key, self.public_url)
        self._threads = ThreadPoolExecutor(THREADS, "portal")
        self._slow_threads = ThreadPoolExecutor(SLOW_THREADS, "password")

    def office(self, request: HTTPConnection) -> Office:
        """The office for whoever sends a request: their bearer token, if they have one, and their address."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = token.strip() if scheme.lower() == "bearer" else ""
        return self._office._replace(token=found or None, address=request.scope["portal.address"])

    def anyone(self) -> Office:
        """The office for nobody in particular."""
        return self._office

    async def call(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out what reads or writes the portal, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*arguments, **named))

    async def call_slowly(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out what hashes a password, in a thread of the few for that."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._slow_threads, lambda: function(*arguments, **named))

    def close(self) -> None:
        """Let the operations under way finish, then let go of the database."""
        self._threads.shutdown()
        self._slow_threads.shutdown()
        self.store.close()
