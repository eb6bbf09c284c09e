"""Opening a page in the user's browser: https only, an argument list, no shell, no secrets in its environment."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from urllib.parse import urlsplit

from portalctl.credentials import without_secrets
from portalctl.errors import Refused


def open_page(url: str, environment: Mapping[str, str], *, on_this_machine: bool = False) -> bool:
    """Start the browser on a page; say whether there is one.

    Raises Refused for anything but https, and `on_this_machine` http to this machine.
    """
    if not _is_https(url, or_here=on_this_machine):
        raise Refused("the link is not https and was not opened", "ask the practice for a proper link")
    command = _browser(environment)
    if command is None:
        return False
    try:
        subprocess.Popen(  # noqa: S603  an argument list, without a shell
            [*command, url],
            env=without_secrets(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True


def _is_https(url: str, *, or_here: bool) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" or (or_here and parts.scheme == "http" and host in ("127.0.0.1", "::1", "localhost"))


def _browser(environment: Mapping[str, str]) -> list[str] | None:
    asked = environment.get("BROWSER", "").split(os.pathsep)[0]
    try:
        candidates = [shlex.split(asked)] if asked else [["xdg-open"], ["open"]]
    except ValueError:
        return None
    for command in candidates:
        if command and shutil.which(command[0], path=environment.get("PATH")):
            return command
    return None
