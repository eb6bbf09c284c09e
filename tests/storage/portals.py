"""Small portal files made by storage alone, and processes of their own that work on them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import portalctl
from portalctl.storage import audit, practice, staff
from portalctl.storage.engine import Store
from portalctl.storage.sqlite import SqliteStore

CHAIN = "practice"


def make(path: Path, name: str = "Studio Rossi", rows: int = 0) -> Path:
    """A portal with a practice, its owner, and so many audit rows; nothing lies beside the file."""
    store = SqliteStore(path, create=True)
    with store.writing() as tx:
        practice.insert(
            tx, id=f"prc_{name[:6].lower()}", name=name, email="r@example.com", timezone="Europe/Rome", created_at=1
        )
        staff.insert(
            tx,
            id="stf_1",
            account_id=None,
            name="Dr Rossi",
            email="r@example.com",
            role="owner",
            timezone="Europe/Rome",
            created_at=1,
        )
    for _ in range(rows):
        append(store, name)
    store.close()
    return path


def append(store: Store, subject: str = "sub_1") -> None:
    """Add one audit row."""
    with store.writing() as tx:
        audit.append(tx, chain=CHAIN, at=1, actor="stf_1", role="owner", action="test.append", subject=subject)


def count(path: Path) -> int:
    """How many audit rows there are."""
    store = SqliteStore(path)
    try:
        with store.reading() as tx:
            return audit.count(tx)
    finally:
        store.close()


def name_of(store: Store) -> str:
    """The practice's name."""
    with store.reading() as tx:
        found = practice.get(tx)
    assert found is not None
    return found.name


def beside(path: Path) -> dict[str, bytes]:
    """The file and everything that lies beside it under its name, byte for byte."""
    return {file.name: file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*"))}


class Program:
    """A Python program in a process of its own, which knows portalctl. It is killed when it is not needed any more.

    With `obeys_modes` it may read and write only what modes allow, even where the tests run as root.
    """

    def __init__(self, code: str, *arguments: object, obeys_modes: bool = False) -> None:
        root = str(Path(portalctl.__file__).parents[1])
        program = [f"{_PRELUDE}\n{code}", *map(str, arguments)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", *([_OBEY_MODES] if obeys_modes else []), *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))},
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def output(self) -> str:
        """Everything that it prints until it ends well."""
        out = self._rest()
        assert self.process.wait(60) == 0, out
        return out

    def kill(self) -> str:
        """End it at once, and say what else it had printed."""
        self.process.kill()
        return self._rest()

    def _rest(self) -> str:
        """What is left to read, what was read ahead with it: `communicate` alone would lose that."""
        assert self.process.stdout is not None
        out = "" if self.process.stdout.closed else self.process.stdout.read()
        self.process.communicate()
        return out


_OBEY_MODES = """
import ctypes, os, sys
if os.geteuid() == 0 and sys.platform == "linux":
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""

_PRELUDE = """
import sys
from pathlib import Path
from portalctl import errors
from portalctl.storage import audit, practice
from portalctl.storage.sqlite import SqliteStore

def append(store):
    with store.writing() as tx:
        audit.append(tx, chain="practice", at=1, actor="stf_1", role="owner", action="test.append", subject="sub_1")
"""

HOLDS_THE_LOCK = """
store = SqliteStore(Path(sys.argv[1]))
with store.writing() as tx:
    tx.run("UPDATE practice SET name = 'changed'")
    print("held", flush=True)
    sys.stdin.readline()
"""

KILLED_WITH_A_LOG = """
import os, signal
store = SqliteStore(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    append(store)
os.kill(os.getpid(), signal.SIGKILL)
"""


def leave_log(path: Path, rows: int = 20) -> None:
    """Let a process write so many rows and be killed, so that they are in the log beside the file."""
    with Program(KILLED_WITH_A_LOG, path, rows) as program:
        program.process.wait(timeout=60)
    assert Path(f"{path}-wal").stat().st_size > 0
