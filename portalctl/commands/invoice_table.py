"""A table of invoices to draft: read whole first, then carried out row by row; nothing is drafted twice."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TextIO

from pydantic import ValidationError

from portalctl import errors
from portalctl.commands.parsing import day, money, percent
from portalctl.models.appointments import AppointmentReference
from portalctl.models.clients import ClientReference
from portalctl.models.invoices import (
    ChangeInvoiceState,
    CreateInvoice,
    ImportedInvoice,
    ImportedStatus,
    Invoice,
    InvoiceItem,
    InvoiceReference,
    PayInvoice,
)
from portalctl.models.money import Money
from portalctl.transfer.cells import Cells, as_line, as_word
from portalctl.transfer.rows import Lines, Row, Unreadable, csv_rows, json_rows

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal

COLUMNS = ("client", "item", "amount", "appointment", "provider", "tax", "due", "key")
"""Every column that a table may have, in the order of an empty one."""


class Planned(NamedTuple):
    """A row by its line, and the invoice that it asks for."""

    line: int
    request: CreateInvoice


def template_line() -> str:
    """An empty table: the line with the names of its columns."""
    return ",".join(COLUMNS)


def read_table(place: str, stdin: TextIO) -> list[Planned]:
    """The rows of a table. Raises InvalidInput, naming every line that cannot be read and why."""
    planned: list[Planned] = []
    problems: list[str] = []
    met: Counter[tuple[str, ...]] = Counter()
    with _opened(place, stdin) as stream:
        try:
            lines = Lines(stream, lambda _: None)
        except Unreadable as error:
            raise errors.InvalidInput(f"{place} is no table: {error}", "see --template") from None
        for row in _rows(place, lines):
            request, wrong = _read(row, met)
            problems += [f"row {row.line}, {column}: {why}" for column, why in wrong]
            if request is not None:
                planned.append(Planned(row.line, request))
    if problems:
        more = f"; and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise errors.InvalidInput(
            "; ".join(problems[:20]) + more, "nothing was drafted: put the table right, and run it again"
        )
    if not planned:
        raise errors.InvalidInput(f"{place} has no rows", "write a row for each invoice; see --template")
    return planned


class Run:
    """A table on its way to the portal."""

    def __init__(self, portal: Portal, rows: Sequence[Planned], *, issues: bool, charges: bool) -> None:
        self._portal, self._rows = portal, rows
        self._issues, self._charges = issues or charges, charges
        self._failed = 0
        self._known: dict[tuple[str, str], str | errors.PortalError] = {}

    def planned(self) -> Iterator[ImportedInvoice]:
        """What each row would become, its client and appointment looked up; nothing changes."""
        return self._each(self._foreseen)

    def carried_out(self) -> Iterator[ImportedInvoice]:
        """What became of each row, as it is done. What fails for one row does not keep the others from being done."""
        return self._each(self._done)

    def settle(self) -> None:
        """Raise PartlyFailed where a row failed."""
        if self._failed:
            raise errors.PartlyFailed(
                f"{self._failed:,} of {len(self._rows):,} rows failed",
                "see above why, and run it again: nothing is drafted twice",
            )

    def _each(self, work: Callable[[Planned], ImportedInvoice]) -> Iterator[ImportedInvoice]:
        for row in self._rows:
            try:
                yield work(row)
            except (errors.SignInNeeded, errors.NotPermitted, errors.Retryable, errors.StorageFailure):
                raise
            except errors.PortalError as failure:
                yield self._failure(row, failure, client=row.request.client, total=_total(row.request))

    def _done(self, row: Planned) -> ImportedInvoice:
        made = self._portal.invoices.create(row.request)
        try:
            if self._issues:
                made = self._portal.invoices.issue(ChangeInvoiceState(id=made.id))
            if self._charges and made.open.amount:
                self._portal.invoices.charge(PayInvoice(id=made.id))
                made = self._portal.invoices.show(InvoiceReference(id=made.id))
        except errors.Refused as failure:
            return self._failure(row, failure, **_about(made))
        return ImportedInvoice(row=row.line, status=ImportedStatus.DONE, **_about(made))

    def _failure(self, row: Planned, failure: errors.PortalError, **about: Any) -> ImportedInvoice:
        self._failed += 1
        told = {"code": failure.code, "message": failure.message}
        return ImportedInvoice(row=row.line, status=ImportedStatus.FAILED, **told, **about)

    def _foreseen(self, row: Planned) -> ImportedInvoice:
        request, name = row.request, row.request.client
        if request.appointment is not None:
            name = self._looked_up("appointment", request.appointment)
        if request.client is not None:
            name = self._looked_up("client", request.client)
        return ImportedInvoice(row=row.line, client=name, total=_total(request), status=ImportedStatus.PLANNED)

    def _looked_up(self, kind: str, reference: str) -> str:
        """The client's name, asked for once. Raises NotFound, AmbiguousId."""
        known = self._known.get((kind, reference))
        if known is None:
            try:
                if kind == "client":
                    known = self._portal.clients.show(ClientReference(client=reference)).name
                else:
                    known = self._portal.appointments.show(AppointmentReference(id=reference)).client
            except (errors.NotFound, errors.AmbiguousId) as failure:
                known = failure
            self._known[kind, reference] = known
        if isinstance(known, errors.PortalError):
            raise known
        return known


def _about(made: Invoice) -> dict[str, Any]:
    """What is told of a row's invoice."""
    names = ("client", "total", "number", "state", "created_at")
    return {"invoice_id": made.id, **{name: getattr(made, name) for name in names}}


def _total(request: CreateInvoice) -> Money | None:
    """What the items come to with their tax; None where the appointment's price says it."""
    if not request.items or request.currency is None:
        return None
    net = sum(item.amount for item in request.items)
    return Money(amount=net + (net * request.tax_rate + 5_000) // 10_000, currency=request.currency)


def _read(row: Row, met: Counter[tuple[str, ...]]) -> tuple[CreateInvoice | None, list[tuple[str, str]]]:
    """The invoice that a row asks for, or what is wrong with it by column."""
    if row.cells is None:
        return None, [(row.column, row.problem)]
    said = dict(zip(COLUMNS, (cell.strip() for cell in row.cells), strict=True))
    cells = Cells()
    price = cells.read("amount", said["amount"], money)
    fields: dict[str, object] = {
        "client": cells.read("client", said["client"], as_word),
        "appointment": cells.read("appointment", said["appointment"], as_word),
        "provider": cells.read("provider", said["provider"], as_word),
        "tax_rate": cells.read("tax", said["tax"], percent) or 0,
        "due_on": cells.read("due", said["due"], day),
        "idempotency_key": _key(said, met),
    }
    item = cells.read("item", said["item"], as_line)
    if bool(said["item"]) != bool(said["amount"]):
        cells.missing(*(("amount", "80.00 EUR") if said["item"] else ("item", "what for")))
    if not said["client"] and not said["appointment"]:
        cells.missing("client", "the client's id or e-mail address, or an appointment")
    if not said["item"] and not said["appointment"]:
        cells.missing("item", "what for, with its amount, or an appointment")
    wrong = [(column, f"{problem.message}: {problem.hint}") for column, problem in cells.problems]
    if wrong:
        return None, wrong
    try:
        if item is not None and price is not None:
            fields |= {"items": [InvoiceItem(text=item, amount=price.amount)], "currency": price.currency}
        return CreateInvoice.model_validate(fields), []
    except ValidationError as error:
        return None, [(str(each["loc"][-1]), each["msg"]) for each in error.errors()]


def _key(said: Mapping[str, str], met: Counter[tuple[str, ...]]) -> str:
    """The row's own idempotency key: of what it says, and for how many rows before it said the same."""
    content = tuple(said.values())
    met[content] += 1
    return "row-" + hashlib.sha256(json.dumps([*content, met[content]]).encode()).hexdigest()


def _rows(place: str, lines: Lines) -> Iterator[Row]:
    ending = place.rpartition(".")[2].lower()
    if ending in ("jsonl", "ndjson") or (ending != "csv" and lines.first.lstrip().startswith("{")):
        return json_rows(lines, COLUMNS)
    return csv_rows(lines, COLUMNS, _check_columns)


def _check_columns(columns: Sequence[str]) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    told = [f"there is no column {name[:80]!r}" for name in unknown]
    told += [f"column {name!r} stands there twice" for name in twice]
    if told or not columns:
        raise errors.InvalidInput(
            f"row 1 of the table: {'; '.join(told) or 'it is empty'}",
            f"its columns are: {', '.join(COLUMNS)}; see --template",
        )


@contextmanager
def _opened(place: str, stdin: TextIO) -> Iterator[BinaryIO]:
    if place == "-":
        buffer = getattr(stdin, "buffer", None)
        yield buffer if buffer is not None else io.BytesIO(stdin.read().encode("utf-8", "surrogateescape"))
        return
    try:
        with Path(place).open("rb") as opened:
            yield opened
    except OSError as error:
        raise errors.InvalidInput(f"{place} cannot be read: {error.strerror}", "name a file, or - for stdin") from None
