"""What sharing files by the thousand costs, beside rclone, restic, `cp` with `sha256sum`, and obstore.

    python -m benchmarks.bulk [--only small,large,postgres,embedded,growth,memory,profile] [--rounds 5]

Whole processes over the same files, the sides in turns, medians; what was written before is on disk before anything is
timed. Every round of ours goes to a practice that has nothing yet, every round of a peer to a folder, a repository or a
prefix of its own. `small` and `large` are `docs upload` to a server on SQLite and a folder, against `rclone copy` with
eight transfers to `rclone serve sftp`; `postgres` is the same with PostgreSQL and documents in a bucket (`rclone serve
s3`), where large files stand against obstore's own put; `embedded` is a portal file on this machine, against `restic
backup` and `cp` with `sha256sum`. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import bulk_peers as peers
from benchmarks.bulk_files import large_files, small_files, sparse_file
from benchmarks.bulk_portals import Ground, in_a_file, on_a_server
from benchmarks.bulk_profile import show_profile
from benchmarks.hosted import durable_postgres
from benchmarks.timing import compile_all
from portalctl.commands.delivering import FEW
from tests.buckets import bucket_server
from tests.postgres import fresh_schema

MOST_MEMORY = 150
"""MB that neither side may need."""

SECOND_RUN = 0.05
"""The share of the first run through a server that a second one over the same files may take."""

FEWEST = FEW + 1
"""How many files are told as a whole."""

GROWTH = 100
"""How many times as many files have to cost no more each."""


class Sizes(NamedTuple):
    """How much is shared, and how often."""

    files: int
    length: int
    large: int
    large_length: int
    sparse_length: int
    rounds: int

    @property
    def of_small(self) -> str:
        """The small files in words."""
        return f"{self.files:,} files of {self.length:,} bytes"

    @property
    def of_large(self) -> str:
        """The large files in words."""
        return f"{self.large} files of {self.large_length:,} bytes"

    @property
    def megabytes(self) -> float:
        """How long the large files are together, in MB."""
        return self.large * self.large_length / 1_000_000


class Held(NamedTuple):
    """A ratio and what is promised of it: at least that, or at most; nothing of one that has neither."""

    what: str
    ours: str
    against: str
    theirs: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio >= (self.at_least or 0) and (self.at_most is None or self.ratio <= self.at_most)

    def line(self) -> str:
        """Its row in the table."""
        bound = f"≥ {self.at_least}" if self.at_least is not None else f"≤ {self.at_most}" if self.at_most else ""
        verdict = "" if not bound else "met" if self.is_met else "MISSED"
        return (
            f"| {self.what} | {self.ours} | {self.against} | {self.theirs} | {self.ratio:.3f} | {bound} | {verdict} |"
        )


Way = Callable[[int], Mapping[str, float]]
"""Goes once, in the round of that number, and says of each thing that it did how many seconds that took."""

Place = Callable[[], AbstractContextManager[Ground]]
"""Makes a practice that has nothing yet."""


def main() -> int:
    """Measure what is asked for, and print a table."""
    parser = argparse.ArgumentParser(description="Measure bulk sharing beside its peers.")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=10_000, help="how many small files")
    parser.add_argument("--length", type=int, default=10_000, help="bytes of each small file")
    parser.add_argument("--large", type=int, default=10, help="how many large files")
    parser.add_argument("--large-length", type=int, default=200_000_000, help="bytes of each large file")
    parser.add_argument("--sparse-length", type=int, default=10_000_000_000, help="bytes of the one that is huge")
    options = vars(parser.parse_args())
    parts = options.pop("only").split(",")
    sizes = Sizes(**options)
    compile_all()
    held: list[Held] = []
    with tempfile.TemporaryDirectory(prefix="bulk-") as name:
        for part in parts:
            (Path(name) / part).mkdir()
            held += PARTS[part](Path(name) / part, sizes)
    print(f"medians of {sizes.rounds}\n")
    print("| measured | ours | against | theirs | ratio | target | |\n|---|--:|---|--:|--:|--:|---|")
    print("\n".join(each.line() for each in held))
    return 0 if all(each.is_met for each in held) else 1


def in_turn(ways: Mapping[str, Way], rounds: int) -> dict[str, float]:
    """Median seconds of all that the ways do, gone in turns: A B C A B C …"""
    seconds: dict[str, list[float]] = {}
    for number in range(rounds):
        for way in ways.values():
            for name, took in way(number).items():
                seconds.setdefault(name, []).append(took)
    for name, each in seconds.items():
        print(f"{name}: {' '.join(f'{took:.3f}' for took in each)} s", file=sys.stderr)
    return {name: median(each) for name, each in seconds.items()}


def small(place: Path, sizes: Sizes) -> list[Held]:
    """Small files to a server on SQLite and a folder, and once more when they are there."""
    with small_files(place, sizes.files, sizes.length) as source, peers.sftp(place / "sftp") as sftp:
        ways = {"ours": twice(partial(on_a_server, place), source), "rclone": _rclone(sftp, source)}
        took = in_turn(ways, sizes.rounds)
    return [
        _rates(f"{sizes.of_small} to a server", took, "rclone", sizes.files, "files/s", 4),
        _once_more(took, SECOND_RUN),
    ]


def large(place: Path, sizes: Sizes) -> list[Held]:
    """Large files to a server on SQLite and a folder."""
    with large_files(place, sizes.large, sizes.large_length) as source, peers.sftp(place / "sftp") as sftp:
        ways = {"ours": twice(partial(on_a_server, place), source), "rclone": _rclone(sftp, source)}
        took = in_turn(ways, sizes.rounds)
    return [
        _rates(f"{sizes.of_large} to a server", took, "rclone", sizes.megabytes, "MB/s", 1.7),
        _once_more(took, SECOND_RUN),
    ]


def postgres(place: Path, sizes: Sizes) -> list[Held]:
    """Small and large files to a server on PostgreSQL and a bucket."""
    (place / "bucket").mkdir()
    with durable_postgres() as database, bucket_server("rclone", place / "bucket") as bucket:

        @contextmanager
        def ground() -> Iterator[Ground]:
            with fresh_schema(database) as url:
                options = ("--documents", f"{bucket.documents}/{url[-12:]}")
                with on_a_server(place, *options, database=url, environment=bucket.environment) as made:
                    yield made

        def put(source: Path) -> Way:
            url = f"s3://portal/put/{source.name}"
            return lambda number: {"put": peers.put(source, f"{url}-{number}", bucket.environment).seconds}

        with small_files(place, sizes.files, sizes.length) as source, peers.sftp(place / "sftp") as sftp:
            ways = {"ours": twice(ground, source), "rclone": _rclone(sftp, source), "put": put(source)}
            of_small = in_turn(ways, sizes.rounds)
        with large_files(place, sizes.large, sizes.large_length) as source:
            of_large = in_turn({"ours": twice(ground, source), "put": put(source)}, sizes.rounds)
    on = "to a server on PostgreSQL and S3"
    return [
        _rates(f"{sizes.of_small} {on}", of_small, "rclone", sizes.files, "files/s", 3),
        _rates("the same", of_small, "put", sizes.files, "files/s"),
        _once_more(of_small, SECOND_RUN),
        _rates(f"{sizes.of_large} {on}", of_large, "put", sizes.megabytes, "MB/s", 0.7),
        _once_more(of_large, SECOND_RUN),
    ]


def embedded(place: Path, sizes: Sizes) -> list[Held]:
    """Small and large files into a portal file."""

    def goes(source: Path) -> dict[str, float]:
        ways = {
            "ours": twice(partial(in_a_file, place), source),
            "restic": _peer(place, "restic", source, peers.restic),
            "copy": _peer(place, "copy", source, peers.copy_and_hash),
        }
        return in_turn(ways, sizes.rounds)

    with small_files(place, sizes.files, sizes.length) as source:
        of_small = goes(source)
    with large_files(place, sizes.large, sizes.large_length) as source:
        of_large = goes(source)
    return [
        _times(f"{sizes.of_small} into a portal file", of_small, "restic", 0.8),
        _times("the same", of_small, "copy"),
        _once_more(of_small),
        _times(f"{sizes.of_large} into a portal file", of_large, "restic", 0.4),
        _times("the same", of_large, "copy", 2.0),
        _once_more(of_large),
    ]


def growth(place: Path, sizes: Sizes) -> list[Held]:
    """Whether a hundred times as many files cost no more each, and what memory those need.

    What a run of the fewest files takes is no part of any rate: starting the program would flatter the long run. They
    are as many as are told as a whole: a run of fewer loads what shows each of them.
    """
    few = max(2 * FEWEST, sizes.files // 10)
    many = few * GROWTH
    held = []
    with (
        small_files(place, FEWEST, sizes.length) as least,
        small_files(place, few, sizes.length) as source,
        small_files(place, many, sizes.length) as more,
    ):
        for shown, ground in (("to a server", on_a_server), ("into a portal file", in_a_file)):
            sides = {"fewest": least, "few": source}
            ways = {name: once(name, partial(ground, place), files) for name, files in sides.items()}
            short = in_turn(ways, 3 * sizes.rounds)  # half a second each, and their difference is what counts
            begun, base = short["fewest"], (few - FEWEST) / (short["few"] - short["fewest"])
            with ground(place) as fresh:
                grown, again = fresh.send(more), fresh.send(more)
                assert fresh.stored() == many
                of_server = fresh.memory_of_server()
            what, rate = f"{many:,} files {shown}", (many - FEWEST) / (grown.seconds - begun)
            took = {"first": grown.seconds, "again": again.seconds}
            held += [
                Held(what, f"{rate:,.0f} files/s", f"{few:,} files", f"{base:,.0f} files/s", rate / base, at_least=0.9),
                _once_more(took),
                *_memory(what, max(grown.memory, again.memory), of_server),
            ]
    return held


def memory(place: Path, sizes: Sizes) -> list[Held]:
    """What memory one file needs that is longer than any memory."""
    held = []
    with sparse_file(place, sizes.sparse_length) as source:
        for shown, ground in (("to a server", on_a_server), ("into a portal file", in_a_file)):
            with ground(place) as fresh:
                cost = fresh.send(source)
                assert fresh.stored() == 1
                what = f"one file of {sizes.sparse_length:,} bytes {shown}, {cost.seconds:.0f} s"
                held += _memory(what, cost.memory, fresh.memory_of_server())
    return held


def profile(place: Path, sizes: Sizes) -> list[Held]:
    """Where the time of one small file goes; nothing is promised of it."""
    with small_files(place, sizes.files, sizes.length) as source:
        show_profile(place, source, sizes.files)
    return []


PARTS: Mapping[str, Callable[[Path, Sizes], list[Held]]] = {
    each.__name__: each for each in (small, large, postgres, embedded, growth, memory, profile)
}


def twice(ground: Place, source: Path) -> Way:
    """Share a folder with a client of a new practice, and give the same command again; all of it has to be there."""

    def go(_: int) -> dict[str, float]:
        files = sum(1 for _ in source.iterdir())
        with ground() as fresh:
            first = fresh.send(source)
            again = fresh.send(source)
            assert fresh.stored() == files, f"{fresh.stored()} of {files} files are there"
        return {"first": first.seconds, "again": again.seconds}

    return go


def once(name: str, ground: Place, source: Path) -> Way:
    """Share a folder with a client of a new practice."""

    def go(_: int) -> dict[str, float]:
        with ground() as fresh:
            return {name: fresh.send(source).seconds}

    return go


def _rclone(sftp: peers.Sftp, source: Path) -> Way:
    return lambda number: {"rclone": sftp.copy(source, f"{source.name}-{number}").seconds}


def _peer(place: Path, name: str, source: Path, peer: Callable[[Path, Path], peers.Cost]) -> Way:
    def go(_: int) -> dict[str, float]:
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=place) as folder:
            return {name: peer(Path(folder), source).seconds}

    return go


_NAMES = {"rclone": "rclone", "put": "obstore put", "restic": "restic", "copy": "cp and sha256sum"}


def _rates(
    what: str, took: Mapping[str, float], peer: str, amount: float, unit: str, at_least: float | None = None
) -> Held:
    ours, theirs = amount / took["first"], amount / took[peer]
    shown = [f"{each:,.0f} {unit}" for each in (ours, theirs)]
    return Held(what, shown[0], _NAMES[peer], shown[1], ours / theirs, at_least=at_least)


def _times(what: str, took: Mapping[str, float], peer: str, at_most: float | None = None) -> Held:
    ours, theirs = took["first"], took[peer]
    return Held(what, f"{ours:.2f} s", _NAMES[peer], f"{theirs:.2f} s", ours / theirs, at_most=at_most)


def _once_more(took: Mapping[str, float], at_most: float | None = None) -> Held:
    first, again = took["first"], took["again"]
    return Held(
        "the same command again", f"{again:.2f} s", "the first run", f"{first:.2f} s", again / first, at_most=at_most
    )


def _memory(what: str, of_client: float, of_server: float) -> list[Held]:
    sides = {"the command": of_client, **({"the server": of_server} if of_server else {})}
    return [
        Held(
            f"{what}: most memory of {side}",
            f"{megabytes:.0f} MB",
            "the limit",
            f"{MOST_MEMORY} MB",
            megabytes / MOST_MEMORY,
            at_most=1.0,
        )
        for side, megabytes in sides.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
