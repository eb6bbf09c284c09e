"""An invoice on paper says all that it is about, in whatever letters people have, and is the same each time."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

from pypdf import PdfReader

from portalctl.models.invoices import Invoice
from portalctl.papers.invoice import Letterhead, invoice_pdf

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEAD = Letterhead("Studio Rossi", "rossi@example.com", "Anna Bianchi", ["Via Roma 12", "20121 Milano"], AT.date())


def invoice(**other: Any) -> Invoice:
    """An issued invoice."""
    fields: dict[str, Any] = {
        "id": "ivc_7k2m9x4qv3bd",
        "number": "0012",
        "state": "issued",
        "client_id": "cli_7k2m9x4qv3bd",
        "client": "Anna Bianchi",
        "provider": "Dr Rossi",
        "items": [{"text": "First visit", "amount": 8050}],
        "tax_rate": 2250,
        "due_on": date(2026, 4, 1),
        "created_at": AT,
        **dict(zip(("net", "tax", "total"), map(eur, (8050, 1811, 9861)), strict=True)),
        **dict.fromkeys(("paid", "refunded", "open"), eur(0)),
    }
    return Invoice.model_validate({**fields, **other})


def eur(amount: int) -> dict[str, Any]:
    """So many cents."""
    return {"amount": amount, "currency": "EUR"}


def pages(drawn: bytes) -> list[str]:
    """What can be read on each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(drawn)).pages]


def test_it_says_who_owes_what_to_whom_for_what_and_until_when() -> None:
    (page,) = pages(invoice_pdf(invoice(), HEAD, AT))
    for said in (
        *("Studio Rossi", "rossi@example.com", "Anna Bianchi", "Via Roma 12", "20121 Milano", "0012", "2 March 2026"),
        *("1 April 2026", "Dr Rossi", "First visit", "80.50 EUR", "Tax 22.5 %", "18.11 EUR", "98.61 EUR"),
    ):
        assert said in page


def test_the_same_invoice_is_the_same_file() -> None:
    drawn = invoice_pdf(invoice(), HEAD, AT)
    assert drawn == invoice_pdf(invoice(), HEAD, AT)
    assert len(drawn) < 64 << 10, "short enough for a row"


def test_usual_letters_are_drawn_alike_whether_others_stand_beside_them_or_not() -> None:
    """The font of usual letters is a part of the whole one."""
    (alone,) = pages(invoice_pdf(invoice(items=[{"text": "Straße – „Łódź“ € 5", "amount": 1}]), HEAD, AT))
    (beside,) = pages(invoice_pdf(invoice(items=[{"text": "Straße – „Łódź“ € 5 Ω", "amount": 1}]), HEAD, AT))
    assert "Straße – „Łódź“ € 5" in alone
    assert alone == beside.replace(" Ω", "")


def test_letters_of_europe_are_drawn_and_those_that_the_font_lacks_are_marked() -> None:
    named = HEAD._replace(client="Zoë Łukasiewicz Юлия Ελένη e\N{COMBINING ACUTE ACCENT}va", practice="山田 Clinic")
    (page,) = pages(invoice_pdf(invoice(), named, AT))
    for said in ("Zoë Łukasiewicz Юлия Ελένη éva", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} Clinic"):
        assert said in page


def test_what_is_too_long_is_wrapped_or_shortened_and_never_runs_off_the_page() -> None:
    items = [{"text": "word " * 40, "amount": 10**11}]
    named = HEAD._replace(client="W" * 200, practice="M" * 200)
    (page,) = pages(invoice_pdf(invoice(items=items, provider="W" * 200), named, AT))
    assert page.count("word") == 40
    assert "1000000000.00 EUR" in page
    assert "W" * 100 not in page


def test_more_items_than_fit_go_on_on_another_page_with_the_sum_on_the_last() -> None:
    items = [{"text": f"Visit {number}", "amount": 1} for number in range(100)]
    first, *others = pages(invoice_pdf(invoice(items=items), HEAD, AT))
    assert sum(page.count("Visit ") for page in [first, *others]) == 100
    assert "98.61 EUR" in others[-1]
    assert "page 2" in others[0]
