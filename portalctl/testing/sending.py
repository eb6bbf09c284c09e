"""Sending a file to a portal in one step, as every test that needs a document does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from portalctl.contract.portal import Portal
from portalctl.models.batch_words import FileAdded, FileToAdd
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


def together(portal: Portal, client_id: str | None = None, *contents: bytes, **more: Any) -> list[FileAdded]:
    """What becomes of files that travel together, all for one client; without contents it is one letter."""
    files = [
        (
            FileToAdd(
                row=row,
                name=f"letter {row}.txt",
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                client_id=client_id,
                **more,
            ),
            content,
        )
        for row, content in enumerate(contents or (b"Dear Anna,\n",), 1)
    ]
    return list(portal.add_files(files))


class Added(Record):
    """What became of files that travelled together."""

    files: list[FileAdded]


class ReadBody(Record):
    """What came of a document when it was read."""

    name: str
    size: int
    offset: int
    text: str


def _append(portal: Portal, fields: dict[str, Any]) -> Upload:
    content: str = fields["content"]
    return portal.append(AppendToUpload(id=fields["id"], offset=fields["offset"]), [content.encode()])


def _add_files(portal: Portal, fields: dict[str, Any]) -> Added:
    contents = [content.encode() for content in fields["contents"]]
    return Added(files=together(portal, fields.get("client_id"), *contents, title=fields.get("title")))


def _read(portal: Portal, fields: dict[str, Any]) -> ReadBody:
    with portal.open_body(OpenBody.model_validate(fields)) as body:
        text = b"".join(body.chunks).decode()
        return ReadBody(name=body.name, size=body.size, offset=body.offset, text=text)


STREAMED: dict[str, Callable[[Portal, dict[str, Any]], Record]] = {
    "uploads.append": _append,
    "documents.add_files": _add_files,
    "documents.open_body": _read,
}
"""How operations with bodies are asked for by plain fields, by their keys."""
