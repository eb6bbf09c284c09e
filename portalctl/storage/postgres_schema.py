"""The schema of a portal in PostgreSQL: made and brought up to date in one transaction, by one server at a time."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import psycopg

from portalctl import errors
from portalctl.storage.migrations import migrations
from portalctl.storage.postgres_connections import PostgresConnection
from portalctl.storage.postgres_failures import missing

_PATIENCE = b"SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0"
"""How long a server waits for another one that migrates; what it then does itself may take its time."""


def check(connection: PostgresConnection, place: str) -> None:
    """See that the schema is this program's. Raises PortalMissing, PortalNewer, PortalCorrupt, PortalNotAPortal,
    and StorageFailure where it is an older portalctl's."""
    applied = _applied(connection, place)
    if not applied:
        raise missing(place)
    if _lacks(applied, place):
        raise errors.StorageFailure(
            f"{place} has the schema of an older portalctl", "bring it up to date with: portalctl serve migrate"
        )


def bring_up_to_date(connection: PostgresConnection, place: str) -> None:
    """Apply what is missing, all or nothing, from the beginning where there is no portal.

    Raises PortalNewer, PortalCorrupt, PortalNotAPortal.
    """
    if _lacks(_applied(connection, place), place):
        connection.command(b"BEGIN")
        try:
            _migrate(connection, place)
            connection.command(b"COMMIT")
        finally:
            if not connection.is_idle:
                with suppress(psycopg.Error):
                    connection.command(b"ROLLBACK")


def _migrate(connection: PostgresConnection, place: str) -> None:
    connection.command(_PATIENCE)
    key = hashlib.sha256(f"{connection.schema}\0migrations".encode()).digest()[:8]
    connection.rows("SELECT pg_advisory_xact_lock(:key::bigint)", {"key": int.from_bytes(key, "big", signed=True)})
    applied = _applied(connection, place)
    if not applied:
        _make_schema(connection, place)
    lacking = _lacks(applied, place)
    for migration in migrations("postgres"):
        if migration.number in lacking:
            connection.command(migration.sql().encode())
            connection.run(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES (:number, :name, :checksum)",
                {"number": migration.number, "name": migration.name, "checksum": migration.checksum()},
            )


def _make_schema(connection: PostgresConnection, place: str) -> None:
    (found,) = connection.rows(
        "SELECT quote_ident(:schema) AS quoted, to_regnamespace(quote_ident(:schema)) IS NOT NULL AS there,"
        " EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(:schema))) AS used",
        {"schema": connection.schema},
    )
    if found["used"]:
        raise errors.PortalNotAPortal(
            f"the schema {connection.schema} of {place} holds something else",
            "give the portal a schema of its own, by options=-csearch_path=NAME in the URL",
        )
    if not found["there"]:
        connection.command(f"CREATE SCHEMA {found['quoted']}".encode())


def _applied(connection: PostgresConnection, place: str) -> dict[int, str]:
    """The checksums of what was applied, by number; nothing where there is no portal. Raises PortalNotAPortal."""
    (found,) = connection.rows("SELECT to_regclass('schema_migrations') IS NOT NULL AS there", {})
    if not found["there"]:
        return {}
    try:
        rows = connection.rows("SELECT number, checksum FROM schema_migrations", {})
    except psycopg.errors.UndefinedColumn as error:
        raise errors.PortalNotAPortal(
            f"the schema {connection.schema} of {place} belongs to another program",
            "give the portal a schema of its own, by options=-csearch_path=NAME in the URL",
        ) from error
    return {row["number"]: row["checksum"] for row in rows}


def _lacks(applied: dict[int, str], place: str) -> set[int]:
    """The numbers still to be applied. Raises PortalNewer, PortalCorrupt."""
    known = {migration.number: migration.checksum() for migration in migrations("postgres")}
    if applied and max(applied) > max(known):
        raise errors.PortalNewer(
            f"{place} was written by a newer portalctl (schema {max(applied)}, this one knows {max(known)})",
            "upgrade portalctl; the database was left untouched",
        )
    if any(known.get(number) != checksum for number, checksum in applied.items()):
        raise errors.PortalCorrupt(f"{place} has a schema that no portalctl made", "bring back a backup")
    return known.keys() - applied.keys()
