"""What a large document costs, sent and saved: seconds and memory, beside `cp` and `sha256sum` of the same file.

    python -m benchmarks.transfers [MEBIBYTES]

Each way is gone in a portal file and over HTTP from a portal server in a process of its own, both on this machine. The
file is warm, and what was written before is on disk before anything is timed. Several rounds are gone, the ways in
turn; the least of each counts, as the rest is other people's work. `times` is against `cp` and `sha256sum` together.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROUNDS = 3
PASSWORD = "walnut harbour cobalt seven"  # noqa: S105  of nobody
PIECE = 1 << 20


class Cost(NamedTuple):
    """Seconds, and the most memory in MB."""

    seconds: float
    memory: float


def main() -> None:
    """Measure, and print a table."""
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with TemporaryDirectory(prefix="transfers-") as name:
        folder = Path(name)
        _make(folder / "large.pdf", mebibytes)
        measure(folder, mebibytes)


def measure(folder: Path, mebibytes: int) -> None:
    """Go all ways in turn."""
    file = folder / "large.pdf"
    embedded = _practice(folder / "home")
    port, server = _served(folder / "home")
    try:
        remote = _signed_in(folder / "remote", port)
        costs: dict[str, list[Cost]] = {}
        for number in range(ROUNDS):
            took = _timed(["cp", str(file), str(folder / "copy")]).seconds
            costs.setdefault("cp + sha256sum", []).append(
                Cost(took + _timed(["sha256sum", str(folder / "copy")]).seconds, 0.0)
            )
            (folder / "copy").unlink()
            for way, environment in (("a portal file", embedded), ("a portal server", remote)):
                made, sent = _command(["docs", "upload", "--title", f"{way} {number}", str(file)], environment)
                costs.setdefault(f"upload to {way}", []).append(sent)
                target = folder / "saved.pdf"
                _, saved = _command(["docs", "download", made, "-o", str(target)], environment)
                costs.setdefault(f"download from {way}", []).append(saved)
                target.unlink()
                _command(["docs", "delete", made, "--yes"], environment)
        _show(costs, mebibytes, _most_memory(server.pid))
    finally:
        server.terminate()
        server.wait()


def _show(costs: Mapping[str, Sequence[Cost]], mebibytes: int, of_server: float) -> None:
    base = min(cost.seconds for cost in costs["cp + sha256sum"])
    print(f"{mebibytes} MiB, the least of {ROUNDS} rounds")
    for way, each in costs.items():
        seconds, memory = min(cost.seconds for cost in each), max(cost.memory for cost in each)
        print(f"{way:32}{seconds:8.2f} s{seconds / base:8.2f} times{memory:8.0f} MB")
    print(f"{'the server, at its most':32}{'':10}{'':14}{of_server:8.0f} MB")


def _make(file: Path, mebibytes: int) -> None:
    with file.open("wb") as large:
        large.write(b"%PDF-1.7\n")
        for _ in range(mebibytes):
            large.write(os.urandom(PIECE))


def _practice(home: Path) -> dict[str, str]:
    environment = _environment(home)
    _command(
        [
            *("practice", "init", "--name", "Studio", "--owner", "Dr Rossi", "--email", "rossi@example.com"),
            *("--timezone", "UTC", "--password-stdin", "--store", "file"),
        ],
        environment,
        PASSWORD,
    )
    _command(["practice", "policy", "set", "--document-size", "4G"], environment)
    return environment


def _served(home: Path) -> tuple[int, subprocess.Popen[str]]:
    server = subprocess.Popen(
        [sys.executable, "-m", "portalctl", "serve", "--port", "0"],
        env=_environment(home),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    found = next(
        match
        for line in server.stderr
        if (match := re.search(r"Serving the portal at http://127\.0\.0\.1:(\d+)", line))
    )
    log = (home / "log").open("w")
    subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
    return int(found[1]), server


def _signed_in(home: Path, port: int) -> dict[str, str]:
    environment = _environment(home)
    _command(
        [
            *("login", "--portal", f"http://127.0.0.1:{port}", "--email", "rossi@example.com"),
            *("--password-stdin", "--store", "file"),
        ],
        environment,
        PASSWORD,
    )
    return environment


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTALCTL")}
    return {**kept, "PORTALCTL_HOME": str(home)}


def _command(words: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> tuple[str, Cost]:
    """What a command prints as ids, and what it cost."""
    shows = ["--format", "ids"] if words[:2] in (["docs", "upload"],) else []
    os.sync()
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "portalctl", *words[:2], *shows, *words[2:]],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(stdin)
    process.stdin.close()
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, (words, process.returncode)
    return out.strip(), Cost(seconds, usage.ru_maxrss / 1000)


def _timed(words: Sequence[str]) -> Cost:
    os.sync()
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return Cost(time.perf_counter() - begin, 0.0)


def _most_memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1000


if __name__ == "__main__":
    main()
