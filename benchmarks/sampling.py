"""Runs portalctl and says where its processor time went.

    python -m benchmarks.sampling RESULT.json docs upload …

A thread looks at all others about every millisecond, and counts the processor time that each has used since to where it
is found: to the innermost function of portalctl. A thread that used none within the storage is counted as waiting
there. The result is written when the program ends, also by SIGTERM. Once there is a file RESULT.begin, it is removed,
and what was counted before is forgotten.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

PERIOD = 0.001
BEGIN = ".begin"
NOTHING = 0.00005
"""Seconds of processor time below which a thread was waiting."""

IMPORTS = "start-up: imports"
WAITING = "waiting for the disk"
TURNS = "SqliteStore.writing"
"""Where a thread waits for another one's transaction, not for the disk."""

OUTSIDE = "the event loop and its libraries"
HOME = str(Path(__file__).resolve().parent.parent / "portalctl") + "/"


class Sampler(threading.Thread):
    """Counts seconds by place until it is stopped."""

    def __init__(self, begin: Path) -> None:
        super().__init__(daemon=True)
        self._begin = begin
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._over = threading.Event()
        self._before: dict[int, float] = {}
        self._last = time.perf_counter()

    def run(self) -> None:
        """Look again and again."""
        while not self._over.wait(PERIOD):
            if self._begin.exists():
                self._begin.unlink()
                self.seconds.clear()
            self._look()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()

    def _look(self) -> None:
        now = time.perf_counter()
        wall, self._last = now - self._last, now
        for thread, frame in sys._current_frames().items():  # noqa: SLF001  the one way to see other threads
            if thread == self.ident:
                continue
            try:
                used = time.clock_gettime(time.pthread_getcpuclockid(thread))
            except OSError:
                continue
            spent = used - self._before.get(thread, used)
            self._before[thread] = used
            place = _place(frame)
            if spent > NOTHING:
                self.seconds[place] += spent
            elif place.startswith("storage/") and not place.endswith(TURNS):
                self.seconds[WAITING] += wall


def _place(frame: FrameType) -> str:
    found: FrameType | None = frame
    while found is not None:
        code = found.f_code
        if "importlib" in code.co_filename:
            return IMPORTS
        if code.co_filename.startswith(HOME):
            return (
                IMPORTS if code.co_name == "<module>" else f"{code.co_filename.removeprefix(HOME)} {code.co_qualname}"
            )
        found = found.f_back
    return OUTSIDE


def main() -> None:
    """Run the program under the sampler."""
    result = Path(sys.argv[1])
    sys.argv = ["portalctl", *sys.argv[2:]]
    sys.setswitchinterval(PERIOD / 2)
    sampler = Sampler(result.with_suffix(BEGIN))
    sampler.start()
    try:
        from portalctl.app import main as run

        run()
    finally:
        sampler.stop()
        result.write_text(json.dumps(sampler.seconds))


if __name__ == "__main__":
    main()
