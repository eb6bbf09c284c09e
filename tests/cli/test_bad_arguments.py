"""Words that are no option, id, number or name that could be meant: refused in a line, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.asking import book, free_slot, refused, slot_id
from tests.cli.conftest import Cli


def test_a_value_may_begin_with_a_dash(cli: Cli) -> None:
    """Behind its option it is the value, with or without an equals sign."""
    for number, note in enumerate((["--note", "-rf"], ["--note=--help"])):
        booked = cli.ok("appointments", "book", free_slot(cli), *note, "--json", profile="anna").data
        assert booked["note"] == ["-rf", "--help"][number]


def test_behind_two_dashes_everything_is_literal(cli: Cli) -> None:
    """Help is a name there."""
    named = cli.ok("practice", "services", "add", "--duration", "30m", "--json", "--", "--help", profile="practice")
    assert named.data["name"] == "--help"
    refused(cli("appointments", "show", "--", "--help", profile="anna"), "not an id")
    refused(cli("appointments", "show", "--", "-1", profile="anna"), "not an id")


def test_a_file_may_be_named_like_an_option(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or like standard output: `./-` is a file."""
    monkeypatch.chdir(tmp_path)
    for name in ("--help", "-rf", "./-"):
        cli.ok("practice", "backup", "--", name, profile="practice")
    assert {path.name for path in tmp_path.iterdir()} >= {"--help", "-rf", "-"}


def test_behind_two_dashes_json_is_no_option(cli: Cli) -> None:
    """Nor does it decide how a failure looks."""
    refused(cli("appointments", "show", "--", "--json", profile="anna"), "not an id")


HOSTILE_IDS = {
    "empty": "",
    "space": " ",
    "parent folder": "../",
    "encoded dots": "%2e%2e",
    "query": "apt_7k2m?x=1",
    "fragment": "apt_7k2m#x",
    "slash": "apt_7k2m/cancel",
    "10 kB": "apt_" + "7" * 10_000,
    "full-width digits": "apt_\uff17\uff12",
    "Arabic digits": "apt_\u0667",
    "Kelvin sign": "apt_\u212a",
    "newline": "apt_7k2m\n",
    "escape": "apt_\x1b[2J",
    "wildcard": "apt_%",
    "glob": "apt_*",
    "quote": "apt_' OR 1=1 --",
    "letter that is none": "apt_ilou",
    "13 characters": "apt_" + "7" * 13,
    "prefix alone": "apt_",
    "another noun": "cli_7k2m9x4qv3bd",
    "no prefix": "7k2m9x4qv3bd",
}

TAKE_AN_APPOINTMENT = [
    ["appointments", "show"],
    ["appointments", "cancel"],
    ["appointments", "cancel", "--dry-run"],
    ["appointments", "confirm"],
    ["appointments", "join"],
    ["appointments", "ics"],
    ["practice", "approve"],
    ["practice", "decline"],
    ["practice", "attended"],
    ["practice", "no-show"],
]


@pytest.mark.parametrize("hostile", HOSTILE_IDS.values(), ids=HOSTILE_IDS.keys())
def test_what_is_no_id_is_refused_before_anything_is_asked(empty: Cli, hostile: str) -> None:
    """There is not even a portal that could be asked, and it is not missed."""
    for command in TAKE_AN_APPOINTMENT:
        refused(empty(*command, "--", hostile), "not an id")
    refused(empty("appointments", "reschedule", "--", hostile, slot_id()), "id:")
    refused(empty("practice", "invites", "revoke", "--", hostile), "id:")
    assert not empty.home.exists()


@pytest.mark.parametrize("hostile", HOSTILE_IDS.values(), ids=HOSTILE_IDS.keys())
def test_what_is_no_slot_is_refused_before_anything_is_asked(empty: Cli, hostile: str) -> None:
    """A slot takes no prefix: it has its 30 characters or is none."""
    for each in (hostile, hostile.replace("apt_", "slot_")):
        refused(empty("appointments", "book", "--", each), "slot")
        refused(empty("appointments", "reschedule", "--", "apt_7k2m", each), "slot")
    assert not empty.home.exists()


@pytest.mark.parametrize("cut", [lambda whole: whole[:-1], lambda whole: whole + "0", lambda whole: whole[:20]])
def test_a_slot_takes_no_prefix(empty: Cli, cut: Callable[[str], str]) -> None:
    """It is computed, not looked up."""
    refused(empty("appointments", "book", cut(slot_id())), "slot")


@pytest.mark.parametrize("hostile", HOSTILE_IDS.values(), ids=HOSTILE_IDS.keys())
def test_a_hostile_name_finds_nobody(cli: Cli, hostile: str) -> None:
    """Names are compared as they are: no pattern, no query, no path."""
    for command in (
        ["practice", "clients", "show", "--", hostile],
        ["practice", "staff", "edit", "--name", "X", "--", hostile],
        ["practice", "services", "archive", "--", hostile],
        ["appointments", "slots", f"--service={hostile}"],
        ["appointments", "slots", f"--client={hostile}"],
        ["practice", "calendar", f"--practitioner={hostile}"],
    ):
        result = cli(*command, profile="practice")
        refused(result, code=3 if result.code == 3 else 2)
        assert "\x1b" not in result.err


@pytest.mark.parametrize(
    "wildcard", ["%", "_", "*", ".*", "Anna%", "Anna_Bianchi", "' OR '1'='1", "\\", "anna@example.co_"]
)
def test_a_wildcard_is_a_letter_like_any_other(cli: Cli, wildcard: str) -> None:
    """Nothing that a name is compared by has a meaning of its own."""
    refused(cli("practice", "clients", "show", "--", wildcard, profile="practice"), "there is no client", code=3)


def test_an_id_may_be_written_in_capitals_and_cut_short(cli: Cli) -> None:
    """As people read them out."""
    booked = book(cli)
    assert cli.ok("appointments", "show", booked.upper(), "--format", "ids", profile="anna").out.strip() == booked
    assert cli.ok("appointments", "show", booked[:8], "--format", "ids", profile="anna").out.strip() == booked


NOT_A_LIMIT = ["-1", "0", "1000000000", "1e9", "1_0", "\uff19", "\u0669", "1.5", "", " ", "0x10", "ten", "9" * 5000]


@pytest.mark.parametrize("limit", NOT_A_LIMIT, ids=lambda limit: ascii(limit)[:20])
@pytest.mark.parametrize(
    "command",
    [
        ["appointments", "list"],
        ["appointments", "slots"],
        ["practice", "calendar"],
        ["practice", "clients", "list"],
        ["practice", "invites", "list"],
    ],
    ids=" ".join,
)
def test_a_limit_is_a_whole_number_within_reason(empty: Cli, command: list[str], limit: str) -> None:
    """In ASCII digits, from 1 to a million."""
    refused(empty(*command, f"--limit={limit}"))


@pytest.mark.parametrize("weeks", ["0", "1", "53", "-1", "1e1", "\uff19"])
def test_a_series_has_2_to_52_weeks(empty: Cli, weeks: str) -> None:
    refused(empty("appointments", "book", slot_id(), f"--weekly={weeks}"))


@pytest.mark.parametrize("past", ["-1", "101", "1e1", "\uff19"])
def test_the_dashboard_shows_0_to_100_past_appointments(empty: Cli, past: str) -> None:
    refused(empty("dashboard", f"--past={past}"))


def test_a_list_that_was_cut_says_so_and_scripts_get_what_they_asked_for(cli: Cli) -> None:
    """On stderr; the data stays data."""
    for number in range(3):
        day = f"2026-03-1{number}"
        found = cli.ok("appointments", "slots", "--from", day, "--limit", "1", "--format", "ids", profile="anna").out
        cli.ok("appointments", "book", found.strip(), profile="anna")
    cut = cli.ok("appointments", "list", "--limit", "2", "--json", profile="anna")
    assert len(cut.data) == 2
    assert "--limit" in cut.err
