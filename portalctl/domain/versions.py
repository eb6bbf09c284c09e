"""A change on condition: it is made only while the record is what the caller has read (If-Match, RFC 9110)."""

from __future__ import annotations

from typing import Protocol

from portalctl import errors

ANY = "*"
"""What `If-Match: *` asks for: that the record exists, whatever it is."""


class Versioned(Protocol):
    """A record that says which one it is."""

    @property
    def version(self) -> str:
        """A word that changes with everything else in the record."""
        ...


def require_unchanged(record: Versioned, if_version: str | None) -> None:
    """Let a change pass; asked once the record is held, so that nobody changes it between this and the change.

    Raises ChangedMeanwhile.
    """
    if if_version not in (None, ANY, record.version):
        raise errors.ChangedMeanwhile(
            "somebody changed it since you read it, and nothing was changed now",
            f"read it again, and look whether your change still fits: its version is {record.version} now",
        )
