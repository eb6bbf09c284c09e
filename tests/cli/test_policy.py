"""`portalctl practice policy`."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portalctl.commands.policy import TERMS
from portalctl.models.policy import BookingTerms
from tests.cli.conftest import Cli


def owner(cli: Cli, *arguments: str) -> Any:
    """What the owner gets from a command, as JSON."""
    return cli.ok("practice", "policy", *arguments, "--json", profile="practice").data


def test_every_term_is_an_option_and_can_be_inherited() -> None:
    assert list(TERMS.values()) == list(BookingTerms.model_fields)


def test_every_option_sets_its_term(cli: Cli) -> None:
    after = owner(
        cli,
        *("set", "--minimum-notice", "90m", "--horizon", "60d", "--cancellation-notice", "48h"),
        *("--reschedule-notice", "1d12h", "--reason-required", "--late-cancellation", "recorded"),
        *("--approval-required", "--slot-interval", "15m", "--daily-limit", "2", "--reminders", "1h,24h"),
        *("--session-idle", "10m", "--session-lifetime", "8h", "--communication", "all-clients"),
        *("--document-size", "2GB", "--document-kinds", "pdf,image/*"),
        *("--late-cancellation-fee", "30.00 EUR", "--no-show-fee", "5000 JPY", "--gateway", "test", "--typed-cards"),
        *("--client-documents", "5000", "--client-quota", "5GB", "--practice-quota", "1T"),
    )
    assert owner(cli, "show") == after
    assert re.fullmatch("[0-9a-f]{16}", after.pop("version"))
    assert after == {
        "minimum_notice_minutes": 90,
        "horizon_days": 60,
        "cancellation_notice_minutes": 2880,
        "reschedule_notice_minutes": 2160,
        "reason_required": True,
        "late_cancellation": "recorded",
        "approval_required": True,
        "slot_interval_minutes": 15,
        "daily_limit": 2,
        "reminder_minutes": [1440, 60],
        "session_idle_minutes": 10,
        "session_lifetime_minutes": 480,
        "late_cancellation_fee": {"amount": 3000, "currency": "EUR"},
        "no_show_fee": {"amount": 5000, "currency": "JPY"},
        "communication": "all-clients",
        "payment_gateway": "test",
        "typed_cards": True,
        "document_max_bytes": 2_000_000_000,
        "document_kinds": ["pdf", "image/*"],
        "client_documents": 5000,
        "client_bytes": 5_000_000_000,
        "practice_bytes": 1_000_000_000_000,
        "service_id": None,
        "service": None,
        "overridden": [],
    }


def test_what_was_required_can_be_let_go(cli: Cli) -> None:
    owner(cli, "set", "--reason-required", "--approval-required")
    after = owner(cli, "set", "--no-reason-required", "--no-approval-required", "--reminders", "none")
    assert (after["reason_required"], after["approval_required"], after["reminder_minutes"]) == (False, False, [])


def test_a_service_overrides_and_inherits_again(cli: Cli) -> None:
    own = owner(cli, "set", "--service", "First visit", "--daily-limit", "1", "--horizon", "7d")
    assert own["overridden"] == ["daily_limit", "horizon_days"]
    shown = cli.ok("practice", "policy", "show", "--service", "First visit", profile="anna").out
    assert "7 days (set for this service)" in shown
    back = owner(cli, "set", "--service", "First visit", "--inherit", "horizon", "--inherit", "daily-limit")
    assert (back["overridden"], back["horizon_days"]) == ([], 90)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "nothing to change"),
        (("--service", "First visit"), 2, "nothing to change"),
        (("--minimum-notice", "2"), 2, "50m"),
        (("--horizon", "36h"), 2, "90d"),
        (("--horizon", "0"), 2, "horizon"),
        (("--slot-interval", "1m"), 2, "slot-interval"),
        (("--daily-limit", "-1"), 2, "daily-limit"),
        (("--daily-limit", "\uff12"), 2, "digits"),
        (("--late-cancellation", "maybe"), 2, "recorded"),
        (("--session-idle", "31m"), 2, "session-idle"),
        (("--service", "First visit", "--session-idle", "10m"), 2, "session"),
        (("--inherit", "horizon"), 2, "--service"),
        (("--service", "First visit", "--inherit", "fee"), 2, "minimum-notice, horizon"),
        (("--service", "First visit", "--inherit", "horizon", "--horizon", "7d"), 2, "both"),
        (("--minimum-notice", "91d"), 2, "horizon"),
        (("--service", "nothing", "--daily-limit", "1"), 3, "nothing"),
    ],
)
def test_what_cannot_be_set_is_said_in_one_line_with_a_hint(
    cli: Cli, arguments: tuple[str, ...], code: int, says: str
) -> None:
    before = owner(cli, "show")
    result = cli("practice", "policy", "set", *arguments, profile="practice")
    assert result.code == code
    assert says in result.err
    assert result.err.splitlines()[1].startswith("Hint: ")
    assert result.out == ""
    assert owner(cli, "show") == before


def test_a_client_sees_the_policy_and_may_not_change_it(cli: Cli) -> None:
    assert "Cancellation notice" in cli.ok("practice", "policy", "show", profile="anna").out
    assert cli("practice", "policy", "set", "--daily-limit", "9", profile="anna").code == 5
