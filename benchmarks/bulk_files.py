"""The files that bulk sharing is measured with: PDFs of random content, as many and as long as wanted."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIECE = 1 << 20
HEAD, TAIL = b"%PDF-1.7\n", b"\n%%EOF\n"


def pdf(chance: random.Random, length: int) -> bytes:
    """A file of that length that begins and ends as a PDF does, and is like no other."""
    return HEAD + chance.randbytes(max(0, length - len(HEAD) - len(TAIL))) + TAIL


@contextmanager
def small_files(place: Path, count: int, length: int) -> Iterator[Path]:
    """A folder with so many files of that length."""
    chance = random.Random(count)  # noqa: S311  no secrets
    with tempfile.TemporaryDirectory(prefix=f"{count}-", dir=place) as name:
        for number in range(count):
            Path(name, f"{number:06}.pdf").write_bytes(pdf(chance, length))
        yield Path(name)


@contextmanager
def large_files(place: Path, count: int, length: int) -> Iterator[Path]:
    """A folder with so many files of that length, of which memory holds a piece at a time."""
    chance = random.Random(length)  # noqa: S311  no secrets
    with tempfile.TemporaryDirectory(prefix=f"{count}-", dir=place) as name:
        for number in range(count):
            with Path(name, f"{number:06}.pdf").open("wb") as file:
                file.write(HEAD)
                left = length - len(HEAD) - len(TAIL)
                while left > 0:
                    left -= file.write(chance.randbytes(min(PIECE, left)))
                file.write(TAIL)
        yield Path(name)


@contextmanager
def sparse_file(place: Path, length: int) -> Iterator[Path]:
    """A folder with one file of that length that takes next to no room on the disk."""
    with tempfile.TemporaryDirectory(prefix="sparse-", dir=place) as name:
        with Path(name, "scan.pdf").open("wb") as file:
            file.write(HEAD)
            file.truncate(length - len(TAIL))
            file.seek(length - len(TAIL))
            file.write(TAIL)
        yield Path(name)
