"""What every route works with: one practice's office, and the threads that carry its operations out.

The rules are synchronous. A few threads run them, as many as the database's pool has connections; hashing a password
takes a tenth of a second and 46 MiB, so it has threads of its own, and reads do not wait behind it; nor do they behind
what waits for a payment provider.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.requests import HTTPConnection

from portalctl.backends.payments import Gateways
from portalctl.clock import Clock
from portalctl.domain.access import Caller
from portalctl.domain.office import Office
from portalctl.server.limits import Limits
from portalctl.server.logs import Log, make_log
from portalctl.server.metrics import Metrics
from portalctl.server.senders import Network, Senders
from portalctl.server.threads import Threads
from portalctl.storage.engine import Store

THREADS = 4
"""How many operations are carried out at once."""

SLOW_THREADS = 2
"""How many passwords are hashed at once."""

BODY_THREADS = 4
"""How many pieces of bodies are written or read at once."""

PAYMENT_THREADS = 4
"""How many operations wait for a payment provider at once."""

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


class Site:
    """One served portal. `public_url` is where its users reach it, without a slash at the end.

    `metrics_from` are the networks, beside this machine, that may read the figures.
    """

    def __init__(
        self,
        office: Office,
        *,
        limits: Limits | None = None,
        senders: Senders | None = None,
        log: Log | None = None,
        metrics_from: tuple[Network, ...] = (),
    ) -> None:
        self.limits = limits or Limits()
        self.senders = senders or Senders()
        self.log = log or make_log(io.BytesIO())
        self.metrics = Metrics()
        self.metrics_from = metrics_from
        self.is_stopping: Callable[[], bool] = lambda: False
        self._office = office
        self._threads = Threads("portal", THREADS, self.metrics.at_work.labels("rules"))
        self._body_threads = Threads("bodies", BODY_THREADS, self.metrics.at_work.labels("bodies"))
        self._payment_threads = Threads("payments", PAYMENT_THREADS, self.metrics.at_work.labels("payments"))
        self._slow_threads = Threads("password", SLOW_THREADS, self.metrics.at_work.labels("passwords"))

    @property
    def store(self) -> Store:
        """The practice's database."""
        return self._office.store

    @property
    def clock(self) -> Clock:
        """The portal's clock."""
        return self._office.clock

    @property
    def public_url(self) -> str:
        """Where users reach the portal."""
        return self._office.portal_url

    def office(self, request: HTTPConnection) -> Office:
        """The office for whoever sends a request: their bearer token, if they have one, and their address."""
        scope = request.scope

        def admitted(caller: Caller) -> None:
            scope["portal.account"] = caller.account_id

        return self._office._replace(
            token=scope["portal.token"],
            address=scope["portal.sender"].address,
            device=_device(request.headers.get("user-agent", "")),
            admitted=admitted,
        )

    def anyone(self) -> Office:
        """The office for nobody in particular."""
        return self._office

    async def call(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out what reads or writes the portal, in a thread."""
        return await self._threads.call(function, *arguments, **named)

    async def call_slowly(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out what hashes a password, in a thread of the few for that."""
        return await self._slow_threads.call(function, *arguments, **named)

    async def call_for_bodies(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out what writes or reads a piece of a body, in a thread of the few for that."""
        return await self._body_threads.call(function, *arguments, **named)

    async def call_for_payments(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out what may wait for a payment provider, in a thread of the few for that: others go on meanwhile."""
        return await self._payment_threads.call(function, *arguments, **named)

    def close(self) -> None:
        """Let the operations under way finish, then let go of the database and of payment providers."""
        self._threads.close()
        self._payment_threads.close()
        self._slow_threads.close()
        self._body_threads.close()
        if isinstance(self._office.gateway, Gateways):
            self._office.gateway.close()
        self.store.close()


def _device(agent: str) -> str:
    """What a program calls itself, as text that may be kept: 200 printable characters at the most."""
    return "".join(character for character in agent[:200] if character.isprintable()).strip() or "unknown"
