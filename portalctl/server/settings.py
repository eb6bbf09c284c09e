"""What a server is started with: the command line, then the configuration file, then what makes sense without either.

The file may hold passwords, so nobody else may read it; the command line holds none, as anybody could read it there.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from portalctl import errors
from portalctl.gateways.keys import NAMES, StripeKeys, stripe_keys
from portalctl.server.limits import Limits
from portalctl.server.senders import Network, is_loopback, networks

_TEXTS = (
    *("host", "database", "database_password", "public_url", "tls_cert", "tls_key"),
    *("smtp", "smtp_user", "smtp_password", "key_file", "documents", "scan"),
)
_NUMBERS = ("port", "workers", "fd")
_LISTS = ("behind_proxy", "metrics_from")
_RATES = ("session_rate", "session_burst", "address_rate", "address_burst")


class Settings(NamedTuple):
    """How to serve a portal. `fd` is a listening socket that was inherited, in place of host and port."""

    database: str
    key_file: Path | None = None
    database_password: str | None = None
    host: str = "127.0.0.1"
    port: int = 8420
    fd: int | None = None
    workers: int = 1
    public_url: str | None = None
    certificate: tuple[Path, Path] | None = None
    proxies: tuple[Network, ...] = ()
    metrics_from: tuple[Network, ...] = ()
    smtp: str | None = None
    smtp_user: str | None = None
    smtp_password: str | None = None
    documents: str | None = None
    scanner: tuple[str, ...] = ()
    limits: Limits = Limits()
    stripe: StripeKeys = StripeKeys()

    def address(self, host: str, port: int) -> str:
        """Where users reach the portal: what was said, else where it listens. Raises InvalidInput.

        Without TLS of its own or of a proxy it listens on this machine only: tokens and passwords would be read on the
        way.
        """
        if not is_loopback(host):
            if self.certificate is None and not self.proxies:
                raise errors.InvalidInput(
                    f"plain HTTP on {host} would show passwords to the network",
                    "give --tls-cert and --tls-key, or say with --behind-proxy which proxy brings TLS",
                )
            if self.public_url is None:
                raise errors.InvalidInput(
                    "links need the address that users reach the portal by", "give it: --public-url https://…"
                )
        if self.public_url is not None:
            return _origin(self.public_url)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.certificate else 'http'}://{shown}:{port}"


def read_settings(given: Mapping[str, Any], file: Path | None, data: Path) -> Settings:
    """The settings of a command line and a configuration file, with `data` as the place of what is not said.

    Raises InvalidInput.
    """
    told = (_read(file) if file is not None else {}) | {
        name: value for name, value in given.items() if value not in (None, [])
    }
    database = told.get("database") or f"sqlite://{data / 'portal.db'}"
    if urlsplit(database).password is not None:
        raise errors.InvalidInput(
            "a database URL must not have a password in it: others could read it",
            "set PGPASSWORD, or database_password in the configuration file",
        )
    cert, key = told.get("tls_cert"), told.get("tls_key")
    if (cert is None) != (key is None):
        raise errors.InvalidInput("a certificate needs its key", "give both --tls-cert and --tls-key")
    key_file = told.get("key_file")
    in_file = database.startswith("sqlite:")
    return Settings(
        database=database,
        key_file=Path(key_file) if key_file else None if in_file else data / "server.key",
        database_password=told.get("database_password"),
        host=told.get("host", "127.0.0.1"),
        port=told.get("port", 8420),
        fd=told.get("fd"),
        workers=told.get("workers", 1),
        public_url=told.get("public_url"),
        certificate=(Path(cert), Path(key)) if cert and key else None,
        proxies=tuple(networks(told.get("behind_proxy", ()))),
        metrics_from=tuple(networks(told.get("metrics_from", ()))),
        smtp=told.get("smtp"),
        smtp_user=told.get("smtp_user") or os.environ.get("PORTALCTL_SMTP_USER"),
        smtp_password=told.get("smtp_password") or os.environ.get("PORTALCTL_SMTP_PASSWORD"),
        documents=told.get("documents"),
        scanner=_command(told.get("scan")),
        limits=Limits(**told.get("limits", {})),
        stripe=stripe_keys(told.get("stripe", {}), os.environ),
    )


def _read(file: Path) -> dict[str, Any]:
    """The configuration file. Raises InvalidInput for one that others may read, or with what is not known."""
    try:
        with file.open("rb") as content:
            found = os.fstat(content.fileno())
            if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise errors.InvalidInput(
                    f"{file} may hold passwords, and others can read or change it", f"run: chmod 600 {file}"
                )
            told = tomllib.load(content)
    except OSError as error:
        raise errors.InvalidInput(f"{file} cannot be read: {error.strerror}", "check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise errors.InvalidInput(f"{file}: {error}", "correct the line") from None
    for name, value in told.items():
        _check(file, name, value)
    return told


def _check(file: Path, name: str, value: object) -> None:
    kinds: dict[str, tuple[type, str]] = {
        **dict.fromkeys(_TEXTS, (str, "a text")),
        **dict.fromkeys(_NUMBERS, (int, "a whole number")),
        **dict.fromkeys(_LISTS, (list, "a list of networks")),
        **dict.fromkeys(("limits", "stripe"), (dict, "a table")),
    }
    if name not in kinds:
        raise errors.InvalidInput(f"{file}: there is no setting {name!r}", f"the settings are: {', '.join(kinds)}")
    kind, words = kinds[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise errors.InvalidInput(f"{file}: {name} must be {words}", "correct the line")
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        raise errors.InvalidInput(f"{file}: {name} must be {words}", "correct the line")
    if isinstance(value, dict):
        _check_table(file, name, value)


def _check_table(file: Path, name: str, table: dict[str, object]) -> None:
    if name == "stripe":
        for key, text in table.items():
            if key not in NAMES or not isinstance(text, str):
                raise errors.InvalidInput(
                    f"{file}: stripe.{key} must be one of {', '.join(NAMES)}, and a text", "correct the line"
                )
        return
    for rate, number in table.items():
        if rate not in _RATES or not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise errors.InvalidInput(
                f"{file}: limits.{rate} must be one of {', '.join(_RATES)}, and a whole number", "correct the line"
            )


def _command(text: str | None) -> tuple[str, ...]:
    """A command and its arguments, as a shell would part them; none where none is given. Raises InvalidInput."""
    if text is None:
        return ()
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words:
        raise errors.InvalidInput(f"{text!r} is no command", "write it as in a shell: 'clamdscan --fdpass -'")
    if shutil.which(words[0]) is None:
        raise errors.InvalidInput(
            f"there is no command {words[0]!r} to scan with", "install it, or give its whole path"
        )
    name = str(Path(words[0]).absolute()) if "/" in words[0] else words[0]
    return name, *words[1:]


def _origin(url: str) -> str:
    """The address without a slash at its end. Raises InvalidInput."""
    try:
        parts = urlsplit(url)
        well_formed = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        well_formed = False
    if not well_formed or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise errors.InvalidInput(f"{url!r} is not the address of a server", "write it as https://portal.example.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise errors.InvalidInput("users reach a portal by https:// only", "write it as https://portal.example.com")
    return f"{parts.scheme}://{parts.netloc}"
