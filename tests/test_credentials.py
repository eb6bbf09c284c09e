"""Session tokens are kept where the user chose, given out for their own portal only, and shown nowhere."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from portalctl.config import Config, Profile, Store
from portalctl.credentials import CredentialStore, open_store, token_for
from portalctl.errors import CredentialStoreFailure, StorageFailure

ORIGIN = "sqlite:///srv/portal.db"
TOKEN = "s3cret-token-s3cret-token-s3cret-token"


def nothing_said(text: str) -> None:
    """For stores that have nothing to say."""
    raise AssertionError(text)


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


@pytest.mark.parametrize("kind", ["file", "command"])
def test_a_token_is_kept_given_back_for_its_portal_only_and_forgotten(
    config: Config, kind: Store, command: str
) -> None:
    store = store_of(config, kind, command)
    store.check()
    assert store.get("work", ORIGIN) is None
    store.set("work", ORIGIN, TOKEN)
    assert store.get("work", ORIGIN) == TOKEN
    assert store.get("work", "sqlite:///other.db") is None
    store.erase("work")
    store.erase("work")
    assert store.get("work", ORIGIN) is None


def test_a_check_leaves_nothing_behind(config: Config, tmp_path: Path, command: str) -> None:
    store_of(config).check()
    store_of(config, "command", command).check()
    assert json.loads((tmp_path / "home/state/sessions.json").read_text()) == {}
    assert not list(tmp_path.glob("secret-*"))


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
