"""A real SMTP server on loopback, in a thread, that tests tell how to behave."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

PATIENCE = 30
"""Seconds after which the server should have started."""


class MailServer:
    """Takes mail and keeps it. Answers to a command, by its name, may be set: they are given in order, then 250s."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.raw: list[bytes] = []
        self.commands: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.answers: dict[str, list[str]] = {}
        self.dies_after_data = 0
        self.connections = 0
        self.reached = threading.Event()
        self.goes_on: threading.Event | None = None
        self.secure: list[bool] = []
        self._lock = threading.Lock()

    def to(self, address: str) -> list[EmailMessage]:
        """What was taken for an address."""
        return [message for message, (_, to) in zip(self.taken, self.envelopes, strict=True) if to == [address]]

    def _answer(self, command: str, otherwise: str) -> str:
        with self._lock:
            self.commands.append(command)
            waiting = self.answers.get(command, [])
            return waiting.pop(0) if waiting else otherwise

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """The sender."""
        answer = self._answer("MAIL", "250 sender ok")
        if answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """A recipient."""
        answer = self._answer("RCPT", "250 recipient ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """A message. Told to wait, it is `reached` and then says nothing until it `goes_on`."""
        if self.goes_on is not None:
            self.reached.set()
            await asyncio.get_running_loop().run_in_executor(None, self.goes_on.wait, PATIENCE)
        answer = self._answer("DATA", "250 taken")
        if answer.startswith("250"):
            with self._lock:
                self.raw.append(envelope.content)
                self.taken.append(message_from_bytes(envelope.content, policy=default))
                self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
                self.secure.append(session.ssl is not None)
                dies, self.dies_after_data = self.dies_after_data > 0, max(0, self.dies_after_data - 1)
            if dies:
                server.transport.abort()
        return answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Whoever knows the password."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def mail_server(
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    from_the_start: bool = False,
    sign_in: bool = False,
) -> Iterator[MailServer]:
    """A running server; with `tls` it offers STARTTLS, or speaks it `from_the_start`; with `sign_in` a password."""
    keeper = MailServer()
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so asyncio sets TCP_NODELAY
    listening.bind((host, 0))
    keeper.url = f"smtp://{host}:{listening.getsockname()[1]}"
    loop = asyncio.new_event_loop()
    ready, stopping = threading.Event(), asyncio.Event()

    def session() -> SMTP:
        keeper.connections += 1
        return SMTP(
            keeper,
            hostname="relay.example.com",
            loop=loop,
            tls_context=None if from_the_start else tls,
            authenticator=keeper.authenticate if sign_in else None,
            auth_require_tls=False,
            timeout=PATIENCE,
            enable_SMTPUTF8=True,
        )

    async def serve() -> None:
        server = await loop.create_server(session, sock=listening, ssl=tls if from_the_start else None)
        ready.set()
        await stopping.wait()
        server.close()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
            pending = asyncio.all_tasks(loop)
            for task in pending:
                task.cancel()
            for task in pending:
                with suppress(asyncio.CancelledError):
                    loop.run_until_complete(task)
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield keeper
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(PATIENCE)
