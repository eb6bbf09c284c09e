"""How every page looks: its template, the headers that keep it to itself, and text from people made safe to show."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from portalctl.output.safe import visible

_HERE = Path(__file__).parent

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every page carries besides what every answer does: no script, nothing from elsewhere, no frame around it."""


class Problem(NamedTuple):
    """What is wrong with a form: the field it is about, or none, and what to do."""

    field: str | None
    text: str


class Asset(NamedTuple):
    """A file that pages use. Its name changes with its content, so that it may be kept for ever."""

    name: str
    media_type: str
    body: bytes


@cache
def assets() -> dict[str, Asset]:
    """The files that pages use, by what they are called here."""
    found = {}
    for file, media_type in (("pages.css", "text/css; charset=utf-8"), ("icon.svg", "image/svg+xml")):
        body = (_HERE / "static" / file).read_bytes()
        stem, _, ending = file.partition(".")
        name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
        found[file] = Asset(name, media_type, body)
    return found


def below(portal_url: str) -> str:
    """The path of the portal's own address, without its last slash: links within the portal begin with it."""
    return urlsplit(portal_url).path.rstrip("/")


def page(
    template: str, *, portal_url: str, status: int = 200, practice: str | None = None, **told: object
) -> HTMLResponse:
    """One page. `practice` is whose portal this is, where that is known; `told` is what the template shows."""
    text = (
        _environment()
        .get_template(template)
        .render(
            {"problems": (), "typed": {}, "prefix": below(portal_url), "portal_url": portal_url, "practice": practice}
            | told
        )
    )
    return HTMLResponse(text, status, HEADERS)


def when(moment: datetime, zone: str) -> Markup:
    """A moment as its reader says it, in words and for machines."""
    local = moment.astimezone(ZoneInfo(zone))
    words = f"{local:%A} {local.day} {local:%B %Y, %H:%M} {local:%Z}"
    return Markup('<time datetime="{}">{}</time>').format(f"{moment:%Y-%m-%dT%H:%M:%SZ}", words)


def typed_again(text: str) -> Markup:
    """What somebody typed, for the same field again: as it was, down to characters that nobody sees."""
    return escape(text)


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["when"] = when
    environment.filters["typed_again"] = typed_again
    environment.globals["asset"] = lambda name: assets()[name].name
    return environment
