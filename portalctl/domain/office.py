"""The office: where every operation begins. It opens the transaction, learns who calls, and asks whether they may."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from portalctl import __version__, errors
from portalctl.clock import Clock
from portalctl.contract.operation import Operation, declared
from portalctl.domain import scopes
from portalctl.domain.access import ACCESS, PUBLIC, Caller, Reach
from portalctl.models.role import Role
from portalctl.storage import api_tokens, audit, callers
from portalctl.storage.engine import Lasts, Row, Store, Transaction

if TYPE_CHECKING:
    from portalctl.gateways.gateway import Gateway
    from portalctl.models.gateway_name import GatewayName
    from portalctl.storage.blobs import Bodies

TOUCH_SECONDS = 60
"""How often, at the most, a session's last use is written down."""


_FOR_RELATIVES = "see what is shared with you: portalctl relationships list"

NO_CLIENT = "nobody"
"""Stands for the own client of a caller who is none: no record has it."""


class Origin(NamedTuple):
    """Where a session is begun, and with what: as far as the backend can tell."""

    address: str
    device: str


class Visit(NamedTuple):
    """One operation under way: its transaction, its caller, its moment, and how far it reaches."""

    transaction: Transaction
    caller: Caller
    now: datetime
    operation: str
    reach: Reach

    @property
    def second(self) -> int:
        """The moment in epoch seconds, as storage keeps it."""
        return int(self.now.timestamp())

    @property
    def own_client(self) -> str | None:
        """The client whose records alone may be reached; None when all may, and nobody's id where there is no such."""
        return None if self.reach is Reach.ALL else self.caller.client_id or NO_CLIENT

    def record(self, subject: str, client_id: str | None = None) -> None:
        """Write the audit row of this operation, in this transaction: a change, or a read of another person's data."""
        audit.append(
            self.transaction,
            chain=client_id or "practice",
            at=self.second,
            actor=self.caller.person_id,
            role=self.caller.role.value,
            action=self.operation,
            subject=subject,
        )

    def record_each(self, subjects: Iterable[tuple[str, str | None]]) -> None:
        """Record many things that one operation did, each with the client whom it concerns, if any."""
        at, actor, role, action = self.second, self.caller.person_id, self.caller.role.value, self.operation
        self.transaction.entries.extend(
            audit.Entry(client_id or "practice", at, actor, role, action, subject) for subject, client_id in subjects
        )

    def record_read(self, subject: str, client_id: str) -> None:
        """Write the audit row of a read, unless the client reads what is theirs."""
        if client_id != self.caller.client_id:
            self.record(subject, client_id)


def _nowhere() -> Bodies:
    raise errors.Unsupported("this portal keeps no documents")


def _no_gateway(name: GatewayName) -> Gateway:  # noqa: ARG001  none is reached, whichever is asked for
    raise errors.PaymentsNotTaken("this portal takes no payments", "ask the practice how to pay")


class Office(NamedTuple):
    """What every noun of the domain works with: one practice's store, the clock, and whose token calls."""

    store: Store
    clock: Clock
    token: str | None
    portal_key: Callable[[], bytes]
    portal_url: str
    address: str = "local"
    """Where the caller's attempts come from, as far as the backend can tell."""
    device: str = f"portalctl/{__version__}"
    """What the caller uses, as it says itself."""
    admitted: Callable[[Caller], None] | None = None
    """Is told of each caller who may do what they ask."""
    setup_needed: bool = False
    """Whether the practice is made by whoever has the set-up code alone: so on a server, which anybody can reach."""
    bodies: Callable[[], Bodies] = _nowhere
    """Where the bodies of documents are that are too long for a row."""
    scans: bool = False
    """Whether files that are made here wait in quarantine until a scanner has passed them."""
    gateway: Callable[[GatewayName], Gateway] = _no_gateway
    """Opens the payment provider of that name; asked outside of transactions. Raises PaymentsNotTaken."""

    @property
    def origin(self) -> Origin:
        """Where a session begins that is begun here."""
        return Origin(self.address, self.device)

    @contextmanager
    def visit(self, method: Callable[..., Any] | Operation, lasts: Lasts = Lasts.BEFORE_SEEN) -> Iterator[Visit]:
        """Begin an operation, or the one that a method declares. Raises SignInNeeded, NotPermitted, ScopeMissing.

        A read is a reading transaction, except when staff read what belongs to clients: that read is itself recorded.
        """
        operation = method if isinstance(method, Operation) else declared(method)
        reads = operation.method == "GET"
        if reads:
            with self.store.reading() as transaction:
                visit, touch = self._admit(transaction, operation)
                if not self._is_recorded(visit):
                    yield visit
            if touch:
                self._touch(visit)
            if not self._is_recorded(visit):
                return
        with self.store.writing(lasts) as transaction:
            visit, touch = self._admit(transaction, operation)
            yield visit
        if touch:
            self._touch(visit)

    @contextmanager
    def admitted_to(self, method: Callable[..., Any]) -> Iterator[Visit]:
        """Let the caller in who is about to do what a contract method declares, before they send all that it takes.

        Raises SignInNeeded, NotPermitted, ScopeMissing.
        """
        with self.store.reading() as transaction:
            visit, touch = self._admit(transaction, declared(method))
            yield visit
        if touch:
            self._touch(visit)

    def token_hash(self) -> str:
        """How the portal knows the session: the SHA-256 of its token. Raises SignInNeeded when there is no token."""
        if self.token is None:
            raise errors.SignInNeeded("you are not signed in", "sign in with: portalctl login")
        return hash_token(self.token)

    @staticmethod
    def _is_recorded(visit: Visit) -> bool:
        caller, operation = visit.caller, visit.operation
        if caller.role is Role.CLIENT:
            return caller.related_id is not None and operation in READS_BY_RELATIVES
        return operation in READS_OF_CLIENTS

    def _admit(self, transaction: Transaction, operation: Operation) -> tuple[Visit, bool]:
        now = self.clock()
        second = int(now.timestamp())
        found = callers.by_token(transaction, self.token_hash())
        if found is None or second >= _ends_at(found):
            raise self._over()
        caller = Caller(
            found["account_id"],
            found["session_id"],
            Role(found["role"]),
            found["name"],
            found["email"],
            found["client_id"],
            found["staff_id"],
            found["timezone"],
            found["related_id"],
            frozenset(found["scopes"].split(" ")) if found["scopes"] is not None else None,
        )
        if caller.scopes is not None:
            scopes.require(caller.scopes, operation)
        reach = ACCESS[operation.key].of(caller.role)
        if reach is Reach.NOTHING:
            raise errors.NotPermitted(
                f"you are signed in as {caller.name} ({caller.role.value}), who may not do this",
                _FOR_RELATIVES if caller.role is Role.RELATED else "sign in as somebody who may, or ask the practice",
            )
        if self.admitted is not None:
            self.admitted(caller)
        return Visit(transaction, caller, now, operation.key, reach), second - found["touched_at"] >= TOUCH_SECONDS

    def _over(self) -> errors.SignInNeeded:
        if (self.token or "").startswith(scopes.PREFIX):
            return errors.SignInNeeded(
                "this API token has ended", "make another one with: portalctl settings tokens create"
            )
        return errors.SignInNeeded("your session has ended", "sign in again with: portalctl login")

    def _touch(self, visit: Visit) -> None:
        """Write down the session's last use, apart from the operation: who ends a session waits for nobody's work."""
        try:
            with self.store.writing() as transaction:
                touch = callers.touch if visit.caller.scopes is None else api_tokens.touch
                touch(transaction, visit.caller.session_id, visit.second)
        except (errors.PortalReadOnly, errors.PortalBusy, errors.DiskFull, errors.Retryable):
            return


READS_OF_CLIENTS = frozenset(
    {
        "clients.list",
        "clients.show",
        "clients.identify",
        "invites.list",
        "appointments.list",
        "appointments.show",
        "appointments.check_booking",
        "appointments.check_cancellation",
        "appointments.room",
        "slots.find",
        "assignments.list",
        "conversations.list",
        "conversations.show",
        "outbox.list",
        "outbox.show",
        "notes.list",
        "relationships.list",
        "relationships.show",
        "relationships.docs",
        "relationships.dashboard",
        "documents.list",
        "documents.show",
        "documents.views",
        "documents.known",
        "forms.given",
        "forms.show",
        "forms.export",
        "audit.list",
        "payment_methods.list",
        "payment_methods.show",
        "invoices.list",
        "invoices.show",
        "invoices.charges",
        "invoices.receipts",
    }
)
"""Reads that may show a client's data to staff: each leaves an audit row."""

READS_BY_RELATIVES = frozenset(
    {
        "relationships.list",
        "relationships.show",
        "relationships.docs",
        "relationships.dashboard",
        "documents.show",
    }
)
"""Reads that may show a client's data to another client, who is close to them: each leaves an audit row too."""

assert not PUBLIC & ACCESS.keys()  # noqa: S101  an operation either needs a session or does not


def _ends_at(found: Row) -> int:
    """When a session or token ends: at its time, and a session earlier where nobody uses it."""
    ends: int = found["expires_at"]
    return ends if found["scopes"] is not None else min(ends, found["touched_at"] + 60 * found["idle_minutes"])


def hash_token(token: str) -> str:
    """SHA-256 of a token, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
