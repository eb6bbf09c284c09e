"""A command given again is answered by its seal while all is as it was, in the words of the long way, and only then."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portalctl import __version__
from portalctl.commands import delivering
from portalctl.transfer import seals
from portalctl.transfer.seals import ENDING, told_again
from tests.cli.conftest import Cli, Result
from tests.cli.live import Program

FILES = 6


class Sharing:
    """A command that sends a folder to Anna, and what it is told again."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        cli.environment["PORTALCTL_PROFILE"] = "practice"
        self.cli, self.folder = cli, folder
        self.words = ["docs", "upload", "--client", "anna@example.com", "--yes", "-r", str(folder)]

    def run(self, *more: str) -> Result:
        """Go the long way."""
        return self.cli(*self.words, *more)

    def told(self, *more: str) -> str | None:
        """What the seal says."""
        again = told_again([*self.words, *more], self.cli.environment)
        assert again is None or not again.question, "the portal need not be asked"
        return again.said if again is not None else None

    @property
    def batches(self) -> Path:
        """Where journals and seals are."""
        return self.cli.home / "state" / "batches"

    @property
    def seals(self) -> list[Path]:
        """All seals."""
        return sorted(self.batches.glob(f"*{ENDING}"))

    @property
    def journal(self) -> Path:
        """The only journal."""
        (found,) = self.batches.glob("*.jsonl")
        return found


@pytest.fixture
def sharing(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sharing:
    """A command that was given, and has sent everything."""
    monkeypatch.setattr(delivering, "FEW", 3)
    monkeypatch.setattr(seals, "MANY", 2)
    folder = tmp_path / "files"
    (folder / "within").mkdir(parents=True)
    for number in range(FILES):
        (folder / ("within" if number % 2 else "") / f"{number}.txt").write_text(f"result {number}\n")
    given = Sharing(cli, folder)
    os.utime(cli.home / "config.toml")
    _wait_a_tick(cli.home)
    assert given.run().code == 0
    return given


def _wait_a_tick(folder: Path) -> None:
    """Until the file system's clock tells a change from one just before."""

    assert folder.exists()
    time.sleep(0.05)


def test_the_seal_says_what_the_long_way_says(sharing: Sharing) -> None:
    """After the first run, and after every other."""
    for _ in range(2):
        told = sharing.told()
        assert told is not None
        assert told.endswith(f"{FILES} files: {FILES} there already.\n")
        assert sharing.run() == Result(0, "", told)


def test_a_seal_is_private_and_there_is_one_for_a_journal(sharing: Sharing) -> None:
    sharing.run()
    (seal,) = sharing.seals
    assert seal.stat().st_mode & 0o777 == 0o600
    assert b"anna" not in seal.read_bytes()


def change(path: Path) -> None:
    """Other content of the same length, and the times that it had."""
    status = path.stat()
    path.write_text("RESULT 0\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace(path: Path) -> None:
    """Another file of the same length and time."""
    other = path.with_name("other")
    shutil.copy2(path, other)
    other.replace(path)


SENT: dict[str, Callable[[Path], object]] = {
    "changed, with its time put back": lambda folder: change(folder / "0.txt"),
    "longer": lambda folder: (folder / "0.txt").write_text("more than before\n"),
    "touched": lambda folder: os.utime(folder / "0.txt"),
    "replaced by one like it": lambda folder: replace(folder / "0.txt"),
    "renamed": lambda folder: (folder / "0.txt").rename(folder / "new.txt"),
    "moved": lambda folder: (folder / "0.txt").rename(folder / "within" / "0.txt"),
    "added": lambda folder: (folder / "new.txt").write_text("new\n"),
    "added deeper": lambda folder: (folder / "within" / "new.txt").write_text("new\n"),
}

OFFERED = {SENT["touched"], SENT["replaced by one like it"], SENT["moved"]}


@pytest.mark.parametrize("happens", SENT.values(), ids=SENT)
def test_a_file_that_is_another_is_sent(sharing: Sharing, happens: Callable[[Path], object]) -> None:
    """However it came to be so; what has the content of one before is offered, and the portal has it."""
    happens(sharing.folder)
    assert sharing.told() is None
    done = sharing.run()
    assert (done.code, "were sent before" in done.err) == (0, False)
    assert (" 1 sent (" in done.err) is (happens not in OFFERED)
    assert sharing.told() is not None


LEFT_OUT: dict[str, Callable[[Path], object]] = {
    "a link": lambda folder: (folder / "link.txt").symlink_to("0.txt"),
    "a pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "a hidden file": lambda folder: (folder / ".DS_Store").write_text("x"),
    "a file of nobody's": lambda folder: (folder / "within" / "Thumbs.db").write_text("x"),
    "a hidden folder": lambda folder: (folder / ".git").mkdir(),
}


@pytest.mark.parametrize("happens", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_left_out_is_told(sharing: Sharing, happens: Callable[[Path], object]) -> None:
    """It is no longer all that lies there, and the long way is not sealed."""
    happens(sharing.folder)
    assert sharing.told() is None
    assert "left out" in sharing.run().err
    assert sharing.told() is None


def test_a_second_name_of_a_file_is_looked_at_by_the_long_way(sharing: Sharing, tmp_path: Path) -> None:
    (tmp_path / "second").hardlink_to(sharing.folder / "0.txt")
    assert sharing.told() is None


def test_a_file_or_folder_that_is_gone_is_told_as_it_is(sharing: Sharing) -> None:
    (sharing.folder / "0.txt").unlink()
    assert sharing.told() is None
    assert f"{FILES - 1} files: {FILES - 1} there already." in sharing.run().err
    shutil.rmtree(sharing.folder)
    assert sharing.told() is None
    assert sharing.run().code != 0


def _forget(sharing: Sharing) -> None:
    sharing.cli.ok("docs", "batches", "forget", sharing.journal.stem)
    assert not sharing.seals


def _damage(sharing: Sharing) -> None:
    with sharing.journal.open("r+b") as file:
        file.write(b"X")


JOURNAL: dict[str, Callable[[Sharing], object]] = {
    "forgotten": _forget,
    "gone": lambda sharing: sharing.journal.unlink(),
    "damaged": _damage,
    "cut off": lambda sharing: os.truncate(sharing.journal, 100),
}


@pytest.mark.parametrize("happens", JOURNAL.values(), ids=JOURNAL)
def test_without_its_journal_as_it_was_a_seal_says_nothing(
    sharing: Sharing, happens: Callable[[Sharing], object]
) -> None:
    """The portal is asked then."""
    happens(sharing)
    assert sharing.told() is None
    done = sharing.run()
    assert (done.code, "were sent before" in done.err) == (0, False)


def test_while_another_process_is_at_the_batch_the_seal_says_nothing(sharing: Sharing) -> None:
    with sharing.journal.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert sharing.told() is None
        assert "is at this batch" in sharing.run().err
    assert sharing.told() is not None


def test_another_configuration_breaks_the_seal(sharing: Sharing) -> None:
    """Whatever it is that changed in it."""
    config = sharing.cli.home / "config.toml"
    config.write_text(config.read_text() + "\n")
    assert sharing.told() is None
    config.unlink()
    assert sharing.told() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTALCTL_HOME", "/nowhere"),
        ("PORTALCTL_PROFILE", "anna"),
        ("PORTALCTL_PORTAL", "sqlite:///elsewhere/portal.db"),
        ("PORTALCTL_TOKEN", "token"),
        ("PORTALCTL_FORMAT", "json"),
        ("_PORTALCTL_COMPLETE", "complete_bash"),
        ("HOME", "/home/another"),
        ("XDG_CONFIG_HOME", "/home/another/.config"),
    ],
)
def test_another_environment_is_another_command(sharing: Sharing, name: str, value: str) -> None:
    sharing.cli.environment[name] = value
    assert sharing.told() is None


@pytest.mark.parametrize("option", ["--json", "--dry-run", "--debug", "--notify", "--results=file", "--profile=anna"])
def test_other_words_are_another_command(sharing: Sharing, option: str) -> None:
    assert sharing.told(option) is None


@pytest.mark.parametrize("option", ["--json", "--format=ids", "--debug", "--results=results.jsonl"])
def test_what_is_told_in_another_way_is_not_sealed(
    sharing: Sharing, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sharing.run(option).code == 0
    assert sharing.run(option).code == 0
    assert sharing.told(option) is None


def test_what_is_listed_elsewhere_is_not_sealed(sharing: Sharing, tmp_path: Path) -> None:
    """The list may say something else the next time."""
    listed = tmp_path / "list"
    listed.write_text("".join(f"{path}\n" for path in sorted(sharing.folder.rglob("*.txt"))))
    sharing.words[-2:] = ["--from-file", str(listed)]
    assert [sharing.run().code, sharing.run().code] == [0, 0]
    assert sharing.told() is None


def test_from_another_folder_it_is_another_command(
    sharing: Sharing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sharing.told() is None


def test_another_version_of_the_program_breaks_the_seal(sharing: Sharing, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sharing.told() is not None
    monkeypatch.setattr("portalctl.transfer.seals.__version__", __version__ + ".1")
    assert sharing.told() is None


@pytest.mark.parametrize("content", [b"", b"\xff\0", b"0" * 64])
def test_a_damaged_seal_says_nothing(sharing: Sharing, content: bytes) -> None:
    (seal,) = sharing.seals
    whole = seal.read_bytes()
    for damaged in (content, whole[:-1], whole + b"\0/etc"):
        seal.write_bytes(damaged)
        assert sharing.told() is None
    seal.write_bytes(whole)
    assert sharing.told() is not None


def test_a_file_that_changes_while_it_is_sent_leaves_no_seal_that_holds(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was planned is not what was sent."""
    change(sharing.folder / "0.txt")
    delivery, path = delivering.Delivery.carry_out, sharing.folder / "0.txt"

    def carry_out(self: delivering.Delivery, *, yes: bool) -> None:
        path.write_text("written meanwhile\n")
        delivery(self, yes=yes)

    before = [seal.read_bytes() for seal in sharing.seals]
    with monkeypatch.context() as patch:
        patch.setattr(delivering.Delivery, "carry_out", carry_out)
        assert sharing.run().code == 0
    assert [seal.read_bytes() for seal in sharing.seals] == before
    assert sharing.told() is None


def test_a_configuration_that_changes_meanwhile_is_not_sealed(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run acted by another than stands there now."""
    config = sharing.cli.home / "config.toml"
    carried_out = delivering.Delivery._pending

    def pending(self: delivering.Delivery, journal: object) -> object:
        config.write_text(config.read_text().replace("anna@", "ann@"))
        _wait_a_tick(config)
        return carried_out(self, journal)  # type: ignore[arg-type]

    monkeypatch.setattr(delivering.Delivery, "_pending", pending)
    assert sharing.run().code == 0
    assert sharing.told() is None


def test_the_second_process_loads_neither_the_parser_nor_the_configuration(live: Program, tmp_path: Path) -> None:
    """A library that cannot be loaded is not missed; and the third, which has something to do, does miss it."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(101):
        (folder / f"{number}.txt").write_text(f"{number}\n")
    words = ("docs", "upload", "--profile", "practice", "--client", "anna@example.com", "--yes", "-r", str(folder))
    first = live.run(*words)
    assert (first.returncode, "101 sent" in first.stderr) == (0, True)
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("typer", "pydantic", "tomllib", "pathlib", "typing", "platformdirs"):
        (broken / f"{name}.py").write_text("raise ImportError\n")
    without = {"PYTHONPATH": f"{broken}{os.pathsep}{live.environment['PYTHONPATH']}"}
    second = live.run(*words, environment=without)
    assert (second.returncode, second.stdout) == (0, ""), second.stderr
    assert second.stderr.endswith("101 files: 101 there already.\n")
    assert live.inside(*words).err == second.stderr
    (folder / "0.txt").write_text("changed\n")
    assert live.run(*words, environment=without).returncode == 1
    assert "1 sent" in live.run(*words).stderr


def test_whose_words_are_others_never_asks_for_a_seal(live: Program) -> None:
    """Every other command begins as fast as before."""
    code = "import sys; sys.modules['portalctl.transfer'] = None; from portalctl.app import main; main()"

    done = subprocess.run([sys.executable, "-c", code, "--version"], env=live.environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[tuple[int, list[str]]]:
    """A folder with plain files, open, and their names."""
    names = [f"{number:03}.txt" for number in range(101)]
    for name in names:
        (tmp_path / name).write_text(name)
    opened = os.open(tmp_path, os.O_RDONLY)
    yield opened, names
    os.close(opened)


def test_two_see_what_one_sees(plain: tuple[int, list[str]]) -> None:
    found = seals._by_two(*plain)
    assert found is not None
    assert found == seals._plain(*plain)
    assert len(found) == 5 * 101


@pytest.mark.parametrize("place", [0, 49, 50, 100], ids=["first", "last of one", "first of the other", "last"])
@pytest.mark.parametrize("kind", ["folder", "link", "two names"])
def test_two_leave_to_one_what_is_no_plain_file(
    plain: tuple[int, list[str]], tmp_path: Path, place: int, kind: str
) -> None:
    path = tmp_path / plain[1][place]
    if kind == "two names":
        path.with_suffix(".other").hardlink_to(path)
    else:
        path.unlink()
        path.mkdir() if kind == "folder" else path.symlink_to("elsewhere")
    assert seals._by_two(*plain) is None


def test_two_leave_to_one_what_is_gone(plain: tuple[int, list[str]], tmp_path: Path) -> None:
    (tmp_path / plain[1][-1]).unlink()
    assert seals._by_two(*plain) is None
    (tmp_path / plain[1][0]).unlink()
    with pytest.raises(FileNotFoundError):
        seals._by_two(*plain)


def test_with_one_processor_nobody_helps(plain: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("it was forked"))
    assert seals._by_two(*plain) is None
