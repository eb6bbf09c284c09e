"""A practice as a server keeps it, whose letters tests send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from portalctl.domain.office import Office
from portalctl.domain.sessions import start_session
from portalctl.mail.dispatch import send_due
from portalctl.mail.smtp import Relay
from portalctl.models.appointments import Appointment, BookAppointment
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient, IssuedInvite
from portalctl.models.outbox import Delivery
from portalctl.models.policy import SetPolicy
from portalctl.models.practice import SetUpPractice
from portalctl.models.services import AddService
from portalctl.storage import accounts
from portalctl.storage.engine import Row
from portalctl.storage.stores import open_store
from tests.domain.conftest import FakeClock
from tests.domain.served import Served

KEY = b"k" * 32
PORTAL = "https://portal.example.com"
PASSWORD = "walnut harbour cobalt seven"
OWNER, ANNA = "rossi@example.com", "anna@example.com"


class Practice:
    """Studio Rossi over one store: Dr Rossi owns it and gives sessions, Anna Bianchi is its client."""

    def __init__(self, database: str, clock: FakeClock, owner: str | None = None, name: str = "Studio Rossi") -> None:
        self.clock = clock
        self.store = open_store(database, create=True)
        self.office = Office(self.store, clock, None, lambda: KEY, PORTAL, "192.0.2.1")
        self.everybody = Served(self.office)
        self.session = owner or self._set_up(name)
        self.owner = self.everybody.with_token(self.session)

    def _set_up(self, name: str) -> str:
        request = SetUpPractice(name=name, email=OWNER, timezone="Europe/Rome", owner="Dr Rossi", password=PASSWORD)
        token = self.everybody.practice.set_up(request).token
        self.stay()
        return token

    def furnish(self, **policy: Any) -> None:
        """Sessions of an hour on every day, without limits other than those given."""
        self.owner.hours.set(SetHours(practitioner="Dr Rossi", weekdays=[1, 2, 3, 4, 5, 6, 7], windows=["00:00-00:00"]))
        self.owner.services.add(AddService(name="Session", duration_minutes=60))
        limits = {"minimum_notice_minutes": 0, "horizon_days": 730, "reminder_minutes": []}
        self.owner.policy.set(SetPolicy(**{**limits, **policy}))

    def invite(self, email: str = ANNA, name: str = "Anna Bianchi", **more: Any) -> IssuedInvite:
        """A client with an invite."""
        return self.owner.invites.create(InviteClient(email=email, name=name, **more))

    def join(self, email: str = ANNA, timezone: str | None = None) -> Served:
        """The portal of somebody who was invited and has signed up: without a password, which takes long to hash."""
        with self.store.writing() as tx:
            invite = tx.one("SELECT * FROM invites WHERE email = :email AND revoked_at IS NULL", email=email)
            assert invite is not None
            accounts.insert(tx, id=f"acc_{invite['id'][4:]}", email=email, password_hash="-", created_at=1)
            accounts.join(
                tx,
                invite["kind"],
                invite["person_id"],
                account_id=f"acc_{invite['id'][4:]}",
                name=invite["name"],
                timezone=timezone,
            )
            tx.run("UPDATE invites SET redeemed_at = 1 WHERE id = :id", id=invite["id"])
            token = start_session(tx, f"acc_{invite['id'][4:]}", self.clock(), self.office.origin).token
        self.stay()
        return self.everybody.with_token(token)

    def stay(self) -> None:
        """Sessions do not end, however far the clock is moved."""
        with self.store.writing() as tx:
            tx.run("UPDATE sessions SET expires_at = :never, idle_minutes = 99999999", never=2**40)

    def book(self, by: Served, start: datetime, **more: Any) -> Appointment:
        """A session with Dr Rossi."""
        return by.appointments.book(
            BookAppointment(service="Session", practitioner="Dr Rossi", starts_at=start, **more)
        )

    def fill(self, letters: int) -> None:
        """So many invites that wait to be sent."""
        for number in range(letters):
            self.invite(f"person{number}@example.com", f"Person {number}")

    def send(self, url: str, limit: int = 50) -> Delivery:
        """One round."""
        return send_due(self.office, Relay.at(url), limit=limit)

    def letters(self) -> list[Row]:
        """Every letter, the oldest first."""
        with self.store.reading() as tx:
            return tx.all("SELECT * FROM outbox ORDER BY created_at, id")

    def letter(self) -> Row:
        """The only letter."""
        (row,) = self.letters()
        return row

    def advance(self, **length: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**length))


@contextmanager
def practising(database: str, clock: FakeClock, **settings: Any) -> Iterator[Practice]:
    """A practice on a database of its own."""
    practice = Practice(database, clock, **settings)
    try:
        yield practice
    finally:
        practice.store.close()
