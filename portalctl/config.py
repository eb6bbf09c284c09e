"""Profiles and paths, read once. A profile names a portal, who signs in there, and where its session token is kept."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from portalctl.errors import InvalidInput, NotFound, StorageFailure

Store = Literal["keyring", "file", "command"]

STORES: tuple[Store, ...] = ("keyring", "file", "command")

DEFAULT = "default"

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Profile(NamedTuple):
    """One way to use a portal. `store` says where the session token is kept; `store_command` is for `command`.

    `ca_file` holds the authorities to believe when the portal is a server, instead of the machine's.
    """

    name: str
    portal: str
    email: str | None = None
    store: Store = "keyring"
    store_command: str | None = None
    ca_file: str | None = None


class Paths(NamedTuple):
    """Where things are kept. `realm` tells this place from another of the same user, in stores that they share."""

    config_file: Path
    data: Path
    state: Path
    realm: str


class Config:
    """The profiles as they were when read. Changing one reads them again, so that nobody else's change is lost."""

    def __init__(self, paths: Paths, environment: Mapping[str, str], content: dict[str, Any]) -> None:
        self.paths = paths
        self.environment = environment
        self._take(content)

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Config:
        """Read the configuration; without a file there are no profiles.

        Raises InvalidInput, naming file and line, for one that cannot be read; StorageFailure without a home.
        """
        paths = find_paths(environment)
        return cls(paths, environment, _read(paths.config_file))

    def profile(self, name: str | None = None, *, portal: str | None = None, ca_file: str | None = None) -> Profile:
        """The profile asked for: by `name`, else PORTALCTL_PROFILE, else the one in use, else `default`.

        A name that was never saved is a new profile on the default portal. `portal`, else PORTALCTL_PORTAL, replaces
        the profile's portal, and `ca_file`, else PORTALCTL_CA_FILE, the profile's. Raises InvalidInput for a name that
        no profile can have.
        """
        chosen = valid_name(name or self.environment.get("PORTALCTL_PROFILE") or self.current)
        found = self.profiles.get(chosen) or Profile(chosen, self.default_portal())
        elsewhere = portal or self.environment.get("PORTALCTL_PORTAL")
        if elsewhere:
            found = found._replace(portal=elsewhere)
        believed = ca_file or self.environment.get("PORTALCTL_CA_FILE")
        return found._replace(ca_file=str(Path(believed).absolute())) if believed else found

    def is_up_to_date(self) -> bool:
        """Whether the file still says what it said when it was read. Raises InvalidInput."""
        now = Config.load(self.environment)
        return (now.paths, now.profiles, now.current) == (self.paths, self.profiles, self.current)

    def default_portal(self) -> str:
        """The URL of the portal file that is used when nothing else is said."""
        from urllib.parse import quote

        return "sqlite://" + quote(os.fsencode(self.paths.data / "portal.db"))

    def save(self, profile: Profile) -> None:
        """Add the profile, or replace the one of its name. Raises InvalidInput, StorageFailure."""
        valid_name(profile.name)
        fields = {key: value for key, value in profile._asdict().items() if value is not None and key != "name"}

        def change(content: dict[str, Any]) -> None:
            saved = content.setdefault("profiles", {})
            kept = {key: value for key, value in saved.get(profile.name, {}).items() if key not in Profile._fields}
            saved[profile.name] = kept | fields

        self._change(change)

    def use(self, name: str) -> Profile:
        """Make the profile the one in use. Raises NotFound, StorageFailure."""

        def change(content: dict[str, Any]) -> None:
            if name != DEFAULT:
                self._require(content, name)
            content["current"] = name

        self._change(change)
        return self.profiles.get(name) or Profile(name, self.default_portal())

    def remove(self, name: str) -> Profile:
        """Forget the profile; its session token is the credential store's. Raises NotFound, StorageFailure."""
        removed: list[Profile] = []

        def change(content: dict[str, Any]) -> None:
            self._require(content, name)
            removed.append(_profiles(content, self.paths.config_file)[name])
            del content["profiles"][name]
            if content.get("current") == name:
                del content["current"]

        self._change(change)
        return removed[0]

    def _take(self, content: dict[str, Any]) -> None:
        self.profiles: dict[str, Profile] = _profiles(content, self.paths.config_file)
        self.current: str = content.get("current", DEFAULT)

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        import tomli_w

        from portalctl.private_files import changing, write_private

        file = Path(os.path.realpath(self.paths.config_file))
        with changing(file):
            content = _read(file)
            _profiles(content, file)
            change(content)
            write_private(file, tomli_w.dumps(content).encode())
        self._take(content)

    @staticmethod
    def _require(content: dict[str, Any], name: str) -> None:
        known = content.get("profiles", {})
        if name not in known:
            raise NotFound(f"there is no profile {name!r}", f"known: {', '.join(sorted(known)) or 'none yet'}")


def valid_name(name: str) -> str:
    """The name, when a profile can have it. Raises InvalidInput."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot name a profile", "use 1 to 64 letters, digits, dots, dashes and underscores"
        )
    return name


def find_paths(environment: Mapping[str, str]) -> Paths:
    """Under PORTALCTL_HOME when set, else where the platform wants them. Raises InvalidInput, StorageFailure."""
    home = environment.get("PORTALCTL_HOME")
    if home:
        place = Path(home)
        if not place.is_absolute() or "\0" in home:
            raise InvalidInput(
                f"PORTALCTL_HOME is {home!r}, not an absolute path", "write it from the root: /home/me/portal"
            )
        return Paths(place / "config.toml", place / "data", place / "state", f"portalctl {place}")
    from platformdirs import PlatformDirs

    folders = PlatformDirs("portalctl", appauthor=False)
    paths = Paths(
        folders.user_config_path / "config.toml", folders.user_data_path, folders.user_state_path, "portalctl"
    )
    for path in paths[:3]:
        if not path.is_absolute():
            raise StorageFailure(
                f"there is no home for portalctl: {str(path)!r} is not an absolute path",
                "set HOME, XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME to absolute paths, or set PORTALCTL_HOME",
            )
    return paths


def _read(file: Path) -> dict[str, Any]:
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}", "it must be a file that you may read") from None
    import tomllib

    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{file} is not UTF-8 (at line {line})", "correct the line, or move the file away") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{file}: {error}", "correct the line, or move the file away") from None


def _profiles(content: dict[str, Any], file: Path) -> dict[str, Profile]:
    hint = "correct it, or move the file away"
    tables = content.get("profiles", {})
    if not isinstance(content.get("current", ""), str) or not isinstance(tables, dict):
        raise InvalidInput(f"{file}: 'current' must be a text and 'profiles' a table", hint)
    found = {}
    for name, table in tables.items():
        if not isinstance(table, dict) or not _NAME.fullmatch(name):
            raise InvalidInput(f"{file}: {name!r} is no profile", hint)
        fields = {key: table[key] for key in Profile._fields[1:] if key in table}
        for key, value in fields.items():
            if not isinstance(value, str):
                raise InvalidInput(f"{file}: {key!r} of the profile {name!r} must be a text", hint)
        if fields.setdefault("store", "keyring") not in STORES or "portal" not in fields:
            raise InvalidInput(
                f"{file}: the profile {name!r} needs 'portal', and a 'store' of {', '.join(STORES)}", hint
            )
        found[name] = Profile(name, **fields)
    return found
