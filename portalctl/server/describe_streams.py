"""What is streamed, described to programs: its headers and bodies are no JSON, and are written down by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

from portalctl import errors
from portalctl.contract.binding import Bound
from portalctl.contract.framing import MEDIA_TYPE, RESULTS_TYPE
from portalctl.contract.operation import Operation
from portalctl.contract.portal import Portal
from portalctl.models.batches import AddedFile, AddFile
from portalctl.models.uploads import AppendToUpload, Body, OpenBody, Upload
from portalctl.server import batches
from portalctl.server.problems import RangeNotSatisfiable, UnknownTusVersion
from portalctl.server.streams import OPEN
from portalctl.server.tus import BYTES, UNDER, VERSION
from portalctl.server.uploads import APPEND

Json = dict[str, Any]

APART = (("validation", AddFile), ("serialization", AddedFile))
"""What is described although it is no body of its own: what is taken, and what is answered."""

_BINARY: Json = {"type": "string", "format": "binary"}
_BYTES: Json = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_TEXT: Json = {"type": "string"}
_EVERY: Json = {name: {"schema": _TEXT} for name in ("Portal-Version", "X-Request-ID")}
_TOLD: Json = {
    "Tus-Resumable": {"schema": {"const": VERSION}},
    "Upload-Offset": {"schema": _BYTES, "description": "How many bytes have arrived."},
    "Upload-Length": {"schema": _BYTES, "description": "How many bytes there will be."},
    "Upload-Expires": {"schema": _TEXT, "description": "Until when the upload is kept."},
    "Upload-Metadata": {"schema": _TEXT, "description": "The file's name, in base64."},
}
_UPLOAD: Json = {"application/json": {"schema": {"$ref": "#/components/schemas/Upload"}}}


@cache
def streamed() -> dict[str, Bound]:
    """The operations that are streamed, by their keys."""
    append = Bound(Operation("uploads", "append", *APPEND), AppendToUpload, Upload, Portal.append)
    adding = Bound(Operation("documents", "add_files", *batches.ADD), None, AddedFile, Portal.add_files)
    opening = Bound(Operation("documents", "open_body", *OPEN), OpenBody, Body, Portal.open_body)
    return {one.operation.key: one for one in (append, adding, opening)}


def may_raise(key: str, path: str) -> list[type[errors.PortalError]]:
    """What may become of a request because of how its body travels."""
    found: list[type[errors.PortalError]] = []
    if path.startswith(UNDER):
        found.append(UnknownTusVersion)
    if key in ("uploads.append", "uploads.start"):
        found += [errors.DamagedOnTheWay, errors.DocumentTooLarge, errors.UploadOffsetWrong]
    if key == "documents.open_body":
        found.append(RangeNotSatisfiable)
    return found


def details(key: str) -> Json:
    """What an operation takes and answers."""
    return {"uploads.append": _append, "documents.add_files": _add_files, "documents.open_body": _open_body}[key]()


def with_tus(key: str, described: Json) -> Json:
    """An operation on uploads, described also as tus 1.0 has it."""
    if key not in ("uploads.start", "uploads.show", "uploads.drop"):
        return described
    found = {**described, "parameters": [*described["parameters"], _version(is_required=False)]}
    answers = dict(described["responses"])
    if key != "uploads.drop":
        answers["200"] = {**answers["200"], "headers": {**answers["200"]["headers"], **_TOLD}}
    if key == "uploads.start":
        found["parameters"] += [
            _header("Upload-Length", "How many bytes there will be: needed by tus.", _BYTES),
            _header("Upload-Metadata", "`filename`, and for staff `client`, each in base64: needed by tus.", _TEXT),
            _checksum(),
        ]
        body = described["requestBody"]
        found["requestBody"] = {**body, "content": {**body["content"], BYTES: {"schema": _BINARY}}}
        located = {**_EVERY, **_TOLD, "Location": {"schema": {"type": "string", "format": "uri"}}}
        answers["201"] = {"description": "Begun, as tus has it; what came with it has arrived.", "headers": located}
    return {**found, "responses": answers}


def _append() -> Json:
    version = "How many bytes come before these: as many as have arrived."
    prefer = "With `return=representation` the answer is 200 and says in JSON how far the upload is."
    return {
        "parameters": [
            _id("upl"),
            _version(is_required=True),
            _header("Upload-Offset", version, _BYTES, is_required=True),
            _checksum(),
            _header("Prefer", prefer, {"type": "string", "examples": ["return=representation"]}),
        ],
        "requestBody": {"required": True, "content": {BYTES: {"schema": _BINARY}}},
        "responses": {
            "204": {"description": "Done.", "headers": {**_EVERY, **_TOLD}},
            "200": {
                "description": "Done.",
                "headers": {**_EVERY, **_TOLD, "Preference-Applied": {"schema": _TEXT}},
                "content": _UPLOAD,
            },
        },
    }


def _add_files() -> Json:
    told = "One object on a line of its own for each file: `#/components/schemas/AddedFile`."
    digest = {"schema": _TEXT, "description": "The SHA-256 of the lines (RFC 9530)."}
    taken = (
        "Before each file come three numbers of four bytes, big-endian: how long its head is, how long the file is,"
        " and the CRC-32 of the two and the head. The head is JSON: `#/components/schemas/AddFile`. A head of no"
        " length, of no file, ends it; behind it comes the SHA-256 of all that came before but the files themselves."
    )
    return {
        "parameters": [],
        "requestBody": {"required": True, "description": taken, "content": {MEDIA_TYPE: {"schema": _BINARY}}},
        "responses": {
            "200": {
                "description": told,
                "headers": {**_EVERY, "Content-Digest": digest},
                "content": {RESULTS_TYPE: {"schema": _TEXT}},
            }
        },
    }


def _open_body() -> Json:
    one = "One range of bytes (RFC 9110, section 14): `bytes=1000-`. Any other is ignored."
    condition = "The `ETag` of the body that the range is of; the whole is answered where it is another."
    headers = _EVERY | {
        "ETag": {"schema": _TEXT, "description": "The body's SHA-256 in hex, quoted."},
        "Accept-Ranges": {"schema": _TEXT},
        "Content-Disposition": {"schema": _TEXT, "description": "An attachment with the file's name."},
        "Document-Media-Type": {"schema": _TEXT, "description": "What the document is."},
    }
    content = {"application/octet-stream": {"schema": _BINARY}}
    ranged = {**headers, "Content-Range": {"schema": _TEXT}}
    return {
        "parameters": [
            _id("doc"),
            _header("Range", one, {"type": "string", "examples": ["bytes=1000-"]}),
            _header("If-Range", condition, _TEXT),
        ],
        "responses": {
            "200": {"description": "The whole body.", "headers": headers, "content": content},
            "206": {"description": "The range that was asked for.", "headers": ranged, "content": content},
        },
    }


def _id(prefix: str) -> Json:
    request = AppendToUpload if prefix == "upl" else OpenBody
    schema = request.model_json_schema()["properties"]["id"]
    return {"in": "path", "name": "id", "required": True, "schema": schema}


def _version(*, is_required: bool) -> Json:
    told = "The version of tus that is spoken (https://tus.io/protocols/resumable-upload)."
    return _header("Tus-Resumable", told, {"type": "string", "const": VERSION}, is_required=is_required)


def _checksum() -> Json:
    told = "`sha1`, `sha256` or `crc32` and the body's checksum in base64: of another body nothing is kept."
    pattern = "^(sha1 [A-Za-z0-9+/]{27}=|sha256 [A-Za-z0-9+/]{43}=|crc32 [A-Za-z0-9+/]{6}==)$"
    return _header("Upload-Checksum", told, {"type": "string", "pattern": pattern})


def _header(name: str, told: str, schema: Json, *, is_required: bool = False) -> Json:
    return {"in": "header", "name": name, "required": is_required, "description": told, "schema": schema}
