"""Who calls decides what is there: nobody, somebody who was disabled, and a client among others like them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import apsw
import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.access import ACCESS, PUBLIC, Reach
from portalctl.models.appointments import Appointment, AppointmentReference, BookAppointment, ListAppointments
from portalctl.models.dashboard import ShowDashboard
from portalctl.models.hours import SetHours
from portalctl.models.services import ListServices
from portalctl.models.slots import FindSlots
from portalctl.models.staff import EditStaff, StaffReference
from tests.domain.conftest import BEN_EMAIL
from tests.domain.house import MISSING, REQUESTS, ROLES, House, ask, call, filled, seen
from tests.domain.people import email_of
from tests.surface import operations


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        (lambda ben: ben[:9], "cli_zzzzz"),
        (str.upper, "CLI_ZZZZZZZZZZZZ"),
        (lambda _: BEN_EMAIL, "nobody@example.com"),
        (lambda _: BEN_EMAIL.upper(), "NOBODY@EXAMPLE.COM"),
        (lambda _: "Ben Carter", "Nobody Here"),
    ],
    ids=["prefix", "upper case", "e-mail", "E-MAIL", "name"],
)
@pytest.mark.parametrize("key", ["clients.show", "slots.find", "appointments.list", "appointments.book"])
def test_however_another_client_is_named_they_are_not_there(
    house: House, key: str, known: Callable[[str], str], unknown: str
) -> None:
    """By a prefix, an address or a name: the same answer as for nobody."""
    request = {"client": "@client"} | ({"slot": "@slot"} if key == "appointments.book" else {})
    answers = []
    for reference in (known(house.existing["client"]), unknown):
        things = {**house.existing, "client": reference}
        answers.append(seen(call(house.portal("client"), operations()[key], filled(request, things)), reference))
    assert answers[0] == answers[1]


def test_a_prefix_never_becomes_ambiguous_by_what_the_caller_may_not_see(house: House) -> None:
    """Anna's appointment is the only one there, however like it Ben's is named."""
    connection = apsw.Connection(str(house.file))
    for thing, new in (("appointment", "apt_7k2m00000000"), ("own appointment", "apt_7k2m11111111")):
        old = house.existing[thing]
        connection.execute("UPDATE notices SET appointment_id = ? WHERE appointment_id = ?", (new, old))
        connection.execute("UPDATE appointments SET id = ? WHERE id = ?", (new, old))
    connection.close()
    anna = house.portal("client")
    assert anna.appointments.show(AppointmentReference(id="apt_7k2m")).id == "apt_7k2m11111111"
    with pytest.raises(errors.NotFound):
        anna.appointments.show(AppointmentReference(id="apt_7k2m0"))
    anna.close()
    owner = house.portal("owner")
    with pytest.raises(errors.AmbiguousId):
        owner.appointments.show(AppointmentReference(id="apt_7k2m"))
    owner.close()


def test_a_cursor_from_another_list_shows_nothing_of_it(house: House) -> None:
    """A cursor says where to go on, not whose list it is."""
    owner = house.portal("owner")
    client_id = house.existing["client"]
    slot = owner.slots.find(FindSlots(client=client_id, starts_from=house.clock() + timedelta(days=9)))[0]
    owner.appointments.book(BookAppointment(slot=slot.id, client=client_id))
    cursor = owner.appointments.list(ListAppointments(limit=1)).next
    assert cursor is not None
    assert len(owner.appointments.list(ListAppointments(cursor=cursor)).items) == 2
    owner.close()
    anna = house.portal("client")
    shown = anna.appointments.list(ListAppointments(cursor=cursor)).items
    assert [appointment.id for appointment in shown] == [house.existing["own appointment"]]
    anna.close()


def test_lists_and_the_dashboard_of_a_client_hold_nothing_of_others(house: House) -> None:
    """Ben has an appointment; Anna's portal does not know."""
    anna = house.portal("client")
    (mine,) = anna.appointments.list(ListAppointments()).items
    assert mine.id == house.existing["own appointment"]
    shown = anna.dashboard.show(ShowDashboard())
    assert [Appointment.model_validate(dict(entry)) for entry in shown.coming] == [mine]
    assert (shown.next, shown.past, shown.news) == (shown.coming[0], [], [])
    assert "Ben" not in shown.model_dump_json()
    assert all(service.room_url is None for service in anna.services.list(ListServices()))
    anna.close()


@pytest.fixture(scope="module", params=[None, "", "pct_forged", "\u0661"], ids=["none", "empty", "forged", "not ascii"])
def outsider(closed_house: House, request: pytest.FixtureRequest) -> Iterator[EmbeddedPortal]:
    """The portal as whoever has no session sees it."""
    file = closed_house.file
    with closing(EmbeddedPortal(f"sqlite://{file}", file, request.param, closed_house.clock, lambda _: None)) as portal:
        yield portal


@pytest.mark.parametrize("key", sorted(operations().keys() - PUBLIC))
def test_nobody_does_anything_without_a_session_but_what_is_public(
    key: str, outsider: EmbeddedPortal, closed_house: House
) -> None:
    """Whether what they name exists or not."""
    for things in (closed_house.existing, MISSING):
        answer = ask(outsider, operations()[key], filled(REQUESTS[key][0], things))
        assert isinstance(answer, errors.SignInNeeded)
        assert answer.code == "sign_in_needed"


def test_what_is_public_is_the_way_in_and_nothing_else() -> None:
    """Each asks for a secret, makes the practice, or begins something that somebody else must finish."""
    ways_in = {"practice.set_up", "sessions.sign_up", "sessions.sign_in", "sessions.reset_password", "devices.poll"}
    begun = {"sessions.request_reset", "devices.start"}
    assert {*ways_in, *begun, "invites.preview", "sessions.sign_out"} == PUBLIC


def test_related_people_reach_what_is_shared_of_a_client_and_nothing_else() -> None:
    """Beside what everybody may know, and themselves."""
    open_to_all = {"practice.show", "staff.practitioners", "services.list", "policy.show"}
    shared = {f"relationships.{name}" for name in ("list", "show", "docs", "dashboard")}
    shared |= {"documents.show", "documents.open_body"}
    reached = {key for key, access in ACCESS.items() if access.related is not Reach.NOTHING}
    assert reached >= open_to_all | shared
    themselves = {key.partition(".")[0] for key in reached - open_to_all - shared}
    assert themselves <= {"sessions", "devices", "settings", "mfa", "tokens", "account"}


def test_a_row_of_the_table_never_gives_a_client_everything_of_others() -> None:
    """ALL for a client only where there is nothing personal."""
    everything = {key for key, access in ACCESS.items() if access.client is Reach.ALL}
    assert everything == {"practice.show", "staff.practitioners", "services.list", "policy.show"}


@pytest.mark.parametrize("role", ["practitioner", "staff"])
def test_a_disabled_member_of_staff_is_refused_on_the_next_request(role: str, house: House) -> None:
    """The session they have is worth nothing from then on."""
    theirs, owner = house.portal(role), house.portal("owner")
    assert theirs.appointments.list(ListAppointments()).items
    owner.staff.disable(StaffReference(staff=email_of("Verdi" if role == "practitioner" else "Desk")))
    with pytest.raises(errors.SignInNeeded):
        theirs.appointments.list(ListAppointments())
    with pytest.raises(errors.SignInNeeded):
        theirs.sessions.who_am_i()
    theirs.close()
    owner.close()


@pytest.mark.parametrize("role", ROLES)
def test_a_session_that_was_ended_is_refused_on_the_next_request(role: str, house: House) -> None:
    """Also by another process that kept the token."""
    one, another = house.portal(role), house.portal(role)
    assert another.sessions.who_am_i().role == role
    one.sessions.sign_out()
    with pytest.raises(errors.SignInNeeded):
        another.sessions.who_am_i()
    with pytest.raises(errors.SignInNeeded):
        one.practice.show()
    one.close()
    another.close()


def test_a_role_that_was_taken_away_is_gone_on_the_next_request(house: House) -> None:
    """The role is looked up with every request, not kept in the session."""
    owner, verdi = house.portal("owner"), house.portal("practitioner")
    request = SetHours(practitioner=email_of("Verdi"), weekdays=[1], windows=["09:00-10:00"])
    verdi.hours.set(request)
    owner.staff.edit(EditStaff(staff=email_of("Verdi"), role="staff"))
    assert verdi.sessions.who_am_i().role == "staff"
    with pytest.raises(errors.NotFound):
        verdi.hours.set(request)
    owner.close()
    verdi.close()
