"""The practice that the tests of a run share, its people, and what a test makes in it for itself.

Nothing is made before a test asks for it, and nothing that a test makes is met by another: names, addresses and days
are used once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.models.appointments import Appointment, BookAppointment
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient, IssuedInvite
from portalctl.models.policy import SetPolicy
from portalctl.models.practice import SetUpPractice
from portalctl.models.services import AddService, Service
from portalctl.models.sessions import Identity, SignedIn, SignIn, SignUp
from portalctl.models.slots import FindSlots
from portalctl.models.staff import AddStaff
from portalctl.testing.promises import Promise
from portalctl.testing.samples import PASSWORD, arguments
from portalctl.testing.under_test import EmptyPortal, UnderTest
from portalctl.testing.watching import operation_of, watched

NO_LIMITS: dict[str, Any] = {
    "minimum_notice_minutes": 0,
    "horizon_days": 730,
    "cancellation_notice_minutes": 0,
    "reschedule_notice_minutes": 0,
}
LONGEST_NOTICE = 525_600
"""Minutes: with it every window has passed as soon as something is booked."""

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
OWNER = "Dr Rossi"


class Offer(NamedTuple):
    """A service that only one practitioner gives, and that nobody has booked."""

    service: Service
    practitioner: str

    def at(self, start: datetime, **more: Any) -> BookAppointment:
        """The request for it at a time."""
        return BookAppointment(service=self.service.id, practitioner=self.practitioner, starts_at=start, **more)


class Studio:
    """One practice on one backend. Each of its people is a portal, made when first asked for."""

    def __init__(self, open_empty: EmptyPortal, backend: UnderTest, heard: list[Promise] | None = None) -> None:
        self.backend = backend
        self.clock = backend.clock
        self.heard: list[Promise] = heard if heard is not None else []
        self._open_empty = open_empty
        self._numbers, self._days = count(1), count(2, 3)
        self._is_without_limits = False
        self._portals: dict[str | None, Portal] = {}
        self._signed_in: dict[str, SignedIn] = {}
        self._seen: dict[str, datetime] = {}

    @property
    def lacks(self) -> frozenset[str]:
        """What the backend declares that it cannot do."""
        return self.backend.portal(None).lacks

    def refuses(self, operation: str) -> None:
        """The backend raises Unsupported, as it declares."""
        with pytest.raises(errors.Unsupported):
            operation_of(self.backend.portal(None), operation)(*arguments(operation))

    @contextmanager
    def elsewhere(self) -> Iterator[Studio]:
        """Another portal of the same kind, empty, for this test alone."""
        with self._open_empty() as backend:
            place = Studio(self._open_empty, backend, self.heard)
            yield place
            place.close()

    def portal(self, token: str | None) -> Portal:
        """The portal for a session."""
        if token not in self._portals:
            self._portals[token] = watched(self.backend.portal(token), self.heard)
        return self._portals[token]

    def close(self) -> None:
        """Let go of every portal that was made."""
        for portal in self._portals.values():
            portal.close()

    @property
    def nobody(self) -> Portal:
        """The portal for somebody who has not signed in."""
        return self.portal(None)

    @property
    def owner(self) -> Portal:
        """The portal for Dr Rossi, who owns the practice and gives appointments."""
        return self.person("owner")

    @property
    def practitioner(self) -> Portal:
        """The portal for Verdi, who gives appointments."""
        return self.person("practitioner")

    @property
    def staff(self) -> Portal:
        """The portal for Desk, who gives none."""
        return self.person("staff")

    @property
    def anna(self) -> Portal:
        """The portal for a client."""
        return self.person("client")

    @property
    def ben(self) -> Portal:
        """The portal for another client."""
        return self.person("other client")

    def person(self, who: str) -> Portal:
        """The portal for one of the practice's people, in a session that lasts for the rest of the test."""
        if who in self.backend.tokens:
            return self.portal(self.backend.tokens[who])
        if who not in self._signed_in:
            self._enter(who, self._join(who))
        elif self._seen[who] != self.clock():
            self._stay(who)
        return self.portal(self._signed_in[who].token)

    def identity(self, who: str) -> Identity:
        """Who that is."""
        self.person(who)
        return self._signed_in[who].identity

    def client_id(self, who: str = "client") -> str:
        """The client that one of the practice's people is."""
        found = self.identity(who).client_id
        assert found is not None
        return found

    def _enter(self, who: str, signed_in: SignedIn) -> None:
        self._signed_in[who] = signed_in
        self._seen[who] = self.clock()

    def _stay(self, who: str) -> None:
        """Use the session now, so that it does not end for want of use, or begin another before it ends anyway."""
        known = self._signed_in[who]
        try:
            leaves = self.portal(known.token).sessions.who_am_i().session_expires_at
        except errors.SignInNeeded:
            leaves = self.clock()
        if leaves - self.clock() < timedelta(hours=2):
            request = SignIn(email=known.identity.email, password=PASSWORD)
            known = self.nobody.sessions.sign_in(request)
        self._enter(who, known)

    def _join(self, who: str) -> SignedIn:
        if who == "owner":
            return self.nobody.practice.set_up(self.founding())
        if who in ("practitioner", "staff"):
            name = {"practitioner": "Verdi", "staff": "Desk"}[who]
            role = "practitioner" if who == "practitioner" else "staff"
            invite = self.owner.staff.add(AddStaff(email=self.address(name), name=name, role=role))
        else:
            invite = self.invite({"client": "Anna Bianchi", "other client": "Ben Carter"}.get(who, who))
        return self.nobody.sessions.sign_up(SignUp(code=code_in(invite.link), password=PASSWORD, timezone="UTC"))

    def founding(self, **other: Any) -> SetUpPractice:
        """The request that sets the practice up."""
        fields = {
            "name": "Studio Rossi",
            "email": "rossi@example.com",
            "timezone": "UTC",
            "owner": OWNER,
            "password": PASSWORD,
            "setup": self.backend.set_up_code,
        }
        return SetUpPractice(**{**fields, **other})

    def word(self, noun: str) -> str:
        """A name that nothing else has."""
        return f"{noun} {next(self._numbers):03}"

    def address(self, name: str = "somebody") -> str:
        """An e-mail address that nobody else has."""
        return f"{name.partition(' ')[0].casefold()}.{next(self._numbers)}@example.com"

    def key(self) -> str:
        """An idempotency key that nobody has used."""
        return f"key-{next(self._numbers)}"

    def day(self) -> datetime:
        """Ten in the morning, in UTC, of a coming day; that day and the two after it no other test uses."""
        return datetime.combine(self.clock() + timedelta(days=next(self._days)), time(10), self.clock().tzinfo)

    def invite(self, name: str = "Somebody", **more: Any) -> IssuedInvite:
        """An invite for a new client."""
        return self.owner.invites.create(InviteClient(email=self.address(name), name=name, **more))

    def patient(self) -> str:
        """A new client who has no account: the id."""
        return self.invite(self.word("Patient")).person_id

    def newcomer(self) -> tuple[Portal, Identity]:
        """A new client who has signed up: their portal, and who they are."""
        who = self.word("Newcomer")
        return self.person(who), self.identity(who)

    def colleague(self, *, timezone: str = "UTC", windows: tuple[str, ...] = ("00:00-00:00",)) -> str:
        """A new practitioner, there all day unless it is said when: the id."""
        name = self.word("Colleague")
        hired = self.owner.staff.add(AddStaff(email=self.address(name), name=name, timezone=timezone)).person_id
        self.owner.hours.set(SetHours(practitioner=hired, weekdays=EVERY_DAY, windows=list(windows)))
        return hired

    def offer(
        self, practitioner: str | None = None, *, service: Mapping[str, Any] | None = None, **policy: Any
    ) -> Offer:
        """A new service of an hour; it has no limits but those given."""
        giving = practitioner or self.colleague()
        fields = {"name": self.word("Service"), "duration_minutes": 60, **(service or {})}
        added = self.owner.services.add(AddService(practitioners=[giving], **fields))
        if not self._is_without_limits:
            self.owner.policy.set(SetPolicy(**NO_LIMITS))
            self._is_without_limits = True
        if policy:
            self.owner.policy.set(SetPolicy(service=added.id, **policy))
        return Offer(added, giving)

    def booked(self, offer: Offer | None = None, start: datetime | None = None, **more: Any) -> Appointment:
        """An appointment that Anna has booked."""
        return self.anna.appointments.book((offer or self.offer()).at(start or self.day(), **more))

    def given(self, offer: Offer | None = None, start: datetime | None = None, **more: Any) -> Appointment:
        """An appointment that the practice has booked for a client who has no other."""
        asked = (offer or self.offer()).at(start or self.day(), client=self.patient(), **more)
        return self.owner.appointments.book(asked)

    def slot(self, offer: Offer, start: datetime) -> str:
        """The id of the slot at that time."""
        asked = FindSlots(service=offer.service.id, practitioner=offer.practitioner, starts_from=start, limit=1)
        (found,) = self.owner.slots.find(asked)
        assert found.starts_at == start
        return found.id


def code_in(link: str) -> str:
    """The part of an invite or reset link that is redeemed."""
    return link.rpartition("/")[2]
