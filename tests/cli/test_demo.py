"""The main job in one command, tried as a newcomer would."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Result, copied


@pytest.fixture(scope="session")
def _tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    cli = Cli(tmp_path_factory.mktemp("demo") / "home")
    return cli.home, cli.ok("demo")


@pytest.fixture
def shown(_tried: tuple[Path, Result]) -> Result:
    """What the demo says that is run in an empty home."""
    return _tried[1]


@pytest.fixture
def tried(_tried: tuple[Path, Result], tmp_path: Path) -> Cli:
    """The home in which it was run."""
    return Cli(copied(_tried[0], tmp_path / "home"))


def commands_to_try(out: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("  portalctl --profile demo ")]


def test_the_demo_shows_the_dashboard_free_times_and_a_booking_as_table_and_as_json(shown: Result) -> None:
    assert "Anna Bianchi at Riverside Practice" in shown.out
    assert "Dr Giulia Rossi" in shown.out
    assert "Dr James Miller" in shown.out
    assert "slot_" in shown.out
    assert '"note": "Booked by the demo"' in shown.out
    assert "--store file" in shown.err
    assert "no money is moved" in shown.err


def test_each_of_the_five_commands_to_try_next_works_when_pasted_one_after_the_other(tried: Cli, shown: Result) -> None:
    commands = commands_to_try(shown.out)
    assert len(commands) == 5
    for command in commands:
        tried.ok(*command)


@pytest.mark.parametrize(("day", "hours"), [("Friday", 4 * 24 + 12), ("Saturday", 5 * 24 + 15)])
def test_the_demo_works_with_the_weekend_before_it_and_within(empty: Cli, day: str, hours: int) -> None:
    empty.advance(hours=hours)
    assert f"{empty.now:%A}" == day
    for command in commands_to_try(empty.ok("demo").out):
        empty.ok(*command)


def test_running_the_demo_again_keeps_the_sample_and_books_another_time(tried: Cli) -> None:
    tried.advance(hours=1)
    again = tried.ok("demo")
    assert "Making" not in again.err
    booked = [each for each in tried.ok("--profile", "demo", "appointments", "list", "--json").data if each["note"]]
    assert len(booked) == 2


def test_the_demo_works_again_after_months_on_the_same_sample(tried: Cli) -> None:
    tried.advance(days=200)
    assert len(commands_to_try(tried.ok("demo").out)) == 5


def test_reset_throws_the_sample_away_and_makes_it_anew(tried: Cli, shown: Result) -> None:
    after = tried.ok("demo", "--reset").out
    assert commands_to_try(shown.out) != commands_to_try(after)
    appointments = tried.ok("--profile", "demo", "appointments", "list", "--json").data
    assert len([each for each in appointments if each["note"]]) == 1


def test_a_sample_that_was_half_made_is_made_anew(empty: Cli) -> None:
    portal = empty.home / "data" / "demo" / "portal.db"
    portal.parent.mkdir(parents=True, mode=0o700)
    portal.touch(mode=0o600)
    assert len(commands_to_try(empty.ok("demo").out)) == 5


def test_the_demo_touches_no_other_profile(cli: Cli) -> None:
    before = cli.ok("profiles", "list", "--json").data
    cli.ok("demo")
    after = cli.ok("profiles", "list", "--json").data
    assert [each for each in after if each["name"] != "demo"] == before
    assert cli.ok("whoami", "--json", profile="anna").data["email"] == "anna@example.com"


def test_a_profile_of_ones_own_that_is_called_demo_is_left_alone(cli: Cli) -> None:
    cli.ok(
        "login",
        "--profile",
        "demo",
        "--email",
        "ben@example.com",
        "--password-stdin",
        "--store",
        "file",
        stdin="copper lantern orchid nine",
    )
    refused = cli("demo")
    assert refused.code == 5
    assert cli.ok("whoami", "--json", profile="demo").data["email"] == "ben@example.com"
