"""`portalctl practice services`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli


def owner(cli: Cli, *arguments: str) -> Any:
    """What the owner gets from a command, as JSON."""
    return cli.ok("practice", "services", *arguments, "--json", profile="practice").data


def test_a_service_has_what_its_options_say(cli: Cli) -> None:
    made = owner(
        cli,
        *("add", "Check-up", "--duration", "1h30m", "--buffer-before", "5m", "--buffer-after", "10m"),
        *("--price", "80.50 EUR", "--place", "phone", "--practitioner", "rossi@example.com"),
    )
    assert (made["duration_minutes"], made["buffer_before_minutes"], made["buffer_after_minutes"]) == (90, 5, 10)
    assert (made["price"], made["place"], made["room_url"]) == ({"amount": 8050, "currency": "EUR"}, "phone", None)
    assert made["practitioners"] == ["Dr Rossi"]


def test_the_list_shows_lengths_and_prices_as_people_write_them(cli: Cli) -> None:
    owner(cli, "edit", "First visit", "--price", "8050 JPY")
    lines = cli.ok("practice", "services", "list", profile="practice").out.splitlines()
    assert [" ".join(line.split()[1:]) for line in lines[2:]] == [
        "First visit 50m 8050 JPY in-person Dr Rossi",
        "Video call 30m video Dr Rossi",
    ]


def test_clients_do_not_see_video_rooms(cli: Cli) -> None:
    assert "meet.example.com" in cli.ok("practice", "services", "list", "--json", profile="practice").out
    assert "meet.example.com" not in cli.ok("appointments", "services", "--json", profile="anna").out


def test_an_edit_keeps_what_is_not_given(cli: Cli) -> None:
    before = owner(cli, "list")[1]
    after = owner(cli, "edit", "Video call", "--name", "Call", "--buffer-after", "0")
    assert after.pop("version") != before.pop("version")
    assert after == before | {"name": "Call"}


def test_an_archived_service_is_listed_only_when_asked(cli: Cli) -> None:
    owner(cli, "archive", "Video call")
    assert [service["name"] for service in owner(cli, "list")] == ["First visit"]
    assert [service["archived"] for service in owner(cli, "list", "--archived")] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "X"), 2, "--duration"),
        (("add", "X", "--duration", "50"), 2, "50m"),
        (("add", "X", "--duration", "4m"), 2, "duration"),
        (("add", "X", "--duration", "50m", "--price", "80,00 EUR"), 2, "80.00 EUR"),
        (("add", "X", "--duration", "50m", "--price", "80.001 EUR"), 2, "decimals"),
        (("add", "X", "--duration", "50m", "--place", "moon"), 2, "in-person"),
        (("add", "X", "--duration", "50m", "--place", "video"), 2, "--room"),
        (("add", "X", "--duration", "50m", "--room", "https://meet.example.com/"), 2, "room"),
        (("add", "X", "--duration", "50m", "--place", "video", "--room", "http://meet.example.com/"), 2, "https"),
        (("add", "X", "--duration", "50m", "--practitioner", "nobody"), 3, "nobody"),
        (("add", "first VISIT", "--duration", "50m"), 5, "first VISIT"),
        (("edit", "First visit"), 2, "nothing to change"),
        (("archive", "nothing"), 3, "nothing"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_a_hint(
    cli: Cli, arguments: tuple[str, ...], code: int, says: str
) -> None:
    before = owner(cli, "list", "--archived")
    result = cli("practice", "services", *arguments, profile="practice")
    assert result.code == code
    assert says in result.err
    assert result.err.splitlines()[1].startswith("Hint: ")
    assert result.out == ""
    assert owner(cli, "list", "--archived") == before


def test_a_client_may_not_change_services(cli: Cli) -> None:
    assert cli("practice", "services", "archive", "Video call", profile="anna").code == 5
