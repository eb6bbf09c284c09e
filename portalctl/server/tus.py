"""What tus 1.0 says in the headers of requests and answers (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from email.utils import format_datetime
from typing import Protocol

from isal import isal_zlib
from starlette.requests import Request

from portalctl import errors
from portalctl.models.uploads import Upload
from portalctl.server.problems import UnknownTusVersion

VERSION = "1.0.0"

BYTES = "application/offset+octet-stream"
"""The media type of what is added to an upload."""

OPTIONS = {
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration",
    "Tus-Checksum-Algorithm": "sha1,sha256,crc32",
}
"""What the server can do, as an answer to OPTIONS says it."""

UNDER = "/uploads"
"""Paths that begin so are those of uploads."""

_WHOLE = re.compile(r"[0-9]{1,16}")
_METHODS = ("PATCH", "DELETE", "HEAD")


class Digest(Protocol):
    """What a checksum is reckoned with."""

    def update(self, content: bytes, /) -> None:
        """Take what comes next."""

    def digest(self) -> bytes:
        """The checksum of all that was taken."""


class _Crc32:
    def __init__(self) -> None:
        self._sum = 0

    def update(self, content: bytes, /) -> None:
        self._sum = isal_zlib.crc32(content, self._sum)

    def digest(self) -> bytes:
        return self._sum.to_bytes(4, "big")


_ALGORITHMS: dict[str, Callable[[], Digest]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "crc32": _Crc32,
}


class Checksum:
    """The checksum that was announced for a body, and the one of what arrives."""

    def __init__(self, algorithm: str, announced: bytes) -> None:
        self._digest = _ALGORITHMS[algorithm]()
        self._announced = announced

    def take(self, piece: bytes) -> None:
        """Take what comes next."""
        self._digest.update(piece)

    def check(self) -> None:
        """Raises DamagedOnTheWay where they differ."""
        if not hmac.compare_digest(self._digest.digest(), self._announced):
            raise errors.DamagedOnTheWay("what arrived has another checksum than was announced", "send it again")


def is_asked_for(request: Request) -> bool:
    """Whether a request is one of tus, by any header of its."""
    return any(name.startswith(("tus-", "upload-")) for name in request.headers)


def check_version(request: Request, *, is_needed: bool) -> None:
    """Raises UnknownTusVersion for a request of another version, and where one is needed also for none."""
    version = request.headers.get("tus-resumable")
    if version != VERSION and (version is not None or is_needed):
        raise UnknownTusVersion(
            f"the request is not one of tus {VERSION}", f"send Tus-Resumable: {VERSION}", versions=VERSION
        )


def method(request: Request) -> str:
    """The method of a request, which a client that can only POST names in a header."""
    override = request.headers.get("x-http-method-override", "").upper()
    return override if override in _METHODS and request.method == "POST" and is_asked_for(request) else request.method


def checksum(request: Request) -> Checksum | None:
    """The checksum that a request announces for its body. Raises Malformed."""
    told = request.headers.get("upload-checksum")
    if told is None:
        return None
    algorithm, _, encoded = told.strip().partition(" ")
    announced = _decoded(encoded)
    if algorithm not in _ALGORITHMS or announced is None or len(announced) != len(_ALGORITHMS[algorithm]().digest()):
        raise errors.Malformed(
            "the header Upload-Checksum is not in order",
            f"send one of {OPTIONS['Tus-Checksum-Algorithm']}, a space, and the checksum in base64",
        )
    return Checksum(algorithm, announced)


def number(request: Request, name: str) -> int:
    """A number of bytes from a header. Raises Malformed."""
    told = request.headers.get(name, "")
    if not _WHOLE.fullmatch(told):
        raise errors.Malformed(f"the header {name} is not in order", "send a number of bytes")
    return int(told)


def metadata(request: Request) -> dict[str, str]:
    """What a client says of an upload. Raises Malformed."""
    found: dict[str, str] = {}
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, encoded = pair.strip().partition(" ")
        content = _decoded(encoded.strip())
        if not pair.strip():
            continue
        if not key or key in found or content is None:
            raise errors.Malformed("the header Upload-Metadata is not in order", _METADATA)
        try:
            found[key] = content.decode()
        except UnicodeDecodeError:
            raise errors.Malformed("the header Upload-Metadata is not in order", _METADATA) from None
    return found


def fields(upload: Upload) -> dict[str, str]:
    """What the headers of an answer say of an upload."""
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.bytes),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
        "Upload-Metadata": f"filename {base64.b64encode(upload.name.encode()).decode()}",
    }


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None


_METADATA = "send names, each with a space and a value of UTF-8 in base64, and commas between them"
