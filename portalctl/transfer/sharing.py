"""Sharing many files: small ones travel together, large ones by themselves, two at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from portalctl.models.batches import FileResult
from portalctl.transfer.items import Addressee, Item, Recipient
from portalctl.transfer.journal import Journal

if TYPE_CHECKING:
    from portalctl.clock import Clock
    from portalctl.contract.portal import Portal
    from portalctl.transfer.progress import Bulk

Stripped = Callable[[bytes], bytes]
"""Makes of a file's content what is sent of it."""


def share(
    portal: Portal,
    items: Sequence[Item],
    addressees: Mapping[Recipient, Addressee],
    journal: Journal,
    *,
    progress: Bulk,
    clock: Clock,
    follow: bool = False,
    strip: Stripped | None = None,
) -> Iterator[FileResult]:
    """Send the items, which are pending, and tell what became of each as it ends, once the journal has it.

    `addressees` has whoever a purpose names as its recipient. A file that fails, fails alone. What would fail all of
    them alike is raised: SignInNeeded, NetworkFailure after patience, StorageFailure. Closing the iterator, as an
    interrupt does, lets what is under way end, for a second at the most.
    """
    raise NotImplementedError
