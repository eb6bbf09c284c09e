"""What tests of commands have in common: how a refusal looks, and something to book."""

from __future__ import annotations

from typing import Any

from portalctl.domain.slot_ids import SlotKey, encode
from tests.cli.conftest import Cli, Result


def refused(result: Result, *parts: str, code: int = 2) -> None:
    """Hold a result to one line and a hint on stderr, with these parts somewhere, and nothing on stdout."""
    assert (result.code, result.out) == (code, ""), result
    error, hint = result.err.splitlines()
    assert error.startswith("Error: "), result
    assert hint.startswith("Hint: "), result
    for part in parts:
        assert part in result.err, result


def free_slot(cli: Cli, service: str = "First visit", profile: str = "anna") -> str:
    """A slot that can be booked."""
    found = cli.ok("appointments", "slots", "--service", service, "--limit", "1", "--format", "ids", profile=profile)
    return found.out.strip()


def book(cli: Cli, *options: str) -> str:
    """The id of a new appointment of Anna's."""
    return cli.ok("appointments", "book", free_slot(cli), *options, "--format", "ids", profile="anna").out.strip()


def appointments(cli: Cli) -> Any:
    """All of Anna's appointments."""
    return cli.ok("appointments", "list", "--all", "--json", profile="anna").data


def slot_id() -> str:
    """A slot's id of the right form."""
    return encode(SlotKey("svc_zzzzzzzzzzzz", "stf_zzzzzzzzzzzz", 1_772_618_400))
