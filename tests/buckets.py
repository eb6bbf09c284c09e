"""Real servers of S3 on loopback: rclone, which checks signatures, and moto."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

KEY, SECRET = "AKIDPORTAL", "a secret of the test"

MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("Serving on http://%s:%s/" % server.get_host_and_port(), flush=True)
sys.stdin.read()
server.stop()
"""


class BucketServer(NamedTuple):
    """A server with a bucket, and the variables that name it."""

    name: str
    url: str
    environment: dict[str, str]

    @property
    def documents(self) -> str:
        """Where documents are to be kept."""
        return "s3://portal/documents"


@contextmanager
def bucket_server(name: str, folder: Path) -> Iterator[BucketServer]:
    """One of them, with an empty bucket."""
    if name == "rclone":
        (folder / "portal").mkdir()
        program = shutil.which("rclone", path=f"{Path(sys.executable).parent}") or "rclone"
        command = [program, "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", "127.0.0.1:0", str(folder)]
    else:
        command = [sys.executable, "-W", "ignore", "-c", MOTO]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)
            url = next(found[0] for found in told if found)
            if name == "moto":
                httpx.put(f"{url}/portal", trust_env=False, timeout=30).raise_for_status()
            yield BucketServer(name, url, variables(url))
        finally:
            process.kill()


def variables(url: str, secret: str = SECRET) -> dict[str, str]:
    """What tells a program where a bucket is and who asks."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": "us-east-1",
    }
