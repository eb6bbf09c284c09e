"""From the address of a database to a portal that can be served: its store, and the key that belongs to it.

A portal is served with one key: another would make every link worthless that was sent, and several servers of one
portal would not accept each other's. So the key's fingerprint is kept in the database, and another key is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from portalctl import errors
from portalctl.backends.embedded import documents_folder
from portalctl.backends.payments import Gateways
from portalctl.backends.portal_key import key_path, read_or_make
from portalctl.clock import Clock
from portalctl.domain.office import Office
from portalctl.gateways.keys import StripeKeys
from portalctl.private_files import read_private
from portalctl.server.settings import Settings
from portalctl.server.site import BODY_THREADS, PAYMENT_THREADS, SLOW_THREADS, THREADS
from portalctl.storage import practice, served_with, stores
from portalctl.storage.blobs import Bodies, FolderBodies
from portalctl.storage.engine import Store
from portalctl.storage.stores import portal_path


class Place(NamedTuple):
    """Where a served portal is kept: its database, the file with its key, and the bodies of its documents.

    `documents` is a folder or `s3://bucket/prefix`. `notify` hears what was put right. `stripe` opens the practice's
    account with Stripe.
    """

    database: str
    key_file: Path
    notify: Callable[[str], None]
    documents: str
    stripe: StripeKeys = StripeKeys()


def place(database: str, key_file: Path | None, notify: Callable[[str], None], documents: str | None = None) -> Place:
    """The place of a portal. Unless said otherwise its key and its documents lie beside the portal file.

    Where the database is a server the documents lie beside the key. Raises InvalidInput.
    """
    key = key_file or key_path(portal_path(database))
    beside = portal_path(database) if database.startswith("sqlite:") else key
    return Place(database, key, notify, documents or str(documents_folder(beside)))


def place_of(settings: Settings, notify: Callable[[str], None]) -> Place:
    """The place that settings name. Raises InvalidInput."""
    found = place(settings.database, settings.key_file, notify, settings.documents)
    return found._replace(stripe=settings.stripe)


def open_store(at: Place) -> Store:
    """The store of a portal, for as many as work at once: a site's threads, and those that mail, sweep and scan."""
    at_once = THREADS + SLOW_THREADS + BODY_THREADS + PAYMENT_THREADS + 3
    return stores.open_store(at.database, create=True, notify=at.notify, connections=at_once)


def open_bodies(at: Place) -> Bodies:
    """Where the bodies of a portal's documents are. Raises InvalidInput."""
    if not at.documents.startswith("s3:"):
        return FolderBodies(Path(at.documents).absolute())
    try:
        from portalctl.storage.blobs_s3 import S3Bodies
    except ImportError as error:
        raise errors.InvalidInput(
            "documents in S3 need what the server's extra brings", "install it with: pip install 'portalctl[server]'"
        ) from error
    return S3Bodies(at.documents)


def open_office(at: Place, clock: Clock, public_url: str, *, new_key: bool = False) -> Office:
    """The office of a portal that is made ready to be served; an empty database becomes an empty portal.

    The schema of an older portalctl in PostgreSQL is left alone: other servers may still use it. With `new_key`, a key
    that is not the one before is taken from now on. Raises InvalidInput, StorageFailure, Retryable.
    """
    kept = open_bodies(at)
    store = open_store(at)
    try:
        try:
            store.check()
        except errors.PortalMissing:
            with store.writing():
                pass  # makes the portal
        key = _key(at, store, new_key=new_key)
    except BaseException:
        store.close()
        raise
    return Office(
        *(store, clock, None, lambda: key, public_url.rstrip("/")),
        setup_needed=True,
        bodies=lambda: kept,
        gateway=Gateways(lambda: store, clock, lambda: at.stripe),
    )


def check_database(at: Place) -> str:
    """Say that the database answers and has the schema of this program; nothing changes. Raises PortalError."""
    store = open_store(at)
    try:
        store.check()
    finally:
        store.close()
    return "in order"


def check_key(at: Place) -> str:
    """Say that the key is the one that the portal is served with. Raises PortalError."""
    store = open_store(at)
    try:
        with store.reading() as transaction:
            before = served_with.fingerprint(transaction)
    finally:
        store.close()
    key = read_private(at.key_file, at.notify)
    if key is None and before is None:
        return "none yet; it is made when the portal is first served"
    if key is None or (before is not None and before != hashlib.sha256(key).hexdigest()):
        raise errors.StorageFailure(f"{at.key_file} is not the key that this portal is served with", _BRING_BACK)
    return f"in order: {at.key_file}"


def is_set_up(store: Store) -> bool:
    """Whether the portal belongs to a practice."""
    with store.reading() as transaction:
        return practice.get(transaction) is not None


def _key(at: Place, store: Store, *, new_key: bool) -> bytes:
    """The portal's key, which is made with the portal. Raises StorageFailure for another than before."""
    with store.reading() as transaction:
        before = served_with.fingerprint(transaction)
    if before is not None and not new_key and read_private(at.key_file, at.notify) is None:
        raise errors.StorageFailure(f"the portal's key is gone: there is no {at.key_file}", _BRING_BACK)
    missed = is_set_up(store)
    key = read_or_make(at.key_file, at.notify, is_missed=lambda: missed)
    found = hashlib.sha256(key).hexdigest()
    if before is not None and before != found and not new_key:
        raise errors.StorageFailure(f"{at.key_file} is not the key that this portal is served with", _BRING_BACK)
    if before != found:
        with store.writing() as transaction:
            transaction.hold("served_with")
            if served_with.fingerprint(transaction) not in (before, found):
                raise errors.StorageFailure("another server has begun with another key just now", _BRING_BACK)
            served_with.keep(transaction, found)
    return key


_BRING_BACK = "bring the key back from where you keep it; if it is lost, start with --new-key: links sent before end"
