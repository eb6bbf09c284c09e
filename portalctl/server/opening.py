"""From the address of a database to a portal that can be served: its store, and the key that belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from portalctl import errors
from portalctl.backends.embedded import portal_path
from portalctl.backends.portal_key import key_path, read_or_make
from portalctl.clock import Clock
from portalctl.server.limits import Limits
from portalctl.server.site import Site
from portalctl.storage import practice
from portalctl.storage.engine import Store
from portalctl.storage.sqlite import SqliteStore


def open_site(
    database: str,
    *,
    clock: Clock,
    public_url: str,
    notify: Callable[[str], None],
    key_file: Path | None = None,
    limits: Limits | None = None,
) -> Site:
    """The portal in a database, made ready to be served; an empty database becomes an empty portal.

    Its key is in `key_file`, or beside a portal that is a file. Raises InvalidInput, StorageFailure.
    """
    store = SqliteStore(portal_path(database), create=True, notify=notify)
    with store.writing() as transaction:
        is_set_up = practice.get(transaction) is not None
    place = key_file or _key_beside(database)
    key = read_or_make(place, notify, is_missed=lambda: is_set_up)
    return Site(store, clock, lambda: key, public_url, limits)


def _key_beside(database: str) -> Path:
    if database.startswith("sqlite:"):
        return key_path(portal_path(database))
    raise errors.InvalidInput("the portal key needs a file", "name it in the configuration: key_file = '/…/portal.key'")


def is_set_up(store: Store) -> bool:
    """Whether the portal belongs to a practice."""
    with store.reading() as transaction:
        return practice.get(transaction) is not None
