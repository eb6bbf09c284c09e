"""What goes wrong between here and a portal server, with what is to be known for another try."""

from __future__ import annotations

from portalctl.errors import NetworkFailure


class Trouble(NetworkFailure):
    """The portal was not reached, or its answer did not arrive whole.

    `was_sent` says that the portal may have carried the request out, `is_lasting` that another try would end the same.
    """

    def __init__(
        self, message: str, hint: str | None = None, *, was_sent: bool = False, is_lasting: bool = False
    ) -> None:
        super().__init__(message, hint)
        self.was_sent = was_sent
        self.is_lasting = is_lasting


def excerpt(content: bytes | str) -> str:
    """What somebody sent, on one line of at most 200 characters, nothing in it invisible or moving the cursor."""
    text = content if isinstance(content, str) else content[:800].decode(errors="backslashreplace")
    words = " ".join(text[:800].split())
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in words)
    return shown if len(shown) <= 200 else shown[:199] + "…"
