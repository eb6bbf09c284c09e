"""Lines of text that were not read as part of a model, and so are looked at here."""

from __future__ import annotations

from portalctl import errors
from portalctl.models.texts import LONGEST_LINE, printable


def line(what: str, text: str, longest: int = LONGEST_LINE) -> str:
    """One line of text as it is kept, of so many characters at the most. Raises InvalidInput, naming `what` it is."""
    try:
        found = printable(text)
        found.encode()
    except UnicodeEncodeError:
        raise errors.InvalidInput(f"{what}: must be text that UTF-8 can say", "write it anew") from None
    except ValueError as wrong:
        raise errors.InvalidInput(f"{what}: {wrong}", "write it anew") from None
    if len(text) > longest:
        raise errors.InvalidInput(f"{what}: must not have more than {longest} characters", "write it anew")
    return found
