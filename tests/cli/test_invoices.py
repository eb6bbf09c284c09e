"""Invoices at the command line: drafted, issued, saved, exported, and read from a table that may be run again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from portalctl.commands import parsing
from portalctl.errors import InvalidInput
from tests.cli.asking import refused
from tests.cli.conftest import Cli

ANNA = "anna@example.com"
PRACTICE: dict[str, Any] = {"profile": "practice"}


def drafted(cli: Cli, *words: str) -> Any:
    """A new draft for Anna."""
    words = words or ("--item", "Visit", "--amount", "80.50 EUR")
    return cli.ok("practice", "invoices", "create", ANNA, *words, "--json", **PRACTICE).data


def issued(cli: Cli) -> str:
    """The number of a new invoice."""
    return str(cli.ok("practice", "invoices", "issue", drafted(cli)["id"], "--json", **PRACTICE).data["number"])


def listed(cli: Cli, *words: str) -> list[dict[str, Any]]:
    """All that the practice has, newest first."""
    found: list[dict[str, Any]] = cli.ok("practice", "invoices", "list", *words, "--json", **PRACTICE).data
    return found


def table_of(cli: Cli, *rows: str, header: str = "client,item,amount") -> str:
    """A table in a file."""
    file = cli.home / "table.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    return str(file)


def imported(cli: Cli, file: str, *words: str, code: int = 0) -> list[dict[str, Any]]:
    """What became of each row."""
    done = cli("practice", "invoices", "import", file, *words, "--json", **PRACTICE)
    assert done.code == code, done
    found: list[dict[str, Any]] = done.data
    return found


@pytest.mark.parametrize(("text", "rate"), [("22", 2200), ("5.5", 550), ("7.25%", 725), ("0", 0), ("100", 10_000)])
def test_a_percentage_has_up_to_two_decimals(text: str, rate: int) -> None:
    assert parsing.percent(text) == rate


@pytest.mark.parametrize("text", ["", "-1", "100.01", "5.555", "5,5", "½", "٢", "1e1", "%"])
def test_a_percentage_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="percentage"):
        parsing.percent(text)


@pytest.mark.parametrize(
    ("amount", "minor", "shown"),
    [("80.5 EUR", 8050, "80.50 EUR"), ("80 JPY", 80, "80 JPY"), ("8.001 KWD", 8001, "8.001 KWD")],
)
def test_currencies_of_none_two_and_three_decimals_are_right(cli: Cli, amount: str, minor: int, shown: str) -> None:
    made = drafted(cli, "--item", "Visit", "--amount", amount)
    assert made["total"] == {"amount": minor, "currency": amount[-3:]}
    assert shown in cli.ok("practice", "invoices", "show", made["id"], **PRACTICE).out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--item", "Visit"), "every --item needs an --amount"),
        (("--item", "A", "--amount", "1 EUR", "--item", "B", "--amount", "1 JPY"), "one currency"),
        (("--item", "A", "--amount", "1.001 EUR"), "EUR has 2 decimals"),
        (("--item", "A", "--amount", "0 EUR"), "greater than or equal to 1"),
        (("--item", "A", "--amount", "1 EUR", "--tax", "200"), "percentage"),
        (("--item", "A", "--amount", "1 EUR", "--due", "soon"), "not a day"),
        ((), "items: there are none"),
    ],
)
def test_what_is_no_invoice_is_refused_and_nothing_is_drafted(cli: Cli, words: tuple[str, ...], why: str) -> None:
    refused(cli("practice", "invoices", "create", ANNA, *words, **PRACTICE), why)
    assert listed(cli) == []


def test_a_client_sees_what_was_issued_and_saves_it(cli: Cli, tmp_path: Path) -> None:
    drafted(cli)
    number = issued(cli)
    (mine,) = cli.ok("invoices", "list", "--unpaid", "--json", profile="anna").data
    assert (mine["number"], mine["state"], mine["open"]["amount"]) == (number, "issued", 8050)
    assert cli.ok("invoices", "list", "--overdue", "--json", profile="anna").data == []
    page, data = tmp_path / "page.pdf", tmp_path / f"invoice-{number}.json"
    saved = cli.ok("invoices", "download", number, "-o", str(page), "--json", profile="anna").data
    assert (saved["document_id"], saved["file"]) == (mine["document_id"], str(page))
    assert page.read_bytes().startswith(b"%PDF-")
    cli.ok("invoices", "download", number, "--as", "json", "-o", f"{tmp_path}/", profile="anna")
    assert json.loads(data.read_text())["id"] == mine["id"]
    assert {file.stat().st_mode & 0o777 for file in (page, data)} == {0o600}
    refused(cli("invoices", "download", number, "-o", str(page), profile="anna"), "exists already", code=5)
    shown = cli.ok("invoices", "download", number, "--as", "json", "-o", "-", profile="anna")
    assert shown.data["number"] == number
    assert [each["title"] for each in cli.ok("docs", "list", "--json", profile="anna").data] == [f"Invoice {number}"]


def test_an_invoice_of_somebody_else_or_none_yet_is_not_saved(cli: Cli) -> None:
    draft, number = drafted(cli)["id"], issued(cli)
    for reference in (draft, number, "9999"):
        refused(cli("invoices", "download", reference, profile="ben"), "there is no invoice", code=3)
    refused(cli("invoices", "download", draft, **PRACTICE), "was not issued", code=5)


def test_an_invoice_for_an_appointment_is_at_its_price(cli: Cli) -> None:
    cli.ok("practice", "services", "edit", "First visit", "--price", "95.00 EUR", **PRACTICE)
    slot = cli.ok("appointments", "slots", "--service", "First visit", "--format", "ids", profile="anna").out.split()[0]
    booked = cli.ok("appointments", "book", slot, "--format", "ids", profile="anna").out.strip()
    made = cli.ok("practice", "invoices", "create", "--appointment", booked, "--json", **PRACTICE).data
    assert (made["client"], made["provider"], made["total"]["amount"]) == ("Anna Bianchi", "Dr Rossi", 9500)


def test_the_export_is_a_flat_table_or_all_there_is(cli: Cli, tmp_path: Path) -> None:
    issued(cli)
    drafted(cli, "--item", "=cmd()", "--amount", "8.001 KWD", "--tax", "5.5")
    printed = cli.ok("practice", "invoices", "export", **PRACTICE).out
    draft, sent = sorted(csv.DictReader(io.StringIO(printed)), key=lambda each: each["number"])
    assert (sent["number"], sent["state"], sent["total"], sent["open"], sent["currency"]) == (
        *("0001", "issued", "80.50", "80.50", "EUR"),
    )
    assert (draft["what"], draft["total"], draft["tax_percent"]) == ("'=cmd()", "8.441", "5.50")
    file = tmp_path / "all.jsonl"
    cli.ok("practice", "invoices", "export", "--format", "jsonl", "-o", str(file), **PRACTICE)
    assert [json.loads(line) for line in file.read_text().splitlines()] == listed(cli)
    assert file.stat().st_mode & 0o777 == 0o600
    assert cli("practice", "invoices", "export", "-o", str(file), **PRACTICE).code == 5


class TestTable:
    """`practice invoices import`."""

    def test_each_row_is_a_draft_and_running_it_again_drafts_nothing_twice(self, cli: Cli) -> None:
        rows = (f"{ANNA},Visit,80 EUR", f"{ANNA},Visit,80 EUR", "ben@example.com,Book,12.50 EUR")
        first = imported(cli, table_of(cli, *rows))
        assert [(each["row"], each["status"], each["state"]) for each in first] == [
            (row, "done", "draft") for row in (2, 3, 4)
        ]
        cli.advance(days=3)
        cli.ok("login", "--password-stdin", stdin="walnut harbour cobalt seven", **PRACTICE)
        other_order = table_of(cli, rows[2], *rows[:2], f"{ANNA},Visit,80 EUR,", header="client,item,amount,key")
        assert cli("practice", "invoices", "import", other_order, **PRACTICE).code == 2, "rows of unlike length"
        again = imported(cli, table_of(cli, rows[2], *rows[:2]))
        assert {each["invoice_id"] for each in again} == {each["invoice_id"] for each in first}
        assert len(listed(cli)) == 3
        keyed = table_of(cli, f"{ANNA},Visit,80 EUR,april", header="client,item,amount,key")
        imported(cli, keyed)
        assert len(listed(cli)) == 4

    def test_a_dry_run_tells_what_would_become_of_each_row_and_drafts_nothing(self, cli: Cli) -> None:
        file = table_of(
            cli, f"{ANNA},Visit,80 EUR,22", "nobody@example.com,Visit,1 EUR,", header="client,item,amount,tax"
        )
        good, bad = imported(cli, file, "--dry-run", code=6)
        assert (good["status"], good["client"], good["total"]["amount"]) == ("planned", "Anna Bianchi", 9760)
        assert (bad["status"], bad["code"]) == ("failed", "not_found")
        assert listed(cli) == []

    def test_a_row_that_fails_does_not_keep_the_others(self, cli: Cli) -> None:
        file = table_of(cli, "nobody@example.com,Visit,1 EUR", f"{ANNA},Visit,80 EUR")
        bad, good = imported(cli, file, "--issue", "--yes", code=6)
        assert (bad["status"], good["status"], good["number"], good["state"]) == ("failed", "done", "0001", "issued")

    def test_a_row_that_cannot_be_read_keeps_all_from_being_drafted_and_each_is_named(self, cli: Cli) -> None:
        file = table_of(cli, f"{ANNA},Visit,80 EUR", f"{ANNA},Visit,80", ",,1 EUR", "=A1,Visit,1 EUR")
        done = cli("practice", "invoices", "import", file, **PRACTICE)
        refused(done, "row 3, amount", "row 4, client", "row 4, item", "row 5, client", "formula")
        assert listed(cli) == []

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "it is empty"),
            ("client,oops\n", "there is no column 'oops'"),
            ("client,client\n", "twice"),
            ("client\n", "no rows"),
        ],
    )
    def test_what_is_no_table_is_refused(self, cli: Cli, text: str, why: str) -> None:
        refused(cli("practice", "invoices", "import", "-", stdin=text, **PRACTICE), why)
        refused(cli("practice", "invoices", "import", "/nowhere", **PRACTICE), "cannot be read")
        assert cli("practice", "invoices", "import", **PRACTICE).code == 2

    def test_json_lines_are_a_table_too_and_the_template_is_an_empty_one(self, cli: Cli) -> None:
        line = json.dumps({"client": ANNA, "item": "Visit", "amount": "80 EUR", "due": "2026-12-31"})
        (row,) = json.loads(cli.ok("practice", "invoices", "import", "-", "--json", stdin=line, **PRACTICE).out)
        assert row["status"] == "done"
        assert listed(cli)[0]["due_on"] == "2026-12-31"
        printed = cli.ok("practice", "invoices", "import", "--template", **PRACTICE).out
        assert printed == "client,item,amount,appointment,provider,tax,due,key\n"

    def test_charged_rows_are_charged_once_and_say_why_one_was_not(self, cli: Cli) -> None:
        cli.ok("practice", "policy", "set", "--gateway", "test", **PRACTICE)
        card = "4242424242424242\n12/35\n123\n"
        added = cli("settings", "payment", "add", "--card-stdin", "--authorize", "practice", stdin=card, profile="anna")
        assert added.code == 0, added
        file = table_of(cli, f"{ANNA},Visit,80 EUR", "ben@example.com,Visit,1 EUR")
        for _ in range(2):
            paid, unpaid = imported(cli, file, "--charge", "--yes", code=6)
            assert (paid["status"], paid["state"], paid["number"]) == ("done", "paid", "0001")
            assert (unpaid["code"], unpaid["state"], unpaid["number"]) == ("no_payment_method", "issued", "0002")
        charges = cli.ok("practice", "invoices", "show", "0001", "--json", **PRACTICE).data
        assert charges["paid"]["amount"] == 8000
