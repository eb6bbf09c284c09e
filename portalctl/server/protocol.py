"""One connection: uvicorn's HTTP/1.1 over httptools, with limits on size and time, which it has none of.

What the parser leaves to its user is refused here: an absolute address in the request line, no `Host` or two of them,
a transfer coding other than chunked, fields behind a chunked body.
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from portalctl import errors
from portalctl.server.arriving import Coming
from portalctl.server.corked import Corked
from portalctl.server.departures import Departures
from portalctl.server.limits import Limits
from portalctl.server.problems import MEDIA_TYPE, problem, request_id_of
from portalctl.server.standing import EVERYWHERE, PERSONAL

LINGER_SECONDS = 5.0
"""How long a connection that is being closed may take to fetch what was written to it."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class TooLong(errors.RequestTooLarge):
    """The request's address is longer than any needs to be."""

    code = "address_too_long"
    status = 414


class HeadTooLarge(errors.RequestTooLarge):
    """The request's header fields are more or longer than any need to be."""

    code = "head_too_large"
    status = 431


class TooSlow(errors.Retryable):
    """The request did not arrive in time."""

    code = "too_slow"
    status = 408


class BoundedProtocol(HttpToolsProtocol):
    """A connection that can neither stay without need nor bring more than the limits allow."""

    def __init__(self, *arguments: Any, limits: Limits, departures: Departures, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._limits = limits
        self._departures = departures
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._is_last = False
        self._in_head = True
        self._in_message = self._has_begun = False
        self._arrived = 0
        self._field_bytes = 0
        self._body_bytes = 0
        self._refusal: errors.PortalError | None = None
        self._coming: Coming | None = None
        self._seen_bytes = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked on this connection at the moment."""
        return not self._in_message and (self.cycle is None or self.cycle.response_complete)

    def connection_made(self, transport: Any) -> None:
        """Begin; where there are more connections than the server takes, an idle one makes room."""
        super().connection_made(transport)
        self.transport = Corked(transport, self.loop)  # type: ignore[assignment]  # as much of a transport as is used
        self._within(self._limits.head_seconds)
        if len(self.connections) > self._limits.connections:
            idle = (one for one in self.connections if isinstance(one, BoundedProtocol) and one.is_idle)
            next((one for one in idle if one is not self), self).end()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._cancel()
        self._stay()
        if self._coming is not None:
            self._coming.lose()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if self.transport.is_closing():
            return
        if self._timer is None and self.is_idle:
            self._within(self._limits.head_seconds)
        self._has_begun = False
        super().data_received(data)
        if self._in_message and self._in_head and not self._has_begun and not self.transport.is_closing():
            self._arrived += len(data)
            if self._arrived > self._limits.head:
                self._refuse(self._too_long())

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_message = self._in_head = self._has_begun = True
        self._coming, self._seen_bytes = None, 0
        self.scope["portal.streamed"] = partial(self._stream, self.scope)  # type: ignore[typeddict-unknown-key]  # ours
        self._arrived = self._field_bytes = self._body_bytes = 0
        if self._timer is None:
            self._within(self._limits.head_seconds)

    def on_url(self, url: bytes) -> None:
        """Part of the address."""
        super().on_url(url)
        if len(self.url) > self._limits.target:
            raise self._refused(self._too_long())

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field. What comes behind a chunked body is dropped: nothing here wants it."""
        if not self._in_head:
            return
        super().on_header(name, value)
        self._field_bytes += len(name) + len(value) + 4
        if len(self.headers) > self._limits.header_count or self._field_bytes > self._limits.head:
            raise self._refused(self._too_long())

    def on_headers_complete(self) -> None:
        """The whole head is there."""
        self._check_head()
        self._in_head = False
        self._cancel()
        self._within(self._limits.body_seconds)
        super().on_headers_complete()
        if self._is_last:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Part of the body. A refused one is still taken, within reason, so that its sender reads the answer."""
        self._body_bytes += len(body)
        if self._coming is None:
            super().on_body(body)
            if self._body_bytes > 8 * self._limits.body:
                self.transport.abort()
        elif not self.cycle.response_complete:
            self._coming.put(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        super().on_message_complete()
        self._in_message, self._in_head = False, True
        if self._coming is not None:
            self._coming.end()
            self._coming = None
        self._cancel()

    def pause_writing(self) -> None:
        """The peer does not fetch what is written."""
        super().pause_writing()
        self._leave_after(self._limits.unread_seconds)

    def resume_writing(self) -> None:
        """The peer has fetched it."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._stay()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked: in its turn, unless something is asked until then, the connection ends."""
        task = self.timeout_keep_alive_task
        self._departures.add(self.loop, lambda: self.end() if self.timeout_keep_alive_task is task else None)

    def shutdown(self) -> None:
        """The server stops: what is under way, or on its way here, is answered and is the last on this connection."""
        if self._is_last:
            return
        self._is_last = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif self.is_idle:
            self._cancel()
            self._within(self._limits.grace_seconds)

    def end(self) -> None:
        """Close; a peer that does not fetch what was written is cut off."""
        self._cancel()
        if not self.transport.is_closing():
            self.transport.close()
            self._leave_after(LINGER_SECONDS)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  the failure says more
        """Answer what cannot be read, unless an answer is already under way, and end."""
        if self.cycle is None or self.cycle.response_complete or not (self._in_head or self.cycle.response_started):
            self.transport.write(self._problem())
        self.end()

    def _problem(self) -> bytes:
        failure = self._refusal or errors.Malformed("this is not HTTP as the portal reads it", "see RFC 9112")
        content = json.dumps(problem(failure, request_id_of(""))).encode()
        fields = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
            *EVERYWHERE,
            *PERSONAL,
        ]
        lines = [STATUS_LINE[failure.status], *(name + b": " + value + b"\r\n" for name, value in fields), b"\r\n"]
        return b"".join(lines) + content

    def _check_head(self) -> None:
        version = self.parser.get_http_version()
        hosts = [value for name, value in self.headers if name == b"host"]
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        wrong = (
            version not in ("1.0", "1.1")
            or not self.url.startswith(b"/")
            or len(hosts) != (1 if version == "1.1" else len(hosts[:1]))
            or not all(_HOST.fullmatch(host) for host in hosts)
            or bool(codings and (version == "1.0" or [coding.lower() for coding in codings] != [b"chunked"]))
        )
        if wrong:
            raise self._refused(errors.Malformed("the request's address or framing is not in order", "see RFC 9112"))

    def _refused(self, failure: errors.PortalError) -> HttpParserError:
        """Keeps why the parser is stopped."""
        self._refusal = failure
        return HttpParserError(failure.message)

    def _refuse(self, failure: errors.PortalError) -> None:
        self._refusal = failure
        self.send_400_response("")

    def _too_long(self) -> errors.PortalError:
        if not self.headers:
            return TooLong(f"the address is longer than {self._limits.target:,} bytes", "ask for less at a time")
        return HeadTooLarge(
            f"there are more than {self._limits.header_count} header fields or {self._limits.head:,} bytes of them",
            "send less",
        )

    def _stream(self, scope: object) -> Coming | None:
        """Let the body of this request be as long and take as long as it wants, while it keeps coming.

        What comes of it; None where all of it is there, and whoever asks for it as usual has it.
        """
        if not self._in_message or self.scope is not scope:
            return None
        cycle = self.cycle
        if cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._coming = Coming(self.flow, bytes(cycle.body))
        cycle.body = bytearray()
        self.flow.resume_reading()
        return self._coming

    def _keeps_coming(self) -> bool:
        """Whether enough has arrived since this was last asked, or it is the server that is slow."""
        came, self._seen_bytes = self._body_bytes - self._seen_bytes, self._body_bytes
        return self.flow.read_paused or came >= self._limits.least_streamed

    def _within(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._await_turn)

    def _await_turn(self) -> None:
        end = partial(self._be_late, self._timer)
        if self._is_last:
            end()  # the server stops: there is nobody to keep waiting
        else:
            self._departures.add(self.loop, end)

    def _be_late(self, timer: asyncio.TimerHandle | None) -> None:
        if self._timer is not timer:
            return
        if self._coming is not None and self._keeps_coming():
            self._within(self._limits.body_seconds)
        elif self.is_idle:
            self.end()
        else:
            self._refuse(TooSlow("the request did not arrive in time", "send it in one go"))

    def _leave_after(self, seconds: float) -> None:
        self._stay()
        self._leaving = self.loop.call_later(seconds, self.transport.abort)

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def bounded(limits: Limits) -> Any:
    """What uvicorn makes its connections with."""
    return partial(BoundedProtocol, limits=limits, departures=Departures())
