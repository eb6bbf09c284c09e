"""Who sends a request, and whether they may send it here: addresses, proxies that are trusted, and host names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from portalctl import errors
from portalctl.server.problems import WrongHost

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Sender(NamedTuple):
    """Where a request comes from, whether it came over TLS, and whether it came through a proxy."""

    address: str
    is_secure: bool
    is_forwarded: bool

    @property
    def is_here(self) -> bool:
        """Whether somebody on this machine sent it themselves."""
        found = _address(self.address)
        return found is not None and found.is_loopback and not self.is_forwarded


class Senders:
    """Tells senders. Proxies are trusted by their networks, and what anybody else says about forwarding is ignored.

    With `hosts`, a request for another host is refused; without, the server takes every name.
    """

    def __init__(self, *, proxies: Sequence[Network] = (), public_url: str | None = None) -> None:
        self._proxies = proxies
        host = urlsplit(public_url).hostname if public_url else None
        self._hosts = {host.lower(), *_LOOPBACK_NAMES} if host else None

    def sender(self, peer: str | None, scheme: str, headers: Headers) -> Sender:
        """Who sent a request. Raises WrongHost for one that came over plain HTTP past the proxy."""
        if not self._proxies:
            return _direct(peer or "", scheme == "https", "x-forwarded-for" in headers)
        found = _address(peer or "")
        if found is None or not self._is_proxy(found):
            if found is not None and not found.is_loopback and scheme != "https":
                raise WrongHost("the portal is reached through its proxy", "use the address that the practice gave you")
            return _direct(peer or "", scheme == "https", "x-forwarded-for" in headers)
        protocol = headers.get("x-forwarded-proto", scheme).rpartition(",")[2].strip().lower()
        if protocol != "https" and not found.is_loopback:
            raise WrongHost("the request reached the proxy without TLS", "use https://")
        nearest = self._nearest_stranger(found, headers.getlist("x-forwarded-for"))
        return Sender(str(nearest), protocol == "https", is_forwarded=True)

    def check_host(self, headers: Headers) -> None:
        """See that a request is meant for this portal. Raises WrongHost."""
        if self._hosts is None:
            return
        if _host_name(headers.get("host", "")) not in self._hosts:
            raise WrongHost("this is not the host that you asked for", "use the address that the practice gave you")

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)

    def _nearest_stranger(self, peer: Address, forwarded: Iterable[str]) -> Address:
        """The rightmost address that is no proxy's: what stands left of it, anybody may have written."""
        nearest = peer
        for text in reversed([part for line in forwarded for part in line.split(",")]):
            found = _address(text.strip())
            if found is None:
                break
            nearest = found
            if not self._is_proxy(found):
                break
        return nearest


@lru_cache(maxsize=4096)
def _direct(peer: str, is_secure: bool, is_forwarded: bool) -> Sender:
    return Sender(str(_address(peer) or "local"), is_secure, is_forwarded)


@lru_cache(maxsize=256)
def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def networks(texts: Iterable[str]) -> list[Network]:
    """Networks as an operator writes them. Raises InvalidInput."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError:
            raise errors.InvalidInput(f"{text!r} is not a network", "write it as 10.0.0.0/8 or 10.1.2.3/32") from None
    return found


def is_loopback(host: str) -> bool:
    """Whether a host to listen on is reached from this machine only."""
    found = _address(host.strip("[]"))
    return host == "localhost" or (found is not None and found.is_loopback)


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
