"""`wrk`: many connections for next to no time of their own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SCRIPT = """
local requests, next_one = {}, 0
init = function()
  for line in io.lines(os.getenv("WRK_REQUESTS")) do
    local method, path, token, key, body = line:match("^(%S+) (%S+) (%S+) (%S+) ?(.*)$")
    local headers = { ["Authorization"] = "Bearer " .. token }
    if key ~= "-" then headers["Idempotency-Key"] = key end
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
request = function()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("figures %d %d %f %f\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99)))
  io.write(string.format("errors %d\\n", errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


class Request(NamedTuple):
    """One request that is asked in turn with the others; `body` is JSON in one line, or empty; `key` may be `-`."""

    method: str
    path: str
    token: str
    key: str = "-"
    body: str = ""


class Load(NamedTuple):
    """What came of it: answers a second, and latencies in seconds."""

    rate: float
    median: float
    p99: float


def load(port: int, requests: Sequence[Request], *, connections: int, seconds: int) -> Load:
    """Ask again and again over so many connections, for so long. Raises RuntimeError for any answer but a good one."""
    program = shutil.which("wrk")
    if program is None:
        raise RuntimeError("needs the system program wrk")
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder, "requests.lua"), Path(folder, "requests")
        script.write_text(SCRIPT, encoding="ascii")
        lines.write_text("".join(" ".join(each) + "\n" for each in requests), encoding="ascii")
        command: list[str | Path] = [
            program,
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "-s",
            script,
        ]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"],
            env={"WRK_REQUESTS": str(lines)},
            capture_output=True,
            text=True,
            check=True,
        )
    told = {name: rest for name, _, rest in (line.partition(" ") for line in done.stdout.splitlines())}
    if told["errors"] != "0":
        raise RuntimeError(f"not every answer was a good one:\n{done.stdout}{done.stderr}")
    count, microseconds, median, p99 = (float(each) for each in told["figures"].split())
    return Load(1_000_000 * count / microseconds, median / 1_000_000, p99 / 1_000_000)
