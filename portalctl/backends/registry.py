"""Which backend opens which URL. Other packages join by the entry-point group `portalctl.backends`."""

from __future__ import annotations

from collections.abc import Callable

from portalctl import errors
from portalctl.clock import Clock
from portalctl.contract.portal import Portal

OpenPortal = Callable[[str, str | None, Clock, Callable[[str], None]], Portal]
"""Takes the URL, the session token if there is one, the clock, and where to say things; makes that caller's portal."""

REMOTE = ("https", "http")
"""The schemes of portal servers."""


def _unheard(_: str) -> None:
    """Where nobody wants to know."""


def open_portal(
    url: str,
    token: str | None,
    clock: Clock,
    notify: Callable[[str], None],
    ca_file: str | None = None,
    trace: Callable[[str], None] = _unheard,
) -> Portal:
    """The portal behind a URL. Raises InvalidInput for a URL that no backend opens. Nothing is read or sent yet.

    For a portal server `ca_file` holds the authorities to believe, and `trace` hears how it is reached.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise errors.InvalidInput(
            f"{url!r} is not a portal URL",
            "a portal file is written sqlite:///path/to/portal.db, a portal server https://portal.example.com",
        )
    if scheme.lower() in REMOTE:
        from portalctl.backends.remote import open_portal

        return open_portal(url, token, clock, notify, ca_file, trace)
    return _backend(scheme)(url, token, clock, notify)


def normal_url(url: str) -> str:
    """The URL in the one form in which it is kept with a session. Raises InvalidInput for a server that cannot be."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in REMOTE or not rest:
        return url
    from portalctl.backends.addresses import read_address

    return read_address(url).url


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
    known = ", ".join(sorted({f"{entry.name}://" for entry in found} | {"sqlite://", "https://"}))
    raise errors.InvalidInput(f"no backend opens {scheme}:// portals", f"known here: {known}")
