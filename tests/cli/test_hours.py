"""`portalctl practice hours`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli

ROSSI = "rossi@example.com"


def owner(cli: Cli, *arguments: str) -> Any:
    """What the owner gets from a command, as JSON."""
    return cli.ok("practice", "hours", *arguments, "--json", profile="practice").data


def week(hours: Any) -> dict[int, list[str]]:
    """The windows of each weekday that has some."""
    return {day["weekday"]: day["windows"] for day in hours["weekly"] if day["windows"]}


def test_without_a_name_one_sees_one_s_own_hours(cli: Cli) -> None:
    assert week(owner(cli, "show")) == {day: ["09:00-17:00"] for day in range(1, 6)}
    assert owner(cli, "show") == owner(cli, "show", "Dr Rossi")


def test_the_table_has_a_line_per_weekday_and_date(cli: Cli) -> None:
    owner(cli, "override", ROSSI, "2026-12-24", "--closed")
    lines = cli.ok("practice", "hours", "show", profile="practice").out.splitlines()
    assert [line.split()[0] for line in lines[3:10]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert lines[10].split() == ["Thu", "24", "Dec", "2026", "closed"]


def test_setting_replaces_the_days_named_and_closes_them(cli: Cli) -> None:
    owner(cli, "set", ROSSI, "--days", "tue-sun", "--closed")
    assert week(owner(cli, "set", ROSSI, "--days", "sun,tue", "--windows", "13:00-17:00,09:00-12:00")) == {
        1: ["09:00-17:00"],
        2: ["09:00-12:00", "13:00-17:00"],
        7: ["09:00-12:00", "13:00-17:00"],
    }


def test_adding_keeps_what_is_there(cli: Cli) -> None:
    assert week(owner(cli, "add", ROSSI, "--days", "mon", "--windows", "17:00-18:00"))[1] == [
        "09:00-17:00",
        "17:00-18:00",
    ]


def test_a_date_is_closed_opened_and_returned(cli: Cli) -> None:
    date = "2026-12-24"
    assert owner(cli, "override", ROSSI, date, "--closed")["overrides"] == [{"date": date, "windows": []}]
    opened = owner(cli, "override", ROSSI, date, "--windows", "09:00-12:00")
    assert opened["overrides"] == [{"date": date, "windows": ["09:00-12:00"]}]
    assert owner(cli, "override", ROSSI, date, "--clear")["overrides"] == []


def test_closed_hours_offer_no_slots(cli: Cli) -> None:
    assert cli.ok("appointments", "slots", "--format", "ids", profile="anna").out
    owner(cli, "set", ROSSI, "--days", "mon-sun", "--closed")
    assert cli.ok("appointments", "slots", "--json", profile="anna").data == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("set", ROSSI, "--days", "mon"), 2, "--closed"),
        (("set", ROSSI, "--days", "mon", "--windows", "09:00-12:00", "--closed"), 2, "--closed"),
        (("set", ROSSI, "--days", "mo", "--closed"), 2, "mon-fri"),
        (("set", ROSSI, "--days", "mon", "--windows", "9-12"), 2, "09:00-12:00"),
        (("set", ROSSI, "--days", "mon", "--windows", "12:00-09:00"), 2, "ends before it starts"),
        (("set", ROSSI, "--days", "mon", "--windows", "09:00-12:00,11:00-13:00"), 2, "overlaps"),
        (("set", "nobody", "--days", "mon", "--closed"), 3, "nobody"),
        (("add", ROSSI, "--days", "mon", "--windows", "16:00-18:00"), 2, "overlaps"),
        (("override", ROSSI, "24/12/2026", "--closed"), 2, "2026-12-01"),
        (("override", ROSSI, "2026-02-30", "--closed"), 2, "2026-02-30"),
        (("override", ROSSI, "2026-12-24"), 2, "--clear"),
        (("override", ROSSI, "2026-12-24", "--clear", "--closed"), 2, "--clear"),
        (("show", "nobody"), 3, "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_a_hint(
    cli: Cli, arguments: tuple[str, ...], code: int, says: str
) -> None:
    before = owner(cli, "show")
    result = cli("practice", "hours", *arguments, profile="practice")
    assert result.code == code
    assert says in result.err
    assert result.err.splitlines()[1].startswith("Hint: ")
    assert result.out == ""
    assert owner(cli, "show") == before


@pytest.mark.parametrize("arguments", [("show",), ("show", ROSSI), ("set", ROSSI, "--days", "mon", "--closed")])
def test_a_client_neither_sees_nor_changes_hours(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("practice", "hours", *arguments, profile="anna").code == 5
