"""The server's tasks from the command line: serve, migrate, check."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from tempfile import TemporaryDirectory

from portalctl import errors
from portalctl.clock import Clock
from portalctl.domain.office import Office
from portalctl.domain.practice import setup_code
from portalctl.mail.smtp import Relay
from portalctl.server import opening
from portalctl.server.app import create_app
from portalctl.server.buffers import keep_buffers
from portalctl.server.garbage import collect_in_small_steps, collect_when_quiet
from portalctl.server.logs import Log, adopt_uvicorn, make_log
from portalctl.server.mailing import Mailing
from portalctl.server.metrics import FOLDER
from portalctl.server.running import GracefulServer, make_server, tls
from portalctl.server.scanning import Scanning, check_scanner
from portalctl.server.senders import Senders
from portalctl.server.settings import Settings
from portalctl.server.site import Site
from portalctl.server.supervisor import SUPERVISED_BY, Supervisor, is_orphan
from portalctl.server.sweeping import Sweeping

Say = Callable[[str], None]

_STDERR = 2

_SPARE_FILES = 200
"""File descriptors that are not for connections."""


def serve(settings: Settings, clock: Clock, say: Say, *, new_key: bool) -> None:
    """Serve the portal until SIGTERM or SIGINT. Raises InvalidInput, StorageFailure, NetworkFailure."""
    log = make_log(open(_STDERR, "wb", closefd=False))  # noqa: SIM115  it is never closed
    tell = say if os.isatty(_STDERR) else lambda text: log.info("notice", text=text)
    relay = _relay(settings)
    _take_password(settings)
    with _ending_quietly(), _listening(settings) as (listener, url):
        office = opening.open_office(opening.place_of(settings, tell), clock, url, new_key=new_key)
        office = office._replace(scans=bool(settings.scanner))
        try:
            if SUPERVISED_BY not in os.environ:
                _welcome(office, url, settings, tell)
            if settings.workers > 1:
                office.store.close()
                _supervise(settings, listener, log)
            else:
                _run(office, settings, listener, relay, log)
        finally:
            office.store.close()


class _Stopped(BaseException):
    """SIGTERM came while nothing was under way."""


@contextmanager
def _ending_quietly() -> Iterator[None]:
    """Take SIGTERM as a wish from the first moment on, also before the server itself listens to it."""

    def stop(*_: object) -> None:
        raise _Stopped

    signal.signal(signal.SIGTERM, stop)
    with suppress(_Stopped):
        yield
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def migrate(settings: Settings, say: Say) -> None:
    """Bring the database's schema up to date; an empty database becomes an empty portal."""
    _take_password(settings)
    store = opening.open_store(opening.place_of(settings, say))
    try:
        with store.writing():
            pass  # the first transaction brings it up to date
        store.check()
    finally:
        store.close()
    say("The schema is up to date.")


def check(settings: Settings, say: Say) -> None:
    """Say of each thing that a server needs whether it is in order. Raises the first failure, when all is said."""
    _take_password(settings)
    failures = []
    at = opening.place_of(settings, say)
    looks: dict[str, Callable[[], str]] = {
        "address": partial(_check_address, settings),
        "database and schema": partial(opening.check_database, at),
        "portal key": partial(opening.check_key, at),
        "documents": lambda: opening.open_bodies(at).check(),
        "mail relay": partial(_check_relay, settings),
        "scanner": partial(_check_scanner, settings),
        "Stripe": partial(_check_stripe, settings),
    }
    for name, look in looks.items():
        try:
            told = look()
        except errors.PortalError as failure:
            failures.append(failure)
            told = f"{failure.message} ({failure.hint})" if failure.hint else failure.message
        say(f"{name}: {told}")
    if failures:
        raise failures[0]


def _check_address(settings: Settings) -> str:
    if settings.certificate is not None:
        tls(*settings.certificate)
    return settings.address(settings.host, settings.port)


def _check_relay(settings: Settings) -> str:
    relay = _relay(settings)
    if relay is None:
        return "none; mail stays in the outbox (--smtp)"
    relay.connect().close()
    return "in order"


def _check_scanner(settings: Settings) -> str:
    if not settings.scanner:
        return "none; documents are read as they come (--scan)"
    return check_scanner(settings.scanner)


def _check_stripe(settings: Settings) -> str:
    keys = settings.stripe
    if keys.secret_key is None:
        return "no key; a practice takes payments as a trial only ([stripe] secret_key)"
    missing = [name for name in ("publishable_key", "webhook_secret") if getattr(keys, name) is None]
    return f"{keys.api_base}, without {' and '.join(missing)}" if missing else f"in order: {keys.api_base}"


def _relay(settings: Settings) -> Relay | None:
    if settings.smtp is None:
        return None
    return Relay.at(settings.smtp, settings.smtp_user, settings.smtp_password)


def _take_password(settings: Settings) -> None:
    """Let the database's client library have the configured password; child processes are started without it."""
    if settings.database_password is not None:
        os.environ["PGPASSWORD"] = settings.database_password


@contextmanager
def _listening(settings: Settings) -> Iterator[tuple[socket.socket, str]]:
    """The socket to serve on, and where users reach it. Raises InvalidInput, NetworkFailure."""
    if settings.fd is not None:
        listener = _inherited(settings.fd)
    else:
        settings.address(settings.host, settings.port)
        listener = _bound(settings.host, settings.port)
    with listener:
        host, port = listener.getsockname()[:2]
        yield listener, settings.address(settings.host if settings.fd is None else host, port)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        raise errors.NetworkFailure(
            f"cannot listen on {host} port {port}: {error.strerror}", "choose another with --host and --port"
        ) from None
    return listener


def _inherited(fd: int) -> socket.socket:
    with suppress(OSError):
        listener = socket.socket(fileno=fd)
        if listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and listener.family != socket.AF_UNIX:
            return listener
        listener.detach()
    raise errors.InvalidInput(f"file descriptor {fd} is no listening socket", "give one that the parent process opened")


def _welcome(office: Office, url: str, settings: Settings, tell: Say) -> None:
    tell(f"Serving the portal at {url}")
    if not opening.is_set_up(office.store):
        tell(
            "It belongs to no practice yet. Whoever has this code makes it theirs, once: portalctl practice init"
            f" --portal {url} --setup {setup_code(office)} --name NAME --email ADDRESS --timezone ZONE"
        )
    if settings.smtp is None:
        tell("Mail stays in the outbox: no relay was given (--smtp).")


def _run(office: Office, settings: Settings, listener: socket.socket, relay: Relay | None, log: Log) -> None:
    adopt_uvicorn(log)
    limits = settings.limits._replace(connections=_room_for_connections(settings.limits.connections))
    site = Site(
        office,
        limits=limits,
        senders=Senders(proxies=settings.proxies, public_url=office.portal_url),
        log=log,
        metrics_from=settings.metrics_from,
    )
    server: GracefulServer

    def each_second() -> None:
        if is_orphan():
            server.should_exit = True
        collect_when_quiet(len(server.server_state.connections))

    server = make_server(create_app(site), limits, certificate=settings.certificate, each_second=each_second)
    site.is_stopping = lambda: server.should_exit
    working: list[Sweeping | Mailing | Scanning] = [Sweeping(office, log)]
    if relay is not None:
        working.append(Mailing(office, relay, log))
    if settings.scanner:
        working.append(Scanning(office, settings.scanner, log))
    collect_in_small_steps()
    keep_buffers()
    for each in working:
        each.start()
    try:
        server.run([listener])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is stopping already
        for each in working:
            each.stop()
        site.close()


def _supervise(settings: Settings, listener: socket.socket, log: Log) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PORTALCTL_TOKEN",)}
    if settings.database_password is not None:
        del environment["PGPASSWORD"]
    with TemporaryDirectory(prefix="portalctl-metrics-") as folder:
        Supervisor(
            [sys.executable, "-m", "portalctl", *sys.argv[1:]],
            listener,
            settings.workers,
            {**environment, FOLDER: folder},
            log,
        ).run()


def _room_for_connections(wanted: int) -> int:
    """How many connections fit into the file descriptors that this process may have; it takes all that it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(16, min(wanted, soft - _SPARE_FILES))
