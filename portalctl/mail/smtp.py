"""The SMTP relay that mail is given to (RFC 5321)."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from portalctl import errors
from portalctl.mail.messages import mailable

TIMEOUT = 30
"""Seconds to wait for the connection, and for each answer."""

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_LONGEST_REPLY = 300
_CLOSING = 421
_OURS = (530, 534, 535, 538, 454)
"""Replies about how the portal signs in to the relay, not about the letter (RFC 4954)."""


class Fate(StrEnum):
    """What the relay made of a letter: it has it, refuses it for good, asks for patience, or hung up over it."""

    TAKEN = "taken"
    REFUSED = "refused"
    DELAYED = "delayed"
    LOST = "lost"


class Reply(NamedTuple):
    """A letter's fate, in the relay's words."""

    fate: Fate
    words: str = ""


class Relay(NamedTuple):
    """Where a relay is and how to sign in to it."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """The relay without its password."""
        return f"Relay({self.scheme}://{self.host}:{self.port})"

    @classmethod
    def at(cls, url: str, user: str | None = None, password: str | None = None) -> Relay:
        """The relay of a URL such as `smtp://mail.example.com:587`.

        `smtps` is TLS from the start, `smtp+starttls` TLS before anything is said; with `smtp` TLS is used where it is
        offered, and needed before a password is sent to another machine. Raises InvalidInput.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise errors.InvalidInput("that is not the URL of a mail relay", _HINT) from None
        if "@" in parts.netloc:
            raise errors.InvalidInput(
                "a mail relay's URL holds no user or password",
                "set PORTALCTL_SMTP_USER and PORTALCTL_SMTP_PASSWORD in the environment",
            )
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise errors.InvalidInput(f"{url!r} is not the URL of a mail relay", _HINT)
        if (user is None) != (password is None):
            raise errors.InvalidInput(
                "a mail relay wants a user and a password, or neither",
                "set both PORTALCTL_SMTP_USER and PORTALCTL_SMTP_PASSWORD",
            )
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)

    def connect(self) -> Connection:
        """Connect and sign in. Raises NetworkFailure, saying what went wrong."""
        try:
            return Connection(self._connected())
        except (OSError, smtplib.SMTPException) as failure:
            raise errors.NetworkFailure(
                f"the mail relay {self.host}:{self.port} cannot be used: {_said(failure)}",
                "the letters stay in the outbox; see: portalctl practice outbox list",
            ) from failure

    def _connected(self) -> smtplib.SMTP:
        name = _own_name()
        server: smtplib.SMTP
        if self.scheme == "smtps":
            server = smtplib.SMTP_SSL(self.host, self.port, local_hostname=name, timeout=TIMEOUT, context=_trust())
        else:
            server = smtplib.SMTP(self.host, self.port, local_hostname=name, timeout=TIMEOUT)
        try:
            server.ehlo_or_helo_if_needed()
            if self.scheme != "smtps" and (self._needs_tls or (server.has_extn("starttls") and not self._is_near)):
                server.starttls(context=_trust())
                server.ehlo_or_helo_if_needed()
            if self.user is not None and self.password is not None:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    @property
    def _needs_tls(self) -> bool:
        return self.scheme == "smtp+starttls" or (self.password is not None and not self._is_near)

    @property
    def _is_near(self) -> bool:
        """Whether the relay is on this machine, so that nobody else sees what is said."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


_HINT = "write smtp://HOST:PORT, smtps://HOST:PORT or smtp+starttls://HOST:PORT"


class Connection:
    """A connection to a relay, for one letter after another."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def give(self, message: EmailMessage, sender: str, recipient: str) -> Reply:
        """Hand a message over. Where the connection broke nobody knows whether it was taken."""
        try:
            self._server.send_message(message, mailable(sender), [mailable(recipient)])
        except smtplib.SMTPRecipientsRefused as failure:
            return self._judged(*next(iter(failure.recipients.values())))
        except smtplib.SMTPSenderRefused as failure:
            fate = Fate.LOST if failure.smtp_code == _CLOSING else Fate.DELAYED
            return Reply(fate, _words(failure.smtp_code, failure.smtp_error))
        except smtplib.SMTPResponseException as failure:
            return self._judged(failure.smtp_code, failure.smtp_error)
        except smtplib.SMTPNotSupportedError as failure:
            return Reply(Fate.REFUSED, str(failure))
        except (OSError, smtplib.SMTPException) as failure:
            return Reply(Fate.LOST, _said(failure))
        return Reply(Fate.TAKEN)

    def close(self) -> None:
        """Say goodbye, if the relay still listens."""
        try:
            self._server.quit()
        except (OSError, smtplib.SMTPException):
            self._server.close()

    def _judged(self, code: int, words: bytes | str) -> Reply:
        if code == _CLOSING:
            return Reply(Fate.LOST, _words(code, words))
        final = 500 <= code <= 599 and code not in _OURS
        return Reply(Fate.REFUSED if final else Fate.DELAYED, _words(code, words))


def _trust() -> ssl.SSLContext:
    """Whom the system trusts, or the file that SSL_CERT_FILE names; certificates are always checked."""
    return ssl.create_default_context()


def _own_name() -> str:
    """What this machine calls itself to a relay, without asking any name server."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _said(failure: Exception) -> str:
    if isinstance(failure, smtplib.SMTPResponseException):
        return _words(failure.smtp_code, failure.smtp_error)
    if isinstance(failure, TimeoutError) or isinstance(failure.__context__, TimeoutError):
        return "it did not answer in time"
    return (str(failure) or type(failure).__name__)[:_LONGEST_REPLY]


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:_LONGEST_REPLY]
