"""Which engine keeps a portal, by the scheme of its database's URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from portalctl import errors
from portalctl.storage.engine import Store

CONNECTIONS = 8
"""Connections to PostgreSQL that a process keeps at most: as many as it has threads that work at once."""


def open_store(
    url: str,
    *,
    create: bool = False,
    notify: Callable[[str], None] | None = None,
    connections: int = CONNECTIONS,
) -> Store:
    """The store that a `sqlite:///path` or `postgresql://…` URL names. Nothing is opened yet.

    With `create`, the first writing transaction makes the portal where there is none. Raises InvalidInput, also for a
    password in the URL, which every process of the machine could read.
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        from portalctl.storage.sqlite import SqliteStore

        return SqliteStore(portal_path(url), create=create, notify=notify)
    if scheme in ("postgresql", "postgres"):
        return _postgres(url, create=create, notify=notify, connections=connections)
    raise errors.InvalidInput(
        "a database is named by a URL", "write sqlite:///path/to/portal.db or postgresql://user@host/database"
    )


def portal_path(url: str) -> Path:
    """The file behind a `sqlite:///path` URL. Raises InvalidInput."""
    path = Path(unquote(url.removeprefix("sqlite://")))
    if not path.is_absolute():
        raise errors.InvalidInput(f"{url!r} has no absolute path", "write three slashes: sqlite:///path/to/portal.db")
    return path


def _postgres(url: str, *, create: bool, notify: Callable[[str], None] | None, connections: int) -> Store:
    try:
        from portalctl.storage.postgres import PostgresStore
        from portalctl.storage.postgres_connections import parts_of
    except ImportError as error:
        raise errors.InvalidInput(
            "PostgreSQL needs what the server's extra brings", "install it with: pip install 'portalctl[server]'"
        ) from error
    if parts_of(url).keys() & {"password", "sslpassword"}:
        raise errors.InvalidInput(
            "a database URL must not have a password in it: others could read it",
            "give it by PGPASSWORD, a password file (PGPASSFILE) or the configuration file",
        )
    return PostgresStore(url, create=create, notify=notify, connections=connections)
