"""Profiles and paths: what is read, what is refused, and that no change is lost."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portalctl.backends.embedded import portal_path
from portalctl.config import Config, Profile
from portalctl.errors import InvalidInput, NotFound, PortalError, StorageFailure

ROOT = Path(__file__).parents[1]
WORK = Profile("work", "sqlite:///srv/portal.db", "me@example.com", "file")

SAVE = """
import os, sys
from portalctl.config import *
config = Config.load(os.environ)
for name in sys.argv[1:]:
    config.save(Profile(name, "sqlite:///" + name))
"""


def load(home: Path, **environment: str) -> Config:
    """The configuration under that home."""
    return Config.load({"PORTALCTL_HOME": str(home), **environment})


def in_a_process(environment: dict[str, str], program: str = "", *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program, by default one that says where things are kept, or which error there is."""
    program = program or (
        "import os\n"
        "from portalctl.config import *\n"
        "from portalctl.errors import PortalError\n"
        "try:\n"
        "    config = Config.load(os.environ)\n"
        "    config.save(Profile('work', config.default_portal()))\n"
        "    print(*config.paths[:3], sep='\\n')\n"
        "except PortalError as error:\n"
        "    print(error.exit_code, error.message, error.hint)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **environment},
        check=True,
    )


def test_without_a_file_there_are_no_profiles_and_the_default_one_is_in_use(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.profiles == {}
    assert config.profile() == Profile("default", f"sqlite://{tmp_path}/data/portal.db", None, "keyring", None)
    assert not list(tmp_path.iterdir())


def test_a_saved_profile_is_there_the_next_time(tmp_path: Path) -> None:
    everything = Profile("a.b_c-1", "https://portal.example", None, "command", "vault --to 'my place'")
    load(tmp_path).save(WORK)
    load(tmp_path).save(everything)
    assert load(tmp_path).profiles == {"work": WORK, "a.b_c-1": everything}
    assert load(tmp_path).profile("work") == WORK


def test_saving_shows_at_once_and_does_not_change_the_profile_in_use(tmp_path: Path) -> None:
    config = load(tmp_path)
    config.save(WORK)
    assert config.profiles == {"work": WORK}
    assert config.profile().name == "default"


def test_saving_again_replaces_all_of_the_profile(tmp_path: Path) -> None:
    load(tmp_path).save(WORK)
    load(tmp_path).save(WORK._replace(email=None))
    assert load(tmp_path).profile("work").email is None


def test_flag_wins_over_environment_wins_over_the_profile_in_use(tmp_path: Path) -> None:
    config = load(tmp_path)
    config.save(WORK)
    config.use("work")
    assert load(tmp_path).profile().name == "work"
    assert load(tmp_path, PORTALCTL_PROFILE="other").profile().name == "other"
    assert load(tmp_path, PORTALCTL_PROFILE="other").profile("third").name == "third"
    assert load(tmp_path, PORTALCTL_PROFILE="").profile().name == "work"
    elsewhere = load(tmp_path, PORTALCTL_PORTAL="sqlite:///b")
    assert elsewhere.profile() == WORK._replace(portal="sqlite:///b")
    assert elsewhere.profile(portal="sqlite:///a") == WORK._replace(portal="sqlite:///a")


def test_removing_the_profile_in_use_returns_to_the_default(tmp_path: Path) -> None:
    config = load(tmp_path)
    config.save(WORK)
    config.use("work")
    assert config.remove("work") == WORK
    assert load(tmp_path).profiles == {}
    assert load(tmp_path).profile().name == "default"


def test_the_default_profile_can_always_be_used_again(tmp_path: Path) -> None:
    config = load(tmp_path)
    config.save(WORK)
    config.use("work")
    assert config.use("default").portal == config.default_portal()
    assert load(tmp_path).profile().name == "default"


def test_a_profile_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    config = load(tmp_path)
    config.save(WORK)
    for act in (config.use, config.remove):
        with pytest.raises(NotFound) as missing:
            act("wrok")
        assert "work" in (missing.value.hint or "")


@pytest.mark.parametrize("name", ["a b", "../x", "a/b", "x" * 65, "ä", "a\n", "'", "\0"])
def test_a_name_outside_the_grammar_is_refused(tmp_path: Path, name: str) -> None:
    config = load(tmp_path)
    with pytest.raises(InvalidInput):
        config.profile(name)
    with pytest.raises(InvalidInput):
        config.save(WORK._replace(name=name))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", ["plain", "with space", "100%", "q?a#b", "ümläut", "%20", "日本"])
def test_the_default_portal_leads_back_to_the_very_file(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder
    assert portal_path(load(home).default_portal()) == home / "data" / "portal.db"


def test_the_file_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    load(home).save(WORK)
    assert (home / "config.toml").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "config.toml.lock"]


def test_a_change_keeps_what_a_newer_version_has_written(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'theme = "dark"\n[profiles.work]\nportal = "sqlite:///a"\nstore = "file"\ncolour = "red"\n'
    )
    load(tmp_path).save(WORK)
    text = (tmp_path / "config.toml").read_text()
    assert 'theme = "dark"' in text
    assert 'colour = "red"' in text
    assert load(tmp_path).profile("work") == WORK


def test_a_linked_file_is_changed_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config.toml").symlink_to(tmp_path / "dotfiles" / "portalctl.toml")
    load(tmp_path).save(WORK)
    assert (tmp_path / "config.toml").is_symlink()
    assert load(tmp_path).profiles == {"work": WORK}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"ok = 1\nthis is not toml\n", "line 2"),
        (b"ok = 1\n\n\xff = 2\n", "line 3"),
        (b"profiles = 1", "profiles"),
        (b"current = 1", "current"),
        (b"[profiles]\nwork = 1", "'work'"),
        (b"[profiles.work]\nportal = 1", "portal"),
        (b"[profiles.work]\nstore = 'file'", "portal"),
        (b"[profiles.work]\nportal = 'sqlite:///a'\nstore = 'cloud'", "keyring, file, command"),
        (b"[profiles.'a b']\nportal = 'sqlite:///a'", "'a b'"),
        (b"\0" * 100, "line 1"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_naming_the_place_and_left_alone(
    tmp_path: Path, content: bytes, told: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        load(tmp_path)
    assert str(file) in refused.value.message
    assert told in refused.value.message
    assert refused.value.exit_code == 2
    assert refused.value.hint
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(InvalidInput, match=r"config\.toml cannot be read"):
        load(tmp_path)


def test_a_change_does_not_overwrite_a_file_that_was_damaged_meanwhile(tmp_path: Path) -> None:
    config = load(tmp_path)
    (tmp_path / "config.toml").write_text("profiles = 1")
    with pytest.raises(InvalidInput):
        config.save(WORK)
    assert (tmp_path / "config.toml").read_text() == "profiles = 1"


@pytest.mark.parametrize("home", ["portal", "./x", "~/x", "a\0b"])
def test_a_home_that_is_not_absolute_is_refused(home: str) -> None:
    with pytest.raises(InvalidInput, match="PORTALCTL_HOME"):
        Config.load({"PORTALCTL_HOME": home})


def test_a_folder_that_cannot_be_made_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = load(tmp_path / "file" / "home")
    with pytest.raises(StorageFailure) as failed:
        config.save(WORK)
    assert failed.value.exit_code == 8
    assert "PORTALCTL_HOME" in (failed.value.hint or "")


def test_the_platforms_folders_are_used_without_a_home_of_our_own(tmp_path: Path) -> None:
    found = in_a_process({"HOME": str(tmp_path)}).stdout.splitlines()
    assert found == [
        str(tmp_path / ".config/portalctl/config.toml"),
        str(tmp_path / ".local/share/portalctl"),
        str(tmp_path / ".local/state/portalctl"),
    ]
    assert (tmp_path / ".config/portalctl").stat().st_mode & 0o777 == 0o700
    moved = in_a_process({"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path)}).stdout.splitlines()
    assert moved[0] == str(tmp_path / "portalctl/config.toml")


@pytest.mark.parametrize("home", ["/dev/null", "/proc/1", "/dev/null/x"])
def test_a_home_that_takes_no_files_is_a_clean_storage_failure(home: str) -> None:
    assert in_a_process({"HOME": home}).stdout.startswith("8 ")


@pytest.mark.parametrize("variable", ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"])
def test_a_relative_xdg_folder_is_not_taken_for_one_below_the_current_folder(variable: str, tmp_path: Path) -> None:
    before = sorted(path.name for path in Path.cwd().iterdir())
    told = in_a_process({"HOME": str(tmp_path), variable: "relative"}).stdout
    assert told.startswith((str(tmp_path), "8 "))
    assert sorted(path.name for path in Path.cwd().iterdir()) == before


def test_no_home_at_all_works_or_is_a_clean_failure() -> None:
    program = (
        "import os\nfrom portalctl.config import *\nfrom portalctl.errors import PortalError\n"
        "try:\n    assert all(path.is_absolute() for path in Config.load(os.environ).paths[:3])\n"
        "except PortalError as error:\n    assert error.exit_code == 8\n"
    )
    in_a_process({}, program)


def test_two_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    environment = {"PORTALCTL_HOME": str(tmp_path)}
    names = [[f"p{process}-{number}" for number in range(20)] for process in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda mine: in_a_process(environment, SAVE, *mine), names))
    assert set(load(tmp_path).profiles) == {name for mine in names for name in mine}


def test_a_lock_that_is_never_let_go_ends_in_a_failure_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalctl.private_files._PATIENCE", 0.05)
    with (tmp_path / "config.toml.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StorageFailure, match="locked"):
            load(tmp_path).save(WORK)
    assert not (tmp_path / "config.toml").exists()


def test_a_full_disk_leaves_the_old_file_whole_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(tmp_path).save(WORK)
    before = (tmp_path / "config.toml").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PortalError, match="No space left") as failed:
        load(tmp_path).save(WORK._replace(name="other"))
    assert failed.value.exit_code == 8
    assert (tmp_path / "config.toml").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "config.toml.lock"]


def test_reading_needs_neither_platformdirs_nor_a_toml_parser_where_there_is_a_home_and_no_file(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom portalctl.config import *\nConfig.load(os.environ).profile()\n"
        "print([name for name in ('platformdirs', 'tomllib', 'tomli_w', 'tempfile', 'fcntl') if name in sys.modules])\n"
    )
    assert in_a_process({"PORTALCTL_HOME": str(tmp_path)}, program).stdout == "[]\n"


def test_the_authorities_to_believe_come_from_the_flag_else_the_environment_else_the_profile(tmp_path: Path) -> None:
    load(tmp_path).save(WORK._replace(portal="https://portal.example.com", ca_file="/etc/work.pem"))
    assert load(tmp_path).profile("work").ca_file == "/etc/work.pem"
    there = load(tmp_path, PORTALCTL_CA_FILE="/etc/here.pem")
    assert there.profile("work").ca_file == "/etc/here.pem"
    assert there.profile("work", ca_file="/etc/now.pem").ca_file == "/etc/now.pem"
    assert load(tmp_path).profile("other").ca_file is None
