"""Days, formats, fields and flags that make no sense: refused in a line that shows a form that does."""

from __future__ import annotations

import pytest

from tests.cli.asking import appointments, book, free_slot, refused, slot_id
from tests.cli.conftest import Cli

NOT_A_MOMENT = {
    "no such day": "2026-02-30",
    "no such leap day": "2026-02-29",
    "hour 24": "2026-03-10T24:00",
    "day and month": "25/03",
    "day, month and year": "03/04/2026",
    "dots": "10.03.2026",
    "year 0": "0000-03-10",
    "year 10000": "10000-03-10",
    "year 9999": "9999-12-31",
    "word": "tomorrow",
    "relative": "+3d",
    "leap second": "2026-12-31T23:59:60Z",
    "minute 60": "2026-03-10T10:60",
    "week": "2026-W11-2",
    "ordinal": "2026-069",
    "no dashes": "20260310",
    "seconds since 1970": "1773133200",
    "full-width": "\uff12\uff10\uff12\uff16-03-10",
    "empty": "",
    "space": " ",
    "half an offset": "2026-03-10T10:00+1",
    "offset beyond": "2026-03-10T10:00+99:00",
    "words behind": "2026-03-10T10:00 sharp",
    "two times": "2026-03-10T10:00T11:00",
}


@pytest.mark.parametrize("when", NOT_A_MOMENT.values(), ids=NOT_A_MOMENT.keys())
def test_a_day_or_moment_is_written_in_one_way_and_nothing_is_guessed(cli: Cli, when: str) -> None:
    """The refusal shows an accepted form. The order of day and month is never a guess."""
    for command in (
        ["appointments", "list", f"--from={when}"],
        ["appointments", "slots", f"--to={when}"],
        ["practice", "calendar", f"--from={when}"],
    ):
        refused(cli(*command, profile="practice" if command[0] == "practice" else "anna"), "2026-12-01")
    parts = ["--service", "First visit", "--practitioner", "rossi@example.com"]
    refused(cli("appointments", "book", *parts, f"--at={when}", profile="anna"), "2026-12-01")
    assert appointments(cli) == []


@pytest.mark.parametrize("date", ["2026-02-30", "tomorrow", "25/12/2026", "0000-01-01", "2026-12-24T00:00"])
def test_a_date_of_an_override_is_a_day(cli: Cli, date: str) -> None:
    command = ["practice", "hours", "override", "rossi@example.com", "--closed", "--", date]
    refused(cli(*command, profile="practice"), "2026-12-01")


def test_a_day_as_the_end_means_the_end_of_that_day(cli: Cli) -> None:
    """A list of one day holds that day."""
    found = cli.ok("appointments", "slots", "--from", "2026-03-10", "--to", "2026-03-10", "--json", profile="anna").data
    assert {each["starts_at"][:10] for each in found} == {"2026-03-10"}


def test_a_time_that_happens_twice_asks_which(cli: Cli) -> None:
    """With both offsets to choose from."""
    result = cli("appointments", "list", "--from", "2026-10-25T02:30", profile="anna")
    refused(result, "happens twice", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")


def test_an_unknown_format_lists_those_there_are(empty: Cli) -> None:
    """Also when the environment names it, and before anything is asked."""
    refused(empty("dashboard", "--format", "yaml"), "table, json, jsonl, csv, ids")
    empty.environment["PORTALCTL_FORMAT"] = "yaml"
    refused(empty("dashboard"), "table, json, jsonl, csv, ids")
    assert not empty.home.exists()


@pytest.mark.parametrize("fields", ["nosuch", "id,nosuch", "", ",", "ID", "id,,note", "id;note", "*"])
def test_an_unknown_field_lists_those_there_are(cli: Cli, fields: str) -> None:
    for output in ([], ["--json"], ["--format", "csv"]):
        result = cli("appointments", "list", f"--fields={fields}", *output, profile="anna")
        assert (result.code, result.out) == (2, "")
        assert "starts_at" in result.err


def test_an_unknown_field_is_refused_before_anything_is_changed(cli: Cli) -> None:
    """A booking whose answer cannot be shown is not made."""
    refused(cli("appointments", "book", free_slot(cli), "--fields", "nosuch", profile="anna"), "starts_at")
    assert appointments(cli) == []
    booked = book(cli)
    refused(cli("appointments", "cancel", booked, "--fields", "nosuch", profile="anna"), "starts_at")
    assert [each["status"] for each in appointments(cli)] == ["booked"]


@pytest.mark.parametrize(
    "flags",
    [
        ["appointments", "list", "--json", "--format", "csv"],
        ["appointments", "list", "--format", "table", "--json"],
        ["appointments", "list", "--upcoming", "--past"],
        ["appointments", "list", "--past", "--all"],
        ["appointments", "book", "SLOT", "--weekly", "3", "--dry-run"],
        ["appointments", "book", "SLOT", "--service", "First visit"],
        ["appointments", "book", "SLOT", "--at", "2026-03-10T10:00"],
        ["appointments", "book", "--service", "First visit"],
        ["appointments", "book"],
        ["appointments", "ics", "apt_7k2m", "--upcoming"],
        ["practice", "hours", "set", "rossi@example.com", "--days", "mon", "--closed", "--windows", "09:00-10:00"],
        ["practice", "hours", "set", "rossi@example.com", "--days", "mon"],
        ["practice", "hours", "override", "rossi@example.com", "2026-12-24", "--closed", "--clear"],
        ["login", "--password-stdin", "--password-file", "x"],
        ["docs", "upload", "x.pdf", "--yes", "--dry-run"],
        ["docs", "upload", "x.pdf", "--jsonl", "--json"],
        ["docs", "upload", "x.pdf", "--by-client", "results"],
        ["docs", "upload", "--by-client", "results", "--manifest", "march.csv"],
        ["docs", "upload", "--manifest", "march.csv", "--client", "anna@example.com"],
        ["docs", "upload", "--manifest", "march.csv", "--title", "Blood test"],
        ["docs", "upload", "x.pdf", "--trust-ids"],
    ],
    ids=" ".join,
)
def test_flags_that_contradict_each_other_are_refused(cli: Cli, flags: list[str]) -> None:
    """Neither of them wins in silence."""
    words = [slot_id() if word == "SLOT" else word for word in flags]
    result = cli(*words, profile="practice" if words[0] == "practice" else "anna")
    assert (result.code, result.out) == (2, "")
    assert appointments(cli) == []


def test_json_said_twice_is_json(cli: Cli) -> None:
    """`--json --format json` is no contradiction, and flags win over the environment."""
    cli.environment["PORTALCTL_FORMAT"] = "csv"
    assert cli.ok("appointments", "list", "--json", "--format", "json", profile="anna").data == []


@pytest.mark.parametrize("status", ["nosuch", "BOOKED", "", "booked,cancelled"])
def test_an_unknown_status_lists_those_there_are(cli: Cli, status: str) -> None:
    refused(cli("appointments", "list", f"--status={status}", profile="anna"), "late_cancelled")


@pytest.mark.parametrize(
    "arguments",
    [
        ["dashboard", "--nosuch", "--json"],
        ["--json", "nosuch"],
        ["appointments", "show", "--json"],
        ["appointments", "show", "not-an-id", "--json"],
        ["appointments", "show", "not-an-id", "--format", "json"],
        ["appointments", "show", "not-an-id", "--format=jsonl"],
        ["appointments", "list", "--limit", "0", "--json"],
        ["appointments", "list", "--format", "json", "--limit", "0"],
        ["login", "--password", "hunter2", "--json"],
    ],
    ids=" ".join,
)
def test_with_json_a_wrong_command_line_is_one_json_object_on_stderr(empty: Cli, arguments: list[str]) -> None:
    """However wrong: also when it could not be read to its end."""
    failed = empty(*arguments)
    assert (failed.code, failed.out) == (2, "")
    assert failed.err.count("\n") == 1
    assert failed.error["exit_code"] == 2


def test_the_format_of_the_environment_counts_for_failures_too(empty: Cli) -> None:
    """A script that sets PORTALCTL_FORMAT=json reads JSON on both streams."""
    empty.environment["PORTALCTL_FORMAT"] = "json"
    assert empty("appointments", "show", "not-an-id").error["code"] == "invalid_input"
    refused(empty("appointments", "show", "not-an-id", "--format", "table"), "not an id")
