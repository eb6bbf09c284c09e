"""What notes say; the rest of a note is its document."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def insert(tx: Transaction, document_id: str, text: str) -> None:
    """Add what a draft says."""
    tx.run("INSERT INTO notes (document_id, text) VALUES (:document_id, :text)", document_id=document_id, text=text)


def get(tx: Transaction, document_id: str) -> Row | None:
    """The text of a note, and since when it is completed."""
    return tx.one("SELECT text, completed_at FROM notes WHERE document_id = :document_id", document_id=document_id)


def rewrite(tx: Transaction, document_id: str, text: str) -> bool:
    """Change what a draft says; no, where it is completed."""
    return (
        tx.run(
            "UPDATE notes SET text = :text WHERE document_id = :document_id AND completed_at IS NULL",
            document_id=document_id,
            text=text,
        )
        == 1
    )


def complete(tx: Transaction, document_id: str, at: int) -> None:
    """Keep what the note says from now on."""
    tx.run(
        "UPDATE notes SET completed_at = :at WHERE document_id = :document_id AND completed_at IS NULL",
        document_id=document_id,
        at=at,
    )


def amendments(tx: Transaction, document_id: str, client_id: str | None) -> list[str]:
    """The completed notes that amend this one, oldest first; those of one client's documentation, or all."""
    sql = "SELECT d.id FROM documents d JOIN notes n ON n.document_id = d.id"
    within = ""
    if client_id is not None:
        sql += " JOIN documentation r ON r.document_id = d.id"
        within = " AND r.client_id = :client_id AND r.removed_at IS NULL"
    rows = tx.all(
        f"{sql} WHERE d.amends = :document_id AND d.deleted_at IS NULL AND n.completed_at IS NOT NULL{within}"
        " ORDER BY n.completed_at, d.id",
        document_id=document_id,
        client_id=client_id,
    )
    return [row["id"] for row in rows]
