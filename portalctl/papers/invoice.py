"""An invoice as a PDF: one page as long as its items fit there, in letters of Europe's scripts."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from portalctl.models.invoices import Invoice
from portalctl.models.money import Money
from portalctl.papers.fonts import add_fonts

_FONT = "Roboto"
_INK, _GREY, _LINE, _PALE = (33, 37, 41), (108, 117, 125), (206, 212, 218), (244, 246, 248)
_MARGIN = 20.0
_AMOUNT = 38.0
_ROW = 8.0
_NO_LETTER = "\ufffd"


class Letterhead(NamedTuple):
    """Who writes to whom: the practice with its address, and the client with theirs; `day` is when."""

    practice: str
    email: str
    client: str
    address: Sequence[str]
    day: date


def invoice_pdf(invoice: Invoice, head: Letterhead, at: datetime) -> bytes:
    """The invoice as it was issued at that moment; the same for the same invoice."""
    for library in ("fpdf", "fontTools"):
        logging.getLogger(library).setLevel(logging.ERROR)
    paper = _Paper(format="A4")
    paper.foot = f"{head.practice}  ·  {head.email}  ·  invoice {invoice.number}"
    paper.set_creation_date(at)
    paper.set_title(f"Invoice {invoice.number}")
    paper.set_author(head.practice)
    paper.set_lang("en")
    add_fonts(paper, _FONT, _composed("".join(_texts(invoice, head))))
    paper.set_margins(_MARGIN, _MARGIN)
    paper.set_auto_page_break(auto=True, margin=25)
    paper.add_page()
    _draw_head(paper, invoice, head)
    _draw_items(paper, invoice)
    _draw_sums(paper, invoice)
    return bytes(paper.output())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _texts(invoice: Invoice, head: Letterhead) -> list[str]:
    """What people wrote."""
    items = [item.text for item in invoice.items]
    return [head.practice, head.email, head.client, *head.address, invoice.number or "", invoice.provider or "", *items]


class _Paper(FPDF):
    """A page with a foot."""

    foot = ""

    def footer(self) -> None:
        """Say whose invoice this is, and on which of its pages one is."""
        self.set_y(-18)
        self.set_draw_color(*_LINE)
        self.line(_MARGIN, self.get_y(), self.w - _MARGIN, self.get_y())
        self.write_line(self.foot, size=8, color=_GREY, height=8, width=self.epw - 20, ends_line=False)
        self.write_line(f"page {self.page_no()}", size=8, color=_GREY, align=Align.R, height=8)

    def legible(self, text: str) -> str:
        """The text, composed, with a mark in place of each letter that the font does not have."""
        font = self.fonts[_FONT.lower()]
        assert isinstance(font, TTFFont)  # noqa: S101  it is read from a file
        return "".join(letter if ord(letter) in font.cmap else _NO_LETTER for letter in _composed(text))

    def write_line(
        self,
        text: str,
        *,
        size: float = 10,
        bold: bool = False,
        color: tuple[int, int, int] = _INK,
        align: Align = Align.L,
        width: float = 0,
        height: float = 5.5,
        ends_line: bool = True,
    ) -> None:
        """Write one line, shortened where it is too long for its width, from where the paper is at."""
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(*color)
        self.cell(
            width,
            height,
            self._fitting(self.legible(text), (width or self.epw) - 2),
            align=align,
            new_x=XPos.LMARGIN if ends_line else (XPos.RIGHT if width else XPos.LMARGIN),
            new_y=YPos.NEXT if ends_line else YPos.TOP,
        )

    def _fitting(self, text: str, width: float) -> str:
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"


def _draw_head(paper: _Paper, invoice: Invoice, head: Letterhead) -> None:
    paper.write_line(head.practice, size=18, bold=True, height=9)
    paper.write_line(head.email, color=_GREY)
    paper.ln(16)
    top = paper.get_y()
    paper.write_line("Invoice for", size=9, color=_GREY)
    paper.write_line(head.client, size=11, bold=True, width=85)
    for line in head.address:
        paper.write_line(line, width=85)
    below = paper.get_y()
    facts = [("Invoice", invoice.number or ""), ("Date", _day(head.day))]
    if invoice.due_on is not None:
        facts.append(("Due", _day(invoice.due_on)))
    if invoice.provider is not None:
        facts.append(("With", invoice.provider))
    paper.set_y(top)
    for label, value in facts:
        paper.set_x(115)
        paper.write_line(label, color=_GREY, width=22, height=6, ends_line=False)
        paper.write_line(value, bold=label == "Invoice", width=paper.w - _MARGIN - 137, height=6)
    paper.set_y(max(below, paper.get_y()) + 14)


def _draw_items(paper: _Paper, invoice: Invoice) -> None:
    wide = paper.epw - _AMOUNT
    paper.set_fill_color(*_PALE)
    paper.rect(_MARGIN, paper.get_y(), paper.epw, _ROW, style="F")
    paper.write_line("What for", size=9, color=_GREY, width=wide, height=_ROW, ends_line=False)
    paper.write_line("Amount", size=9, color=_GREY, width=_AMOUNT, height=_ROW, align=Align.R)
    paper.set_draw_color(*_LINE)
    currency = invoice.total.currency
    for item in invoice.items:
        paper.set_font(_FONT, "", 10)
        paper.set_text_color(*_INK)
        text = paper.legible(item.text)
        if paper.will_page_break(_height(paper, text, wide) + 4):
            paper.add_page()
        top = paper.get_y() + 2
        paper.set_y(top)
        paper.multi_cell(wide, 5.5, text, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        bottom = paper.get_y() + 2
        paper.set_xy(_MARGIN + wide, top)
        paper.write_line(str(Money(amount=item.amount, currency=currency)), width=_AMOUNT, align=Align.R)
        paper.line(_MARGIN, bottom, _MARGIN + paper.epw, bottom)
        paper.set_y(bottom)


def _height(paper: _Paper, text: str, width: float) -> float:
    height = paper.multi_cell(width, 5.5, text, dry_run=True, output=MethodReturnValue.HEIGHT)
    assert isinstance(height, float)  # noqa: S101  what is asked for comes alone
    return height


def _draw_sums(paper: _Paper, invoice: Invoice) -> None:
    if paper.will_page_break(32):
        paper.add_page()
    paper.ln(5)
    sums = []
    if invoice.tax_rate:
        whole, part = divmod(invoice.tax_rate, 100)
        rate = f"{whole}.{part:02}".rstrip("0").rstrip(".")
        sums = [("Net", str(invoice.net)), (f"Tax {rate} %", str(invoice.tax))]
    for label, amount in sums:
        _draw_sum(paper, label, amount)
    _draw_sum(paper, "Total", str(invoice.total), bold=True)


def _draw_sum(paper: _Paper, label: str, amount: str, *, bold: bool = False) -> None:
    size = 13 if bold else 10
    paper.set_x(_MARGIN + paper.epw - _AMOUNT - 50)
    paper.write_line(label, size=size, bold=bold, color=_INK if bold else _GREY, width=40, height=_ROW, ends_line=False)
    paper.write_line(amount, size=size, bold=bold, width=_AMOUNT + 10, height=_ROW, align=Align.R)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
