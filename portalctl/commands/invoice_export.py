"""Every invoice, line by line, for bookkeeping."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portalctl.models.invoices import Invoice, InvoiceEntry, ListInvoices
from portalctl.output.csv_text import csv_lines
from portalctl.output.json_text import json_text
from portalctl.transfer.landing import Folder

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal

PAGE = 1000


def lines_of(portal: Portal, kind: str, asked: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the export, each as its invoice is read."""
    found = _every(portal, asked)
    if kind == "jsonl":
        return (f"{json_text(invoice)}\n" for invoice in found)
    names = list(InvoiceEntry.model_fields)
    rows = (list(entry_of(invoice).model_dump(mode="json").values()) for invoice in found)
    return csv_lines(names, rows, raw=False)


def save_lines(lines: Iterable[str], to: str, now: datetime, *, force: bool) -> None:
    """Write them to a file in one step, readable by its owner only. Raises Refused where the name is taken."""
    path = Path(to)
    with Folder(path.parent) as folder:
        folder.check_free(path.name, force=force)
        with folder.arriving(path.name) as descriptor:
            os.ftruncate(descriptor, 0)
            with open(descriptor, "w", encoding="utf-8", newline="", closefd=False) as part:
                part.writelines(lines)
            folder.finish(path.name, descriptor, now, force=force)


def entry_of(invoice: Invoice) -> InvoiceEntry:
    """An invoice as one flat line."""
    whole, part = divmod(invoice.tax_rate, 100)
    amounts = ("net", "tax", "total", "paid", "refunded", "open")
    told = invoice.model_dump(exclude={*amounts, "items", "tax_rate", "version"})
    return InvoiceEntry.model_validate(
        {
            **told,
            "what": "; ".join(item.text for item in invoice.items),
            "currency": invoice.total.currency,
            "tax_percent": f"{whole}.{part:02}",
            **{name: getattr(invoice, name).decimal for name in amounts},
        }
    )


def _every(portal: Portal, asked: Mapping[str, Any]) -> Iterator[Invoice]:
    cursor: str | None = None
    while True:
        page = portal.invoices.list(ListInvoices(**asked, cursor=cursor, limit=PAGE))
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
