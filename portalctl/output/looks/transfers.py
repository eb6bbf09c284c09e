"""How files that were fetched look."""

from __future__ import annotations

from portalctl.output.cells import size
from portalctl.output.columns import Column, Look

LOOKS: dict[str, Look] = {
    "SavedFile": Look(
        "files",
        (
            Column("Document", "document_id", whole=True),
            Column("File", "file", whole=True),
            Column("Size", lambda saved: size(saved.bytes), whole=True),
            Column("SHA-256", "sha256"),
        ),
    ),
    "PulledFile": Look(
        "documents",
        (
            Column("Document", "document_id", whole=True),
            Column("Client", "client"),
            Column("File", "file", whole=True),
            Column("Size", lambda pulled: size(pulled.bytes), whole=True),
            Column("State", "status", whole=True),
            Column("Why", "message"),
        ),
    ),
}
"""By the names of the models."""
