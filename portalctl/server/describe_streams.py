"""What is streamed, described to programs: its headers and bodies are no JSON, and are written down by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

from portalctl.contract.binding import Bound
from portalctl.contract.operation import Operation
from portalctl.contract.portal import Portal
from portalctl.models.uploads import AppendToUpload, Body, OpenBody, Upload
from portalctl.server.streams import OPEN
from portalctl.server.tus import BYTES
from portalctl.server.uploads import APPEND

Json = dict[str, Any]

_BINARY: Json = {"type": "string", "format": "binary"}
_OFFSET: Json = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}


@cache
def streamed() -> dict[str, Bound]:
    """The operations that are streamed, by their keys."""
    append = Bound(Operation("uploads", "append", *APPEND), AppendToUpload, Upload, Portal.append)
    opening = Bound(Operation("documents", "open_body", *OPEN), OpenBody, Body, Portal.open_body)
    return {one.operation.key: one for one in (append, opening)}


def details(key: str, path_id: Json) -> Json:
    """What an operation takes and answers; `path_id` is the schema of the id in its path."""
    parameters: list[Json] = [{"in": "path", "name": "id", "required": True, "schema": path_id}]
    headers: Json = {name: {"schema": {"type": "string"}} for name in ("Portal-Version", "X-Request-ID")}
    if key == "uploads.append":
        parameters.append(
            {
                "in": "header",
                "name": "Upload-Offset",
                "required": True,
                "description": "How many bytes come before these: as many as have arrived.",
                "schema": _OFFSET,
            }
        )
        headers["Upload-Offset"] = {"schema": _OFFSET, "description": "How many have arrived now."}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Upload"}}}
        return {
            "parameters": parameters,
            "requestBody": {"required": True, "content": {BYTES: {"schema": _BINARY}}},
            "responses": {"200": {"description": "Done.", "headers": headers, "content": content}},
        }
    parameters += [
        {
            "in": "header",
            "name": "Range",
            "required": False,
            "description": "One range of bytes (RFC 9110, section 14): `bytes=1000-`. Any other is ignored.",
            "schema": {"type": "string", "examples": ["bytes=1000-"]},
        },
        {
            "in": "header",
            "name": "If-Range",
            "required": False,
            "description": "The `ETag` of the body that the range is of; the whole is answered where it is another.",
            "schema": {"type": "string"},
        },
    ]
    headers |= {
        "ETag": {"schema": {"type": "string"}, "description": "The body's SHA-256 in hex, quoted."},
        "Accept-Ranges": {"schema": {"type": "string"}},
        "Content-Disposition": {"schema": {"type": "string"}, "description": "An attachment with the file's name."},
        "Document-Media-Type": {"schema": {"type": "string"}, "description": "What the document is."},
    }
    content = {"application/octet-stream": {"schema": _BINARY}}
    ranged = {**headers, "Content-Range": {"schema": {"type": "string"}}}
    return {
        "parameters": parameters,
        "responses": {
            "200": {"description": "The whole body.", "headers": headers, "content": content},
            "206": {"description": "The range that was asked for.", "headers": ranged, "content": content},
        },
    }
