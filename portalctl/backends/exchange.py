"""One HTTP exchange with a portal server: bounded in time and size; nothing is followed, nothing is sent elsewhere.

Proxies are taken from HTTPS_PROXY, ALL_PROXY and NO_PROXY, certificates from SSL_CERT_FILE and SSL_CERT_DIR, as other
programs do; a .netrc file and cookies are never used. Nothing that goes to this machine itself passes a proxy.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

from portalctl import __version__
from portalctl.backends.addresses import Address
from portalctl.backends.tls import Trust, explain
from portalctl.backends.trouble import Trouble, excerpt
from portalctl.backends.waiting import Waiting
from portalctl.errors import InvalidInput, NotAPortalServer, SignInNeeded

if TYPE_CHECKING:
    from portalctl.contract.binding import Wire

_unloaded = sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # httpx's own command line is as …
import httpx  # noqa: E402  … slow to load as all the rest of it: click, rich and pygments, where they are installed

if _unloaded is None:
    del sys.modules["httpx._main"]

PIECE = 1 << 20
"""Bytes that are given to a connection at once: of a longer piece it copies the rest each time it has sent some."""

LARGEST_ANSWER = 32 << 20
"""Bytes. A page of a list has at most 1,000 items."""


_LEAST = 4096
"""Bytes that have to come while the portal may be at something."""


def joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer chunks, each of them PIECE bytes or more, but the last."""
    held: list[bytes] = []
    length = 0
    for chunk in chunks:
        held.append(chunk)
        length += len(chunk)
        if length >= PIECE:
            yield b"".join(held)
            held, length = [], 0
    yield b"".join(held)


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes as they are best sent."""
    for chunk in chunks:
        for begin in range(0, len(chunk), PIECE):
            yield chunk[begin : begin + PIECE]


class Patience(NamedTuple):
    """Seconds: to connect, for each read or write, for one exchange, and for all tries of a request together.

    `settling` is how long the portal may take to put a body safely away.
    """

    connect: float = 5.0
    step: float = 20.0
    exchange: float = 25.0
    whole: float = 30.0
    settling: float = 60.0


class Answer(NamedTuple):
    """What a server answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """The one client for one portal server and one caller. It connects when something is first asked."""

    def __init__(
        self, address: Address, token: str | None, trust: Trust, patience: Patience, trace: Callable[[str], None]
    ) -> None:
        self._address = address
        self._token = token
        self._trust = trust
        self._patience = patience
        self._trace = trace
        self._client: httpx.Client | None = None
        self._proxy: str | None = None

    def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def exchange(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
    ) -> Answer:
        """Send a request, a `Wire`, and read its answer whole. Raises Trouble, NotAPortalServer, SignInNeeded.

        A thread does it: neither a name server that is silent nor a server that sends a byte at a time holds the caller
        longer than `seconds`, and an interrupt ends the wait at once.
        """
        self._check_token()
        client = self._client = self._client or self._connected()
        request = client.build_request(
            method,
            self._address.url + path + ("?" + urlencode(query) if query else ""),
            content=body,
            headers={**headers, **({"Content-Type": "application/json"} if body is not None else {})},
        )
        outcomes: list[Answer | Exception] = []
        is_abandoned = threading.Event()

        def run() -> None:
            try:
                outcomes.append(self._answer_to(client, request))
            except Exception as error:  # noqa: BLE001  it is raised again where it is waited for
                outcomes.append(error)
            if is_abandoned.is_set():
                client.close()

        thread = threading.Thread(target=run, daemon=True, name="exchange")
        thread.start()
        try:
            thread.join(seconds)
        finally:
            if not outcomes:
                is_abandoned.set()
                self._client = None
        if not outcomes:
            raise Trouble(f"{self._address.place} did not answer in time", was_sent=True)
        if isinstance(outcomes[0], Answer):
            return outcomes[0]
        raise self._failure(outcomes[0])

    def send(self, wire: Wire, content: Iterable[bytes]) -> Answer:
        """Send a request with a body of any length, and read its answer whole. Raises Trouble, NotAPortalServer.

        Each step is bounded, not the whole: a body takes as long as it is. What iterating it raises is raised.
        """
        with self._streaming(wire, content) as response:
            return Answer(response.status_code, response.headers, self._read(response))

    @contextmanager
    def fetch(self, wire: Wire) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """Send a request, and read what is answered piece by piece; a failure is in the answer, whole.

        Raises Trouble also while it is read: where the answer breaks off, or hardly comes.
        """
        with self._streaming(wire, None) as response:
            if response.status_code not in (200, 206):
                yield Answer(response.status_code, response.headers, self._read(response)), iter(())
            else:
                yield Answer(response.status_code, response.headers, b""), self._pieces(response)

    @contextmanager
    def _streaming(self, wire: Wire, content: Iterable[bytes] | None) -> Iterator[httpx.Response]:
        response: httpx.Response | None = None
        try:
            response = self._head(wire, content)
            yield response
        except httpx.HTTPError as error:
            raise self._failure(error) from error
        finally:
            if response is not None:
                response.close()

    def _head(self, wire: Wire, content: Iterable[bytes] | None) -> httpx.Response:
        """Send a request, and read the head of its answer in a thread: whoever drips it does not hold the caller.

        As long as the body goes on being sent there is no end to it; then it is waited for as long as `settling`.
        """
        self._check_token()
        client = self._client = self._client or self._connected()
        patience = self._patience
        waiting = Waiting(patience.settling)
        request = client.build_request(
            wire.method,
            self._address.url + wire.path,
            content=waiting.watched(content) if content is not None else None,
            headers=wire.headers,
            timeout=httpx.Timeout(patience.step, connect=patience.connect, read=patience.settling),
        )
        try:
            return waiting.result_of(lambda: client.send(request, stream=True), client.close)
        except TimeoutError:
            raise Trouble(f"{self._address.place} did not answer in time", was_sent=True) from None
        finally:
            if waiting.is_abandoned:
                self._client = None

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        """What comes, as long as enough of it comes."""
        came, since = 0, time.monotonic()
        for chunk in response.iter_raw():
            yield chunk
            came += len(chunk)
            if time.monotonic() - since > self._patience.settling:
                if came < _LEAST:
                    raise Trouble(f"{self._address.place} sends next to nothing", was_sent=True)
                came, since = 0, time.monotonic()

    def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise NotAPortalServer(
                    f"{self._address.place} answers more than {LARGEST_ANSWER >> 20} MiB", "ask for less: --limit"
                )
        return bytes(body)

    def _check_token(self) -> None:
        if self._token is not None and not (self._token and self._token.isascii() and self._token.isprintable()):
            raise SignInNeeded("the session token has characters that none has", "sign in again: portalctl login")

    def _connected(self) -> httpx.Client:
        self._proxy = _proxy_for(self._address)
        if self._proxy is not None:
            self._trace(f"Through the proxy {_without_password(self._proxy)}, as the environment says")
        self._trace(self._trust.origin)
        headers = {
            "User-Agent": f"portalctl/{__version__}",
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
        }
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            return httpx.Client(
                headers=headers,
                verify=self._trust.context,
                proxy=self._proxy,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(self._patience.step, connect=self._patience.connect),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise InvalidInput(
                f"the proxy of the environment cannot be used: {excerpt(str(error))}", "see HTTPS_PROXY and ALL_PROXY"
            ) from None

    def _answer_to(self, client: httpx.Client, request: httpx.Request) -> Answer:
        response = client.send(request, stream=True)
        try:
            return Answer(response.status_code, response.headers, self._read(response))
        finally:
            response.close()

    def _failure(self, error: Exception) -> Exception:
        """What an exception of an exchange means to a user."""
        place = self._address.place
        through = f" through the proxy {_without_password(self._proxy)}" if self._proxy else ""
        match error:
            case httpx.ConnectError() if explained := explain(error, self._address, self._trust):
                return explained
            case httpx.ConnectTimeout() | httpx.PoolTimeout():
                return Trouble(
                    f"{place} took no connection{through} within {self._patience.connect:.0f} seconds", _ONLINE
                )
            case httpx.ProxyError():
                return Trouble(f"no way to {place}{through}: {excerpt(str(error))}", "see HTTPS_PROXY and NO_PROXY")
            case httpx.ConnectError():
                return Trouble(
                    f"{place} cannot be reached{through}: {_reason(error)}",
                    _ONLINE,
                    is_lasting=_is_unknown(error),
                )
            case httpx.TimeoutException():
                return Trouble(f"{place} was silent for {self._patience.step:.0f} seconds", was_sent=True)
            case httpx.RemoteProtocolError() if not _broke_off(error):
                return NotAPortalServer(f"{place} does not speak HTTP: {excerpt(str(error))}", "check the portal's URL")
            case httpx.TransportError():
                return Trouble(f"{place} broke off: {_reason(error)}", was_sent=True)
        return error


_ONLINE = "check the portal's URL and whether you are online; then try again"


def _proxy_for(address: Address) -> str | None:
    if address.is_loopback or proxy_bypass(f"{address.host}:{address.port}"):
        return None
    proxies = getproxies()
    return proxies.get("https") or proxies.get("all")


def _without_password(proxy: str) -> str:
    scheme, separator, rest = proxy.rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]


def _broke_off(error: Exception) -> bool:
    """Whether the connection ended early; h11 tells that apart from nonsense by its words alone."""
    return str(error).startswith(("Server disconnected", "peer closed connection"))


def _is_unknown(error: BaseException) -> bool:
    """Whether the name server says that nobody has the name."""
    found = _system_error(error)
    return isinstance(found, socket.gaierror) and found.errno == socket.EAI_NONAME


def _reason(error: BaseException) -> str:
    """The system's own words for what happened."""
    found = _system_error(error)
    return excerpt((found.strerror if found is not None else str(error)) or type(error).__name__)


def _system_error(error: BaseException) -> OSError | None:
    """What the system said, from within the chain of exceptions."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause
