"""A text of several lines: from an option, from standard input, or from the user's editor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from portalctl.context import Context

LONGEST = 65_536
"""Bytes of UTF-8: a longer text is refused by every portal."""

BodyOption = Annotated[
    str | None, typer.Option("--body", metavar="TEXT|-", help="The text, or - for standard input; else your editor.")
]


@contextmanager
def text_of(context: Context, body: str | None, before: str = "") -> Iterator[str]:
    """The text: `body`, standard input for `-`, or what the user makes of `before` in their editor.

    An editor is only started on a terminal. Raises InputNeeded, InvalidInput.
    """
    if body == "-":
        yield _from_stdin(context)
    elif body is not None:
        yield body
    else:
        from portalctl.commands.editor import written
        from portalctl.errors import InputNeeded

        if not (context.prompt.possible and context.stdout.isatty()):
            raise InputNeeded("a text is needed and there is no terminal to write it on", "give it with --body TEXT|-")
        with written(before, context.environment, context.say) as text:
            yield text


def _from_stdin(context: Context) -> str:
    """All of standard input, without line ends behind it. Raises InvalidInput for more than any portal takes."""
    from portalctl.errors import InvalidInput

    try:
        text = context.stdin.read(LONGEST + 1)
    except UnicodeDecodeError:
        raise InvalidInput("standard input is no text in UTF-8", "give text, not a file of another kind") from None
    if len(text) > LONGEST:
        raise InvalidInput(f"the text is longer than {LONGEST:,} bytes", "upload it as a file: portalctl docs upload")
    return text.rstrip("\r\n")
