"""Bodies in a bucket of S3, or of anything that speaks like it.

What arrives is put there part by part, so that any server of the portal can go on with an upload; a whole body stays
in its parts, and nothing is copied. Endpoint, region and credentials are those of the usual AWS variables.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from portalctl import errors
from portalctl.storage.blobs import CHUNK, Bodies, Kept, Staging, lost, verified
from portalctl.storage.bodies import Part

PART = 8 << 20
"""Bytes of an object: what a server holds of an upload at a time."""

_LISTED = 1000
_SILENCE = "20s"

T = TypeVar("T")


class S3Bodies(Bodies):
    """Keeps bodies in a bucket, under a prefix. Nothing is asked of it before the first body."""

    def __init__(self, url: str) -> None:
        super().__init__()
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise errors.InvalidInput(
                "the URL of the documents names no bucket, or more than that",
                "write s3://bucket/prefix, and give the credentials by the AWS variables",
            )
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        self._shown = url
        try:
            self._bucket = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                client_options={
                    "allow_http": _is_here(endpoint),
                    "timeout": _SILENCE,
                    "connect_timeout": "5s",
                },
                retry_config={"max_retries": 4},
            )
        except (BaseError, ValueError) as error:
            raise errors.InvalidInput(f"{url} cannot be used: {_first_line(error)}", "see the AWS variables") from None

    def staging(self, owner: str, upload: str, offset: int, parts: Sequence[Part]) -> Staging:
        """See Bodies."""
        return _PartStaging(self, f"{owner}/{upload}", offset, parts)

    def settle(self, owner: str, upload: str, sha256: str) -> str:  # noqa: ARG002  its parts stay where they are
        """See Bodies."""
        return f"{owner}/{upload}"

    def read(self, place: str, parts: Sequence[Part], size: int, sha256: str, offset: int) -> Iterator[bytes]:  # noqa: ARG002  each part has its own
        """See Bodies."""
        if sum(part.bytes for part in parts) != size:
            raise lost(place)
        wanted = [part for part in parts if part.starts_at + part.bytes > offset]
        chunks = (self.fetch(part, max(0, offset - part.starts_at)) for part in wanted)
        first = next(chunks, iter(()))
        return chain(first, chain.from_iterable(chunks))

    def pack(self, place: str, contents: Sequence[bytes | memoryview]) -> None:
        """See Bodies: one object."""
        self.put(place, b"".join(contents))

    def from_pack(self, place: str, starts_at: int, size: int) -> bytes:
        """See Bodies."""
        if not size:
            return b""
        try:
            return self.ask(lambda: self._cut(place, starts_at, size))
        except FileNotFoundError:
            raise lost(place) from None

    def remove(self, key: str) -> None:
        """See Bodies."""
        with suppress(FileNotFoundError):
            self.ask(lambda: obstore.delete(self._bucket, key))

    def some(self, after: str) -> list[Kept]:
        """See Bodies."""
        listed = self.ask(lambda: next(iter(obstore.list(self._bucket, offset=after or None, chunk_size=_LISTED)), []))
        return [Kept(each["path"], each["last_modified"].timestamp()) for each in listed]

    def check(self) -> str:
        """See Bodies."""
        self.some("")
        return f"in order: {self._shown}"

    def put(self, key: str, content: bytes) -> None:
        """Keep an object."""
        self.ask(lambda: obstore.put(self._bucket, key, content, use_multipart=False))

    def fetch(self, part: Part, offset: int = 0) -> Iterator[bytes]:
        """A part from an offset on, verified. Raises BodyDamaged, at once where it is gone."""
        try:
            stream = iter(self.ask(lambda: obstore.get(self._bucket, part.object)).stream(min_chunk_size=CHUNK))
        except FileNotFoundError:
            raise lost(part.object) from None
        chunks = iter(lambda: bytes(self.ask(lambda: next(stream, b""))), b"")
        return verified(chunks, part.bytes, part.sha256, offset, part.object)

    def _cut(self, key: str, start: int, length: int) -> bytes:
        """Some of an object. Servers differ where that is all of it, or goes beyond its end: then all is asked for."""
        try:
            return bytes(obstore.get_range(self._bucket, key, start=start, length=length))
        except NotFoundError:
            raise
        except BaseError:
            return bytes(obstore.get(self._bucket, key).bytes())[start : start + length]

    def ask(self, question: Callable[[], T]) -> T:
        """Ask the bucket. Raises FileNotFoundError, StorageFailure, Retryable."""
        try:
            return question()
        except (FileNotFoundError, NotFoundError) as error:
            raise FileNotFoundError(_first_line(error)) from None
        except (BaseError, OSError) as error:
            if isinstance(error, PermissionDeniedError | UnauthenticatedError) or "403 Forbidden" in str(error):
                raise errors.StorageFailure(
                    f"{self._shown} refuses access",
                    "see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do",
                ) from error
            raise errors.Retryable(f"{self._shown} does not work: {_first_line(error)}", "try again") from error


class _PartStaging(Staging):
    """Collects a part and puts it there."""

    checkpoint = PART

    def __init__(self, bodies: S3Bodies, folder: str, offset: int, parts: Sequence[Part]) -> None:
        self._bodies = bodies
        self._folder = folder
        self._before = list(parts)
        self._safe = offset
        self._held: list[bytes] = []
        self._held_length = 0
        self._added: list[Part] = []

    def write(self, content: bytes) -> None:
        """See Staging."""
        self._held.append(content)
        self._held_length += len(content)
        while self._held_length >= PART:
            held = b"".join(self._held)
            self._put(held[:PART])
            self._held, self._held_length = [held[PART:]], len(held) - PART

    def save(self, *, all_of_it: bool, is_more_coming: bool = False) -> tuple[int, list[Part]]:  # noqa: ARG002  an object is safe at once
        """See Staging."""
        if all_of_it and self._held_length:
            self._put(b"".join(self._held))
            self._held, self._held_length = [], 0
        added, self._added = self._added, []
        return self._safe, added

    def read_back(self) -> Iterator[bytes]:
        """See Staging."""
        for part in self._before:
            yield from self._bodies.fetch(part)

    def close(self) -> None:
        """See Staging: who goes on puts parts of other names."""

    def _put(self, content: bytes) -> None:
        name = f"{self._folder}/{self._safe:016x}-{secrets.token_hex(4)}"
        self._bodies.put(name, content)
        self._added.append(Part(self._safe, len(content), name, hashlib.sha256(content).hexdigest()))
        self._safe += len(content)


def _is_here(endpoint: str) -> bool:
    """Whether plain HTTP is sent to this machine alone."""
    parts = urlsplit(endpoint)
    return parts.scheme == "http" and (parts.hostname or "") in ("127.0.0.1", "::1", "localhost")


def _first_line(error: Exception) -> str:
    """The first line of what went wrong, which is long."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
