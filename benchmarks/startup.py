"""How long the program takes to start, against what it is made of and against its peers.

    python -m benchmarks.startup [--rounds 21] [--khal PATH] [--http PATH]

Prints a table and exits with 1 when a target is missed. khal and HTTPie are looked for on PATH unless named.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.portals import (
    Booking,
    Sample,
    add_appointments,
    add_clients,
    add_practitioners,
    filling,
    keep,
    midnight,
    new_portal,
    sign_in_client,
)
from benchmarks.timing import Figure, Process, compile_all, finish, fixed, medians, portalctl

APPOINTMENTS = 1000
PAST = 960
"""How many of them are over."""

MINUTES = 50

TYPER = '`python -c "import typer"`'
FLOOR = "`benchmarks/floor.py`"
KHAL = "`khal list`, its default two days"
KHAL_ALL = "`khal list`, all 1,000"
HTTP = "`http --version`"
LIST = "`appointments list --all --json`, 1,000 of them"


def main() -> int:
    """Make the portal and the calendar, measure, print."""
    parser = argparse.ArgumentParser(description="Measure how long portalctl takes to start.")
    parser.add_argument("--rounds", type=int, default=21, help="how often each command runs (at least 15)")
    parser.add_argument("--khal", default=shutil.which("khal"), help="khal, in an environment of its own")
    parser.add_argument("--http", default=shutil.which("http"), help="HTTPie, in an environment of its own")
    options = parser.parse_args()
    compile_all()
    with tempfile.TemporaryDirectory() as folder:
        starts = [midnight() + 86_400 * (day - PAST) + 9 * 3600 for day in range(APPOINTMENTS)]
        sample = _portal(Path(folder, "home"), starts)
        processes = _ours(sample)
        if options.khal:
            processes |= _khal(options.khal, Path(folder, "khal"), starts)
        if options.http:
            processes[HTTP] = fixed(options.http, "--version")
        took = medians(processes, max(15, options.rounds))
    for peer in (KHAL, HTTP):
        if peer not in took:
            print(f"Not measured against {peer}: it is not here. Name it with --khal or --http.", file=sys.stderr)
    return finish(_figures(took))


def _figures(took: dict[str, float]) -> list[Figure]:
    targets = {
        "`--version`": (TYPER, 1.3),
        "a completion (TAB), root": (TYPER, 1.6),
        "a completion (TAB), `appointments l`": (TYPER, 1.6),
        "`--help`": (TYPER, 2.0),
        "`appointments --help`": (TYPER, 2.0),
        "`appointments list --help`": (TYPER, 2.0),
        LIST: (FLOOR, 1.4),
    }
    figures = [Figure(name, took[name], against, took[against], target) for name, (against, target) in targets.items()]
    return figures + [
        Figure(LIST, took[LIST], peer, took[peer], 1.0) for peer in (KHAL, KHAL_ALL, HTTP) if peer in took
    ]


def _ours(sample: Sample) -> dict[str, Process]:
    home = {"PORTALCTL_HOME": str(sample.home), "PORTALCTL_PROFILE": "measured"}
    return {
        TYPER: fixed(sys.executable, "-c", "import typer"),
        FLOOR: fixed(sys.executable, "-c", "from benchmarks.floor import app; app()", str(sample.file)),
        "`--version`": portalctl("--version", **home),
        "a completion (TAB), root": portalctl(
            _PORTALCTL_COMPLETE="complete_bash", COMP_WORDS="portalctl a", COMP_CWORD="1", **home
        ),
        "a completion (TAB), `appointments l`": portalctl(
            _PORTALCTL_COMPLETE="complete_bash", COMP_WORDS="portalctl appointments l", COMP_CWORD="2", **home
        ),
        "`--help`": portalctl("--help", **home),
        "`appointments --help`": portalctl("appointments", "--help", **home),
        "`appointments list --help`": portalctl("appointments", "list", "--help", **home),
        LIST: portalctl("appointments", "list", "--all", "--json", **home),
    }


def _portal(home: Path, starts: list[int]) -> Sample:
    sample = new_portal(home, minutes=MINUTES)
    with filling(sample) as tx:
        (practitioner,) = add_practitioners(tx, sample, 1, "09:00-17:00")
        (client,) = add_clients(tx, 1)
        add_appointments(tx, sample, [Booking(client, practitioner, start) for start in starts], MINUTES)
        token = sign_in_client(tx, client)
    keep(sample, "measured", token)
    return sample


def _khal(program: str, folder: Path, starts: list[int]) -> dict[str, Process]:
    """khal on a calendar with the same events; its cache is filled by the round that does not count."""
    calendar = folder / "calendar"
    calendar.mkdir(parents=True)
    for number, start in enumerate(starts):
        Path(calendar, f"{number}.ics").write_text(_event(number, start), encoding="utf-8")
    configuration = folder / "config"
    configuration.write_text(
        f"[calendars]\n[[portal]]\npath = {calendar}\n[sqlite]\npath = {folder / 'khal.db'}\n"
        "[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n",
        encoding="utf-8",
    )
    first = datetime.fromtimestamp(starts[0], UTC).date().isoformat()
    listing = (program, "-c", str(configuration), "list")
    return {KHAL: fixed(*listing), KHAL_ALL: fixed(*listing, first, f"{len(starts)}d")}


def _event(number: int, start: int) -> str:
    begins, ends = (datetime.fromtimestamp(second, UTC) for second in (start, start + 60 * MINUTES))
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//portalctl//benchmark//EN",
        "BEGIN:VEVENT",
        f"UID:{number}@example.com",
        f"DTSTAMP:{begins:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{begins:%Y%m%dT%H%M%SZ}",
        f"DTEND:{ends:%Y%m%dT%H%M%SZ}",
        "SUMMARY:Visit",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
