"""How a practice begins that is compared with others: its people, what they offer, and a few appointments."""

from __future__ import annotations

from dataclasses import replace

from portalctl.models.appointments import BookAppointment
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient
from portalctl.models.place import Place
from portalctl.models.policy import SetPolicy
from portalctl.models.practice import SetUpPractice
from portalctl.models.services import AddService
from portalctl.models.sessions import SignUp
from portalctl.models.slots import FindSlots
from portalctl.models.staff import AddStaff
from portalctl.testing.samples import PASSWORD
from portalctl.testing.under_test import UnderTest

PEOPLE = {
    "owner": "rossi@example.com",
    "practitioner": "verdi@example.com",
    "staff": "desk@example.com",
    "client": "anna@example.com",
    "other client": "ben@example.com",
}
"""Who is there from the beginning, and their addresses."""


def begin(backend: UnderTest) -> UnderTest:
    """Set a practice up on an empty portal; `tokens` of the answer are those of PEOPLE."""
    nobody = backend.portal(None)
    founding = SetUpPractice(
        name="Studio Rossi",
        email=PEOPLE["owner"],
        timezone="Europe/Rome",
        owner="Dr Rossi",
        password=PASSWORD,
        setup=backend.set_up_code,
    )
    tokens = {"owner": nobody.practice.set_up(founding).token}
    owner = backend.portal(tokens["owner"])
    invites = {
        "practitioner": owner.staff.add(AddStaff(email=PEOPLE["practitioner"], name="Verdi")),
        "staff": owner.staff.add(AddStaff(email=PEOPLE["staff"], name="Desk", role="staff")),
        "client": owner.invites.create(InviteClient(email=PEOPLE["client"], name="Anna Bianchi")),
        "other client": owner.invites.create(InviteClient(email=PEOPLE["other client"], name="Ben Carter")),
    }
    for who, invite in invites.items():
        request = SignUp(code=invite.link.rpartition("/")[2], password=PASSWORD)
        tokens[who] = nobody.sessions.sign_up(request).token
    for offered in (
        AddService(name="Visit", duration_minutes=60, buffer_after_minutes=10),
        AddService(name="Talk", duration_minutes=30, place=Place.VIDEO, room_url="https://video.example.com/r"),
    ):
        owner.services.add(offered)
    owner.policy.set(SetPolicy(service="Talk", approval_required=True, minimum_notice_minutes=0, reason_required=True))
    for practitioner in ("owner", "practitioner"):
        hours = SetHours(practitioner=PEOPLE[practitioner], weekdays=[1, 2, 3, 4, 5], windows=["09:00-17:00"])
        owner.hours.set(hours)
    for who, service in (("client", "Visit"), ("other client", "Talk"), ("client", "Talk")):
        client = backend.portal(tokens[who])
        found = client.slots.find(FindSlots(service=service, practitioner="Dr Rossi", limit=1))
        client.appointments.book(BookAppointment(slot=found[0].id))
        client.close()
    nobody.close()
    owner.close()
    return replace(backend, tokens=tokens)
