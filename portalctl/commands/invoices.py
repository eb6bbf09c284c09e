"""`portalctl invoices`: what one owes, and its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from portalctl.commands.options import ClientOption, IdempotencyOption, LimitOption, ShowsData, YesOption
from portalctl.context import running, use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portalctl.contract.portal import Portal
    from portalctl.models.invoices import Invoice
    from portalctl.models.transfers import SavedFile
    from portalctl.output.output import Output

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl invoices list --unpaid
  portalctl invoices show 0012
  portalctl invoices download 0012 -o ~/Documents/
  portalctl invoices pay 0012
  portalctl invoices receipts
"""
)

InvoiceArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The invoice's id, enough of its beginning, or its number.")
]
MethodOption = Annotated[
    str | None,
    typer.Option("--method", metavar="ID", help="This payment method; otherwise the one that is charged by default."),
]
UnpaidOption = Annotated[bool, typer.Option("--unpaid", help="Only those with something still to be paid.")]
OverdueOption = Annotated[bool, typer.Option("--overdue", help="Only those of them whose day has passed.")]


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context, unpaid: UnpaidOption = False, overdue: OverdueOption = False, limit: LimitOption = None
) -> None:
    """Your invoices, newest first.

    \b
    Examples:
      portalctl invoices list
      portalctl invoices list --unpaid --json | jq '.[] | {number, open}'
    """
    from portalctl.models.invoices import Invoice

    portal, output = use(ctx)
    output.show(invoices_of(portal, output, limit, unpaid=unpaid, overdue=overdue), Invoice)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, invoice: InvoiceArgument) -> None:
    """One invoice with its items, and what was paid of it.

    \b
    Examples:
      portalctl invoices show 0012
      portalctl invoices show ivc_7k2m --json | jq .open
    """
    from portalctl.models.invoices import InvoiceReference

    portal, output = use(ctx)
    output.show_one(portal.invoices.show(InvoiceReference(id=invoice)))


@group.command(cls=ShowsData)
def download(
    ctx: typer.Context,
    invoice: InvoiceArgument,
    to: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE|DIR|-", help="Save it there; - writes it to stdout.")
    ] = None,
    kind: Annotated[Literal["pdf", "json"], typer.Option("--as", help="As a page to print, or as data.")] = "pdf",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Save an invoice, readable by you alone: as it was issued in PDF, or as it stands now in JSON.

    \b
    Examples:
      portalctl invoices download 0012
      portalctl invoices download 0012 -o ~/Documents/
      portalctl invoices download 0012 --as json -o -
    """
    from portalctl.errors import NotChangeable
    from portalctl.models.invoices import InvoiceReference
    from portalctl.models.transfers import SavedFile

    context = running(ctx)
    portal, output = use(ctx, SavedFile)
    found = portal.invoices.show(InvoiceReference(id=invoice))
    if found.document_id is None:
        raise NotChangeable(
            "it was not issued, so that there is nothing to save", "see it with: portalctl invoices show"
        )
    if kind == "json":
        saved = _save_json(output, found, to, context.clock(), force=force)
    else:
        saved = _save_pdf(ctx, portal, found.document_id, to, force=force)
    if saved is not None:
        output.show_one(saved)


@group.command(cls=ShowsData)
def pay(
    ctx: typer.Context,
    invoice: InvoiceArgument,
    method: MethodOption = None,
    idempotency_key: IdempotencyOption = None,
    yes: YesOption = False,
) -> None:
    """Pay what is open of an invoice, with a card of yours. An answer that is lost is found out: you pay once.

    \b
    Examples:
      portalctl invoices pay 0012
      portalctl invoices pay 0012 --method pay_4xqv --yes
    """
    from portalctl.commands.charges import say_whether_money_moves
    from portalctl.models.invoices import Charge, InvoiceReference, PayInvoice

    portal, output = use(ctx, Charge)
    prompt = running(ctx).prompt
    if not yes:
        found = portal.invoices.show(InvoiceReference(id=invoice)) if prompt.possible else None
        what = f"{found.open} for invoice {found.number}" if found is not None else invoice
        if not prompt.confirm(f"Pay {what}?"):
            output.say("Nothing was paid.")
            return
    request = PayInvoice(id=invoice, payment_method=method, idempotency_key=idempotency_key)
    made = portal.invoices.pay(request)
    say_whether_money_moves(portal, output)
    output.done("Paid", made)


@group.command(cls=ShowsData)
def charges(ctx: typer.Context, invoice: InvoiceArgument) -> None:
    """Every attempt to take money for an invoice, oldest first, and why one failed.

    \b
    Examples:
      portalctl invoices charges 0012
      portalctl invoices charges 0012 --json | jq '.[] | {state, code}'
    """
    from portalctl.models.invoices import Charge, InvoiceReference

    portal, output = use(ctx)
    output.show(portal.invoices.charges(InvoiceReference(id=invoice)), Charge)


@group.command(cls=ShowsData)
def receipts(ctx: typer.Context, client: ClientOption = None, limit: LimitOption = None) -> None:
    """Money that moved for your invoices, newest first: what you paid, and what you were given back.

    \b
    Examples:
      portalctl invoices receipts
      portalctl invoices receipts --format csv --limit 1000 > receipts.csv
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.invoices import ListReceipts, Receipt

    portal, output = use(ctx)
    found = collect(
        lambda cursor, size: portal.invoices.receipts(ListReceipts(client=client, cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, Receipt)


def invoices_of(portal: Portal, output: Output, limit: int | None, **asked: Any) -> Iterator[Invoice]:
    """The invoices that are asked for, page by page as they are read."""
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.invoices import ListInvoices

    request = ListInvoices(**asked)
    return collect(
        lambda cursor, size: portal.invoices.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit or SHOWN,
        output,
        "more with --limit",
    )


def _save_pdf(ctx: typer.Context, portal: Portal, document_id: str, to: str | None, *, force: bool) -> SavedFile | None:
    from portalctl.errors import Refused
    from portalctl.models.documents import DocumentReference
    from portalctl.transfer.fetching import destination, pour, save
    from portalctl.transfer.file_names import safe_name
    from portalctl.transfer.landing import Folder
    from portalctl.transfer.progress import Progress

    context = running(ctx)
    document = portal.documents.show(DocumentReference(id=document_id))
    progress = Progress(context.stderr)
    if to == "-":
        if context.stdout.isatty() and not force:
            raise Refused("a PDF would upset this terminal", "save it with -o FILE, or insist: --force")
        context.stdout.flush()
        pour(portal, document, context.stdout.buffer, progress)
        return None
    path, name = destination(to, many=False)
    with Folder(path) as folder:
        named = name or safe_name(document.name)
        return save(portal, document, folder, named, force=force, now=context.clock(), progress=progress)


def _save_json(output: Output, invoice: Invoice, to: str | None, now: datetime, *, force: bool) -> SavedFile | None:
    import hashlib

    from portalctl.models.transfers import SavedFile
    from portalctl.output.json_text import json_text
    from portalctl.transfer.fetching import destination
    from portalctl.transfer.landing import write_new

    content = f"{json_text(invoice, 2)}\n".encode()
    if to == "-":
        output.raw(content)
        return None
    path, name = destination(to, many=False)
    file = path / (name or f"invoice-{invoice.number}.json")
    write_new(file, content, now, force=force)
    return SavedFile(
        document_id=invoice.document_id or "",
        file=str(file),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
