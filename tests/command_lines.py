"""Command lines in help, README and examples: found in shell text, and parsed by the program without being run."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import typer

from portalctl.context import Context
from tests.surface import commands

_REDIRECTION = re.compile(r"""(?<![\w"'])[012]?(?:>>?|<)\s*(?:&[012]|"[^"]*"|[^\s|;&)]+)""")
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
_FUNCTION = re.compile(r"^(\w+)\(\) \{ (?:\w+=\S+ )?(portalctl [^\"]*)\"\$@\"; \}$", re.MULTILINE)
_KEYWORDS = {"if", "then", "else", "elif", "while", "do", "!", "{", "time"}
_ENDS = {"|", "||", "&&", ";", "&", ";;", "(", ")"}
_WITH_VALUE = {"--profile", "--portal"}


def in_shell(script: str) -> Iterator[list[str]]:
    """The words behind `portalctl` of every such command in a script, through functions that stand for it too."""
    names = {"portalctl": ["portalctl"]} | {name: shlex.split(body) for name, body in _FUNCTION.findall(script)}
    for line in re.sub(r"\\\n\s*", " ", _FUNCTION.sub("", script)).splitlines():
        for simple in _simple_commands(line):
            words = [word for word in simple if word not in _KEYWORDS]
            while words and re.fullmatch(r"\w+=.*", words[0], re.DOTALL):
                words.pop(0)
            if words and words[0] in names:
                yield [*names[words[0]][1:], *words[1:]]


def _simple_commands(line: str) -> Iterator[list[str]]:
    while found := _SUBSTITUTION.search(line):
        yield from _simple_commands(found[1])
        line = f"{line[: found.start()]}VALUE{line[found.end() :]}"
    lexer = shlex.shlex(_REDIRECTION.sub(" ", line), posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in _ENDS:
            yield words
            words = []
        else:
            words.append(word)
    yield words


def parse(words: Sequence[str]) -> tuple[str, ...]:
    """Parse a command line as the program does, without running it; the command that it names.

    Raises what the program would raise for a command or option that does not exist.
    """
    nothing = io.StringIO()
    context = Context(
        stdin=nothing, stdout=nothing, stderr=nothing, environment={}, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC)
    )
    rest = _without_globals(words)
    path: tuple[str, ...] = ()
    while rest and (*path, rest[0]) in commands():
        path, rest = (*path, rest[0]), rest[1:]
    command = commands()[path]
    if rest or not hasattr(command, "commands"):
        command.make_context(" ".join(("portalctl", *path)), rest, obj=context)
    if hasattr(command, "commands") and rest:
        command.resolve_command(typer.Context(command), rest)
    return path


def _without_globals(words: Sequence[str]) -> list[str]:
    """The words without the options that stand before the command, which are checked here."""
    rest = list(words)
    known = {name for parameter in commands()[()].params for name in parameter.opts}
    while rest and rest[0].startswith("--") and rest[0] not in ("--version", "--help"):
        if rest[0].partition("=")[0] not in known:
            raise typer.BadParameter(f"portalctl has no option {rest[0]}")
        del rest[: 2 if rest[0] in _WITH_VALUE else 1]
    if rest and rest[0] in ("--version", "--help", "-h", "--install-completion", "--show-completion"):
        return []
    return rest
