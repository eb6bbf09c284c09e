"""Writing in the user's own editor: an argument list, no shell, no secrets in its environment, a private folder."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from portalctl.credentials import without_secrets
from portalctl.errors import InvalidInput, StorageFailure

USUAL = ("sensible-editor", "nano", "vi")
"""What is tried where the user names no editor."""


@contextmanager
def written(before: str, environment: Mapping[str, str], say: Callable[[str], None]) -> Iterator[str]:
    """What the user makes of a text in their editor, without line ends behind it.

    It lies in a folder of its own (0700, the file 0600) until the work that is done with it has succeeded; where that
    fails the file stays, and `say` tells where. Raises InvalidInput where nothing comes of it.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="portalctl-"))
    except OSError as error:
        raise StorageFailure(
            f"there is no place to write in: {error.strerror}", "set TMPDIR to another folder"
        ) from None
    file = folder / "text.md"
    keeps = False
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as beginning:
            beginning.write(before)
        text = _edited(file, environment)
        try:
            yield text
        except BaseException:
            keeps = True
            say(f"Your text is kept in {file}")
            raise
    finally:
        if not keeps:
            shutil.rmtree(folder, ignore_errors=True)


def _edited(file: Path, environment: Mapping[str, str]) -> str:
    command = _editor(environment)
    try:
        code = subprocess.run([*command, str(file)], env=without_secrets(environment), check=False).returncode  # noqa: S603  an argument list, without a shell
    except OSError as error:
        raise InvalidInput(f"the editor {command[0]!r} does not start: {error.strerror}", _OTHER) from None
    if code != 0:
        raise InvalidInput(f"the editor {command[0]!r} ended with {code}; nothing was sent", _OTHER)
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("what the editor left cannot be read as text in UTF-8; nothing was sent", _OTHER) from None
    if not text.strip():
        raise InvalidInput("nothing was written; nothing was sent", "write something and save it, or give --body TEXT")
    return text


_OTHER = "set EDITOR to another program, or give --body TEXT"


def _editor(environment: Mapping[str, str]) -> list[str]:
    """The words of VISUAL or EDITOR, none of which a shell reads; else a usual editor. Raises InvalidInput."""
    asked = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        words = shlex.split(asked)
    except ValueError:
        raise InvalidInput(f"EDITOR is no command: {asked!r}", _OTHER) from None
    for command in [words] if words else [[name] for name in USUAL]:
        if shutil.which(command[0], path=environment.get("PATH")):
            return command
    raise InvalidInput(f"there is no editor {words[0]!r}" if words else "there is no editor", _OTHER)
