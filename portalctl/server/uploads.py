"""Uploads over HTTP as tus 1.0 has them: begun, gone on with, and each part kept only when its checksum is right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from portalctl import errors
from portalctl.domain import uploads
from portalctl.domain.office import Office
from portalctl.domain.receiving import Arriving
from portalctl.models.uploads import AppendToUpload, StartUpload, Upload
from portalctl.server import tus
from portalctl.server.arriving import pieces
from portalctl.server.bodies import read_segment
from portalctl.server.problems import WrongMediaType
from portalctl.server.routes import Endpoint, Route, written
from portalctl.server.site import Site

START = ("POST", "/uploads")
APPEND = ("PATCH", "/uploads/{id}")


def routes(site: Site, derived: list[Route]) -> list[Route]:
    """What takes uploads. What is asked in JSON is answered as the contract says."""
    in_json = {route.key: route for route in derived}
    return [
        Route("uploads.start", *START, _start(site, in_json["uploads.start"].endpoint)),
        Route("uploads.append", *APPEND, _append(site)),
    ]


def _start(site: Site, start_in_json: Endpoint) -> Endpoint:
    async def start(request: Request, path: dict[str, str]) -> Response:
        if not tus.is_asked_for(request) and not _is_of_bytes(request):
            return await start_in_json(request, path)  # type: ignore[return-value]  # an answer is one
        office = site.office(request)
        office.token_hash()  # raises SignInNeeded before anything is read
        tus.check_version(request, is_needed=True)
        if _has_body(request):
            _check_kind(request)
        asked, checksum = _asked_to_start(request), tus.checksum(request)
        begun = await site.call(uploads.Uploads(office).start, asked)
        if begun.sha256 is None and (_has_body(request) or begun.bytes == 0):
            begun = await _take(site, request, office, AppendToUpload(id=begun.id, offset=0), checksum)
        headers = {**tus.fields(begun), "Location": f"{site.public_url}{tus.UNDER}/{begun.id}"}
        return Response(status_code=201, headers=headers)

    return start


def _append(site: Site) -> Endpoint:
    async def append(request: Request, path: dict[str, str]) -> Response:
        office = site.office(request)
        office.token_hash()
        tus.check_version(request, is_needed=True)
        _check_kind(request)
        _without_query(request)
        asked = AppendToUpload(id=read_segment(path["id"]), offset=tus.number(request, "Upload-Offset"))
        told = await _take(site, request, office, asked, tus.checksum(request))
        if request.headers.get("prefer", "").strip().lower() != "return=representation":
            return Response(status_code=204, headers=tus.fields(told))
        applied = {"Preference-Applied": "return=representation"}
        return Response(written(told), headers=tus.fields(told) | applied, media_type="application/json")

    return append


async def _take(
    site: Site, request: Request, office: Office, asked: AppendToUpload, checksum: tus.Checksum | None
) -> Upload:
    """Take the body of a request as more of an upload: how far it is then."""
    whole_or_nothing = checksum is not None
    arriving = await site.call_for_bodies(uploads.begin, office, asked, is_whole_or_nothing=whole_or_nothing)
    try:
        _check_length(request, arriving.lacks)
        await _receive(site, request, arriving, checksum)
    finally:
        await site.call_for_bodies(arriving.close)
    return await site.call_for_bodies(uploads.show_after, office, arriving)


def _check_length(request: Request, lacks: int) -> None:
    if int(request.headers.get("content-length", 0)) > lacks:
        raise errors.DocumentTooLarge(f"more is sent than the {lacks} bytes that lack", "start another upload for it")


async def _receive(site: Site, request: Request, arriving: Arriving, checksum: tus.Checksum | None) -> None:
    """Take a body as it comes. What has arrived stays when the sender breaks off, unless a checksum is owed for it."""

    def take(piece: list[bytes]) -> None:
        for chunk in piece:
            if checksum is not None:
                checksum.take(chunk)
            arriving.take(chunk)

    def finish() -> None:
        if checksum is not None:
            checksum.check()
        arriving.finish()

    try:
        await _take_each(site, request, take)
        await site.call_for_bodies(finish)
    except errors.StorageFailure:
        raise
    except (ClientDisconnect, errors.PortalError, asyncio.CancelledError):
        await site.call_for_bodies(arriving.leave)
        raise


async def _take_each(site: Site, request: Request, take: Callable[[list[bytes]], None]) -> None:
    """Take the pieces of a body, each while the next one comes. Nothing is being taken any more when this ends."""
    taking: asyncio.Task[None] | None = None
    try:
        async for piece in pieces(request):
            if taking is not None:
                await taking
            taking = asyncio.create_task(site.call_for_bodies(take, piece))
    finally:
        if taking is not None:
            await asyncio.wait([taking])
            taking.result()


def _asked_to_start(request: Request) -> StartUpload:
    """What a client of tus wants to send, and for whom."""
    _without_query(request)
    if "upload-defer-length" in request.headers:
        raise errors.Malformed("how long an upload is has to be said when it begins", "send Upload-Length")
    told = tus.metadata(request)
    name = told.get("filename") or told.get("name")
    if name is None:
        raise errors.InvalidInput("the upload has no name", "send the file's name as filename in Upload-Metadata")
    return StartUpload.model_validate(
        {
            "name": name,
            "bytes": tus.number(request, "Upload-Length"),
            "client": told.get("client"),
            "idempotency_key": request.headers.get("idempotency-key"),
        }
    )


def _check_kind(request: Request) -> None:
    if not _is_of_bytes(request):
        raise WrongMediaType("the body is not declared to be bytes of an upload", f"send Content-Type: {tus.BYTES}")


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _is_of_bytes(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == tus.BYTES


def _without_query(request: Request) -> None:
    if request.scope["query_string"]:
        raise errors.InvalidInput("this takes nothing in the query", "leave it away")
