"""The worker that has files scanned from within a server process, by a command that gets each on its standard input.

The command ends with 0 where it found nothing, and with 1 where it found something; whatever else happens decides
nothing, and the file waits for another try. It knows nothing of the file but its content, and none of the server's
secrets.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import NamedTuple

from portalctl import errors
from portalctl.domain import bodies, quarantine
from portalctl.domain.office import Office
from portalctl.server.logs import Log, frames

PAUSE_SECONDS = 1.0
"""How long it rests when nothing waits, and when a file could not be decided."""

LONGEST_SECONDS = 900.0
"""How long a command may take over one file."""

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file that every scanner finds."""

_KEEP_SECONDS = 20.0
"""How often it is written down that a file is still being scanned."""

_LOOK_SECONDS = 0.2
_LEAVE_SECONDS = 5.0
_TOLD = 200
_ENVIRONMENT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR")


class Verdict(NamedTuple):
    """What a command made of a file: it passed or not, or (None) nobody knows, and then why."""

    passed: bool | None
    why: str = ""


class Scanning(threading.Thread):
    """Has one file after the other scanned. Any number of processes may do so at once."""

    def __init__(
        self,
        office: Office,
        command: Sequence[str],
        log: Log,
        *,
        pause: float = PAUSE_SECONDS,
        longest: float = LONGEST_SECONDS,
    ) -> None:
        super().__init__(name="scanning", daemon=True)
        self._office = office
        self._command = command
        self._log = log
        self._pause = pause
        self._longest = longest
        self._is_over = threading.Event()

    def run(self) -> None:
        """Work until told to stop. Whatever goes wrong is told, and tried again later."""
        while not self._is_over.is_set():
            try:
                decided = self._next()
            except Exception as error:  # noqa: BLE001  a file that cannot be scanned ends nothing else
                code = error.code if isinstance(error, errors.PortalError) else "unexpected"
                self._log.error("scan", code=code, error=type(error).__name__, at=frames(error))
                decided = False
            if not decided:
                self._is_over.wait(self._pause)

    def stop(self) -> None:
        """Give the file under way up, for the next to scan it, and end."""
        self._is_over.set()
        self.join(60)

    def _next(self) -> bool:
        """Have the next file scanned; whether there was one, and it is decided."""
        waiting = quarantine.claim(self._office)
        if waiting is None:
            return False
        try:
            verdict = self._verdict(waiting)
        except errors.PortalError as error:
            verdict = Verdict(None, error.message)
        if verdict.passed is None:
            quarantine.postpone(self._office, waiting, at_once=self._is_over.is_set())
            self._log.error("scan", document=waiting.document_id, attempt=waiting.attempt, undecided=verdict.why)
            return False
        quarantine.settle(self._office, waiting.document_id, passed=verdict.passed)
        tell = self._log.info if verdict.passed else self._log.warning
        tell("scan", document=waiting.document_id, passed=verdict.passed)
        return True

    def _verdict(self, waiting: quarantine.Waiting) -> Verdict:
        with self._office.store.reading() as tx:
            source = bodies.file_source(self._office, tx, waiting.document_id)
        kept_at = time.monotonic()

        def goes_on() -> bool:
            nonlocal kept_at
            if time.monotonic() - kept_at > _KEEP_SECONDS:
                kept_at = time.monotonic()
                quarantine.keep(self._office, waiting)
            return not self._is_over.is_set()

        return scan(self._command, source.read(0), longest=self._longest, goes_on=goes_on)


def scan(
    command: Sequence[str],
    chunks: Iterable[bytes],
    *,
    longest: float = LONGEST_SECONDS,
    goes_on: Callable[[], bool] = lambda: True,
) -> Verdict:
    """Let a command decide of a content. A command that passes what it has not read to its end decides nothing.

    It is ended, with whatever it started, after `longest` seconds or once `goes_on` says no.
    """
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    with TemporaryFile() as told:
        try:
            process = subprocess.Popen(  # noqa: S603  what the operator has chosen, without a shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=told,
                cwd="/",
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return Verdict(None, f"{command[0]} cannot be started: {error.strerror}")
        feeding = _Feeding(process, chunks)
        feeding.start()
        in_time = False
        try:
            in_time = _waited(process, longest, goes_on)
        finally:
            if not in_time:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            feeding.join(_LEAVE_SECONDS)
        if feeding.failure is not None:
            raise feeding.failure
        if not in_time:
            return Verdict(None, f"{command[0]} did not end in time")
        if process.returncode == 1:
            return Verdict(passed=False)
        if process.returncode == 0 and feeding.is_whole:
            return Verdict(passed=True)
        told.seek(0)
        return Verdict(None, _why(process.returncode, told.read(4 * _TOLD)))


def check_scanner(command: Sequence[str]) -> str:
    """Say that a scanner passes a harmless file, and finds the one that every scanner finds. Raises InvalidInput."""
    for content, passes in ((b"Dear Anna,\n", True), (EICAR, False)):
        verdict = scan(command, [content], longest=60)
        if verdict.passed is not passes:
            why = verdict.why or (
                "it finds something in a harmless file" if passes else "it passes the EICAR test file"
            )
            raise errors.InvalidInput(f"the scanner does not work: {why}", "it reads a file, and ends with 0 or with 1")
    return "in order"


class _Feeding(threading.Thread):
    """Gives a content to a process, so that whoever waits for the process can end it at any time."""

    def __init__(self, process: subprocess.Popen[bytes], chunks: Iterable[bytes]) -> None:
        super().__init__(name="scanned", daemon=True)
        self._process = process
        self._chunks = chunks
        self.is_whole = False
        self.failure: Exception | None = None

    def run(self) -> None:
        """Give all of it; a process may end before."""
        stream = self._process.stdin
        assert stream is not None  # noqa: S101  it is a pipe
        try:
            for chunk in self._chunks:
                stream.write(chunk)
            stream.flush()
            self.is_whole = True
        except BrokenPipeError:
            pass
        except Exception as error:  # noqa: BLE001  it is raised where the process is waited for
            self.failure = error
            self._process.kill()
        finally:
            with suppress(OSError):
                stream.close()


def _waited(process: subprocess.Popen[bytes], longest: float, goes_on: Callable[[], bool]) -> bool:
    """Wait for a process to end; no, where its time is over first."""
    until = time.monotonic() + longest
    while goes_on() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
            return True
    return False


def _why(code: int, told: bytes) -> str:
    """What a command said when it failed, as one short line of plain text."""
    plain = "".join(each if each.isprintable() else " " for each in told.decode(errors="replace"))
    how = f"it ended by signal {-code}" if code < 0 else f"it ended with {code}"
    said = " ".join(plain.split())[:_TOLD]
    return f"{how}: {said}" if said else how
