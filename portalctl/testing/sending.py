"""Sending a file to a portal in one step, as every test that needs a document does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portalctl.contract.portal import Portal
from portalctl.models.documents import AddDocument, Document
from portalctl.models.uploads import AppendToUpload, OpenBody, StartUpload, Upload
from portalctl.models.values import Record


def uploaded(portal: Portal, name: str = "letter.txt", content: bytes = b"Dear Anna,\n") -> Upload:
    """A file that has arrived as a whole, of which no document is made yet."""
    started = portal.uploads.start(StartUpload(name=name, bytes=len(content)))
    return portal.append(AppendToUpload(id=started.id, offset=0), [content])


def sent(portal: Portal, name: str = "letter.txt", content: bytes = b"Dear Anna,\n", **more: Any) -> Document:
    """A document made of a file; `more` is what `documents.add` takes beside the upload."""
    return portal.documents.add(AddDocument(upload=uploaded(portal, name, content).id, **more))


class ReadBody(Record):
    """What came of a document when it was read."""

    name: str
    size: int
    offset: int
    text: str


def _append(portal: Portal, fields: dict[str, Any]) -> Upload:
    content: str = fields["content"]
    return portal.append(AppendToUpload(id=fields["id"], offset=fields["offset"]), [content.encode()])


def _read(portal: Portal, fields: dict[str, Any]) -> ReadBody:
    with portal.open_body(OpenBody.model_validate(fields)) as body:
        text = b"".join(body.chunks).decode()
        return ReadBody(name=body.name, size=body.size, offset=body.offset, text=text)


STREAMED: dict[str, Callable[[Portal, dict[str, Any]], Record]] = {
    "uploads.append": _append,
    "documents.open_body": _read,
}
"""How operations with bodies are asked for by plain fields, by their keys."""
