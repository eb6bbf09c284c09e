"""A portal server, reached over HTTPS: the nouns of the contract, each operation one request, derived in one loop."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from portalctl.backends.addresses import Address, read_address
from portalctl.backends.answers import read_answer
from portalctl.backends.exchange import Line, Patience
from portalctl.backends.repeating import repeated
from portalctl.backends.tls import Trust
from portalctl.backends.trouble import Trouble
from portalctl.clock import Clock
from portalctl.contract.binding import Bound, bound, declaring, to_wire
from portalctl.contract.portal import NOUNS, Portal
from portalctl.models.values import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from portalctl.models.batch_words import FileAdded, FileToAdd
    from portalctl.models.uploads import AppendToUpload, Body, OpenBody, Upload

Call = Callable[[Bound, Request | None], Any]
"""Carries an operation out."""


class Way(NamedTuple):
    """How a server is reached, whoever the caller is. `trace` hears what --debug shows."""

    address: Address
    trust: Trust
    clock: Clock
    patience: Patience
    trace: Callable[[str], None]


def open_portal(
    url: str,
    token: str | None,
    clock: Clock,
    notify: Callable[[str], None],  # noqa: ARG001  nothing is to be told: whatever goes wrong is an error
    ca_file: str | None = None,
    trace: Callable[[str], None] = lambda _: None,
    patience: Patience = Patience(),  # noqa: B008  it never changes
) -> Portal:
    """The portal on the server that a URL names; nothing is sent yet. Raises InvalidInput.

    `ca_file` holds the authorities to believe instead of this machine's.
    """
    address = read_address(url)
    trust = Trust(ca_file, clock, is_used=address.scheme == "https")
    return RemotePortal(Way(address, trust, clock, patience, trace), token)


class _Reached(Portal):
    """One caller's way to a portal server. One client is made when something is first asked."""

    lacks = frozenset({"practice.backup", "outbox.send"})

    def __init__(self, way: Way, token: str | None) -> None:
        self.url = way.address.url
        self._way = way
        self._line = Line(way.address, token, way.trust, way.patience, way.trace)

    def with_token(self, token: str | None) -> Portal:
        """The same portal for the caller of another session."""
        return RemotePortal(self._way, token)

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def append(self, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
        """See the contract."""
        from portalctl.backends.streams import append

        return append(self._line, self._way.address, self._way.clock, request, body)

    def add_files(self, files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[FileAdded]:
        """See the contract."""
        from portalctl.backends.together import add_files

        return add_files(self._line, self._way.address, self._way.clock, files)

    def open_body(self, request: OpenBody) -> AbstractContextManager[Body]:
        """See the contract."""
        from portalctl.backends.streams import open_body

        return open_body(self._line, self._way.address, self._way.clock, request)

    def carry_out(self, one: Bound, request: Request | None) -> Any:
        """Ask the server, again where that is harmless, and read its answer. Raises what the contract promises.

        An intent without an idempotency key is given one, so that a lost answer never doubles it.
        """
        has_key = "idempotency_key" in one.in_headers
        has_own_key = has_key and getattr(request, "idempotency_key", None) is not None
        if has_key and not has_own_key and request is not None:
            request = request.model_copy(update={"idempotency_key": secrets.token_urlsafe(18)})
        wire = to_wire(one, request)
        way = self._way

        def ask(seconds: float) -> Any:
            answer = self._line.exchange(*wire, min(seconds, way.patience.exchange))
            return read_answer(one, answer, way.address, way.clock())

        was_read_before = getattr(request, "if_version", None) is not None
        is_repeatable = one.is_repeatable and (has_key or not was_read_before)
        try:
            return repeated(ask, is_repeatable=is_repeatable, whole=way.patience.whole, clock=way.clock)
        except Trouble as trouble:
            if trouble.was_sent:
                is_harmless = is_repeatable and (has_own_key or not has_key)
                trouble.hint = "try again" if is_harmless else "see whether it was done before you try again"
            raise


def _method(one: Bound, carry_out: Call) -> Callable[..., Any]:
    def method(_self: object, request: Request | None = None) -> Any:
        return carry_out(one, request)

    method.__name__, method.__doc__ = one.operation.name, one.method.__doc__
    return method


def _noun(noun: str) -> cached_property[Any]:
    """The attribute of a portal that implements one class of the contract."""

    def implemented(portal: _Reached) -> Any:
        methods = {name: _method(one, portal.carry_out) for name, one in bound(noun).items()}
        return type(noun.title(), (declaring(noun),), methods)()

    return cached_property(implemented)


RemotePortal = cast("type[_Reached]", type("RemotePortal", (_Reached,), {noun: _noun(noun) for noun in NOUNS}))
"""Every noun of the contract, each built when first asked for."""
