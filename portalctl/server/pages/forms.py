"""What a browser sends: forms of these pages only, of a size that they have."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from portalctl import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

LONGEST = 16_384
"""Bytes of a form: two passwords of the greatest length, percent-encoded, and the rest."""

MOST_FIELDS = 16
"""No form here has more."""


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises Malformed, RequestTooLarge."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise errors.Malformed("that is not a form", "open the page and send its form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise errors.RequestTooLarge("the form is too long", "shorten what you typed")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise errors.Malformed("the form cannot be read", "open the page again and send its form") from None
    return dict(pairs)


def require_own_site(headers: Mapping[str, str], portal_url: str) -> None:
    """Refuse a form that another site sent. Raises NotPermitted.

    Browsers say where a form comes from. Where one says nothing (`null` is what it says under `no-referrer`), the
    form's own secret decides alone.
    """
    relation = headers.get("sec-fetch-site")
    if relation is not None:
        own = relation in ("same-origin", "none")
    else:
        origin = headers.get("origin", "null")
        own = origin == "null" or urlsplit(origin).netloc in (headers.get("host"), urlsplit(portal_url).netloc)
    if not own:
        raise foreign()


def foreign() -> errors.NotPermitted:
    """The answer to a form that was not sent from the page that this visitor has open."""
    return errors.NotPermitted(
        "this form was not sent from its own page, or the page was open too long",
        "go back, load the page again, and fill it in there",
    )


def form_token(key: bytes, visit: str) -> str:
    """What the forms of one visit carry: only the portal can make it, and only for that visit."""
    return _mac(key, "form", visit)


def require_token(key: bytes, visit: str, given: str) -> None:
    """Refuse a form that was not made for this visit. Raises NotPermitted."""
    if not hmac.compare_digest(form_token(key, visit).encode(), given.encode(errors="replace")):
        raise foreign()


def seal(key: bytes, purpose: str, text: str) -> str:
    """A text that a browser keeps and cannot change, in characters that a cookie may have."""
    body = _as_word(text.encode())
    return f"{body}.{_mac(key, purpose, body)}"


def unseal(key: bytes, purpose: str, sealed: str) -> str | None:
    """The text that was sealed for this purpose; None for anything else."""
    body, _, mac = sealed.partition(".")
    if not hmac.compare_digest(_mac(key, purpose, body).encode(), mac.encode(errors="replace")):
        return None
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()


def _mac(key: bytes, purpose: str, text: str) -> str:
    return _as_word(hmac.new(key, f"page:{purpose}:{text}".encode(errors="replace"), hashlib.sha256).digest())


def _as_word(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
