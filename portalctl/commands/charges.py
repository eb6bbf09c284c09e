"""What the commands that move money share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal
    from portalctl.models.invoices import Invoice
    from portalctl.models.money import Money
    from portalctl.output.output import Output


def say_whether_money_moves(portal: Portal, output: Output) -> None:
    """Say plainly where none does."""
    if not portal.payment_methods.gateway().moves_money:
        output.say("No money was moved: this practice takes payments as a trial only.")


def part_of(invoice: Invoice, text: str) -> Money:
    """An amount in the invoice's currency, which may be left out. Raises InvalidInput, BadParameter."""
    from portalctl.commands.parsing import money

    currency = invoice.total.currency
    part = money(text if text[-1:].isalpha() else f"{text} {currency}")
    if part.currency != currency:
        raise typer.BadParameter(f"the invoice is in {currency}")
    if part.amount == 0:
        raise typer.BadParameter("nothing is no amount")
    return part
