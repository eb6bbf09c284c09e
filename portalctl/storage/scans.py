"""Files in quarantine: which wait for a scanner, and what it found."""

from __future__ import annotations

from collections.abc import Sequence

from portalctl.storage.engine import Row, Transaction

_NEVER = 2**53


def put(tx: Transaction, document_ids: Sequence[str], at: int, *, notify: bool) -> None:
    """Let these documents wait for a scanner, unreadable until it has passed them."""
    tx.run_many("UPDATE documents SET quarantine = 'waiting' WHERE id = :id", [{"id": each} for each in document_ids])
    tx.add_many(
        "scans",
        ("document_id", "due_at", "attempts", "notify"),
        [(document_id, at, 0, int(notify)) for document_id in document_ids],
    )


def is_due(tx: Transaction, at: int) -> bool:
    """Whether a scanner is to look at a document that nobody has in hand."""
    return tx.one("SELECT 1 AS found FROM scans WHERE due_at <= :at LIMIT 1", at=at) is not None


def claim(tx: Transaction, at: int, until: int) -> Row | None:
    """The document that has been due the longest, from now on the caller's alone until then; None where none is due.

    A document that was deleted meanwhile, or let out, is due no more.
    """
    while True:
        row = tx.one(
            "SELECT document_id, attempts FROM scans WHERE due_at <= :at"  # noqa: S608  the engine's own words
            f" ORDER BY due_at, document_id LIMIT 1 {tx.skipping_held}",
            at=at,
        )
        if row is None:
            return None
        waits = tx.one(
            "SELECT 1 AS found FROM documents WHERE id = :id AND quarantine = 'waiting' AND deleted_at IS NULL",
            id=row["document_id"],
        )
        if waits is not None:
            break
        end(tx, row["document_id"])
    tx.run(
        "UPDATE scans SET due_at = :until, attempts = attempts + 1 WHERE document_id = :id",
        until=until,
        id=row["document_id"],
    )
    return {**row, "attempts": row["attempts"] + 1}


def set_due(tx: Transaction, document_id: str, due_at: int, *, attempt: int) -> None:
    """Let a document be due then, unless somebody else has claimed it since that attempt."""
    tx.run(
        "UPDATE scans SET due_at = :due_at WHERE document_id = :id AND attempts = :attempt",
        due_at=due_at,
        id=document_id,
        attempt=attempt,
    )


def get(tx: Transaction, document_id: str) -> Row | None:
    """Why a document is in quarantine, and whether the clients are to hear of it once it is out; None where it is."""
    return tx.one(
        "SELECT d.quarantine, s.notify FROM scans s JOIN documents d ON d.id = s.document_id WHERE s.document_id = :id",
        id=document_id,
    )


def end(tx: Transaction, document_id: str) -> None:
    """No scanner is to look at a document any more."""
    tx.run("DELETE FROM scans WHERE document_id = :id", id=document_id)


def keep_in(tx: Transaction, document_id: str) -> None:
    """Something was found in a document: it stays unreadable, and no scanner looks at it again."""
    tx.run("UPDATE scans SET due_at = :never WHERE document_id = :id", never=_NEVER, id=document_id)
    tx.run("UPDATE documents SET quarantine = 'infected' WHERE id = :id", id=document_id)


def let_out(tx: Transaction, document_id: str, at: int) -> None:
    """A document can be read from now on; to clients it is new now, unless it was dated to before it was made."""
    end(tx, document_id)
    tx.run("UPDATE documents SET quarantine = NULL WHERE id = :id", id=document_id)
    tx.run(
        "UPDATE documentation SET added_at = :at WHERE document_id = :id AND from_client = 0 AND removed_at IS NULL"
        " AND added_at >= (SELECT created_at FROM documents WHERE id = :id)",
        id=document_id,
        at=at,
    )
