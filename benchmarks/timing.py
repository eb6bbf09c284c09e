"""Whole processes, timed in turns so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

Name = TypeVar("Name")

REPOSITORY = Path(__file__).resolve().parent.parent


class Process(NamedTuple):
    """A command line, and what its environment has beyond this one's. The arguments may depend on the round."""

    arguments: Callable[[int], Sequence[str]]
    environment: Mapping[str, str] = {}


def fixed(*arguments: str, **environment: str) -> Process:
    """A process that is the same in every round."""
    return Process(lambda _: arguments, environment)


def portalctl(*arguments: str, **environment: str) -> Process:
    """The program as it is installed beside this interpreter, else from this folder."""
    return fixed(*program(), *arguments, **environment)


def program() -> tuple[str, ...]:
    """How portalctl is started here."""
    script = Path(sys.executable).with_name("portalctl")
    return (str(script),) if script.exists() else (sys.executable, "-m", "portalctl")


def compile_all() -> None:
    """Compile everything first: where nothing may write bytecode, each run would compile again."""
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        compileall.compile_dir(folder, quiet=2)
    for folder in ("portalctl", "benchmarks"):
        compileall.compile_dir(REPOSITORY / folder, quiet=2)


def medians(processes: Mapping[Name, Process], rounds: int) -> dict[Name, float]:
    """Median seconds of each from start to end, run in turns: A B C A B C … One round before them is not counted.

    Raises RuntimeError, with what it said, when a process fails.
    """
    seconds: dict[Name, list[float]] = {name: [] for name in processes}
    for number in range(rounds + 1):
        for name, process in processes.items():
            arguments, environment = process.arguments(number), {**os.environ, **process.environment}
            begin = time.perf_counter()
            done = subprocess.run(
                arguments,
                env=environment,
                cwd=REPOSITORY,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
            took = time.perf_counter() - begin
            if done.returncode != 0:
                raise RuntimeError(f"{name} failed with {done.returncode}: {done.stderr.decode(errors='replace')}")
            if number:
                seconds[name].append(took)
    return {name: median(all_of_it) for name, all_of_it in seconds.items()}


class Figure(NamedTuple):
    """What is measured against what, in seconds, and the ratio that it may reach; None where nothing is promised."""

    measured: str
    took: float
    against: str
    reference: float
    target: float | None

    @property
    def ratio(self) -> float:
        """How many times as long."""
        return self.took / self.reference

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.target is None or self.ratio <= self.target


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table, with the verdict of each."""
    lines = ["| measured | median | against | median | ratio | target | |", "|---|--:|---|--:|--:|--:|---|"]
    for figure in figures:
        target = "-" if figure.target is None else f"≤ {figure.target:.2f}"
        verdict = "" if figure.target is None else "met" if figure.met else "MISSED"
        lines.append(
            f"| {figure.measured} | {_shown(figure.took)} | {figure.against} | {_shown(figure.reference)}"
            f" | {figure.ratio:.2f} | {target} | {verdict} |"
        )
    return "\n".join(lines)


def _shown(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.02 else f"{1000 * seconds:.2f} ms"


def finish(figures: Sequence[Figure]) -> int:
    """Print the table; 1 when a target was missed."""
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1
