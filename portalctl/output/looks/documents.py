"""How documents look."""

from __future__ import annotations

from typing import Any

from portalctl.output.cells import size
from portalctl.output.columns import ID, Column, Look


def _news(document: Any) -> str | None:
    """What there is to do with a document, or that it is not read (yet); nothing where all is done."""
    if document.quarantine is not None:
        return "in quarantine" if document.quarantine == "waiting" else str(document.quarantine)
    if document.state != "completed":
        return str(document.state)
    return "new" if document.new else None


_KIND = Column("Kind", "kind", whole=True)
_TITLE = Column("Title", "title")
_STATE = Column("State", "state", whole=True)
_SIZE = Column("Size", lambda document: size(document.bytes), whole=True)
_DATE = Column("Date", lambda document: document.shared_at or document.created_at, whole=True)


LOOKS: dict[str, Look] = {
    "Document": Look(
        "documents",
        (
            ID,
            _DATE,
            _KIND,
            _TITLE,
            Column("From", "author"),
            Column("For", lambda document: None if document.from_client else document.client),
            Column("State", _news, whole=True),
            _SIZE,
        ),
        (
            ID,
            _KIND,
            _TITLE,
            Column("File name", "name"),
            Column("Folder", "folder"),
            _STATE,
            Column("Quarantine", "quarantine", whole=True),
            Column("Media type", "media_type"),
            _SIZE,
            Column("SHA-256", "sha256"),
            Column("From", "author"),
            Column("Client", "client"),
            Column("Appointment", "appointment_id"),
            Column("Amends", "amends"),
            Column("Shared", "shared_at"),
            Column("New", "new"),
            Column("Hidden", "hidden"),
            Column("Created", "created_at"),
            Column("Changed", "updated_at"),
        ),
    ),
    "View": Look(
        "views",
        (
            Column("At", "at", whole=True),
            Column("Who", "viewer"),
            Column("Role", "role", whole=True),
            Column("In the documentation of", "client_id", whole=True),
        ),
    ),
}
