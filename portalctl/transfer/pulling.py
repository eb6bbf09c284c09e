"""A mirror: the documents that one may see, each in a file of a folder here, of which only what is missing is fetched.

Files that somebody has changed here are left as they are, and so are those whose documents are gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from portalctl import errors
from portalctl.models.documents import Document, QuarantineState
from portalctl.models.transfers import PulledFile, PulledStatus
from portalctl.models.uploads import OpenBody
from portalctl.transfer.fetching import save
from portalctl.transfer.file_names import numbered, safe_name
from portalctl.transfer.landing import Folder
from portalctl.transfer.listing import Listing
from portalctl.transfer.mirror_index import DAMAGED, NAME, Entry, Index
from portalctl.transfer.progress import Progress

PRACTICE = "Practice"
"""The folder of what stands in no single client's documentation, where there are folders of clients."""

_CHUNK = 1 << 20
_SETTLED = timedelta(seconds=2)
"""What was changed so recently may be changed again without another version."""


class Mirror(NamedTuple):
    """A folder here, and which documents are to be in it."""

    listing: Listing
    path: Path
    now: datetime
    say: Callable[[str], None]
    progress: Progress

    def pull(self) -> Iterator[PulledFile]:
        """Fetch what is missing, and tell of each document that is not simply there.

        Raises Refused where the folder is another mirror, or one that another process is at, and what listing raises.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Folder(self.path) as folder, folder.arriving(NAME) as descriptor:
            whose = {"portal": self.listing.portal.url, "whose": self.listing.whose}
            index = Index(folder, descriptor, whose, self.now)
            if index.is_damaged:
                self.say(
                    f"What {self.path} remembers was damaged, and is now {DAMAGED}: files are known by their hash."
                )
            try:
                yield from self._each(folder, index)
            finally:
                index.save()

    def _each(self, folder: Folder, index: Index) -> Iterator[PulledFile]:
        seen: set[str] = set()
        there = 0
        clients: set[str | None] = set()
        for document in self.listing.documents():
            seen.add(document.id)
            clients.add(document.client_id)
            told = self._settled(folder, index, document)
            if told is None:
                there += 1
            else:
                yield told
        yield from self._gone(folder, index, seen, clients)
        if there:
            self.say(f"{there:,} {'document was' if there == 1 else 'documents were'} here already.")

    def _settled(self, folder: Folder, index: Index, document: Document) -> PulledFile | None:
        """Have a document's file here; None where it was."""
        if document.quarantine is not None:
            is_found = document.quarantine == QuarantineState.INFECTED
            held = "the scanner found something in it" if is_found else "no scanner has passed it yet"
            return _told(document, PulledStatus.QUARANTINED, message=held)
        try:
            return _Arrival(self, folder, index, document).settle()
        except (errors.SignInNeeded, errors.NotAPortalServer):
            raise
        except (errors.PortalError, OSError) as failure:
            code = failure.code if isinstance(failure, errors.PortalError) else "file_failed"
            why = failure.message if isinstance(failure, errors.PortalError) else failure.strerror
            return _told(document, PulledStatus.FAILED, code=code, message=why)

    def _gone(self, folder: Folder, index: Index, seen: set[str], clients: set[str | None]) -> Iterator[PulledFile]:
        """Tell of files whose documents were not listed, though they would have been."""
        client, kind = self.listing.client, self.listing.kind
        for entry in index.others(seen):
            if kind is not None and entry.kind != kind.value:
                continue
            if client is not None and entry.client_id not in clients:
                continue
            with _within(folder, entry.place[:-1]) as inner:
                if inner.state(entry.place[-1]) is None:
                    index.forget(entry.document_id)
                    continue
            yield PulledFile(
                document_id=entry.document_id,
                file=str(self.path.joinpath(*entry.place)),
                bytes=entry.bytes,
                sha256=entry.sha256,
                status=PulledStatus.GONE,
                message="the portal shows it no more; the file is left",
            )


class _Arrival:
    """One document on its way into a mirror."""

    def __init__(self, mirror: Mirror, folder: Folder, index: Index, document: Document) -> None:
        self._mirror, self._folder, self._index, self._document = mirror, folder, index, document

    def settle(self) -> PulledFile | None:
        """Have the file there; None where it was. Raises PortalError, OSError."""
        known = self._index.of(self._document.id)
        if known is None:
            return self._first()
        with _within(self._folder, known.place[:-1]) as inner:
            name = known.place[-1]
            found = inner.state(name)
            if found is None:
                return self._fetch(inner, known.place, replace=False)
            if not known.is_untouched(found):
                if found.st_size != known.bytes or _hash_of(inner, name) != known.sha256:
                    return self._tell(
                        PulledStatus.CHANGED, known.place, message="the file was changed here; it is left"
                    )
                known = known._replace(changed_ns=found.st_mtime_ns)
                self._index.put(known)
            if known.version == self._document.version or self._document.sha256 == known.sha256:
                return None
            return self._fetch(inner, known.place, replace=True)

    def _first(self) -> PulledFile:
        """Find a place for a document that the mirror does not know; a file there with its content is taken for it."""
        folders = self._folders()
        with _within(self._folder, folders) as inner:
            plain = name = safe_name(self._document.name)
            number = 1
            while self._index.is_taken((*folders, name)) or inner.has(name):
                if self._is_it(inner, (*folders, name)):
                    return self._adopt(inner, (*folders, name))
                number += 1
                name = numbered(plain, number)
            return self._fetch(inner, (*folders, name), replace=False)

    def _folders(self) -> tuple[str, ...]:
        document = self._document
        inner = tuple(safe_name(part) for part in (document.folder or "").split("/") if part.strip())
        if not self._mirror.listing.has_many_clients:
            return inner
        if document.client_id is None:
            return (PRACTICE, *inner)
        chosen = self._index.folder_of(document.client_id)
        return (chosen or f"{safe_name(document.client or '')} ({document.client_id})", *inner)

    def _is_it(self, inner: Folder, place: tuple[str, ...]) -> bool:
        """Whether a file that the mirror does not know is this document's."""
        found = inner.state(place[-1])
        if found is None or self._index.is_taken(place):
            return False
        size, sha256 = self._content
        return found.st_size == size and _hash_of(inner, place[-1]) == sha256

    @cached_property
    def _content(self) -> tuple[int, str]:
        """How long the document's body is, and its hash; of a note or form the portal says so when it is opened."""
        document = self._document
        if document.bytes is not None and document.sha256 is not None:
            return document.bytes, document.sha256
        with self._mirror.listing.portal.open_body(OpenBody(id=document.id)) as body:
            return body.size, body.sha256

    def _adopt(self, inner: Folder, place: tuple[str, ...]) -> PulledFile:
        self._keep(inner, place, self._content[1])
        return self._tell(PulledStatus.ADOPTED, place, message="the same file was there already")

    def _fetch(self, inner: Folder, place: tuple[str, ...], *, replace: bool) -> PulledFile:
        mirror, document = self._mirror, self._document
        saved = save(
            mirror.listing.portal, document, inner, place[-1], force=replace, now=mirror.now, progress=mirror.progress
        )
        self._keep(inner, place, saved.sha256)
        return self._tell(PulledStatus.PULLED, place)

    def _keep(self, inner: Folder, place: tuple[str, ...], sha256: str) -> None:
        found, document = inner.state(place[-1]), self._document
        assert found is not None  # noqa: S101  it was just written or read
        is_settled = document.updated_at < self._mirror.now - _SETTLED
        self._index.put(
            Entry(
                document.id,
                document.client_id,
                document.kind.value,
                document.version if is_settled else "",
                place,
                found.st_size,
                sha256,
                found.st_mtime_ns,
            )
        )

    def _tell(self, status: PulledStatus, place: tuple[str, ...], message: str | None = None) -> PulledFile:
        entry = self._index.of(self._document.id)
        assert entry is not None  # noqa: S101  it was just kept
        return _told(
            self._document,
            status,
            file=str(self._mirror.path.joinpath(*place)),
            sha256=entry.sha256,
            length=entry.bytes,
            message=message,
        )


@contextmanager
def _within(folder: Folder, names: tuple[str, ...]) -> Iterator[Folder]:
    """The folder that one gets to by these names, made as far as it is not there."""
    with ExitStack() as opened:
        for name in names:
            folder = opened.enter_context(folder.inner(name))
        yield folder


def _hash_of(folder: Folder, name: str) -> str:
    digest = hashlib.sha256()
    with folder.open(name) as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _told(
    document: Document,
    status: PulledStatus,
    *,
    file: str | None = None,
    sha256: str | None = None,
    length: int | None = None,
    code: str | None = None,
    message: str | None = None,
) -> PulledFile:
    return PulledFile(
        document_id=document.id,
        client=document.client,
        file=file,
        bytes=length if length is not None else document.bytes,
        sha256=sha256 or document.sha256,
        status=status,
        code=code,
        message=message,
    )
