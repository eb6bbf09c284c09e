"""A few files given again are told in the words of the long way where the portal says that they stand, only then."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portalctl.clock import system_clock
from portalctl.commands.sealed import still_standing, tell
from portalctl.context import Context
from portalctl.transfer.seals import ENDING, told_again
from tests.cli.conftest import OWNER_PASSWORD
from tests.cli.inside import Cli, Result, Terminalless
from tests.cli.live import COMMAND, Program, shell_code
from tests.serving import Serving, serving

FILES = 3

COUNTED = f"{FILES} files: {FILES} there already.\n"


class Sharing:
    """A command that sends a folder to Anna, on a portal server."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.words = ["docs", "upload", "--client", "anna@example.com", "--yes", "-r", str(folder)]
        self.environment = {**program.environment, "PORTALCTL_PROFILE": "practice"}

    def run(self, *more: str) -> Result:
        """Go the long way."""
        inside = self.program.inside
        inside.environment = self.environment
        return inside(*self.words, *more)

    def told(self, *more: str) -> Result | None:
        """What is told without it."""
        again = told_again([*self.words, *more], self.environment)
        if again is None:
            return None
        out, err = Terminalless(), Terminalless()
        context = Context(
            stdin=Terminalless(), stdout=out, stderr=err, environment=self.environment, clock=system_clock
        )
        standing = still_standing(context, again.question)
        return Result(tell(context, standing, again.said), out.getvalue(), err.getvalue()) if standing else None

    @property
    def seals(self) -> list[Path]:
        """All seals."""
        return sorted((self.program.home / "state" / "batches").glob(f"*{ENDING}"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A portal server."""
    with serving(f"sqlite://{tmp_path_factory.mktemp('served')}/portal.db") as running:
        yield running


@pytest.fixture(scope="module")
def home(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the owner of a practice on that server is signed in; Anna is invited."""
    return founded(server, tmp_path_factory.mktemp("home"))


def founded(server: Serving, home: Path) -> Path:
    """The home of the owner of a new practice on a server, to which Anna is invited."""
    cli = Cli(home)
    cli.now = datetime.now(UTC)
    cli.ok(
        *("practice", "init", "--profile", "practice", "--portal", server.url, "--setup", server.set_up_code),
        *("--name", "Studio Rossi", "--owner", "Dr Rossi", "--email", "rossi@example.com"),
        *("--timezone", "Europe/Rome", "--password-stdin", "--store", "file"),
        stdin=OWNER_PASSWORD,
    )
    cli.ok("practice", "invite", "anna@example.com", "--name", "Anna Bianchi", profile="practice")
    os.utime(home / "config.toml", ns=(10**18, 10**18))  # long ago: what has just changed is not sealed
    return home


def sent(home: Path, folder: Path) -> Sharing:
    """A command that was given, and has sent everything."""
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.txt").write_text(f"{folder} {number}\n")
    given = Sharing(Program(home), folder)
    assert given.run().code == 0
    return given


@pytest.fixture
def sharing(home: Path, tmp_path: Path) -> Sharing:
    """A command that was given, and has sent everything."""
    return sent(home, tmp_path / "files")


def test_it_is_told_as_the_long_way_tells_it(sharing: Sharing) -> None:
    """After the first run, and after every other."""
    for _ in range(2):
        told = sharing.told()
        assert told is not None
        assert (told.code, told.err) == (0, COUNTED)
        assert told.out.count(" there ") == FILES
        assert sharing.run() == told


def test_options_of_the_command_line_say_where_it_is_asked(sharing: Sharing, server: Serving) -> None:
    """As they say it on the long way."""
    del sharing.environment["PORTALCTL_PROFILE"]
    options = ("--profile", "practice", "--portal", server.url)
    assert sharing.run(*options).code == 0
    told = sharing.told(*options)
    assert told is not None
    assert told == sharing.run(*options)


def test_a_seal_is_private_and_holds_no_session(sharing: Sharing) -> None:
    sessions = json.loads((sharing.program.home / "state" / "sessions.json").read_text())
    token = json.loads(sessions["practice"])["token"]
    for seal in sharing.seals:
        assert seal.stat().st_mode & 0o777 == 0o600
        assert token not in seal.read_text()


def _document(sharing: Sharing) -> str:
    told = sharing.told()
    assert told is not None
    return next(word for word in told.out.split() if word.startswith("doc_"))


def test_a_document_that_is_gone_is_sent_again(sharing: Sharing) -> None:
    inside = sharing.program.inside
    inside.ok("docs", "delete", _document(sharing), "--yes", profile="practice")
    assert sharing.told() is None
    assert f"{FILES} files: 1 sent" in sharing.run().err
    told = sharing.told()
    assert told is not None
    assert told == sharing.run()


HAPPENS: dict[str, Callable[[Path], object]] = {
    "changed": lambda folder: (folder / "0.txt").write_text("more\n"),
    "added": lambda folder: (folder / "new.txt").write_text("new\n"),
    "gone": lambda folder: (folder / "0.txt").unlink(),
    "a link": lambda folder: (folder / "link.txt").symlink_to("0.txt"),
}


@pytest.mark.parametrize("happens", HAPPENS.values(), ids=HAPPENS)
def test_other_files_are_looked_at_by_the_long_way(sharing: Sharing, happens: Callable[[Path], object]) -> None:
    happens(sharing.folder)
    assert sharing.told() is None


def test_a_seal_that_was_changed_asks_nothing(sharing: Sharing) -> None:
    """Neither another portal, nor for other documents."""
    for seal in sharing.seals:
        seal.write_bytes(seal.read_bytes().replace(b"doc_", b"dox_"))
    assert sharing.told() is None
    assert sharing.run().err == COUNTED


def test_without_a_session_the_long_way_says_what_is_wrong(sharing: Sharing) -> None:
    sessions = sharing.program.home / "state" / "sessions.json"
    kept = sessions.read_bytes()
    try:
        sessions.write_bytes(b"{}")
        assert sharing.told() is None
        assert sharing.run().code == 4
        sessions.write_bytes(b"damaged")
        assert sharing.told() is None
    finally:
        sessions.write_bytes(kept)


def test_a_portal_that_says_nothing_leaves_it_to_the_long_way(tmp_path: Path) -> None:
    with serving(f"sqlite://{tmp_path}/portal.db") as server:
        sharing = sent(founded(server, tmp_path / "home"), tmp_path / "files")
        assert sharing.told() is not None
    assert sharing.told() is None


@pytest.mark.parametrize("option", ["--json", "--format=ids", "--debug", "--results=results.jsonl"])
def test_what_is_told_in_another_way_is_not_sealed(
    sharing: Sharing, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [sharing.run(option).code, sharing.run(option).code] == [0, 0]
    assert sharing.told(option) is None


def test_neither_is_one_file(sharing: Sharing) -> None:
    sharing.words[-1] = str(sharing.folder / "0.txt")
    assert [sharing.run().code, sharing.run().code] == [0, 0]
    assert sharing.told() is None


def test_the_second_process_loads_neither_the_parser_nor_the_models(sharing: Sharing, tmp_path: Path) -> None:
    """A library that cannot be loaded is not missed; and the third, which has something to do, does miss it."""
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("typer", "pydantic"):
        (broken / f"{name}.py").write_text("raise ImportError\n")
    environment = {**sharing.environment, "PYTHONPATH": f"{broken}{os.pathsep}{sharing.environment['PYTHONPATH']}"}
    second = sharing.program.run(*sharing.words, environment=environment)
    assert Result(second.returncode, second.stdout, second.stderr) == sharing.run()
    (sharing.folder / "0.txt").write_text(f"{tmp_path} changed\n")
    assert sharing.program.run(*sharing.words, environment=environment).returncode == 1


def test_on_a_terminal_it_looks_the_same(sharing: Sharing) -> None:
    """As wide, and with the same heading."""
    elsewhere = {"PORTALCTL_PROFILE": "practice", "PORTALCTL_NO_INPUT": "1"}  # another command: the long way at first
    for columns in (60, 120):
        long, short = (sharing.program.shown(*sharing.words, environment=elsewhere, columns=columns) for _ in range(2))
        assert long[0] == 0
        assert long == short
        sharing.run()


def test_whoever_stops_reading_ends_it(sharing: Sharing) -> None:
    """In the same way; the first of these is another command, which goes the long way."""
    for more in ({"PORTALCTL_NO_INPUT": "1"}, {}):
        read, write = os.pipe()
        os.close(read)
        sharing.run()
        environment = {**sharing.environment, **more}
        with os.fdopen(write, "wb") as gone:
            done = subprocess.run([*COMMAND, *sharing.words], env=environment, stdout=gone, stderr=subprocess.PIPE)
        assert (shell_code(done.returncode), done.stderr.decode()) == (141, COUNTED)


def test_a_portal_file_is_not_asked_so(cli: Cli, tmp_path: Path) -> None:
    """It is opened by what would be left out."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.txt").write_text(f"{number}\n")
    words = ("docs", "upload", "--client", "anna@example.com", "--yes", "-r", str(folder))
    cli.ok(*words, profile="practice")
    assert not list((cli.home / "state" / "batches").glob(f"*{ENDING}"))
