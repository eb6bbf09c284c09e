"""Where the bodies of files are, by owner and hash: queries and changes."""

from __future__ import annotations

from typing import NamedTuple

from portalctl.storage.engine import Row, Transaction

REFERRED = (
    "(EXISTS (SELECT 1 FROM documents WHERE documents.owner = bodies.owner AND documents.sha256 = bodies.sha256"
    " AND documents.deleted_at IS NULL)"
    " OR EXISTS (SELECT 1 FROM uploads WHERE uploads.owner = bodies.owner AND uploads.sha256 = bodies.sha256"
    " AND uploads.taken_at IS NULL))"
)


"""Whether a document or a whole upload refers to a row of bodies."""


class Part(NamedTuple):
    """One of the objects that a body consists of: where in the body it begins, and its own hash."""

    starts_at: int
    bytes: int
    object: str
    sha256: str


def get(tx: Transaction, owner: str, sha256: str) -> Row | None:
    """Where a body is."""
    return tx.one("SELECT * FROM bodies WHERE owner = :owner AND sha256 = :sha256", owner=owner, sha256=sha256)


def of_document(tx: Transaction, document_id: str) -> Row | None:
    """Where the body of a file is."""
    return tx.one(
        "SELECT b.* FROM documents d JOIN bodies b ON b.owner = d.owner AND b.sha256 = d.sha256 WHERE d.id = :id",
        id=document_id,
    )


def put(tx: Transaction, *, owner: str, sha256: str, bytes: int, content: bytes | None, place: str | None) -> None:  # noqa: A002  the column's name
    """From now on the body is there, wherever it was before, and something refers to it."""
    tx.run("DELETE FROM bodies WHERE owner = :owner AND sha256 = :sha256", owner=owner, sha256=sha256)
    tx.run(
        "INSERT INTO bodies (owner, sha256, bytes, content, place) VALUES (:owner, :sha256, :bytes, :content, :place)",
        owner=owner,
        sha256=sha256,
        bytes=bytes,
        content=content,
        place=place,
    )


def refer(tx: Transaction, owner: str, sha256: str) -> None:
    """Something refers to the body from now on."""
    tx.run(
        "UPDATE bodies SET idle_since = NULL WHERE owner = :owner AND sha256 = :sha256 AND idle_since IS NOT NULL",
        owner=owner,
        sha256=sha256,
    )


def add_part(tx: Transaction, place: str, part: Part) -> None:
    """One more object of a body."""
    tx.run(
        "INSERT INTO body_parts (place, starts_at, bytes, object, sha256)"
        " VALUES (:place, :starts_at, :bytes, :object, :sha256)",
        place=place,
        **part._asdict(),
    )


def parts(tx: Transaction, place: str) -> list[Part]:
    """The objects of a body in order; none where it is kept in one file."""
    rows = tx.all(
        "SELECT starts_at, bytes, object, sha256 FROM body_parts WHERE place = :place ORDER BY starts_at", place=place
    )
    return [Part(**row) for row in rows]


def forget_parts(tx: Transaction, place: str) -> None:
    """Nothing is kept in objects under this name any more."""
    tx.run("DELETE FROM body_parts WHERE place = :place", place=place)


def every(tx: Transaction, after: tuple[str, str], limit: int) -> list[Row]:
    """Bodies in the order of owner and hash, without their contents, and whether anything refers to each."""
    return tx.all(
        f"SELECT owner, sha256, bytes, place, idle_since, CASE WHEN {REFERRED} THEN 1 ELSE 0 END AS is_referred"  # noqa: S608  our own condition
        " FROM bodies WHERE (owner, sha256) > (:owner, :sha256) ORDER BY owner, sha256 LIMIT :limit",
        owner=after[0],
        sha256=after[1],
        limit=limit,
    )


def set_idle(tx: Transaction, owner: str, sha256: str, since: int | None) -> None:
    """Write down since when nothing refers to a body, or that something does."""
    tx.run(
        "UPDATE bodies SET idle_since = :since WHERE owner = :owner AND sha256 = :sha256",
        since=since,
        owner=owner,
        sha256=sha256,
    )


def idle(tx: Transaction, since: int, limit: int) -> list[Row]:
    """Bodies that nothing has been found to refer to since then or longer."""
    return tx.all(
        "SELECT owner, sha256, place FROM bodies WHERE idle_since <= :since ORDER BY idle_since LIMIT :limit",
        since=since,
        limit=limit,
    )


def remove_idle(tx: Transaction, owner: str, sha256: str, since: int) -> bool:
    """Forget a body if nothing refers to it still; whether that was so."""
    gone = tx.run(
        "DELETE FROM bodies WHERE owner = :owner AND sha256 = :sha256 AND idle_since <= :since"  # noqa: S608  our own condition
        f" AND NOT {REFERRED}",
        owner=owner,
        sha256=sha256,
        since=since,
    )
    if not gone:
        set_idle(tx, owner, sha256, None)
    return gone > 0


def is_known(tx: Transaction, key: str) -> bool:
    """Whether anything is kept, or on its way, under this key."""
    found = tx.one(
        "SELECT 1 AS found FROM bodies WHERE place = :key"
        " UNION ALL SELECT 1 FROM body_parts WHERE object = :key"
        " UNION ALL SELECT 1 FROM uploads WHERE id = :last AND sha256 IS NULL LIMIT 1",
        key=key,
        last=key.rpartition("/")[2],
    )
    return found is not None
