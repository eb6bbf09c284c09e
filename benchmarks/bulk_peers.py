"""What bulk sharing is measured against: rclone over SFTP, restic, `cp` with `sha256sum`, and obstore on a bucket.

Each peer is the program as it comes, one whole process over the same files. Nothing of it lies in the home folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PASSWORD = "walnut harbour cobalt seven"  # noqa: S105  of nobody

PUT = """
import sys
from pathlib import Path
from urllib.parse import urlsplit
import obstore
from obstore.store import S3Store
place = urlsplit(sys.argv[1])
store = S3Store(place.netloc, prefix=place.path.strip("/"), client_options={"allow_http": True})
for file in sorted(Path(sys.argv[2]).iterdir()):
    obstore.put(store, file.name, file)
"""
"""A folder's files put into a bucket one after the other, large ones by obstore's own parts, many at once."""


class Cost(NamedTuple):
    """What a process took: seconds, and the most memory in MB."""

    seconds: float
    memory: float


class Sftp(NamedTuple):
    """`rclone serve sftp` on loopback, over a folder of its own."""

    remote: str
    files: Path
    environment: Mapping[str, str]

    def copy(self, source: Path, to: str) -> Cost:
        """Copy a folder's files into a new folder, which is gone afterwards: what a run left fills no memory of others.

        It has another name each time: the server keeps what it knows of a folder that it has seen.
        """
        words = [rclone(), "copy", "--transfers", "8", str(source), f"{self.remote}{to}"]
        try:
            return timed(words, environment=self.environment)
        finally:
            shutil.rmtree(self.files / to)


@contextmanager
def sftp(folder: Path) -> Iterator[Sftp]:
    """The server, for as long as the block runs. What it keeps lies in the folder, and is checked nowhere else."""
    files = folder / "files"
    files.mkdir(parents=True)
    environment = {
        **os.environ,
        "RCLONE_CONFIG": str(folder / "none.conf"),
        "RCLONE_CACHE_DIR": str(folder / "cache"),
    }
    command = [rclone(), "serve", "sftp", "--addr", "127.0.0.1:0", "--user", "peer", "--pass", PASSWORD]
    log = folder / "log"
    with (
        log.open("wb") as told,
        subprocess.Popen([*command, str(files)], env=environment, stdout=told, stderr=told) as process,
    ):
        try:
            port = _port_in(log, process)
            hidden = _output([rclone(), "obscure", PASSWORD], environment)
            yield Sftp(f":sftp,host=127.0.0.1,port={port},user=peer,pass={hidden}:", files, environment)
        finally:
            process.terminate()


def restic(folder: Path, source: Path) -> Cost:
    """Back a folder up into a new repository; making the repository is not counted."""
    environment = {**os.environ, "RESTIC_PASSWORD": PASSWORD, "RESTIC_CACHE_DIR": str(folder / "cache")}
    repository = ["restic", "--quiet", "--repo", str(folder / "repository")]
    _output([*repository, "init"], environment)
    return timed([*repository, "backup", str(source)], environment=environment)


def copy_and_hash(folder: Path, source: Path) -> Cost:
    """Copy a folder with `cp -r`, then hash the copies with `sha256sum`."""
    target = folder / "copies"
    copied = timed(["cp", "-r", str(source), str(target)])
    hashed = timed(["find", str(target), "-type", "f", "-exec", "sha256sum", "{}", "+"])
    return Cost(copied.seconds + hashed.seconds, max(copied.memory, hashed.memory))


def put(source: Path, url: str, environment: Mapping[str, str]) -> Cost:
    """Put a folder's files into a bucket with obstore."""
    return timed([sys.executable, "-c", PUT, url, str(source)], environment={**os.environ, **environment})


def rclone() -> str:
    """The program beside this interpreter, else the one on PATH."""
    return shutil.which("rclone", path=str(Path(sys.executable).parent)) or "rclone"


def timed(words: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a process from start to end; what was written before is on disk first. Raises RuntimeError, with its words,
    when it fails."""
    os.sync()
    begin = time.perf_counter()
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{words[:4]} failed with {process.returncode}: {said.decode(errors='replace')[-4000:]}")
    return Cost(seconds, usage.ru_maxrss / 1000)


def _output(words: Sequence[str], environment: Mapping[str, str]) -> str:
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def _port_in(log: Path, process: subprocess.Popen[bytes]) -> int:
    """Where the server listens, as its log says. Raises RuntimeError for one that does not come up."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", log.read_text(errors="replace"))
        if found is not None:
            return int(found[1])
        time.sleep(0.02)
    raise RuntimeError(f"rclone serve did not come up: {log.read_text(errors='replace')[-2000:]}")
