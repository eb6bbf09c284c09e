"""What opens a practice's account with Stripe. Secret keys come from a private file or the environment alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from portalctl import errors

STRIPE_API = "https://api.stripe.com"

NAMES = ("secret_key", "publishable_key", "webhook_secret", "api_base")
"""What there is to say of Stripe, in a configuration file as in the environment (PORTALCTL_STRIPE_SECRET_KEY)."""


class StripeKeys(NamedTuple):
    """The keys of an account, as far as they are given: the secret ones show themselves to nobody."""

    secret_key: str | None = None
    publishable_key: str | None = None
    webhook_secret: str | None = None
    api_base: str = STRIPE_API

    def __repr__(self) -> str:
        """Say nothing that a log should not hold."""
        return f"StripeKeys(api_base={self.api_base!r})"


def stripe_keys(told: Mapping[str, str], environment: Mapping[str, str]) -> StripeKeys:
    """The keys that a configuration file tells, and for what it does not tell those of the environment.

    Raises InvalidInput, which repeats no key.
    """
    found = {name: told.get(name) or environment.get(f"PORTALCTL_STRIPE_{name.upper()}") for name in NAMES}
    given = {name: value.strip() for name, value in found.items() if value and value.strip()}
    for name, beginnings in (("secret_key", ("sk_", "rk_")), ("publishable_key", ("pk_",))):
        if name in given and not given[name].startswith(beginnings):
            raise errors.InvalidInput(
                f"Stripe's {name} begins with {' or '.join(beginnings)}", "copy it from Stripe's dashboard"
            )
    if "api_base" in given:
        given["api_base"] = checked_api(given["api_base"])
    return StripeKeys(**given)


def checked_api(address: str) -> str:
    """An address that cards and keys may be sent to: by https, or on this machine. Raises InvalidInput."""
    try:
        parts = urlsplit(address)
        host, port_fits = parts.hostname or "", parts.port is None or parts.port > 0
    except ValueError:
        host, port_fits, parts = "", False, urlsplit("")
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    if not host or not port_fits or not safe or parts.path not in ("", "/") or parts.query or "@" in parts.netloc:
        raise errors.InvalidInput("Stripe's api_base is no address to send keys to", f"it is {STRIPE_API}")
    return f"{parts.scheme}://{parts.netloc}"


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
