"""Which backend opens which URL. Other packages join by the entry-point group `portalctl.backends`."""

from __future__ import annotations

from collections.abc import Callable

from portalctl import errors
from portalctl.clock import Clock
from portalctl.contract.portal import Portal

OpenPortal = Callable[[str, str | None, Clock, Callable[[str], None]], Portal]
"""Takes the URL, the session token if there is one, the clock, and where to say things; makes that caller's portal."""


def open_portal(url: str, token: str | None, clock: Clock, notify: Callable[[str], None]) -> Portal:
    """The portal behind a URL. Raises InvalidInput for a URL that no backend opens. Nothing is read or sent yet."""
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise errors.InvalidInput(
            f"{url!r} is not a portal URL", "a portal file is written sqlite:///path/to/portal.db"
        )
    return _backend(scheme)(url, token, clock, notify)


def _backend(scheme: str) -> OpenPortal:
    if scheme == "sqlite":
        from portalctl.backends.embedded import open_portal

        return open_portal
    from importlib.metadata import entry_points

    found = entry_points(group="portalctl.backends")
    for entry in found:
        if entry.name == scheme:
            backend: OpenPortal = entry.load()
            return backend
    known = ", ".join(sorted({f"{entry.name}://" for entry in found} | {"sqlite://"}))
    raise errors.InvalidInput(f"no backend opens {scheme}:// portals", f"known here: {known}")
