"""The system's keyring: used where it works, told where it does not, never waited for, never replaced unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOKEN = "s3cret-token-s3cret-token-s3cret-token"

PROGRAM = """
import os, sys
from portalctl.config import *
from portalctl.credentials import *
from portalctl.errors import PortalError
config = Config.load(os.environ)
profile = Profile("work", "sqlite:///srv/portal.db", None, *sys.argv[2:])
store = open_store(profile, config, print)
try:
    if sys.argv[1] == "check":
        store.check()
    elif sys.argv[1] == "set":
        store.set("work", profile.portal, os.environ["SECRET"])
    elif sys.argv[1] == "get":
        print(store.get("work", os.environ.get("ORIGIN", profile.portal)))
    else:
        store.erase("work")
except PortalError as error:
    print(type(error).__name__, error.message, "|", error.hint)
    sys.exit(error.exit_code)
"""


class Machine:
    """Runs one step of a credential store in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            "PORTALCTL_HOME": str(home / "home"),
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "KEYRING_FILE": str(home / "keyring.json"),
            "PYTHON_KEYRING_BACKEND": "tests.keyring_backends.FileKeyring",
            "SECRET": TOKEN,
        }

    def does(self, step: str, store: str = "keyring", *command: str, **environment: str) -> tuple[int, str]:
        """The exit code of the step and everything it printed."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, step, store, *command],
            capture_output=True,
            text=True,
            env=self.environment | environment,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of our own, with a keyring that works."""
    return Machine(tmp_path)


def test_a_token_is_kept_given_back_for_its_portal_only_and_forgotten(machine: Machine) -> None:
    assert machine.does("check") == (0, "")
    assert machine.does("get") == (0, "None\n")
    assert machine.does("set") == (0, "")
    assert machine.does("get") == (0, TOKEN + "\n")
    assert machine.does("get", ORIGIN="sqlite:///other.db") == (0, "None\n")
    assert machine.does("erase") == (0, "")
    assert machine.does("erase") == (0, "")
    assert machine.does("get") == (0, "None\n")


def test_a_check_leaves_nothing_behind(machine: Machine, tmp_path: Path) -> None:
    machine.does("check")
    assert json.loads((tmp_path / "keyring.json").read_text()) == {}


def test_two_homes_do_not_share_a_place_in_the_keyring(machine: Machine, tmp_path: Path) -> None:
    machine.does("set")
    assert machine.does("get", PORTALCTL_HOME=str(tmp_path / "other")) == (0, "None\n")


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        ("keyring.backends.fail.Keyring", "has no keyring"),
        ("keyring.backends.null.Keyring", "has no keyring"),
        ("tests.keyring_backends.DenyingKeyring", "KeyringLocked"),
        ("tests.keyring_backends.ForgetfulKeyring", "does not give back"),
        ("tests.keyring_backends.LeavingKeyring", "SystemExit"),
        ("tests.keyring_backends.Missing", "AttributeError"),
        ("no.such.module", "ModuleNotFoundError"),
    ],
)
@pytest.mark.parametrize("step", ["check", "set"])
def test_a_keyring_that_does_not_work_is_told_with_another_choice_and_nothing_is_kept_elsewhere(
    machine: Machine, tmp_path: Path, backend: str, told: str, step: str
) -> None:
    code, text = machine.does(step, PYTHON_KEYRING_BACKEND=backend)
    assert code == 4
    assert told in text
    assert "--store file" in text
    assert TOKEN not in text
    assert "Traceback" not in text
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("step", ["check", "get"])
def test_a_keyring_that_hangs_is_left_after_three_seconds(machine: Machine, step: str) -> None:
    started = time.monotonic()
    code, text = machine.does(step, PYTHON_KEYRING_BACKEND="tests.keyring_backends.HangingKeyring")
    assert time.monotonic() - started < 4.5
    assert code == 4
    assert "3 seconds" in text
    assert "--store file" in text


def test_a_keyring_that_stores_in_the_clear_is_not_taken_unasked() -> None:
    program = (
        "import keyring.backend, keyring.core\n"
        "from tests.keyring_backends import *\n"
        "from portalctl.credentials import *\n"
        "keyring.core.load_env = keyring.core.load_config = lambda: None\n"
        "keyring.backend.get_all_keyring = lambda: [WeakKeyring()]\n"
        "try:\n    KeyringVault('portalctl').read('work')\n"
        "except CredentialStoreFailure as error:\n    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "this system has no keyring\n"


def test_a_token_too_long_for_a_keyring_is_refused_and_a_file_takes_it(machine: Machine) -> None:
    long = "x" * 2560
    code, text = machine.does("set", SECRET=long)
    assert code == 4
    assert "2560 bytes" in text
    assert "--store file" in text
    assert long not in text
    assert machine.does("set", "file", SECRET=long) == (0, "")
    assert machine.does("get", "file") == (0, long + "\n")


def test_an_entry_deleted_or_written_by_hand_is_no_session(machine: Machine, tmp_path: Path) -> None:
    machine.does("set")
    keyring = tmp_path / "keyring.json"
    for value in ("my own password", "[]", "{}", '{"token": 1, "origin": "x"}', '"x"'):
        keyring.write_text(json.dumps(dict.fromkeys(json.loads(keyring.read_text()), value)))
        code, text = machine.does("get")
        assert code == 4
        assert "sign in again" in text
        assert "my own password" not in text
    keyring.write_text("{}")
    assert machine.does("get") == (0, "None\n")
