"""What a step may fill its request with: names, moments, texts, and things that were seen before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from portalctl.testing.beginning import PEOPLE
from portalctl.testing.likeness import Likeness
from portalctl.testing.samples import MISSING, PASSWORD
from portalctl.testing.under_test import START


class Pick(NamedTuple):
    """Something of a kind that the portals have told of, counted from the latest; nothing there is where none was."""

    kind: str
    place: int
    cut: int = 0

    def in_terms_of(self, likeness: Likeness) -> str:
        """What it is on one portal; `cut` characters are left out at its end."""
        known = likeness.seen.get(self.kind)
        whole = known[-1 - self.place % len(known)] if known else _NOTHING[self.kind]
        return whole[: len(whole) - self.cut]


_NOTHING = {
    "apt": MISSING["appointment"],
    "cnv": MISSING["conversation"],
    "cursor": "x",
    "frm": MISSING["form"],
    "doc": MISSING["document"],
    "upl": MISSING["upload"],
    "inv": MISSING["invite"],
    "rel": MISSING["relationship"],
    "out": MISSING["letter"],
    "ivc": MISSING["invoice"],
    "pay": MISSING["payment method"],
    "tok": MISSING["token"],
    "cli": MISSING["client"],
    "stf": MISSING["staff"],
    "svc": MISSING["service"],
    "slot": MISSING["slot"],
    "inv code": MISSING["code"],
    "rst code": MISSING["code"].replace("inv", "rst"),
    "version": "0123456789abcdef",
    "token": "pct_" + 43 * "A",
    "device": 43 * "A",
    "usercode": MISSING["user_code"],
}


def a(kind: str, *others: str) -> st.SearchStrategy[Any]:
    """A thing of that kind by its id, now and then a prefix of it, or one of the other references."""
    picks = st.builds(Pick, st.just(kind), st.integers(0, 5), st.sampled_from([0, 0, 0, 1]))
    return picks | st.sampled_from(others) if others else picks


def secret(kind: str) -> st.SearchStrategy[Pick]:
    """A thing of that kind, whole."""
    return st.builds(Pick, st.just(kind), st.integers(0, 5), st.just(0))


def sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One time in four."""
    return st.integers(0, 3).flatmap(lambda turn: strategy if turn == 3 else st.none())


def with_fields(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """A request: all that is required, and some of what is optional."""
    return st.fixed_dictionaries(required, optional=optional)


RECORDED = st.sampled_from([1, 1000])
"""How much of a list on a page that is recorded for each client on it.

What is of the same second is listed by ids, which chance makes: on pages of two a client may be on one or on both.
"""


DAYS = [START.date() + timedelta(days=days) for days in (1, 2, 3, 8, 27)]
NAMES = st.sampled_from(
    ["Cara", "cara", "Ärztin Ümit", "Zoë", "straße", "STRASSE", "İpek", "100%", "a_c", "🦷", "O'Neil"]
)
ADDRESSES = st.sampled_from([*3 * ("cara@example.com", "Zoe@Example.com", "d.t@example.com"), *PEOPLE.values()])
ZONES = st.sampled_from(["UTC", "Europe/Rome", "Asia/Kathmandu", "America/New_York"])
WINDOWS = st.sampled_from([[], ["09:00-12:00"], ["13:00-17:00"], ["09:00-12:00", "12:00-00:00"], ["00:00-00:00"]])
WEEKDAYS = st.sampled_from([[1], [1, 2, 3, 4, 5], [2, 2], [6, 7], []])
TEXTS = st.sampled_from(["", "  ", "ill", "zwei\nZeilen \u202e", "𝄞𝄞"])
WRITTEN = st.sampled_from(["Well.", "zwei\nZeilen \u202e", "𝄞" * 16_384])
MINUTES = st.sampled_from([0, 60, 1440, 10_080, 525_600])
KEYS = st.sampled_from(["first", "second", "third"])
PASSWORDS = st.sampled_from([PASSWORD, PASSWORD, "violet anchor thunder pencil", "password"])
MOMENTS = st.builds(
    lambda day, minute: datetime(day.year, day.month, day.day, tzinfo=START.tzinfo) + timedelta(minutes=minute),
    st.sampled_from([date(2026, 3, 1), START.date(), *DAYS, date(2026, 6, 9), date(2037, 1, 1)]),
    st.sampled_from([540, 570, 600, 607, 840, 1410]),
)

SERVICES, PRACTITIONERS = a("svc", "Visit", "visit"), a("stf", "Dr Rossi", "dr rossi", "verdi@example.com")
CLIENTS, APPOINTMENTS = a("cli", "Anna Bianchi", "ben@example.com", "Cara"), {"id": a("apt")}
BY_SLOT = with_fields({"slot": secret("slot")}, client=sometimes(CLIENTS), note=TEXTS, idempotency_key=KEYS)
BY_PARTS = with_fields(
    {"service": SERVICES, "practitioner": PRACTITIONERS, "starts_at": MOMENTS},
    client=CLIENTS,
    note=TEXTS,
    idempotency_key=KEYS,
)
BOOKING = BY_SLOT | BY_SLOT | BY_PARTS
FIRST = with_fields({"slot": secret("slot"), "client": CLIENTS}) | BOOKING
SERVICE = {
    "buffer_before_minutes": st.sampled_from([0, 15]),
    "place": st.sampled_from(["in-person", "video", "phone"]),
    "room_url": st.just("https://video.example.com/r"),
    "price": st.sampled_from([{"amount": 0, "currency": "JPY"}, {"amount": 8050, "currency": "EUR"}]),
    "practitioners": st.lists(PRACTITIONERS, max_size=2),
}
VERSION = sometimes(secret("version"))
SCOPES = st.sampled_from([["appointments:read"], ["slots:read", "appointments:write"], ["a:read"]])
FORM = with_fields({"id": a("doc")})
ANSWERS = st.sampled_from(
    ['{"smoker": true}', '{"smoker": "no", "mood": "Well", "weight": 70.50}', '{"mood": null}', '{"weight": "x"}', "[]"]
)
RELATIONSHIP = with_fields({"relationship": a("rel") | CLIENTS | NAMES})
DEVICE = with_fields({"user_code": secret("usercode")})

DOCUMENT = with_fields({"id": a("doc")})
FILED = (
    *2 * ("notes.add", "notes.complete", "documents.share"),
    *("notes.edit", "notes.list", "notes.show", "documents.list", "documents.show", "documents.rename"),
    *("documents.hide", "documents.unhide", "documents.delete", "documents.unshare", "documents.views"),
    *(f"relationships.{name}" for name in ("add", "edit", "remove", "list", "show", "docs", "dashboard")),
)
"""What is done with documents, and with who sees them."""

SENT = (
    *2 * ("uploads.start", "uploads.append", "uploads.append", "documents.add", "documents.open_body"),
    *("uploads.show", "uploads.drop", "documents.add_files", "documents.known", "clients.identify"),
)
"""How a file gets to the practice, and how documents are read."""


def in_terms_of(likeness: Likeness, value: Any) -> Any:
    """The request as one portal understands it: what was picked by its own ids."""
    if isinstance(value, Pick):
        return value.in_terms_of(likeness)
    if isinstance(value, dict):
        return {name: in_terms_of(likeness, part) for name, part in value.items()}
    return [in_terms_of(likeness, part) for part in value] if isinstance(value, list) else value
