"""Where the bodies of files are, by owner and hash: queries and changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

from portalctl.storage.engine import Row, Transaction
from portalctl.storage.listing import listed

_AT_ONCE = 500
"""Hashes that one query asks about."""

REFERRED = (
    "(EXISTS (SELECT 1 FROM documents WHERE substr(documents.sha256, 1, 12) = substr(bodies.sha256, 1, 12)"
    " AND documents.owner || '' = bodies.owner AND documents.sha256 = bodies.sha256 AND documents.deleted_at IS NULL)"
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
    gone = tx.all(
        "DELETE FROM bodies WHERE owner = :owner AND sha256 = :sha256 RETURNING place, starts_at, bytes",
        owner=owner,
        sha256=sha256,
    )
    _note_gone(tx, gone)
    tx.run(
        "INSERT INTO bodies (owner, sha256, bytes, content, place) VALUES (:owner, :sha256, :bytes, :content, :place)",
        owner=owner,
        sha256=sha256,
        bytes=bytes,
        content=content,
        place=place,
    )


def put_packed(tx: Transaction, owner: str, place: str | None, contents: Mapping[str, bytes]) -> None:
    """Bodies that came together, by their hashes, are there from now on, and something refers to each.

    They lie one behind the other in the pack at `place`, in the order of `contents`, or (None) in rows. One that is
    there already stays where it is.
    """
    rows: list[tuple[Any, ...]]
    if place is None:
        rows = [(owner, sha256, len(content), content, None, None) for sha256, content in contents.items()]
    else:
        starts = accumulate(map(len, contents.values()), initial=0)
        rows = [
            (owner, sha256, len(content), None, place, start)
            for (sha256, content), start in zip(contents.items(), starts, strict=False)
        ]
    rows.sort(key=itemgetter(1))
    added = tx.add_many(
        "bodies",
        ("owner", "sha256", "bytes", "content", "place", "starts_at"),
        rows,
        unique=("owner", "sha256"),
    )
    if added < len(rows):
        refer_many(tx, owner, contents)
        if place is not None:
            whole = sum(map(len, contents.values()))
            _add_gap(tx, place, whole - sum(row["bytes"] for row in in_pack(tx, place)))


def standing(tx: Transaction, owner: str, hashes: Collection[str]) -> set[str]:
    """Which of these bodies are there already."""
    found: set[str] = set()
    wanted = list(hashes)
    for start in range(0, len(wanted), _AT_ONCE):
        some, values = listed("sha256_", wanted[start : start + _AT_ONCE])
        rows = tx.all(
            f"SELECT sha256 FROM bodies WHERE owner = :owner AND sha256 IN {some}",  # noqa: S608  our own names
            owner=owner,
            **values,
        )
        found.update(row["sha256"] for row in rows)
    return found


def in_pack(tx: Transaction, place: str) -> list[Row]:
    """The bodies in a pack, in order."""
    return tx.all(
        "SELECT owner, sha256, bytes, starts_at FROM bodies WHERE place = :place AND starts_at IS NOT NULL"
        " ORDER BY starts_at",
        place=place,
    )


def move_pack(tx: Transaction, place: str, packed: Sequence[Row]) -> None:
    """Bodies of one owner lie in another pack from now on, one behind the other in this order."""
    starts = accumulate((row["bytes"] for row in packed), initial=0)
    tx.run_many(
        "UPDATE bodies SET place = :place, starts_at = :starts_at WHERE owner = :owner AND sha256 = :sha256",
        [
            {"place": place, "starts_at": start, "owner": row["owner"], "sha256": row["sha256"]}
            for start, row in zip(starts, packed, strict=False)
        ],
    )


def packs_with_gaps(tx: Transaction, limit: int) -> list[str]:
    """The packs with most that nothing tells of."""
    rows = tx.all("SELECT place FROM packs_with_gaps ORDER BY dead DESC, place LIMIT :limit", limit=limit)
    return [row["place"] for row in rows]


def forget_gaps(tx: Transaction, place: str) -> bool:
    """A pack has no gaps any more; whether it had some until now."""
    return tx.run("DELETE FROM packs_with_gaps WHERE place = :place", place=place) == 1


def let_go_of_pack(tx: Transaction, place: str, at: int) -> None:
    """Nothing tells of a pack from now on."""
    tx.run("INSERT INTO packs_let_go (place, since) VALUES (:place, :at)", place=place, at=at)


def packs_let_go(tx: Transaction, since: int, limit: int) -> list[str]:
    """Packs that nothing has told of since then or longer."""
    rows = tx.all(
        "SELECT place FROM packs_let_go WHERE since <= :since ORDER BY place LIMIT :limit", since=since, limit=limit
    )
    return [row["place"] for row in rows]


def forget_pack(tx: Transaction, place: str) -> None:
    """A pack that was let go of is gone."""
    tx.run("DELETE FROM packs_let_go WHERE place = :place", place=place)


def _add_gap(tx: Transaction, place: str, dead: int) -> None:
    tx.run(
        "INSERT INTO packs_with_gaps (place, dead) VALUES (:place, :dead)"
        " ON CONFLICT (place) DO UPDATE SET dead = packs_with_gaps.dead + excluded.dead",
        place=place,
        dead=dead,
    )


def _note_gone(tx: Transaction, gone: Sequence[Row]) -> None:
    """Write down of bodies whose rows are gone that the packs which they are in have gaps now."""
    for row in gone:
        if row["starts_at"] is not None:
            _add_gap(tx, row["place"], row["bytes"])


def refer_many(tx: Transaction, owner: str, hashes: Collection[str]) -> None:
    """Something refers to each of these bodies from now on."""
    tx.run_many(
        "UPDATE bodies SET idle_since = NULL WHERE owner = :owner AND sha256 = :sha256 AND idle_since IS NOT NULL",
        [{"owner": owner, "sha256": sha256} for sha256 in sorted(hashes)],
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
        "SELECT owner, sha256, place, starts_at FROM bodies WHERE idle_since <= :since"
        " ORDER BY idle_since LIMIT :limit",
        since=since,
        limit=limit,
    )


def remove_idle(tx: Transaction, owner: str, sha256: str, since: int) -> Row | None:
    """Forget a body if nothing refers to it still, and say where it was."""
    gone = tx.all(
        "DELETE FROM bodies WHERE owner = :owner AND sha256 = :sha256 AND idle_since <= :since"  # noqa: S608  our own condition
        f" AND NOT {REFERRED} RETURNING place, starts_at, bytes",
        owner=owner,
        sha256=sha256,
        since=since,
    )
    if not gone:
        set_idle(tx, owner, sha256, None)
        return None
    _note_gone(tx, gone)
    return gone[0]


def is_known(tx: Transaction, key: str) -> bool:
    """Whether anything is kept, or on its way, under this key."""
    found = tx.one(
        "SELECT 1 AS found FROM bodies WHERE place = :key"
        " UNION ALL SELECT 1 FROM body_parts WHERE object = :key"
        " UNION ALL SELECT 1 FROM packs_let_go WHERE place = :key"
        " UNION ALL SELECT 1 FROM uploads WHERE id = :last AND sha256 IS NULL LIMIT 1",
        key=key,
        last=key.rpartition("/")[2],
    )
    return found is not None
