"""Session tokens: in the system's keyring, in a file, or with a command. Never printed, never logged, never downgraded.

A token is kept together with the origin it came from, and is given out for that origin only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

from portalctl.config import Config, Profile
from portalctl.errors import CredentialStoreFailure

_CHOICES = "choose another place for the session: --store file keeps it in a file that only you can read"

_KEYRING_SECONDS = 3.0
_KEYRING_BYTES = 2560
_COMMAND_SECONDS = 30.0

T = TypeVar("T")


class Vault(Protocol):
    """One kind of place for secrets. Each method raises CredentialStoreFailure when the place does not work."""

    def read(self, key: str) -> str | None:
        """The secret, or None without one."""

    def write(self, key: str, secret: str) -> None:
        """Keep the secret under the key."""

    def erase(self, key: str) -> None:
        """Forget the key; it may be unknown."""


class CredentialStore:
    """The session tokens of all profiles in one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def get(self, profile: str, origin: str) -> str | None:
        """The profile's token, or None when there is none from this origin. Raises CredentialStoreFailure."""
        secret = self._vault.read(profile)
        if not secret:
            return None
        try:
            kept = json.loads(secret)
            token, bound_to = kept["token"], kept["origin"]
        except (ValueError, TypeError, KeyError):
            token = bound_to = None
        if not isinstance(token, str) or not isinstance(bound_to, str):
            raise CredentialStoreFailure(
                f"what is kept for the profile {profile} is not a session of portalctl",
                "sign in again: portalctl login",
            )
        return token if bound_to == origin else None

    def set(self, profile: str, origin: str, token: str) -> None:
        """Keep the token, and see that it was kept. Raises CredentialStoreFailure."""
        self._vault.write(profile, json.dumps({"origin": origin, "token": token}))
        if self.get(profile, origin) != token:
            raise _unfaithful()

    def erase(self, profile: str) -> None:
        """Forget the profile's token. Raises CredentialStoreFailure."""
        self._vault.erase(profile)

    def check(self) -> None:
        """Keep something, read it back and forget it again. Raises CredentialStoreFailure when one of these fails."""
        import secrets

        key, canary = f"check-{secrets.token_hex(4)}", secrets.token_hex(32)
        self._vault.write(key, canary)
        found = self._vault.read(key)
        self._vault.erase(key)
        if found != canary or self._vault.read(key):
            raise _unfaithful()


def open_store(profile: Profile, config: Config, say: Callable[[str], None]) -> CredentialStore:
    """The store that the profile chose; nothing is asked of it yet. Raises CredentialStoreFailure for a bad command."""
    if profile.store == "file":
        return CredentialStore(FileVault(config.paths.state / "sessions.json", say))
    if profile.store == "command":
        return CredentialStore(CommandVault(profile.store_command or "", config.paths.realm, config.environment))
    return CredentialStore(KeyringVault(config.paths.realm))


def token_for(
    profile: Profile, config: Config, environment: Mapping[str, str], say: Callable[[str], None]
) -> str | None:
    """The session token to use: PORTALCTL_TOKEN, else the store's. None without one; a profile never saved has none.

    Raises CredentialStoreFailure when the store does not work.
    """
    given = environment.get("PORTALCTL_TOKEN", "").strip()
    if given:
        return given
    if profile.name not in config.profiles:
        return None
    return open_store(profile, config, say).get(profile.name, profile.portal)


def _unfaithful() -> CredentialStoreFailure:
    return CredentialStoreFailure("the credential store does not give back what it was given", _CHOICES)


class KeyringVault:
    """The keyring of the system. Each call is bounded by three seconds: a locked service may never answer."""

    def __init__(self, service: str) -> None:
        self._service = service

    def read(self, key: str) -> str | None:
        """See Vault."""
        return self._within(lambda keyring: keyring.get_password(self._service, key))

    def write(self, key: str, secret: str) -> None:
        """See Vault."""
        if len(secret.encode()) > _KEYRING_BYTES:
            raise CredentialStoreFailure(
                f"the session is longer than the {_KEYRING_BYTES} bytes a keyring holds", _CHOICES
            )
        self._within(lambda keyring: keyring.set_password(self._service, key, secret))

    def erase(self, key: str) -> None:
        """See Vault."""

        def delete(keyring: _Keyring) -> None:
            if keyring.get_password(self._service, key) is not None:
                keyring.delete_password(self._service, key)

        self._within(delete)

    def _within(self, work: Callable[[_Keyring], T]) -> T:
        """Work with the keyring in a thread that is left behind when it hangs."""
        import threading

        answers: list[T] = []
        failures: list[str] = []

        def run() -> None:
            try:
                answers.append(work(_system_keyring()))
            except CredentialStoreFailure as failure:
                failures.append(failure.message)
            except BaseException as error:  # noqa: BLE001  a backend may raise anything, and its text may hold the secret
                failures.append(f"the system's keyring refused ({type(error).__name__})")

        thread = threading.Thread(target=run, daemon=True, name="keyring")
        thread.start()
        thread.join(_KEYRING_SECONDS)
        if answers:
            return answers[0]
        raise CredentialStoreFailure(
            failures[0] if failures else f"the system's keyring did not answer within {_KEYRING_SECONDS:.0f} seconds",
            _CHOICES,
        )


class _Keyring(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


@cache
def _system_keyring() -> _Keyring:
    """The keyring that the user chose, else the best recommended one: never unasked one that stores in the clear."""
    import keyring.core
    from keyring.backends import fail, null

    keyring.core.init_backend(limit=keyring.core.recommended)
    found = keyring.core.get_keyring()
    if isinstance(found, fail.Keyring | null.Keyring):
        raise CredentialStoreFailure("this system has no keyring", _CHOICES)
    return found


class FileVault:
    """A file that only its owner can read."""

    def __init__(self, file: Path, say: Callable[[str], None]) -> None:
        self._file = file
        self._say = say

    def read(self, key: str) -> str | None:
        """See Vault; raises StorageFailure for a file that is somebody else's or cannot be read."""
        return self._all().get(key)

    def write(self, key: str, secret: str) -> None:
        """See Vault; raises StorageFailure when the disk does not take it."""
        self._change(key, secret)

    def erase(self, key: str) -> None:
        """See Vault; raises StorageFailure when the disk does not take it."""
        if key in self._all():
            self._change(key, None)

    def _change(self, key: str, secret: str | None) -> None:
        from portalctl.private_files import changing, write_private

        with changing(self._file):
            kept = {name: value for name, value in self._all().items() if name != key}
            if secret is not None:
                kept[key] = secret
            write_private(self._file, json.dumps(kept, indent=1).encode())

    def _all(self) -> dict[str, str]:
        from portalctl.private_files import read_private

        content = read_private(self._file, self._say)
        try:
            kept = json.loads(content) if content is not None else {}
        except ValueError:
            kept = None
        if not isinstance(kept, dict) or not all(isinstance(secret, str) for secret in kept.values()):
            raise CredentialStoreFailure(f"{self._file} is damaged", "delete it, then sign in again: portalctl login")
        return kept


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for other programs: what is secret in it is meant for this one."""
    stripe = ("PORTALCTL_STRIPE_SECRET_KEY", "PORTALCTL_STRIPE_WEBHOOK_SECRET")
    secrets = ("PORTALCTL_TOKEN", "PORTALCTL_SMTP_PASSWORD", *stripe)
    return {name: value for name, value in environment.items() if name not in secrets}


class CommandVault:
    """A program of the user's: `COMMAND get|store|erase KEY`, the secret on its standard output or input, no shell.

    An empty answer means that there is none; an exit code other than 0 is a failure. Secrets of ours in the environment
    are not passed on.
    """

    def __init__(self, command: str, realm: str, environment: Mapping[str, str]) -> None:
        import shlex

        try:
            self._command = shlex.split(command)
        except ValueError:
            self._command = []
        if not self._command:
            raise CredentialStoreFailure(
                "the profile's store command is empty or not well quoted",
                "give it with --store-command 'PROGRAM ARGUMENT …'",
            )
        self._realm = realm
        self._environment = without_secrets(environment)

    def read(self, key: str) -> str | None:
        """See Vault."""
        return self._run("get", key, "").strip() or None

    def write(self, key: str, secret: str) -> None:
        """See Vault."""
        self._run("store", key, secret + "\n")

    def erase(self, key: str) -> None:
        """See Vault."""
        self._run("erase", key, "")

    def _run(self, verb: str, key: str, secret: str) -> str:
        import subprocess

        name = f"the store command {self._command[0]!r}"
        try:
            done = subprocess.run(  # noqa: S603  the user's own command, split into arguments, without a shell
                [*self._command, verb, f"{self._realm}/{key}"],
                input=secret.encode(),
                stdout=subprocess.PIPE,
                env=self._environment,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CredentialStoreFailure(
                f"{name} did not end within {_COMMAND_SECONDS:.0f} seconds", _CHOICES
            ) from None
        except OSError as error:
            raise CredentialStoreFailure(f"{name} does not run: {error.strerror}", _CHOICES) from None
        if done.returncode != 0:
            raise CredentialStoreFailure(f"{name} failed to {verb}: exit code {done.returncode}", _CHOICES)
        return done.stdout.decode(errors="replace")
