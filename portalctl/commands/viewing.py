"""Showing a document: text on the terminal or in the user's pager, other kinds in the system's viewer.

Other programs are started with an argument list and without our secrets, and are given nothing but plain text or a file
that only the user can read.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import TextIO

from portalctl.credentials import without_secrets
from portalctl.errors import Refused

LONGEST_TEXT = 16 << 20
"""Bytes of a text that is shown."""

ENDINGS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "image/heic": ".heic",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "application/rtf": ".rtf",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}
"""What is handed to a viewer, under an ending of ours: whatever its name says, the viewer takes it for that kind."""


def is_text(media_type: str) -> bool:
    """Whether people read the bytes themselves."""
    plain = media_type.partition(";")[0].strip().lower()
    return plain.startswith("text/") or plain in ("application/json", "application/fhir+json", "application/xml")


def lines_of(content: bytes) -> list[str]:
    """The lines of a text, each safe to show."""
    from portalctl.output.safe import visible

    text = content.decode("utf-8", "backslashreplace").removeprefix("\ufeff")
    return [visible(line.expandtabs(8)) for line in text.replace("\r\n", "\n").rstrip("\n").split("\n")]


def page(lines: list[str], stdout: TextIO, environment: Mapping[str, str]) -> None:
    """Show lines: through the pager where a person reads them and they do not fit, else as they are."""
    command = _pager(environment) if stdout.isatty() and _is_long(lines, stdout) else None
    if command is not None:
        stdout.flush()
        try:
            with subprocess.Popen(  # noqa: S603  an argument list, without a shell
                command, stdin=subprocess.PIPE, env={"LESSSECURE": "1", **without_secrets(environment)}
            ) as pager:
                pager.communicate("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
        except OSError:
            pass
        else:
            return
    stdout.writelines(f"{line}\n" for line in lines)


class Screening:
    """A folder of its own (0700) for one file that a viewer shows; both are gone afterwards."""

    def __init__(self, media_type: str) -> None:
        ending = ENDINGS.get(media_type.partition(";")[0].strip().lower())
        if ending is None:
            raise Refused(
                f"documents of the kind {media_type} are not handed to another program",
                "save it with: portalctl docs download",
            )
        self._ending = ending

    def __enter__(self) -> Path:
        """Where the file is to be."""
        self._folder = Path(mkdtemp(prefix="portalctl-"))
        return self._folder / f"document{self._ending}"

    def __exit__(self, *_: object) -> None:
        """Delete it."""
        shutil.rmtree(self._folder, ignore_errors=True)


def open_viewer(file: Path, environment: Mapping[str, str]) -> None:
    """Have the system's viewer show a file. Raises Refused where there is none."""
    for name in ("xdg-open", "open"):
        found = shutil.which(name, path=environment.get("PATH", os.defpath))
        if found is None:
            continue
        done = subprocess.run(  # noqa: S603  an argument list, without a shell
            [found, str(file)],
            env=without_secrets(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode == 0:
            return
    raise Refused("there is no viewer on this machine that shows it", "save it with: portalctl docs download")


def _pager(environment: Mapping[str, str]) -> list[str] | None:
    asked = environment.get("PAGER", "").strip()
    try:
        command = shlex.split(asked) if asked else ["less"]
    except ValueError:
        return None
    if not command or command == ["cat"]:
        return None
    found = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    return [found, *command[1:]] if found is not None else None


def _is_long(lines: list[str], stdout: TextIO) -> bool:
    try:
        columns, rows = os.get_terminal_size(stdout.fileno())
    except (OSError, ValueError):
        return False
    return sum(1 + len(line) // max(1, columns) for line in lines) >= rows
