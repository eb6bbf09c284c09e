"""Session tokens are kept where the user chose, given out for their own portal only, and shown nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portalctl.config import Config, Profile, Store
from portalctl.credentials import CredentialStore, open_store, token_for
from portalctl.errors import CredentialStoreFailure, StorageFailure

ROOT = Path(__file__).parents[1]
ORIGIN = "sqlite:///srv/portal.db"
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


def nothing_said(text: str) -> None:
    """For stores that have nothing to say."""
    raise AssertionError(text)


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


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration of our own."""
    return Config.load({"PORTALCTL_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]})


def store_of(config: Config, store: Store = "file", command: str | None = None) -> CredentialStore:
    """The store of a profile."""
    return open_store(Profile("work", ORIGIN, None, store, command), config, nothing_said)


@pytest.fixture
def command(tmp_path: Path) -> str:
    """A program of the user's that keeps secrets in files, and notes how it was called."""
    program = tmp_path / "my vault.py"
    program.write_text(
        f"""
import json, os, pathlib, sys
folder, verb, key = pathlib.Path({str(tmp_path)!r}), sys.argv[-2], sys.argv[-1]
secret = folder / ("secret-" + key.replace("/", "_"))
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
if verb == "get" and secret.exists():
    print(secret.read_text())
elif verb == "store":
    secret.write_text(sys.stdin.read())
elif verb == "erase":
    secret.unlink(missing_ok=True)
"""
    )
    return f"{sys.executable} '{program}' --flag '$HOME; echo hacked'"


@pytest.mark.parametrize("kind", ["keyring", "file", "command"])
def test_a_token_is_kept_given_back_and_forgotten(machine: Machine, kind: str, command: str) -> None:
    arguments = (kind, command) if kind == "command" else (kind,)
    assert machine.does("check", *arguments) == (0, "")
    assert machine.does("get", *arguments) == (0, "None\n")
    assert machine.does("set", *arguments) == (0, "")
    assert machine.does("get", *arguments) == (0, TOKEN + "\n")
    assert machine.does("get", *arguments, ORIGIN="sqlite:///other.db") == (0, "None\n")
    assert machine.does("erase", *arguments) == (0, "")
    assert machine.does("erase", *arguments) == (0, "")
    assert machine.does("get", *arguments) == (0, "None\n")


def test_a_check_leaves_nothing_behind(machine: Machine, tmp_path: Path, command: str) -> None:
    machine.does("check")
    machine.does("check", "file")
    machine.does("check", "command", command)
    assert json.loads((tmp_path / "keyring.json").read_text()) == {}
    assert json.loads((tmp_path / "home/state/sessions.json").read_text()) == {}
    assert not list(tmp_path.glob("secret-*"))


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


def test_the_token_of_the_environment_wins_and_is_written_nowhere(config: Config, tmp_path: Path) -> None:
    profile = Profile("work", ORIGIN, None, "file")
    config.save(profile)
    store_of(config).set("work", ORIGIN, TOKEN)
    given = {"PORTALCTL_TOKEN": "given-by-the-user"}
    assert token_for(profile, config, {}, nothing_said) == TOKEN
    assert token_for(profile, config, {"PORTALCTL_TOKEN": " "}, nothing_said) == TOKEN
    assert token_for(profile, config, given, nothing_said) == "given-by-the-user"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"given-by" in path.read_bytes()]


def test_a_profile_that_was_never_saved_has_no_token_and_its_store_is_not_asked(config: Config) -> None:
    profile = Profile("work", ORIGIN, None, "command", "/does/not/exist")
    assert token_for(profile, config, {}, nothing_said) is None


def test_the_file_is_for_its_owner_only(config: Config, tmp_path: Path) -> None:
    store_of(config).set("work", ORIGIN, TOKEN)
    state = tmp_path / "home" / "state"
    assert (state / "sessions.json").stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_read_is_closed_and_that_is_said(config: Config, tmp_path: Path) -> None:
    store_of(config).set("work", ORIGIN, TOKEN)
    file = tmp_path / "home/state/sessions.json"
    file.chmod(0o644)
    said: list[str] = []
    store = open_store(Profile("work", ORIGIN, None, "file"), config, said.append)
    assert store.get("work", ORIGIN) == TOKEN
    assert store.get("work", ORIGIN) == TOKEN
    assert said == [f"Others could read {file}; now only you can."]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_link_in_place_of_the_file_is_not_followed(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "home/state/sessions.json"
    file.parent.mkdir(parents=True)
    target = tmp_path / "target"
    target.write_text("{}")
    file.symlink_to(target)
    with pytest.raises(StorageFailure):
        store_of(config).get("work", ORIGIN)
    with pytest.raises(StorageFailure):
        store_of(config).set("work", ORIGIN, TOKEN)
    assert target.read_text() == "{}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"work": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_file_is_told_and_left_alone(config: Config, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "home/state/sessions.json"
    file.parent.mkdir(parents=True)
    file.touch(0o600)
    file.write_bytes(content)
    with pytest.raises(CredentialStoreFailure, match="damaged") as failed:
        store_of(config).get("work", ORIGIN)
    assert "delete it" in (failed.value.hint or "")
    with pytest.raises(CredentialStoreFailure, match="damaged"):
        store_of(config).check()
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_written_is_a_storage_failure(config: Config, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(StorageFailure):
        store_of(config).check()


def test_profiles_in_one_file_do_not_touch_each_other(config: Config) -> None:
    store = store_of(config)
    store.set("work", ORIGIN, TOKEN)
    store.set("home", ORIGIN, "another")
    store.erase("home")
    assert store.get("work", ORIGIN) == TOKEN
    assert store.get("home", ORIGIN) is None


def test_a_command_runs_without_a_shell_and_never_sees_the_users_token(
    config: Config, tmp_path: Path, command: str
) -> None:
    environment = {**config.environment, "PORTALCTL_TOKEN": "given-by-the-user", "MINE": "kept"}
    store = store_of(Config(config.paths, environment, {}), "command", command)
    store.set("work", ORIGIN, TOKEN)
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    key = f"portalctl {tmp_path}/home/work"
    assert [arguments for arguments, _ in calls] == [
        ["--flag", "$HOME; echo hacked", "store", key],
        ["--flag", "$HOME; echo hacked", "get", key],
    ]
    assert all("PORTALCTL_TOKEN" not in passed and passed["MINE"] == "kept" for _, passed in calls)
    assert TOKEN not in (tmp_path / "calls").read_text()


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("/does/not/exist", "does not run"),
        ("/dev/null", "does not run"),
        ("false", "exit code 1"),
        ("true", "does not give back"),
        ("echo same", "does not give back"),
    ],
)
def test_a_command_that_does_not_work_is_told_with_another_choice(config: Config, program: str, told: str) -> None:
    with pytest.raises(CredentialStoreFailure, match=told) as failed:
        store_of(config, "command", program).check()
    assert "--store file" in (failed.value.hint or "")


@pytest.mark.parametrize("program", ["", "  ", "unfinished 'quote", None])
def test_a_command_that_is_none_is_refused(config: Config, program: str | None) -> None:
    with pytest.raises(CredentialStoreFailure, match="empty or not well quoted"):
        store_of(config, "command", program)


def test_a_command_that_never_ends_is_stopped(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portalctl.credentials._COMMAND_SECONDS", 0.2)
    started = time.monotonic()
    with pytest.raises(CredentialStoreFailure, match="did not end"):
        store_of(config, "command", "sh -c 'sleep 60; true'").check()
    assert time.monotonic() - started < 5


def test_a_token_is_in_no_representation_of_a_store(config: Config) -> None:
    store = store_of(config)
    store.set("work", ORIGIN, TOKEN)
    assert TOKEN not in repr(store) + repr(vars(store)) + repr(config)
