"""How documents look."""

from __future__ import annotations

from portalctl.output.columns import ID, Column, Look


def size(count: int | None) -> str | None:
    """`640 B`, `12.3 kB`, `4.0 GB`; nothing where there is none."""
    if count is None:
        return None
    if count < 1000:
        return f"{count} B"
    length = float(count)
    for unit in ("kB", "MB", "GB"):
        length /= 1000
        if length < 999.95:
            return f"{length:.1f} {unit}"
    return f"{length / 1000:.1f} TB"


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
            Column("Client", "client"),
            _STATE,
            _SIZE,
            Column("New", lambda document: "*" if document.new else "", whole=True),
        ),
        (
            ID,
            _KIND,
            _TITLE,
            Column("File name", "name"),
            Column("Folder", "folder"),
            _STATE,
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
