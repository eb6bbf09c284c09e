"""What is written is true: every command line exists, the changelog keeps its form, nothing points outside."""

from __future__ import annotations

import re
import shlex
import subprocess
from datetime import date
from pathlib import Path

import pytest

from portalctl import __version__
from tests.command_lines import in_shell, parse
from tests.surface import commands

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXAMPLES = sorted((ROOT / "examples").glob("*.sh"))


def fences(markdown: str) -> str:
    """The text of all code blocks; a recorded session's prompts are taken off, its output is left out."""
    lines: list[str] = []
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        recorded = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
        lines += block.splitlines() if language in ("sh", "bash") and not recorded else recorded
    return "\n".join(lines)


def spans(markdown: str) -> list[str]:
    """Inline code that names a command, with or without the program's name."""
    prose = re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    found = [span.removeprefix("portalctl ") for span in re.findall(r"`([^`\n]+)`", prose)]
    return [span for span in found if (span.split(" ")[0],) in commands()]


def test_every_command_line_in_readme_exists() -> None:
    """With its options; placeholders such as SLOT stand for values."""
    lines = list(in_shell(fences(README.read_text())))
    assert len(lines) > 10
    for words in lines:
        parse(words)


def test_every_command_that_readme_names_in_a_sentence_exists() -> None:
    """`appointments book` there, `practice approve` here: the words lead to a command, the options are its own."""
    named = spans(README.read_text())
    assert named
    for span in named:
        words = shlex.split(span)
        path: tuple[str, ...] = ()
        while words and (*path, words[0]) in commands():
            path = (*path, words.pop(0))
        choices = {word for taken in commands()[path].params for word in re.findall(r"\w+", taken.metavar or "")}
        rest = [
            word
            for word in words
            if word not in choices and not re.fullmatch(r"--?[\w-]+|[A-Z]+|-|\d+|[\w.@]+@[\w.]+|\"[^\"]*\"", word)
        ]
        assert not rest, f"{span!r}: {' '.join(path)} has no {rest[0]!r}"
        options = {name for parameter in commands()[path].params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, span


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_command_line_in_an_example_exists(example: Path) -> None:
    """Through the functions that stand for `portalctl --profile …` too."""
    lines = list(in_shell(example.read_text()))
    assert len(lines) > 5
    for words in lines:
        parse(words)


def test_the_reading_of_shell_text_finds_what_is_there() -> None:
    """Through pipes, substitutions, redirections, assignments and continued lines."""
    script = """
anna() { portalctl --profile anna "$@"; }
slot=$(anna appointments slots --limit 1 --format ids | head -1)
PORTALCTL_PROFILE=demo portalctl dashboard --json 2>/dev/null >"$HOME/a file" || echo "portalctl failed"
if portalctl appointments book "$slot" \\
  --json 2>error.json; then echo booked; fi
"""
    assert list(in_shell(script)) == [
        ["--profile", "anna", "appointments", "slots", "--limit", "1", "--format", "ids"],
        ["dashboard", "--json"],
        ["appointments", "book", "$slot", "--json"],
    ]


def test_a_command_line_that_does_not_exist_is_found_out() -> None:
    """The check can fail."""
    for words in (["nosuch"], ["appointments", "nosuch"], ["--nosuch", "dashboard"], ["dashboard", "--nosuch"]):
        with pytest.raises(Exception, match=r"no option|[Nn]o such"):
            parse(words)


def test_the_exit_codes_of_readme_are_those_of_the_program() -> None:
    """Each class of errors has its row."""
    from portalctl import errors

    rows = re.findall(r"^\| (\d+(?:, \d+)*) \|", README.read_text(), re.MULTILINE)
    told = {int(code) for row in rows for code in row.split(", ")}
    raised = {
        found.exit_code for found in vars(errors).values() if isinstance(found, type) and hasattr(found, "exit_code")
    }
    assert raised | {0, 130, 141} <= told


def test_the_changelog_keeps_its_form() -> None:
    """Keep a Changelog: unreleased first, then versions with their days, newest first; known kinds of changes."""
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings
    assert text.startswith("# Changelog\n")
    released = [heading for heading in headings if heading != "[Unreleased]"]
    assert headings == [*(["[Unreleased]"] if "[Unreleased]" in headings else []), *released]
    dated = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})", heading) for heading in released]
    days = [date.fromisoformat(found[2]) for found in dated if found]
    assert len(days) == len(released)
    assert days == sorted(days, reverse=True)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert "[Unreleased]" in headings or headings[0].startswith(f"[{__version__}]")


def tracked() -> list[Path]:
    """The files of the repository, as far as they are text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout
    names = listed.decode().split("\0")[:-1] if listed else []
    files = [ROOT / name for name in names] or [
        path for folder in ("portalctl", "tests", "examples", "benchmarks") for path in (ROOT / folder).rglob("*.*")
    ]
    return [path for path in files if path.is_file() and path.suffix not in (".pyc", ".png", ".svg", ".gif")]


def test_nothing_names_a_path_outside_the_project() -> None:
    """Folders of a particular machine or person have no place in what others clone."""
    outside = re.compile(
        r"(?<![\w.{}$\"'/-])(?:\.\./shared|/work/|/root/|/tmp/w/|/home/(?!me\b|you\b|user\b|anna\b)\w)"
    )
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if outside.search(line)
    ]
    assert not wrong


def test_the_licence_and_the_package_say_the_same() -> None:
    """MIT in both."""
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text()
