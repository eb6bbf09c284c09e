"""`invoices pay|charges|receipts` and `practice invoices charge|refund|reconcile`."""

from __future__ import annotations

import pytest

from portalctl.storage.sqlite import SqliteStore
from tests.cli.conftest import Cli
from tests.domain.conftest import query


def taking(cli: Cli, *terms: str) -> None:
    """A practice that takes payments as a trial, and Anna's card."""
    cli.ok("practice", "policy", "set", "--gateway", "test", profile="practice")
    add = ("settings", "payment", "add", "--card-stdin", *terms)
    cli.ok(*add, profile="anna", stdin="4242 4242 4242 4242\n12/35\n123\n")


def issued(cli: Cli, amount: str = "80.50 EUR") -> str:
    """The id of an invoice of Anna's."""
    owed = ("anna@example.com", "--item", "Visit", "--amount", amount)
    draft = cli.ok("practice", "invoices", "create", *owed, "--format", "ids", profile="practice").out.strip()
    return cli.ok("practice", "invoices", "issue", draft, "--format", "ids", profile="practice").out.strip()


def test_a_charge_says_that_no_money_moves_and_a_refund_is_in_the_invoices_currency(cli: Cli) -> None:
    taking(cli, "--authorize", "practice")
    invoice = issued(cli, "8050 JPY")
    charged = cli.ok("practice", "invoices", "charge", invoice, profile="practice")
    assert "8050 JPY" in charged.out
    assert "No money was moved" in charged.err
    refund = ("practice", "invoices", "refund", invoice, "--yes", "--json", "--amount")
    for wrong in ("40.5", "40 EUR", "0", "-1", "much", "9000"):
        assert cli(*refund, wrong, profile="practice").code in (2, 5), wrong
    assert cli.ok(*refund, "4025", profile="practice").data["amount"] == {"amount": 4025, "currency": "JPY"}
    assert cli.ok(*refund, "25 JPY", profile="practice").data["amount"]["amount"] == 25
    lines = cli.ok("invoices", "receipts", profile="anna").out
    assert "-4025 JPY" in lines
    assert " 8050 JPY" in lines


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ((), "not_authorized"),
        (("--authorize", "Dr Rossi"), "not_authorized"),
        (("--authorize", "practice", "--limit", "80.49 EUR"), "limit_exceeded"),
    ],
)
def test_what_a_charge_lacks_has_its_code_and_the_client_pays_all_the_same(
    cli: Cli, terms: tuple[str, ...], code: str
) -> None:
    taking(cli, *terms)
    invoice = issued(cli)
    refused = cli("practice", "invoices", "charge", invoice, "--json", profile="practice")
    assert (refused.code, refused.error["code"]) == (5, code)
    paid = cli.ok("invoices", "pay", invoice, "--yes", "--json", profile="anna").data
    assert (paid["state"], paid["amount"]) == ("succeeded", {"amount": 8050, "currency": "EUR"})
    (told,) = cli.ok("invoices", "charges", invoice, "--json", profile="anna").data
    assert told == paid


def test_a_difference_between_books_and_provider_is_shown_and_ends_with_6(cli: Cli) -> None:
    taking(cli, "--authorize", "practice")
    made = cli.ok("practice", "invoices", "charge", issued(cli), "--json", profile="practice").data
    words = ("practice", "invoices", "reconcile")
    assert "none" in cli.ok(*words, profile="practice").out
    file = cli.home / "data" / "portal.db"
    (row,) = query(file, "SELECT reference FROM movements WHERE id = :id", id=made["id"])
    store = SqliteStore(file)
    with store.writing() as tx:
        tx.run("UPDATE trial_movements SET amount = 1")
    store.close()
    for shown in (cli(*words, profile="practice"), cli(*words, "--json", profile="practice")):
        assert shown.code == 6
        assert row["reference"] in shown.out
