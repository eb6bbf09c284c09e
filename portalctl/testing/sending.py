"""Sending a file to a portal in one step, as every test that needs a document does."""

from __future__ import annotations

from typing import Any

from portalctl.contract.portal import Portal
from portalctl.models.documents import AddDocument, Document
from portalctl.models.uploads import AppendToUpload, StartUpload, Upload


def uploaded(portal: Portal, name: str = "letter.txt", content: bytes = b"Dear Anna,\n") -> Upload:
    """A file that has arrived as a whole, of which no document is made yet."""
    started = portal.uploads.start(StartUpload(name=name, bytes=len(content)))
    return portal.append(AppendToUpload(id=started.id, offset=0), [content])


def sent(portal: Portal, name: str = "letter.txt", content: bytes = b"Dear Anna,\n", **more: Any) -> Document:
    """A document made of a file; `more` is what `documents.add` takes beside the upload."""
    return portal.documents.add(AddDocument(upload=uploaded(portal, name, content).id, **more))
