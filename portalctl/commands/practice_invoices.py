"""`portalctl practice invoices`: what clients owe."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from portalctl.commands.invoices import InvoiceArgument, MethodOption, OverdueOption, UnpaidOption
from portalctl.commands.options import (
    ClientOption,
    DryRunOption,
    IdempotencyOption,
    LimitOption,
    ShowsData,
    VersionOption,
    YesOption,
)
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice invoices create anna@example.com --item "First visit" --amount "80.00 EUR"
  portalctl practice invoices create --appointment apt_7k2m --due 2026-12-31
  portalctl practice invoices issue ivc_7k2m
  portalctl practice invoices list --overdue
  portalctl practice invoices import december.csv --dry-run
  portalctl practice invoices charge 0012
  portalctl practice invoices reconcile
"""
)


@group.command(cls=ShowsData)
def create(
    ctx: typer.Context,
    client: Annotated[
        str | None, typer.Argument(metavar="[CLIENT]", help="The client's id, e-mail or name; or say --appointment.")
    ] = None,
    item: Annotated[list[str] | None, typer.Option("--item", metavar="TEXT", help="What for; repeat for more.")] = None,
    amount: Annotated[
        list[str] | None, typer.Option("--amount", metavar="AMOUNT", help="Of each item, such as '80.00 EUR'.")
    ] = None,
    appointment: Annotated[
        str | None, typer.Option("--appointment", metavar="ID", help="For this appointment; alone, at its price.")
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option("--provider", metavar="PRACTITIONER|practice", help="Whose invoice it is, who may charge it."),
    ] = None,
    tax: Annotated[
        str | None, typer.Option("--tax", metavar="PERCENT", help="Added to the amounts: 22, or 5.5.")
    ] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DAY", help="To be paid by: 2026-12-31.")] = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Draft an invoice: of items, or for an appointment at the price of its service. The client sees no drafts.

    \b
    Examples:
      portalctl practice invoices create anna@example.com --item "First visit" --amount "80.00 EUR" --due 2026-12-31
      portalctl practice invoices create --appointment apt_7k2m --tax 22
      portalctl practice invoices create "Anna Bianchi" --item Diet --amount "50 EUR" --item Book --amount "12.50 EUR"
    """
    from portalctl.commands.parsing import day, percent
    from portalctl.models.invoices import CreateInvoice, Invoice

    portal, output = use(ctx, Invoice)
    items, currency = _priced(item or [], amount or [])
    request = CreateInvoice.model_validate(
        {
            "client": client,
            "items": items,
            "currency": currency,
            "appointment": appointment,
            "provider": provider,
            "tax_rate": percent(tax) if tax is not None else 0,
            "due_on": day(due) if due is not None else None,
            "idempotency_key": idempotency_key,
        }
    )
    output.done("Drafted", portal.invoices.create(request))


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    client: ClientOption = None,
    unpaid: UnpaidOption = False,
    overdue: OverdueOption = False,
    limit: LimitOption = None,
) -> None:
    """Invoices, newest first, drafts too.

    \b
    Examples:
      portalctl practice invoices list --overdue
      portalctl practice invoices list --client anna@example.com --json
    """
    from portalctl.commands.invoices import invoices_of
    from portalctl.models.invoices import Invoice

    portal, output = use(ctx)
    output.show(invoices_of(portal, output, limit, client=client, unpaid=unpaid, overdue=overdue), Invoice)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, invoice: InvoiceArgument) -> None:
    """One invoice with its items, and what was paid of it.

    \b
    Examples:
      portalctl practice invoices show ivc_7k2m
      portalctl practice invoices show 0012 --json | jq .state
    """
    from portalctl.models.invoices import InvoiceReference

    portal, output = use(ctx)
    output.show_one(portal.invoices.show(InvoiceReference(id=invoice)))


@group.command(cls=ShowsData)
def issue(ctx: typer.Context, invoice: InvoiceArgument, if_version: VersionOption = None) -> None:
    """Give a draft its number, and the client the document. What is issued cannot be changed, only voided.

    \b
    Examples:
      portalctl practice invoices issue ivc_7k2m
    """
    from portalctl.models.invoices import ChangeInvoiceState, Invoice

    portal, output = use(ctx, Invoice)
    output.done("Issued", portal.invoices.issue(ChangeInvoiceState(id=invoice, if_version=if_version)))


@group.command(cls=ShowsData)
def void(
    ctx: typer.Context, invoice: InvoiceArgument, if_version: VersionOption = None, yes: YesOption = False
) -> None:
    """Declare that nothing is owed. An issued invoice keeps its number; one that was paid is refunded instead.

    \b
    Examples:
      portalctl practice invoices void ivc_7k2m
      portalctl practice invoices void 0012 --yes
    """
    from portalctl.models.invoices import ChangeInvoiceState, Invoice

    portal, output = use(ctx, Invoice)
    if not yes and not running(ctx).prompt.confirm(f"Void {invoice}, for good?"):
        output.say("Nothing was changed.")
        return
    output.done("Voided", portal.invoices.void(ChangeInvoiceState(id=invoice, if_version=if_version)))


@group.command()
def export(
    ctx: typer.Context,
    kind: Annotated[
        Literal["csv", "jsonl"], typer.Option("--format", help="A flat table for bookkeeping, or all there is.")
    ] = "csv",
    to: Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Save it there.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    client: ClientOption = None,
    unpaid: UnpaidOption = False,
    overdue: OverdueOption = False,
) -> None:
    """Every invoice, newest first, to stdout or into a file that only you can read.

    \b
    Examples:
      portalctl practice invoices export > invoices.csv
      portalctl practice invoices export --format jsonl -o invoices.jsonl
      portalctl practice invoices export --overdue | column -s, -t
    """
    from portalctl.commands.invoice_export import lines_of, save_lines

    context = running(ctx)
    asked = {"client": client, "unpaid": unpaid, "overdue": overdue}
    lines = lines_of(context.portal, kind, asked)
    if to is None:
        context.stdout.writelines(lines)
    else:
        save_lines(lines, to, context.clock(), force=force)
        context.say(f"Saved {to}.")


@group.command(name="import", cls=ShowsData)
def import_(
    ctx: typer.Context,
    table: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="CSV or JSON Lines; - reads stdin. See --template.")
    ] = None,
    issues: Annotated[bool, typer.Option("--issue", help="Issue each invoice too.")] = False,
    charges: Annotated[
        bool, typer.Option("--charge", help="Issue each, and charge the card that its client lets you charge.")
    ] = False,
    template: Annotated[bool, typer.Option("--template", help="Print an empty table, and do nothing.")] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Draft an invoice for each row of a table, and tell row by row what became of it.

    Columns: client, item, amount, appointment, provider, tax, due, key. A row needs an item with its amount, or an
    appointment alone. The table is read whole first: where a row cannot be read nothing is drafted. Running it again
    drafts and charges nothing twice: a row that says the same is the same invoice, unless its `key` differs.

    \b
    Examples:
      portalctl practice invoices import --template > december.csv
      portalctl practice invoices import december.csv --dry-run
      portalctl practice invoices import december.csv --issue --yes --json
    """
    from portalctl.commands.invoice_table import Run, read_table, template_line
    from portalctl.models.invoices import ImportedInvoice

    context = running(ctx)
    if template:
        context.output.line(template_line())
        return
    if table is None:
        raise typer.BadParameter("say which file: FILE, or - for stdin")
    rows = read_table(table, context.stdin)
    portal, output = use(ctx, ImportedInvoice)
    run = Run(portal, rows, issues=issues, charges=charges)
    if dry_run:
        output.show(run.planned(), ImportedInvoice)
    elif (
        (issues or charges)
        and not yes
        and not context.prompt.confirm(f"{'Issue and charge' if charges else 'Issue'} {len(rows)} invoices?")
    ):
        output.say("Nothing was drafted.")
        return
    else:
        output.show(run.carried_out(), ImportedInvoice)
    run.settle()


@group.command(cls=ShowsData)
def charge(
    ctx: typer.Context,
    invoice: InvoiceArgument,
    method: MethodOption = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Take what is open of an invoice from a card whose owner lets its provider charge it: theirs by default.

    An answer that is lost is found out, and nothing is charged twice.

    \b
    Examples:
      portalctl practice invoices charge 0012
      portalctl practice invoices charge ivc_7k2m --method pay_4xqv --json
    """
    from portalctl.commands.charges import say_whether_money_moves
    from portalctl.models.invoices import Charge, PayInvoice

    portal, output = use(ctx, Charge)
    request = PayInvoice(id=invoice, payment_method=method, idempotency_key=idempotency_key)
    made = portal.invoices.charge(request)
    say_whether_money_moves(portal, output)
    output.done("Charged", made)


@group.command(cls=ShowsData)
def refund(
    ctx: typer.Context,
    invoice: InvoiceArgument,
    amount: Annotated[
        str | None, typer.Option("--amount", metavar="AMOUNT", help="So much, such as 40.00; otherwise all there is.")
    ] = None,
    idempotency_key: IdempotencyOption = None,
    yes: YesOption = False,
) -> None:
    """Give back what was paid, or a part of it, to the card that it came from.

    \b
    Examples:
      portalctl practice invoices refund 0012
      portalctl practice invoices refund 0012 --amount 40.00 --yes
    """
    from portalctl.commands.charges import part_of, say_whether_money_moves
    from portalctl.models.invoices import InvoiceReference, Refund, RefundInvoice

    portal, output = use(ctx, Refund)
    part = part_of(portal.invoices.show(InvoiceReference(id=invoice)), amount) if amount is not None else None
    if not yes and not running(ctx).prompt.confirm(f"Give back {part or 'all that was paid'} of {invoice}, for good?"):
        output.say("Nothing was changed.")
        return
    request = RefundInvoice(id=invoice, amount=part.amount if part else None, idempotency_key=idempotency_key)
    made = portal.invoices.refund(request)
    say_whether_money_moves(portal, output)
    output.done("Refunded", made)


@group.command(cls=ShowsData)
def reconcile(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Compare what began since then; else 30 days.")
    ] = None,
) -> None:
    """Settle charges that wait for the payment provider's word, and compare the books with it.

    Every difference is named. Where there is one, the exit code is 6.

    \b
    Examples:
      portalctl practice invoices reconcile
      portalctl practice invoices reconcile --since 2026-01-01 --json | jq '.differences[]'
    """
    from portalctl.commands.parsing import day
    from portalctl.errors import PartlyFailed
    from portalctl.models.invoices import Reconcile, Reconciliation

    portal, output = use(ctx, Reconciliation)
    found = portal.invoices.reconcile(Reconcile(since=day(since) if since is not None else None))
    output.show_one(found)
    if found.differences:
        raise PartlyFailed(
            f"books and payment provider differ in {len(found.differences)} of their charges and refunds",
            "compare each with what the payment provider shows, by its reference",
        )


def _priced(items: list[str], amounts: list[str]) -> tuple[list[dict[str, object]], str | None]:
    """Each item with its amount, and their one currency. Raises BadParameter where they do not go together."""
    from portalctl.commands.parsing import money

    if len(items) != len(amounts):
        raise typer.BadParameter("every --item needs an --amount, and every --amount an --item")
    prices = [money(text) for text in amounts]
    currencies = {price.currency for price in prices}
    if len(currencies) > 1:
        raise typer.BadParameter("an invoice has one currency")
    priced: list[dict[str, object]] = [
        {"text": text, "amount": price.amount} for text, price in zip(items, prices, strict=True)
    ]
    return priced, next(iter(currencies), None)
