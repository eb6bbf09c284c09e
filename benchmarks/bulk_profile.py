"""Where the time of one small file goes: microseconds of processor by place, in the command and in the server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.bulk_peers import timed
from benchmarks.bulk_portals import Ground, in_a_file, on_a_server
from benchmarks.sampling import BEGIN

SHOWN = 14
"""Places that are told one by one; the rest is told as a sum."""


def show_profile(place: Path, source: Path, files: int) -> None:
    """Share a folder under the sampler, with a server and with a portal file, and print a table of each."""
    server, command = place / "server.json", place / "command.json"
    sampled = [sys.executable, "-m", "benchmarks.sampling", str(server)]
    with on_a_server(place, command=sampled) as ground:
        server.with_suffix(BEGIN).touch()
        _run(ground, source, command)
    _table("the command, to a server", command, files)
    _table("the server meanwhile", server, files)
    with in_a_file(place) as ground:
        _run(ground, source, command)
    _table("the command, into a portal file", command, files)


def _run(ground: Ground, source: Path, result: Path) -> None:
    words = ground.words(source, [sys.executable, "-m", "benchmarks.sampling", str(result)])
    timed(words, environment=ground.environment)


def _table(title: str, result: Path, files: int) -> None:
    told: dict[str, float] = json.loads(result.read_text())
    ranked = sorted(told.items(), key=lambda each: -each[1])
    rest = sum(spent for _, spent in ranked[SHOWN:])
    print(f"| {title}: {files:,} files | µs for each |\n|---|--:|")
    for name, spent in [*ranked[:SHOWN], ("all else", rest), ("together", sum(told.values()))]:
        print(f"| {name} | {1e6 * spent / files:.1f} |")
    print()
