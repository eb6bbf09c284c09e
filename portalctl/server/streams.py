"""Bodies on their way out over HTTP, given as they are fetched, in pieces.

A piece is read in a thread, and the next one waits until it is sent: neither a large body nor a slow peer takes more
memory than one piece, or holds a thread.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, suppress
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from portalctl import errors
from portalctl.domain import bodies
from portalctl.models.uploads import Body, OpenBody
from portalctl.server.bodies import read_segment
from portalctl.server.problems import RangeNotSatisfiable
from portalctl.server.routes import Route
from portalctl.server.site import Site

OPEN = ("GET", "/documents/{id}/body")

_RANGE = re.compile(r"bytes=([0-9]{1,16})-([0-9]{0,16})")
_TAG = re.compile(r'"([0-9a-f]{64})"')


def routes(site: Site) -> list[Route]:
    """What is streamed."""

    async def open_(request: Request, path: dict[str, str]) -> _Streamed:
        office = site.office(request)
        office.token_hash()
        asked, last = _asked_to_open(request, path)
        opened = bodies.open_body(office, asked)
        body = await site.call_for_bodies(opened.__enter__)
        return _Streamed(site, opened, body, asked, last)

    return [Route("documents.open_body", *OPEN, open_)]


class _Streamed:
    """The answer that brings a body, or the part of it that was asked for."""

    def __init__(
        self, site: Site, opened: AbstractContextManager[Body], body: Body, asked: OpenBody, last: int | None
    ) -> None:
        self._site = site
        self._opened = opened
        self._body = body
        self._is_part = asked.offset > 0 and body.offset == asked.offset
        self._is_beyond = asked.offset > body.offset and asked.sha256 in (None, body.sha256)
        self._end = body.size if last is None else min(body.size, max(last + 1, body.offset))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Where it turns out to be damaged the connection ends before its last byte."""
        try:
            if self._is_beyond or (self._is_part and self._body.offset >= self._body.size):
                raise RangeNotSatisfiable(
                    f"the document has {self._body.size} bytes", "ask for what there is", size=self._body.size
                )
            first = await self._next()  # what is damaged at once is told as a failure
            await send({"type": "http.response.start", "status": self._status, "headers": self._headers()})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            else:
                await self._send_all(Request(scope, receive), send, first)
        finally:
            with suppress(ValueError):  # a thread is still at it, and lets go by itself
                await self._site.call_for_bodies(self._opened.__exit__, None, None, None)

    @property
    def _status(self) -> int:
        return 206 if self._is_part or self._end < self._body.size else 200

    async def _send_all(self, request: Request, send: Send, chunk: bytes) -> None:
        at = self._body.offset
        while chunk:
            chunk = chunk[: self._end - at]
            at += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": at < self._end})
            if at >= self._end:
                return
            if await request.is_disconnected():
                raise ClientDisconnect
            chunk = await self._next()
        await send({"type": "http.response.body", "body": b""})

    async def _next(self) -> bytes:
        return await self._site.call_for_bodies(next, self._body.chunks, b"")

    def _headers(self) -> list[tuple[bytes, bytes]]:
        body = self._body
        found = {
            "content-type": "application/octet-stream",
            "content-length": str(self._end - body.offset),
            "content-disposition": disposition(body.name),
            "accept-ranges": "bytes",
            "etag": f'"{body.sha256}"',
            "document-media-type": body.media_type,
        }
        if self._status == 206:
            found["content-range"] = f"bytes {body.offset}-{self._end - 1}/{body.size}"
        return [(name.encode(), value.encode("latin-1", "replace")) for name, value in found.items()]


def disposition(name: str) -> str:
    """How a document's name travels (RFC 6266): to be saved, never shown, under a name in UTF-8."""
    plain = re.sub(r'[^ !#-\[\]-~]|[%"\\/]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _asked_to_open(request: Request, path: dict[str, str]) -> tuple[OpenBody, int | None]:
    """What is asked for, and the last byte of it. A range that is none of ours is ignored (RFC 9110, section 14.2)."""
    _without_query(request)
    asked: dict[str, Any] = {"id": read_segment(path["id"])}
    last: int | None = None
    found = _RANGE.fullmatch(request.headers.get("range", "").strip().replace(" ", ""))
    condition = request.headers.get("if-range")
    tag = _TAG.fullmatch(condition.strip()) if condition is not None else None
    if found and request.method == "GET" and (condition is None or tag):
        first, last = int(found[1]), int(found[2]) if found[2] else None
        if last is None or last >= first:
            asked["offset"] = first
        else:
            last = None
    if tag:
        asked["sha256"] = tag[1]
    return OpenBody.model_validate(asked), last


def _without_query(request: Request) -> None:
    if request.scope["query_string"]:
        raise errors.InvalidInput("this takes nothing in the query", "leave it away")
