"""Keyrings that stand in for the system's: one that works, and those that fail in each way there is."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class FileKeyring(KeyringBackend):
    """Keeps secrets in the file that KEYRING_FILE names."""

    priority = 1

    def _all(self) -> dict[str, str]:
        file = Path(os.environ["KEYRING_FILE"])
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return kept

    def _keep(self, kept: dict[str, str]) -> None:
        Path(os.environ["KEYRING_FILE"]).write_text(json.dumps(kept))

    def get_password(self, service: str, username: str) -> str | None:
        """As keyring says."""
        return self._all().get(f"{service}|{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """As keyring says."""
        self._keep(self._all() | {f"{service}|{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """As keyring says."""
        kept = self._all()
        if kept.pop(f"{service}|{username}", None) is None:
            raise PasswordDeleteError(username)
        self._keep(kept)


class HangingKeyring(FileKeyring):
    """Waits for a dialog that nobody sees."""

    def get_password(self, service: str, username: str) -> str | None:
        """Never returns."""
        threading.Event().wait()
        raise AssertionError(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002  the signature is keyring's
        """Never returns."""
        self.get_password(service, username)


class DenyingKeyring(FileKeyring):
    """Locked; its error repeats the secret, as careless backends do."""

    def get_password(self, service: str, username: str) -> str | None:
        """Always refuses."""
        raise KeyringLocked(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002  the signature is keyring's
        """Always refuses."""
        raise KeyringLocked(f"cannot store {password}")


class ForgetfulKeyring(FileKeyring):
    """Takes everything and keeps something else."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002  the signature is keyring's
        """Something that nobody stored."""
        return '{"origin": "sqlite:///a", "token": "another"}'


class LeavingKeyring(FileKeyring):
    """Tries to end the program."""

    def get_password(self, service: str, username: str) -> str | None:
        """Exits."""
        raise SystemExit(service + username)


class WeakKeyring(FileKeyring):
    """Stores in the clear, so keyring does not recommend it."""

    priority = 0.5  # type: ignore[assignment]  # keyring reads it from the class
