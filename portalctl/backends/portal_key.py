"""The portal's key: 32 random bytes in a file of their own, so that a copy of the portal alone opens nothing.

Invite and reset links are made with it, and the secrets of second factors sealed. It is backed up apart from the
portal.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from portalctl.errors import StorageFailure
from portalctl.private_files import changing, read_private, write_private

SIZE = 32
"""Bytes."""


def key_path(portal: Path) -> Path:
    """Where the key of a portal file is."""
    return portal.with_name(portal.name + ".key")


def read_or_make(path: Path, notify: Callable[[str], None], *, is_missed: Callable[[], bool]) -> bytes:
    """The key; where there is none it is made, once, however many processes ask for it at that moment.

    `is_missed` says whether links were made with a key that is gone: then the new one is announced. Others lose their
    access to the file, and `notify` tells so. Raises StorageFailure for a file that cannot hold the key.
    """
    key = read_private(path, notify)
    if key is None:
        with changing(path):
            key = read_private(path, notify)
            if key is None:
                key = secrets.token_bytes(SIZE)
                write_private(path, key)
                if is_missed():
                    notify(
                        f"The key {path} was missing, so a new one was made:"
                        " second factors and links sent before no longer work."
                    )
    if len(key) != SIZE:
        raise StorageFailure(
            f"{path} is not a portal key: it has {len(key)} bytes instead of {SIZE}",
            "bring the key back from where you keep it, or move the file away for a new one (links sent before end)",
        )
    return key
