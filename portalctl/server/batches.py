"""Many small files in one request: found in what arrives while it does, and answered in one line for each of them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from portalctl import errors
from portalctl.contract.framing import LONGEST, MEDIA_TYPE, RESULTS_TYPE, Frame, Unframing
from portalctl.contract.portal import Portal
from portalctl.domain.office import Office
from portalctl.models.batch_words import AddedStatus, FileToAdd
from portalctl.models.batches import AddedFile, AddFile
from portalctl.server.arriving import pieces
from portalctl.server.problems import WrongMediaType, as_failure
from portalctl.server.protocol import TooSlow
from portalctl.server.routes import Route, ServedPortal, written
from portalctl.server.site import Site

ADD = ("POST", "/documents/batch")

AT_ONCE = 16
"""Batches that are held at the same time: so much memory, times the largest."""

OF_ONE_ACCOUNT = 4
"""Batches of one account among them, so that nobody takes all places."""

WAITING_SECONDS = 10.0
"""How long a batch waits for others before its sender is told to come back."""

ARRIVING_SECONDS = 120.0
"""How long a batch may take to arrive: it keeps others waiting."""


def routes(site: Site) -> list[Route]:
    """What takes files that travel together."""
    places = _Places()

    async def add(request: Request, _: dict[str, str]) -> Response:
        office = site.office(request)
        office.token_hash()  # raises SignInNeeded before anything is read
        _check_head(request)
        await site.call_for_bodies(_admit, office)
        async with places.one_of(request.scope["portal.account"]):
            arrived = await _receive(site, request)
            content = await site.call_for_bodies(_add, office, arrived)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return Response(content, headers={"Content-Digest": f"sha-256=:{digest}:"}, media_type=RESULTS_TYPE)

    return [Route("documents.add_files", *ADD, add)]


def _check_head(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise WrongMediaType("the body is not declared to be a batch of files", f"send Content-Type: {MEDIA_TYPE}")
    if request.scope["query_string"]:
        raise errors.InvalidInput("this takes nothing in the query", "leave it away")
    if int(request.headers.get("content-length", 0)) > LONGEST:
        raise errors.RequestTooLarge(f"a batch has {LONGEST:,} bytes at the most", "send the files in parts")


def _admit(office: Office) -> None:
    with office.admitted_to(Portal.add_files):
        return


class _Places:
    """The places for batches that are held at the same time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._taken: Counter[str] = Counter()

    @asynccontextmanager
    async def one_of(self, account: str) -> AsyncIterator[None]:
        """A place for as long as a batch is held. Raises TooManyRequests, Retryable."""
        if self._taken[account] >= OF_ONE_ACCOUNT:
            raise errors.TooManyRequests(
                f"more than {OF_ONE_ACCOUNT} batches of yours are arriving", "send one after the other"
            )
        self._taken[account] += 1
        try:
            async with self._one():
                yield
        finally:
            self._taken[account] -= 1
            self._taken += Counter()  # forgets who has none

    @asynccontextmanager
    async def _one(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._free.acquire(), WAITING_SECONDS)
        except TimeoutError:
            raise errors.Retryable("many files are arriving at the moment", "try again in a moment") from None
        try:
            yield
        finally:
            self._free.release()


async def _receive(site: Site, request: Request) -> Unframing:
    arriving = Unframing()
    try:
        async with asyncio.timeout(ARRIVING_SECONDS):
            async for piece in pieces(request):
                await site.call_for_bodies(arriving.take, b"".join(piece))
    except TimeoutError:
        raise TooSlow("the files did not arrive in time", "send fewer at a time") from None
    return arriving


def _add(office: Office, arrived: Unframing) -> bytes:
    """Make documents of all that arrived, and say what became of each."""
    refused: list[AddedFile] = []
    files = list(_files(arrived.finish(), refused))
    added = ServedPortal(office).add_files(files)
    told = [*(AddedFile(**each._asdict()) for each in added), *refused]
    return b"".join(written(each) + b"\n" for each in told)


def _files(frames: list[Frame], refused: list[AddedFile]) -> Iterator[tuple[FileToAdd, bytes]]:
    """The files with heads that are in order; what becomes of the others is told apart."""
    for frame in frames:
        try:
            file = AddFile.model_validate_json(frame.head, strict=True)
        except ValidationError as error:
            refused.append(_refusal(frame, as_failure(error)))
            continue
        yield FileToAdd(**vars(file)), frame.body


def _refusal(frame: Frame, failure: errors.PortalError) -> AddedFile:
    """What is told of a file whose head is not in order. Raises the failure where its row is not known either."""
    try:
        told = orjson.loads(frame.head)
        return AddedFile(
            row=told["row"],
            status=AddedStatus.REFUSED,
            sha256=hashlib.sha256(frame.body).hexdigest(),
            code=failure.code,
            message=failure.message,
            hint=failure.hint,
        )
    except (orjson.JSONDecodeError, ValidationError, KeyError, TypeError):
        raise failure from None
