"""`settings payment`: cards are kept by what the provider calls them, and nothing else of them stays anywhere."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.clock import system_clock
from portalctl.commands.card_pages import LONGEST_PAUSE, PAUSE, wait
from portalctl.models.payment_methods import PaymentSetup, SetupOutcome
from tests.cli.asking import refused
from tests.cli.conftest import Cli
from tests.cli.live import Program

CARD = "4242 4242 4242 4242\n12/30\n123\n"
ANNA = {"profile": "anna"}


@pytest.fixture
def paid(cli: Cli) -> Cli:
    """A practice that takes payments as a trial."""
    cli.ok("practice", "policy", "set", "--gateway", "test", profile="practice")
    return cli


def added(cli: Cli, *more: str, card: str = CARD) -> str:
    """Another card of Anna's: its id."""
    told = cli.ok("settings", "payment", "add", "--card-stdin", *more, "--json", stdin=card, **ANNA)
    return str(told.data["id"])


def payment(cli: Cli, *words: str) -> str:
    """What a command of Anna's shows."""
    return cli.ok("settings", "payment", *words, **ANNA).out


def test_a_card_is_shown_by_brand_last_four_expiry_country_and_who_may_charge_it(paid: Cli) -> None:
    """And that no money moves is said plainly."""
    words = ("--country", "it", "--authorize", "Dr Rossi", "--limit", "100 EUR", "--until", "2026-12-31")
    shown = paid.ok("settings", "payment", "add", "--card-stdin", *words, stdin=CARD, **ANNA)
    assert "no money moves" in shown.err
    method = payment(paid, "list", "--format", "ids").strip()
    listed = payment(paid, "list")
    for text in (shown.out, payment(paid, "show", method), listed):
        assert "visa 4242" in text
        assert "12/2030" in text
        assert "IT" in text
        assert "Dr Rossi up to 100.00 EUR until 2026-12-31" in text
    assert "4242424242424242" not in shown.out + shown.err + listed


def test_who_may_charge_is_changed_and_taken_back(paid: Cli) -> None:
    method, second = added(paid), added(paid)
    assert "the whole practice up to 20.00 EUR" in payment(paid, "authorize", method, "practice", "--limit", "20 EUR")
    assert "nobody" in payment(paid, "revoke", method, "practice")
    assert "yes" in payment(paid, "default", second)
    payment(paid, "remove", second, "--yes")
    assert payment(paid, "list", "--format", "ids").split() == [method]


def test_an_expired_card_says_so_in_the_list_and_on_the_dashboard(paid: Cli) -> None:
    added(paid, card="5555 5555 5555 4444\n4/26\n123\n")
    assert "04/2026 (soon)" in payment(paid, "list")
    shown = paid.ok("dashboard", **ANNA).out
    assert "Payment methods to renew" in shown
    assert "mastercard 4444" in shown
    assert paid.ok("dashboard", "--json", **ANNA).data["expiring_cards"][0]["expired"] is False


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ("4242 4242 4242 4241\n12/30\n123\n", "has a mistake in it"),
        ("4242 4242\n12/30\n123\n", "12 to 19 digits"),
        ("4242424242424242\n13/30\n123\n", "no expiry date"),
        ("4242424242424242\n02/26\n123\n", "has expired"),
        ("4242424242424242\n12/30\n1234\n", "3 digits"),
        ("378282246310005\n12/30\n123\n", "4 digits"),
        ("", "12 to 19 digits"),
    ],
)
def test_a_card_with_a_mistake_is_refused_before_anybody_is_asked(paid: Cli, card: str, told: str) -> None:
    """Nothing of it is repeated."""
    result = paid("settings", "payment", "add", "--card-stdin", stdin=card, **ANNA)
    refused(result, told, code=2)
    assert card.partition("\n")[0] not in result.err.replace("4242 4242 4242 4242", "") or not card
    assert payment(paid, "list", "--format", "ids") == ""


@pytest.mark.parametrize(
    ("card", "code"), [("4000000000000002", "card_declined"), ("4000002500003155", "authentication_needed")]
)
def test_a_refusal_of_the_provider_is_told_by_its_code(paid: Cli, card: str, code: str) -> None:
    result = paid("settings", "payment", "add", "--card-stdin", "--json", stdin=f"{card}\n12/30\n123\n", **ANNA)
    assert (result.code, result.out) == (5, "")
    assert f'"code": "{code}"' in result.err


def test_one_intent_is_one_card_however_often_it_is_typed(paid: Cli) -> None:
    assert added(paid, "--idempotency-key", "k-1") == added(paid, "--idempotency-key", "k-1")


def test_a_practice_that_takes_no_payments_asks_for_no_card(cli: Cli) -> None:
    refused(cli("settings", "payment", "add", **ANNA), "takes no payments", code=5)


def test_without_a_terminal_the_other_ways_are_named(paid: Cli) -> None:
    refused(paid("settings", "payment", "add", **ANNA), "--card-stdin", code=2)


def test_a_card_is_handed_in_on_the_providers_page(paid: Cli) -> None:
    """Its link is shown, and what became of it is waited for."""
    words = ("settings", "payment", "add", "--web", "--authorize", "practice", "--default")
    shown = paid.ok(*words, **ANNA)
    assert "https://trial.invalid/no-money-moves/" in shown.err
    assert "visa 4242" in shown.out
    assert "the whole practice" in shown.out


@pytest.mark.parametrize(("columns", "is_drawn"), [(120, True), (40, False)])
def test_the_link_of_the_page_is_a_qr_code_too_where_it_fits(live: Program, columns: int, is_drawn: bool) -> None:
    live.ok("--profile", "practice", "practice", "policy", "set", "--gateway", "test")
    code, shown = live.shown("--profile", "anna", "settings", "payment", "add", "--web", columns=columns)
    assert code == 0
    assert ("█" in shown) == is_drawn
    assert "https://trial.invalid/" in shown


def test_a_card_that_may_be_charged_for_an_unpaid_invoice_is_not_removed_unasked(paid: Cli) -> None:
    method = added(paid, "--authorize", "practice")
    owed = ("anna@example.com", "--item", "Visit", "--amount", "80 EUR", "--format", "ids")
    draft = paid.ok("practice", "invoices", "create", *owed, profile="practice").out.strip()
    paid.ok("practice", "invoices", "issue", draft, profile="practice")
    result = paid("settings", "payment", "remove", method, "--yes", **ANNA)
    refused(result, "not paid", "portalctl invoices list --unpaid", code=5)
    payment(paid, "remove", method, "--yes", "--despite-unpaid")
    assert payment(paid, "list", "--format", "ids") == ""


def test_staff_see_whose_card_may_be_charged(paid: Cli) -> None:
    method = added(paid)
    words = ("settings", "payment", "list", "--client", "anna@example.com", "--format", "ids")
    assert paid.ok(*words, profile="practice").out.split() == [method]


def test_waiting_ends_with_the_card_or_with_the_page() -> None:
    """However often nothing was to be reached meanwhile, and never in a hurry."""

    def told(outcome: SetupOutcome) -> PaymentSetup:
        return PaymentSetup(id="pse_1", url="https://example.com", outcome=outcome, expires_at=system_clock())

    def looking(*answers: PaymentSetup | errors.PortalError) -> tuple[PaymentSetup | None, list[float]]:
        left, pauses = list(answers), list[float]()

        def look() -> PaymentSetup:
            answer = left.pop(0)
            if isinstance(answer, errors.PortalError):
                raise answer
            return answer

        try:
            return wait(look, sleep=pauses.append), pauses
        except errors.NotChangeable:
            return None, pauses

    waiting, done = told(SetupOutcome.WAITING), told(SetupOutcome.DONE)
    assert looking(waiting, waiting, done) == (done, [0, PAUSE, PAUSE])
    assert looking(waiting, told(SetupOutcome.EXPIRED)) == (None, [0, PAUSE])
    away = errors.NetworkFailure("no answer")
    found, pauses = looking(*9 * [away], waiting, done)
    assert found == done
    assert pauses[-1] == PAUSE
    assert max(pauses) == LONGEST_PAUSE
