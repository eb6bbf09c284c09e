"""The address of a portal server, in the one form in which it is kept, compared and shown."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from portalctl.errors import InvalidInput

_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_PATH = re.compile(r"(/[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*)*")


class Address(NamedTuple):
    """Where a portal server is. `path` is what stands before the paths of the contract, mostly nothing."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def place(self) -> str:
        """The host, and the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """The address as it is kept with a session token."""
        return f"{self.scheme}://{self.place}{self.path}"

    @property
    def is_loopback(self) -> bool:
        """Whether nothing that is sent there leaves this machine."""
        from ipaddress import ip_address

        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_address(url: str) -> Address:
    """The address that a URL means: letter case, the usual port and a slash at the end do not matter.

    Raises InvalidInput for what is no such URL, for one with a password, a query or a fragment, and for http:// to
    another machine: it would carry the session in the clear.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, _ascii(parts.hostname or ""), parts.port
    except ValueError:
        raise _unreadable(url) from None
    path = parts.path.rstrip("/")
    if "@" in parts.netloc:
        raise InvalidInput("the portal's URL holds a name or a password", "leave it away, and sign in: portalctl login")
    if scheme not in _PORTS or not _HOST.fullmatch(host) or not _PATH.fullmatch(path) or _has_more(parts, url):
        raise _unreadable(url)
    address = Address(scheme, host, port or _PORTS[scheme], path)
    if scheme == "http" and not address.is_loopback:
        raise InvalidInput(f"{url} would be read on its way: http is for this machine alone", "write https://")
    return address


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _has_more(parts: SplitResult, url: str) -> bool:
    """Whether there is what no portal's address has; urlsplit itself drops line ends without a word."""
    return bool(parts.query or parts.fragment) or not url.isprintable() or " " in url


def _unreadable(url: str) -> InvalidInput:
    return InvalidInput(f"{url!r} is not the URL of a portal server", "write it like https://portal.example.com")
