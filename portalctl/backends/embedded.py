"""The portal in a local file: the domain's rules over one SQLite database, in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from portalctl import errors
from portalctl.clock import Clock
from portalctl.contract.portal import Portal
from portalctl.domain.office import Office
from portalctl.domain.portal import OfficePortal
from portalctl.storage.sqlite import SqliteStore

if TYPE_CHECKING:
    from portalctl.backends.payments import Gateways
    from portalctl.gateways.gateway import Gateway
    from portalctl.models.backups import BackupReport
    from portalctl.models.batch_words import FileAdded, FileToAdd
    from portalctl.models.gateway_name import GatewayName
    from portalctl.models.outbox import Delivery
    from portalctl.models.uploads import AppendToUpload, Upload
    from portalctl.storage.blobs import Bodies


def open_portal(url: str, token: str | None, clock: Clock, notify: Callable[[str], None]) -> EmbeddedPortal:
    """The portal in the file that a `sqlite:///path` URL names."""
    return EmbeddedPortal(url, portal_path(url), token, clock, _once(notify))


def portal_path(url: str) -> Path:
    """The file behind a `sqlite:///path` URL. Raises InvalidInput, Unsupported for a portal that is no file."""
    if not url.startswith("sqlite:"):
        raise errors.Unsupported(
            f"{url} is not a portal file", "do this on the machine that holds the portal, with --portal sqlite:///path"
        )
    path = Path(unquote(url.removeprefix("sqlite://")))
    if not path.is_absolute():
        raise errors.InvalidInput(f"{url!r} has no absolute path", "write three slashes: sqlite:///path/to/portal.db")
    return path


def documents_folder(path: Path) -> Path:
    """Where the bodies of a portal file's documents are: in a folder beside it."""
    return path.resolve().with_name(f"{path.resolve().stem}.documents")


def _once(notify: Callable[[str], None]) -> Callable[[str], None]:
    """Says each thing once, however many connections find it out."""
    said: set[str] = set()

    def say(text: str) -> None:
        if text not in said:
            said.add(text)
            notify(text)

    return say


class EmbeddedPortal(OfficePortal):
    """One caller's way to a portal file. The file is opened when something is first asked of it."""

    lacks = frozenset({"devices.start"})
    is_in_process = True

    def __init__(
        self,
        url: str,
        path: Path,
        token: str | None,
        clock: Clock,
        notify: Callable[[str], None],
        *,
        sweeps: bool = True,
    ) -> None:
        self.url = url
        self._path = path
        self._token = token
        self._clock = clock
        self._notify = notify
        self._kept: Bodies | None = None
        self._has_swept = not sweeps

    def with_token(self, token: str | None) -> EmbeddedPortal:
        """The same portal for the caller of another session."""
        return EmbeddedPortal(self.url, self._path, token, self._clock, self._notify)

    def beside(self) -> EmbeddedPortal:
        """See the contract. This one sweeps for both, and what both need is loaded once."""
        import portalctl.domain.batches  # noqa: F401

        self.close()
        return EmbeddedPortal(self.url, self._path, self._token, self._clock, self._notify, sweeps=False)

    def close(self) -> None:
        """Let go of the file."""
        for name in ("_store", "_founding_store"):
            store = self.__dict__.get(name)
            if isinstance(store, SqliteStore):
                store.close()
        if "_gateways" in self.__dict__:
            self._gateways.close()

    @cached_property
    def _store(self) -> SqliteStore:
        return SqliteStore(self._path, notify=self._notify)

    @cached_property
    def _founding_store(self) -> SqliteStore:
        """The store of the one noun that may make the file."""
        return SqliteStore(self._path, create=True, notify=self._notify)

    @cached_property
    def _office(self) -> Office:
        return Office(
            *(self._store, self._clock, self._token, self._portal_key, self.url),
            bodies=self._bodies,
            gateway=self._gateway,
        )

    @cached_property
    def _founding_office(self) -> Office:
        return self._office._replace(store=self._founding_store)

    def _bodies(self) -> Bodies:
        from portalctl.storage.blobs import FolderBodies

        if self._kept is None:
            self._kept = FolderBodies(documents_folder(self._path))
        return self._kept

    def _gateway(self, name: GatewayName) -> Gateway:
        return self._gateways(name)

    @cached_property
    def _gateways(self) -> Gateways:
        """The payment providers, with keys from the environment: a portal file has no configuration of its own."""
        from portalctl.backends.payments import Gateways
        from portalctl.gateways.keys import stripe_keys

        return Gateways(lambda: self._store, self._clock, lambda: stripe_keys({}, os.environ))

    def _portal_key(self) -> bytes:
        from portalctl.backends.portal_key import key_path, read_or_make

        return read_or_make(key_path(self._path), self._notify, is_missed=self._has_practice)

    def _has_practice(self) -> bool:
        """Whether the portal is set up; asked on a connection of its own, as the usual one may be in a transaction."""
        from portalctl.storage import practice

        store = SqliteStore(self._path)
        try:
            with store.reading() as transaction:
                return practice.get(transaction) is not None
        finally:
            store.close()

    def append(self, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
        """See the contract. There is no server to sweep: it is done now and then by who brings something."""
        told = super().append(request, body)
        if told.sha256 is not None:
            self._sweep()
        return told

    def add_files(self, files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[FileAdded]:
        """See the contract. It is swept after the first batch, and not again for the others of a run."""
        told = super().add_files(files)
        if not self._has_swept:
            self._sweep()
        return told

    def _sweep(self) -> None:
        from portalctl.domain.sweeping import Sweep

        self._has_swept = True
        with suppress(errors.StorageFailure, errors.Retryable):
            sweep = Sweep.somewhere(self._office)
            sweep.round()
            sweep.round()

    def backup(self, file: Path) -> BackupReport:
        """See the contract."""
        from portalctl.backends.backups import back_up, refuse_existing

        refuse_existing(file)
        with self._office.visit(Portal.backup) as visit:
            visit.record("portal")
            taken_at = visit.now
        return back_up(self._store, file, taken_at)

    def send(self, relay: str, user: str | None = None, password: str | None = None) -> Delivery:
        """See the contract."""
        from portalctl.mail.dispatch import send_all
        from portalctl.mail.smtp import Relay

        found = Relay.at(relay, user, password)
        with self._office.visit(Portal.send) as visit:
            visit.record("outbox")
        return send_all(self._office, found)
