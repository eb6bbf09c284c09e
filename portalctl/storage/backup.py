"""Copies of a portal file: made while others write, looked through, compared, and put in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from portalctl import errors
from portalctl.storage import condition
from portalctl.storage.audit import ORIGIN, row_hash
from portalctl.storage.bodies import REFERRED
from portalctl.storage.engine import Row, Transaction
from portalctl.storage.failures import as_failure, translated
from portalctl.storage.filesystem import SIDE_FILES
from portalctl.storage.second_factors import STEP_SECONDS
from portalctl.storage.sqlite import SqliteStore, SqliteTransaction, wait_for_others

PAGES_AT_ONCE = 4096
"""How much is copied before an interrupt is heard."""

Head = tuple[int, str]
"""The position and hash of a chain's last row."""


class Contents(NamedTuple):
    """What a whole portal file holds, in short. `heads` has the last row of each chain of the audit."""

    practice_id: str
    practice: str
    audit_rows: int
    heads: dict[str, Head]


class KeptBody(NamedTuple):
    """A body outside of the database: its place, its length in bytes, its hash, and a document that it is of.

    `starts_at` is where it begins in a pack; None where it has its place to itself.
    """

    place: str
    bytes: int
    sha256: str
    document: str
    starts_at: int | None = None

    @property
    def key(self) -> str:
        """What the body goes by in a backup."""
        return self.place if self.starts_at is None else f"{self.place}#{self.starts_at}"


class Difference(NamedTuple):
    """How many audit rows only the portal in place has, and whether it has all of the copy's."""

    rows_lost: int
    is_earlier: bool


class Factors(NamedTuple):
    """All second factors of a portal, and the recovery codes that are left."""

    factors: list[Row]
    codes: list[Row]


class Revocations(NamedTuple):
    """What a portal has taken back: who was disabled and when, and the passwords and second factors in force now."""

    disabled: dict[str, int]
    passwords: dict[str, str]
    second_factors: Factors


def copy(store: SqliteStore, target: Path, shown: Path) -> None:
    """Copy the database as it is at one moment into a new file, while others go on writing. Failures name `shown`."""
    with store.reading() as transaction:
        assert isinstance(transaction, SqliteTransaction)  # noqa: S101  the store's own kind
        transaction.one("SELECT 1 FROM audit")
        duplicate = apsw.Connection(str(target))
        try:
            with duplicate.backup("main", transaction.connection, "main") as backup:
                while not backup.done:
                    backup.step(PAGES_AT_ONCE)
        except apsw.Error as error:
            raise as_failure(error, shown, duplicate) or error from error
        finally:
            duplicate.close(True)


def look_through(file: Path, shown: Path) -> Contents:
    """Read all of a copy that nobody else uses and see that it is a whole portal: structure, references, audit.

    Failures name `shown`. Raises PortalCorrupt, PortalNotAPortal, PortalNewer.
    """
    with translated(shown):
        condition.check(file, shown)
        connection = condition.open_frozen(file)
        try:
            if not condition.is_whole(connection, "integrity_check"):
                raise condition.damaged(shown)
            found = connection.execute("SELECT id, name FROM practice").fetchone()
            if found is None:
                raise errors.PortalNotAPortal(f"{shown} holds no practice", "take another backup")
            rows, heads = _follow(connection, shown)
            return Contents(found[0], found[1], rows, heads)
        finally:
            connection.close(True)


def bodies_in(file: Path, shown: Path) -> list[KeptBody]:
    """The bodies that a copy which nobody else uses refers to, and that are not in it, in the order of places."""
    with translated(shown):
        connection = condition.open_frozen(file)
        try:
            columns = [row[0] for row in connection.execute("SELECT name FROM pragma_table_info('bodies')")]
            starts_at = "starts_at" if "starts_at" in columns else "NULL"
            rows = connection.execute(
                "SELECT place, bytes, sha256, coalesce((SELECT min(title) FROM documents"  # noqa: S608  our own words
                " WHERE substr(documents.sha256, 1, 12) = substr(bodies.sha256, 1, 12)"
                f" AND documents.owner || '' = bodies.owner AND documents.sha256 = bodies.sha256), place), {starts_at}"
                f" FROM bodies WHERE place IS NOT NULL AND {REFERRED} ORDER BY place, {starts_at}"
            )
            return [KeptBody(*row) for row in rows]
        finally:
            connection.close(True)


def compare(file: Path, portal: Path) -> Difference | None:
    """Set a copy beside the portal in place; None where that cannot be read."""
    try:
        with translated(portal):
            condition.check(portal)
            connection = apsw.Connection(str(portal), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI)
            try:
                wait_for_others(connection)
                connection.execute("ATTACH :name AS copy", {"name": condition.frozen_uri(file)})
                lost = _rows_only_in(connection, "main", "copy")
                return Difference(lost, is_earlier=_rows_only_in(connection, "copy", "main") == 0)
            finally:
                connection.close(True)
    except (errors.StorageFailure, apsw.SQLError):
        return None


def revocations(transaction: Transaction) -> Revocations:
    """What a portal has taken back until now."""
    disabled = transaction.all("SELECT id, disabled_at FROM staff WHERE disabled_at IS NOT NULL")
    passwords = transaction.all("SELECT id, password_hash FROM accounts")
    return Revocations(
        {row["id"]: row["disabled_at"] for row in disabled},
        {row["id"]: row["password_hash"] for row in passwords},
        _factors_in_force(transaction),
    )


def take_back(transaction: Transaction, known: Revocations | None, at: int) -> tuple[int, int]:
    """End all sessions and API tokens, revoke all open links, and take back again what is known.

    Says how many sessions and links.
    """
    sessions = transaction.run("DELETE FROM sessions")
    transaction.run("DELETE FROM api_tokens")
    _use_no_code_again(transaction, known.second_factors if known is not None else None, at)
    transaction.run("DELETE FROM device_sign_ins")
    transaction.run("DELETE FROM uploads WHERE sha256 IS NULL")
    links = 0
    for table, used in (("invites", "redeemed_at"), ("resets", "used_at")):
        links += transaction.run(
            f"UPDATE {table} SET revoked_at = :at WHERE {used} IS NULL AND revoked_at IS NULL",  # noqa: S608  our names
            at=at,
        )
    if known is not None:
        for person, since in known.disabled.items():
            transaction.run("UPDATE staff SET disabled_at = :since WHERE id = :id", since=since, id=person)
        for account, password_hash in known.passwords.items():
            transaction.run("UPDATE accounts SET password_hash = :new WHERE id = :id", new=password_hash, id=account)
    return sessions, links


@contextmanager
def alone(portal: Path) -> Iterator[Revocations | None]:
    """Keep everybody from the file, its log taken in and nothing left beside it. Yields what it has taken back.

    One that is broken, or not there, is left as it is, and yields None. Raises PortalBusy when another process has it
    open.
    """
    known = None
    with ExitStack() as stack:
        try:
            with translated(portal):
                condition.check(portal)
                connection = apsw.Connection(str(portal), flags=apsw.SQLITE_OPEN_READWRITE)
                stack.callback(connection.close, force=True)
                wait_for_others(connection)
                connection.pragma("locking_mode", "EXCLUSIVE")
                connection.pragma("journal_mode", "DELETE")
                connection.execute("BEGIN EXCLUSIVE")
                # A journal that is done with stays as long as the file is held.
                Path(f"{portal}-journal").unlink(missing_ok=True)
                known = revocations(SqliteTransaction(connection))
        except errors.PortalBusy:
            raise
        except (errors.StorageFailure, apsw.SQLError):
            stack.close()
        yield known


def put_in_place(file: Path, portal: Path, aside: Path | None) -> None:
    """Make a finished file the portal in one step; what was there is under the name `aside` then, with its log."""
    with translated(portal):
        _sync(file)
        if aside is not None:
            for ending in SIDE_FILES:
                side = Path(f"{portal}{ending}")
                if side.exists():
                    side.rename(f"{aside}{ending}")
            _keep(portal, aside)
        file.replace(portal)
        _sync(portal.parent)


def _keep(portal: Path, aside: Path) -> None:
    """Give the file a second name; where there are no such names, move it."""
    if not portal.exists():
        return
    try:
        os.link(portal, aside)
    except OSError:
        portal.rename(aside)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rows_only_in(connection: apsw.Connection, one: str, other: str) -> int:
    row = connection.execute(
        f"SELECT count(*) FROM {one}.audit AS a WHERE NOT EXISTS (SELECT 1 FROM {other}.audit AS b"  # noqa: S608  main or copy
        " WHERE b.chain = a.chain AND b.position = a.position AND b.hash = a.hash)"
    ).fetchone()
    return int(row[0]) if row else 0


def _follow(connection: apsw.Connection, shown: Path) -> tuple[int, dict[str, Head]]:
    """Follow every chain of the audit from its origin. Raises PortalCorrupt where a link does not hold."""
    heads: dict[str, Head] = {}
    rows = 0
    for row in connection.execute(
        "SELECT chain, position, at, actor, role, action, subject, previous, hash FROM audit ORDER BY chain, position"
    ):
        chain, position, at, actor, role, action, subject, previous, found = row
        before = heads.get(chain, (0, ORIGIN))
        if (position - 1, previous) != before or found != row_hash(
            previous, chain, position, at, actor, role, action, subject
        ):
            raise condition.damaged(shown, f"is damaged: its audit was changed (chain {chain}, row {position})")
        heads[chain] = (position, found)
        rows += 1
    return rows, heads


def _factors_in_force(transaction: Transaction) -> Factors:
    """All of them; none in a portal of before there were any."""
    if transaction.one("SELECT name FROM sqlite_master WHERE name = 'second_factors'") is None:
        return Factors([], [])
    return Factors(
        transaction.all("SELECT * FROM second_factors"),
        transaction.all("SELECT code_hash, account_id FROM recovery_codes"),
    )


def _use_no_code_again(transaction: Transaction, known: Factors | None, at: int) -> None:
    """In a portal that was brought back: see that no code which was used since works again.

    What is known to be in force takes the place of what was. Where nothing is known, no code of before now works: apps
    show others soon, and recovery codes are to be made anew.
    """
    if known is None:
        transaction.run("DELETE FROM recovery_codes")
        transaction.run("UPDATE second_factors SET last_step = max(last_step, :step)", step=at // STEP_SECONDS)
        return
    transaction.run("DELETE FROM recovery_codes")
    transaction.run("DELETE FROM second_factors")
    for row in known.factors:
        transaction.run(
            "INSERT INTO second_factors"
            " (account_id, sealed_secret, created_at, verified_at, last_step, failures, failed_at)"
            " SELECT :account_id, :sealed_secret, :created_at, :verified_at, :last_step, :failures, :failed_at"
            " FROM accounts WHERE id = :account_id",
            **row,
        )
    for row in known.codes:
        transaction.run(
            "INSERT INTO recovery_codes (code_hash, account_id)"
            " SELECT :code_hash, :account_id FROM accounts WHERE id = :account_id",
            **row,
        )
