"""How files that are sent in batches look, and the batches."""

from __future__ import annotations

from typing import Any

from portalctl.output.cells import size
from portalctl.output.columns import ID, Column, Look


def _why(result: Any) -> str | None:
    """The document that came of a file, or why none did."""
    found: str | None = result.document_id or result.message
    return found


_FILE = Column("File", "path")
_CLIENT = Column("Client", lambda result: result.client or result.client_id)

LOOKS: dict[str, Look] = {
    "PlannedFile": Look(
        "files",
        (
            Column("Row", "row", whole=True),
            _FILE,
            _CLIENT,
            Column("Title", "title"),
            Column("Size", lambda planned: size(planned.bytes), whole=True),
            Column("Plan", "plan", whole=True),
            Column("Why", "message"),
        ),
    ),
    "FileResult": Look(
        "files",
        (
            Column("Row", "row", whole=True),
            _FILE,
            _CLIENT,
            Column("Status", "status", whole=True),
            Column("Document", _why),
        ),
    ),
    "Batch": Look(
        "batches",
        (
            ID,
            Column("Since", "started_at", whole=True),
            Column("Files", "files", whole=True),
            Column("Done", "done", whole=True),
            Column("Failed", "failed", whole=True),
            Column(
                "State",
                lambda batch: "running" if batch.running else "finished" if batch.finished else "open",
                whole=True,
            ),
            Column("Command", "command"),
        ),
        (
            ID,
            Column("Portal", "portal"),
            Column("Command", "command"),
            Column("Since", "started_at"),
            Column("Last", "updated_at"),
            Column("Files", "files"),
            Column("Done", "done"),
            Column("Failed", "failed"),
            Column("Finished", "finished"),
            Column("Process", "running"),
        ),
    ),
}
"""By the names of the models."""
