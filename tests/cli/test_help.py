"""Help is there on every level, its examples are true, and TAB completes names: all without opening anything."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.command_lines import in_shell, parse
from tests.surface import commands

every_level = pytest.mark.parametrize("path", commands(), ids=lambda path: " ".join(path) or "portalctl")


def examples(text: str) -> list[str]:
    """The lines of the block of examples, which ends with the first empty line behind its first example."""
    block = text.partition("Examples:\n")[2].lstrip("\n").partition("\n\n")[0]
    return [line.strip() for line in block.splitlines()]


@every_level
def test_every_level_has_help_with_examples(empty: Cli, path: tuple[str, ...]) -> None:
    """What it does, how it is called, and lines to paste, one of them at least for the very thing."""
    shown = empty.ok(*path, "--help")
    assert shown.out.startswith(f"Usage: {' '.join(('portalctl', *path))} ")
    assert shown.err == ""
    lines = examples(shown.out)
    assert lines, "no examples"
    named = []
    for line in lines:
        found = [parse(words) for words in in_shell(re.split(r" {3,}", line)[0])]
        assert found, f"{line!r} is no command of ours"
        named += found
    assert any(name[: len(path)] == path for name in named), "the examples are of something else"


@every_level
def test_h_is_help_too_and_help_opens_nothing(empty: Cli, path: tuple[str, ...]) -> None:
    """As nearly everywhere. No file is made or read: help works where nothing else does."""
    assert empty.ok(*path, "-h").out == empty.ok(*path, "--help").out
    assert not empty.home.exists()


@pytest.mark.parametrize(
    "path", [path for path, command in commands().items() if hasattr(command, "commands")], ids=" ".join
)
def test_a_group_without_a_command_shows_its_help(empty: Cli, path: tuple[str, ...]) -> None:
    """On stdout, and nothing failed."""
    assert empty.ok(*path).out == empty.ok(*path, "--help").out


@pytest.mark.parametrize("path", [path for path in commands() if path], ids=" ".join)
def test_a_command_says_the_same_in_the_list_and_on_its_own_page(path: tuple[str, ...]) -> None:
    """The list is written down apart from the commands, so that they load when needed; it may leave the details out."""
    listed = commands()[path[:-1]].commands[path[-1]].help
    own = (commands()[path].help or "").partition("\n\n")[0]
    assert own.startswith(listed.removesuffix("."))
    assert own.endswith(".")
    assert "\n" not in own


@pytest.mark.parametrize("path", [path for path in commands() if path], ids=" ".join)
def test_every_option_says_what_it_does(path: tuple[str, ...]) -> None:
    """Arguments too."""
    for parameter in commands()[path].params:
        assert getattr(parameter, "help", None), f"{parameter.name} has no help"


def complete(line: str, home: Path) -> list[str]:
    """What TAB offers behind a line that is being typed."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-m", "portalctl"],
        env={
            "PATH": "/usr/bin:/bin",
            "PORTALCTL_HOME": str(home),
            "_PORTALCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("portalctl appo", ["appointments"]),
        ("portalctl appointments re", ["reschedule"]),
        ("portalctl practice sta", ["staff"]),
        ("portalctl practice staff dis", ["disable"]),
        ("portalctl practice no", ["no-show"]),
        ("portalctl appointments list --fo", ["--format"]),
        ("portalctl appointments list --format js", ["json", "jsonl"]),
        ("portalctl practice services add Visit --pla", ["--place"]),
    ],
)
def test_tab_completes_names_options_and_formats(line: str, offered: list[str], tmp_path: Path) -> None:
    """And leaves the disk alone."""
    home = tmp_path / "home"
    assert complete(line, home) == offered
    assert not home.exists()


def test_tab_offers_every_name_of_a_level(tmp_path: Path) -> None:
    """In the order of the help."""
    assert complete("portalctl appointments ", tmp_path) == [
        path[1] for path in commands() if len(path) == 2 and path[0] == "appointments"
    ]


def test_an_unknown_command_or_option_is_usage_and_says_where_to_look(empty: Cli) -> None:
    """One line, one hint."""
    for arguments in (["nosuch"], ["appointments", "nosuch"], ["appointments", "list", "--nosuch"]):
        refused = empty(*arguments)
        assert (refused.code, refused.out) == (2, "")
        error, hint = refused.err.splitlines()
        assert error.startswith("Error: No such ")
        assert hint.startswith("Hint: see portalctl ")
        assert shlex.split(hint.removeprefix("Hint: see "))[-1] == "--help"
    assert not empty.home.exists()


def test_the_version_is_printed_without_opening_anything(empty: Cli) -> None:
    """As every program does."""
    from portalctl import __version__

    assert empty.ok("--version").out == f"portalctl {__version__}\n"
    assert not empty.home.exists()
