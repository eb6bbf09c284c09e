"""`appointments ics`, read by a calendar program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

RUN_KHAL = """
import json, sys
from khal.cli import main_khal
for words in json.loads(sys.argv[1]):
    try:
        main_khal(words, standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise
"""
"""Command lines one after the other in one process: khal takes longer to load than for all it does."""


class Khal:
    """A calendar of its own, in one time zone."""

    def __init__(self, folder: Path, zone: str) -> None:
        folder.mkdir()
        self._config = folder / "config"
        self._config.write_text(
            f"[calendars]\n[[visits]]\npath = {folder / 'visits'}\n"
            "[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
            "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"local_timezone = {zone}\ndefault_timezone = {zone}\n"
            f"[sqlite]\npath = {folder / 'khal.db'}\n[default]\ndefault_calendar = visits\n"
        )
        (folder / "visits").mkdir()

    def agenda_with(self, file: Path) -> list[str]:
        """Lines such as `2026-03-04 10:00-10:50 First visit with Dr Rossi`, once khal has taken in a file."""
        what = "{start-date} {cancelled}{start-time}-{end-time} {title}"
        take, show = ["import", "--batch", str(file)], ["list", "--format", what, "2026-03-01", "60d"]
        words = json.dumps([["-c", str(self._config), *each] for each in (take, show)])
        done = subprocess.run(
            [sys.executable, "-c", RUN_KHAL, words], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return [line.strip() for line in done.stdout.splitlines() if "with" in line]


def book(cli: Cli, when: str) -> str:
    booked = cli.ok(
        *("appointments", "book", "--service", "First visit", "--practitioner", "Dr Rossi", "--at", when, "--json"),
        profile="anna",
    )
    identity: str = booked.data["id"]
    return identity


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "appointments.ics"


@pytest.mark.parametrize(
    ("zone", "before_the_change", "after_it"),
    [
        ("Europe/Rome", "2026-03-27 10:00-10:50", "2026-03-30 10:00-10:50"),
        ("America/New_York", "2026-03-27 05:00-05:50", "2026-03-30 04:00-04:50"),
        ("Asia/Kathmandu", "2026-03-27 14:45-15:35", "2026-03-30 13:45-14:35"),
    ],
)
def test_khal_shows_the_instants_of_appointments_on_both_sides_of_a_change_of_clocks(
    cli: Cli, file: Path, tmp_path: Path, zone: str, before_the_change: str, after_it: str
) -> None:
    book(cli, "2026-03-27T10:00")
    book(cli, "2026-03-30T10:00")
    file.write_text(cli.ok("appointments", "ics", profile="anna").out)
    agenda = Khal(tmp_path / "khal", zone).agenda_with(file)
    assert agenda == [f"{time} First visit with Dr Rossi" for time in (before_the_change, after_it)]


def test_khal_follows_a_move_and_a_cancellation_of_the_same_appointment(cli: Cli, file: Path, tmp_path: Path) -> None:
    khal = Khal(tmp_path / "khal", "Europe/Rome")
    appointment = book(cli, "2026-03-10T10:00")

    def agenda_now() -> list[str]:
        file.write_text(cli.ok("appointments", "ics", appointment, profile="anna").out)
        return khal.agenda_with(file)

    assert agenda_now() == ["2026-03-10 10:00-10:50 First visit with Dr Rossi"]
    slot = cli.ok(
        *("appointments", "slots", "--service", "First visit", "--from", "2026-03-12", "--limit", "1"),
        *("--format", "ids"),
        profile="anna",
    ).out.strip()
    cli.ok("appointments", "reschedule", appointment, slot, profile="anna")
    assert agenda_now() == ["2026-03-12 09:00-09:50 First visit with Dr Rossi"]
    cli.ok("appointments", "cancel", appointment, profile="anna")
    assert agenda_now() == ["2026-03-12 CANCELLED 09:00-09:50 First visit with Dr Rossi"]
