"""What pages say about a failure: the portal's own sentences, as people read them in a paragraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portalctl.server.pages.look import Problem

if TYPE_CHECKING:
    from portalctl.errors import PortalError


def sentence(error: PortalError) -> str:
    """A failure's message and hint, each a sentence."""
    return " ".join(finished(text) for text in (error.message, error.hint) if text)


def password_problems(password: str, again: str) -> list[Problem]:
    """What a new password that is typed twice has against it before the portal looks at it."""
    if not password:
        return [Problem("password", "Choose a password.")]
    if password != again:
        return [Problem("again", "The two passwords differ. Type both again.")]
    return []


def finished(text: str) -> str:
    """A message as a whole sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
