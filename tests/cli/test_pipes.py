"""Pipes: data alone on stdout, quiet ends, and readers that are slow, gone or full."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.live import COMMAND, PATIENCE, Program, shell_code

LONG = ["appointments", "slots", "--limit", "1000"]


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv", "ids"])
def test_a_reader_that_has_enough_ends_it_quietly(live: Program, output: str) -> None:
    """`| head -1`: the first line is there, stderr is empty, and the exit code is 0 or that of a broken pipe."""
    with live.start("--profile", "anna", *LONG, "--format", output) as process:
        assert process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        code = shell_code(process.wait(PATIENCE))
    assert err == b""
    assert code in (0, 141)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["appointments", "--help"], ["appointments", "services"]]
)
def test_a_reader_that_is_gone_from_the_start_is_no_trouble(live: Program, arguments: list[str]) -> None:
    """Help and version too."""
    reading, writing = os.pipe()
    os.close(reading)
    with live.start("--profile", "anna", *arguments, stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=PATIENCE)
        assert shell_code(process.returncode) == 141
    assert err == b""


def test_a_dry_run_that_is_refused_keeps_quiet_in_a_broken_pipe_too(live: Program) -> None:
    """It ends in another way than most, with the code of the refusal."""
    slot = live.ok("--profile", "anna", "appointments", "slots", "--limit", "1", "--format", "ids").strip()
    live.ok("--profile", "ben", "appointments", "book", slot)
    reading, writing = os.pipe()
    os.close(reading)
    with live.start(
        "--profile", "anna", "appointments", "book", slot, "--dry-run", "--json", stdout=writing
    ) as process:
        os.close(writing)
        _, err = process.communicate(timeout=PATIENCE)
        assert shell_code(process.returncode) in (5, 141)
    assert err == b""


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["appointments", "services", "--json"], ["appointments", "ics"]]
)
def test_a_full_disk_behind_stdout_is_told_in_a_line(live: Program, arguments: list[str]) -> None:
    """Data that did not arrive is a failure."""
    with Path("/dev/full").open("wb") as full, live.start("--profile", "anna", *arguments, stdout=full) as process:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 8
    assert b"No space left on device" in err
    assert b"Traceback" not in err
    assert b"ignored" not in err


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_standard_stream_that_is_closed_is_no_trouble(live: Program, stream: int) -> None:
    """`<&-`, `>&-` and `2>&-`."""
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            f'exec "$@" {stream}{"<" if stream == 0 else ">"}&-',
            "sh",
            *COMMAND,
            "appointments",
            "services",
        ],
        env={**live.environment, "PORTALCTL_PROFILE": "anna"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_slow_reader_gets_every_line_and_holds_the_writer_back(live: Program) -> None:
    """The writer waits on the pipe, and keeps no more meanwhile."""

    def resident(pid: int) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])  # type: ignore[index]  # Linux has it

    with live.start("--profile", "anna", *LONG, "--format", "jsonl") as process:
        first = process.stdout.readline()
        before = resident(process.pid)
        lines = [first]
        for line in process.stdout:
            lines.append(line)
            if len(lines) == 20:
                assert process.poll() is None
                assert resident(process.pid) < before + 10_000
        assert process.wait(PATIENCE) == 0
    assert len(lines) == 1000
    assert all(line.startswith(b'{"') and line.endswith(b"}\n") for line in lines)


@pytest.mark.parametrize("output", ["json", "jsonl", "csv", "ids"])
def test_nothing_but_data_is_on_stdout(live: Program, output: str) -> None:
    """What is said to people goes to stderr, or nowhere."""
    slot = live.ok("--profile", "anna", "appointments", "slots", "--limit", "1", "--format", "ids").strip()
    done = live.inside.ok("--profile", "anna", "appointments", "book", slot, "--format", output)
    starts = {"json": "{\n", "jsonl": '{"id":', "csv": "id,status,", "ids": "apt_"}
    assert done.out.startswith(starts[output])
    assert "Booked" not in done.out
    assert done.err == ""


def test_for_people_what_was_done_is_said_beside_the_data(live: Program) -> None:
    """So that a pipe carries the table alone."""
    slot = live.ok("--profile", "anna", "appointments", "slots", "--limit", "1", "--format", "ids").strip()
    done = live.inside.ok("--profile", "anna", "appointments", "book", slot)
    assert re.fullmatch(r"Booked apt_\w{12}\.\n", done.err)
    assert "Booked apt" not in done.out
