"""The walk of the table of access: every operation, every reference in its request, every role.

A reference to what the caller may not reach is answered exactly as one to what does not exist.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import apsw
import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.access import ACCESS, PUBLIC, Reach
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.models.appointments import AppointmentReference, BookAppointment, ListAppointments
from portalctl.models.dashboard import ShowDashboard
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient
from portalctl.models.services import AddService, ListServices
from portalctl.models.sessions import Role
from portalctl.models.slots import FindSlots
from portalctl.models.staff import EditStaff, StaffReference
from portalctl.models.values import AppointmentId, InviteId, Reference, Request, SlotId
from tests.domain.conftest import BEN_EMAIL, OWNER_EMAIL, FakeClock, Template, query
from tests.domain.people import email_of, hire, member
from tests.surface import Declared, operations

ROLES = ("owner", "practitioner", "staff", "client")
"""The roles that an account can have; nobody is `related` yet."""

NAMES_SOMETHING = (AppointmentId, InviteId, SlotId, Reference)

LATER = "2026-03-04T10:00:00Z"


@dataclass(frozen=True)
class House:
    """A portal with somebody of every role, and things of Ben, who is a client like Anna, to reach for."""

    file: Path
    tokens: Mapping[str, str]
    existing: Mapping[str, str]
    clock: FakeClock = field(default_factory=FakeClock)

    def portal(self, role: str | None) -> EmbeddedPortal:
        """The portal as somebody of that role sees it; None has not signed in."""
        token = self.tokens[role] if role is not None else None
        return EmbeddedPortal(f"sqlite://{self.file}", self.file, token, self.clock, lambda _: None)

    def counts(self) -> list[Any]:
        """How much there is of everything that an operation may leave behind."""
        tables = (
            "audit",
            "appointments",
            "notices",
            "idempotency",
            "invites",
            "resets",
            "clients",
            "staff",
            "services",
        )
        return [query(self.file, f"SELECT count(*) AS rows FROM {table}") for table in tables]  # noqa: S608  our own


MISSING = {
    "appointment": "apt_zzzzzzzzzzzz",
    "invite": "inv_zzzzzzzzzzzz",
    "client": "cli_zzzzzzzzzzzz",
    "practitioner": "stf_zzzzzzzzzzzz",
    "staff": "stf_zzzzzzzzzzzz",
    "service": "svc_zzzzzzzzzzzz",
    "slot": encode(SlotKey("svc_zzzzzzzzzzzz", "stf_zzzzzzzzzzzz", 1_772_618_400)),
}
"""Well-formed references to nothing."""

_PARTS = {"service": "@service", "practitioner": "@practitioner", "starts_at": LATER}
_HOURS = {"practitioner": "@practitioner", "weekdays": [6], "windows": ["09:00-10:00"]}

REQUESTS: dict[str, list[dict[str, Any]]] = {
    "practice.show": [{}],
    "sessions.who_am_i": [{}],
    "staff.list": [{}],
    "staff.add": [{"email": "new@example.com", "name": "New"}],
    "staff.edit": [{"staff": "@staff", "name": "Renamed"}],
    "staff.disable": [{"staff": "@staff"}],
    "staff.practitioners": [{"service": "@service"}],
    "services.list": [{}],
    "services.add": [{"name": "Another", "duration_minutes": 30, "practitioners": ["@practitioner"]}],
    "services.edit": [{"service": "@service", "practitioners": ["@practitioner"]}],
    "services.archive": [{"service": "@service"}],
    "hours.show": [{"practitioner": "@practitioner"}],
    "hours.set": [_HOURS],
    "hours.add": [_HOURS],
    "hours.override": [{"practitioner": "@practitioner", "date": "2026-03-04", "windows": []}],
    "policy.show": [{"service": "@service"}],
    "policy.set": [{"service": "@service", "horizon_days": 30}],
    "invites.create": [{"email": "other@example.com", "name": "Other"}],
    "invites.list": [{}],
    "invites.revoke": [{"id": "@invite"}],
    "clients.list": [{}],
    "clients.show": [{"client": "@client"}],
    "clients.reset_link": [{"client": "@client"}],
    "slots.find": [{"service": "@service", "practitioner": "@practitioner", "client": "@client"}],
    "appointments.list": [{"practitioner": "@practitioner", "client": "@client"}],
    "appointments.show": [{"id": "@appointment"}],
    "appointments.book": [{"slot": "@slot", "client": "@client"}, _PARTS],
    "appointments.check_booking": [{"slot": "@slot", "client": "@client"}, _PARTS],
    "appointments.book_series": [
        {"first": {"slot": "@slot", "client": "@client"}, "weeks": 2},
        {"first": {**_PARTS, "client": "@client"}, "weeks": 2},
    ],
    "appointments.reschedule": [{"id": "@appointment", "slot": "@slot"}],
    "appointments.confirm": [{"id": "@appointment"}],
    "appointments.cancel": [{"id": "@appointment"}],
    "appointments.check_cancellation": [{"id": "@appointment"}],
    "appointments.room": [{"id": "@appointment"}],
    "appointments.approve": [{"id": "@appointment"}],
    "appointments.decline": [{"id": "@appointment"}],
    "appointments.attended": [{"id": "@appointment"}],
    "appointments.no_show": [{"id": "@appointment"}],
    "dashboard.show": [{}],
}
"""Requests of each operation that between them fill in every reference; `@` names a thing of the house."""


@pytest.fixture(scope="module")
def _built(_template: Template, tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house") / "portal"
    shutil.copytree(_template.file.parent, folder)
    tokens = {"owner": _template.owner, "client": _template.client, "other client": _template.other_client}
    house = House(folder / _template.file.name, tokens, {})
    owner, ben, anna = house.portal("owner"), house.portal("other client"), house.portal("client")
    for name, role in (("Verdi", "practitioner"), ("Desk", "staff")):
        hired = hire(owner, name, "practitioner" if role == "practitioner" else "staff")
        tokens[role] = hired._token or ""
        hired.close()
    service = owner.services.add(AddService(name="Visit", duration_minutes=60, practitioners=[OWNER_EMAIL]))
    owner.hours.set(SetHours(practitioner=OWNER_EMAIL, weekdays=[1, 2, 3, 4, 5], windows=["09:00-17:00"]))
    first, *_, last = ben.slots.find(FindSlots(starts_from=house.clock() + timedelta(days=3)))
    own = anna.slots.find(FindSlots(starts_from=house.clock() + timedelta(days=7)))[0]
    existing = {
        "appointment": ben.appointments.book(BookAppointment(slot=first.id)).id,
        "invite": owner.invites.create(InviteClient(email="invited@example.com", name="Invited")).id,
        "client": ben.sessions.who_am_i().client_id or "",
        "practitioner": member(owner, "Dr Rossi").id,
        "staff": member(owner, "Desk").id,
        "service": service.id,
        "slot": last.id,
        "own client": anna.sessions.who_am_i().client_id or "",
        "own appointment": anna.appointments.book(BookAppointment(slot=own.id)).id,
    }
    for portal in (owner, ben, anna):
        portal.close()
    return House(house.file, tokens, existing)


@pytest.fixture
def house(_built: House, tmp_path: Path) -> House:
    """A copy for this test alone."""
    shutil.copytree(_built.file.parent, tmp_path / "portal")
    return House(tmp_path / "portal" / _built.file.name, _built.tokens, _built.existing)


def references(model: Any, path: str = "") -> Iterator[str]:
    """The fields of a request that name something, those of requests within it too: `first.client`."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name == "model_config":
            continue
        if _names_something(hint):
            yield path + name
        elif isinstance(hint, type) and issubclass(hint, Request):
            yield from references(hint, f"{path}{name}.")


def _names_something(hint: Any) -> bool:
    return any(hint == known for known in NAMES_SOMETHING) or any(_names_something(part) for part in get_args(hint))


def placed(request: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The references in a request, each with the kind of thing it names."""
    for name, value in request.items():
        if isinstance(value, dict):
            yield from placed(value, f"{path}{name}.")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.startswith("@"):
                yield path + name, text[1:]


def filled(value: Any, things: Mapping[str, str]) -> Any:
    """The request with the things put in."""
    if isinstance(value, dict):
        return {name: filled(part, things) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, things) for part in value]
    return things[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def call(portal: EmbeddedPortal, one: Declared, request: dict[str, Any]) -> object:
    """Carry an operation out; the answer, or the failure."""
    noun = getattr(portal, one.operation.noun)
    arguments = [one.request.model_validate(request)] if one.request is not None else []
    try:
        return getattr(noun, one.operation.name)(*arguments)
    except errors.PortalError as failure:
        return failure
    finally:
        portal.close()


def seen(answer: object, reference: str) -> object:
    """Everything that a caller can tell an answer by, but for the reference they gave themselves."""
    if not isinstance(answer, errors.PortalError):
        return answer
    told = [text and text.replace(reference, "…") for text in (answer.message, answer.hint)]
    return type(answer), answer.code, answer.status, answer.exit_code, told, answer.allowed_from, answer.allowed_until


class Cell:
    """One operation and role, and one reference in the request."""

    def __init__(self, one: Declared, role: str, request: dict[str, Any], path: str, kind: str) -> None:
        self.one, self.role, self.request, self.path, self.kind = one, role, request, path, kind

    @property
    def reach(self) -> Reach:
        """What the table says."""
        return ACCESS[self.one.key].of(Role(self.role))

    @property
    def is_foreign(self) -> bool:
        """Whether the thing of the house belongs to somebody else than this caller, who reaches only their own."""
        return self.reach is Reach.OWN and (
            self.kind in ("appointment", "client") or self.one.operation.noun in ("hours", "invites")
        )

    def __str__(self) -> str:
        return f"{self.one.key}-{self.path}-{self.role}"


CELLS = [
    Cell(operations()[key], role, request, path, kind)
    for key, requests in REQUESTS.items()
    for request in requests
    for path, kind in placed(request)
    for role in ROLES
]


def things_for(cell: Cell, house: House, reference: str) -> dict[str, str]:
    """The things of the house, with one replaced; a client names their own where another reference is tried."""
    own = {"client": house.existing["own client"], "appointment": house.existing["own appointment"]}
    return {**house.existing, **(own if cell.role == "client" else {}), cell.kind: reference}


def test_the_walk_covers_every_operation_and_every_reference() -> None:
    """Who adds an operation, or a reference to a request, adds it to the walk."""
    assert REQUESTS.keys() | PUBLIC == operations().keys()
    for key, requests in REQUESTS.items():
        one = operations()[key]
        expected = set(references(one.request)) if one.request is not None else set()
        assert {path for request in requests for path, _ in placed(request)} == expected, key


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_foreign_reference_is_answered_exactly_as_a_missing_one(cell: Cell, house: House) -> None:
    """And one that the role may reach is not."""
    reference, missing = house.existing[cell.kind], MISSING[cell.kind]
    before = house.counts()
    for_missing = call(house.portal(cell.role), cell.one, filled(cell.request, things_for(cell, house, missing)))
    assert house.counts() == before
    answer = call(house.portal(cell.role), cell.one, filled(cell.request, things_for(cell, house, reference)))
    if cell.reach is Reach.NOTHING:
        assert isinstance(answer, errors.NotPermitted)
        assert seen(answer, reference) == seen(for_missing, missing)
        assert house.counts() == before
    elif cell.is_foreign:
        assert isinstance(answer, errors.NotFound)
        assert seen(answer, reference) == seen(for_missing, missing)
        assert house.counts() == before
    else:
        of_another_service = cell.one.key == "appointments.reschedule" and cell.kind == "slot"
        assert isinstance(for_missing, errors.InvalidInput if of_another_service else errors.NotFound)
        assert not isinstance(answer, errors.NotFound | errors.NotPermitted)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "key", [key for key, requests in REQUESTS.items() if requests == [{}] or not list(placed(requests[0]))]
)
def test_an_operation_without_references_follows_the_table(key: str, role: str, house: House) -> None:
    """Nothing to name, so the role alone decides."""
    answer = call(house.portal(role), operations()[key], REQUESTS[key][0])
    assert isinstance(answer, errors.NotPermitted) == (ACCESS[key].of(Role(role)) is Reach.NOTHING)


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
    assert (shown.next, shown.coming, shown.past, shown.news) == (mine, [mine], [], [])
    assert "Ben" not in shown.model_dump_json()
    assert all(service.room_url is None for service in anna.services.list(ListServices()))
    anna.close()


@pytest.mark.parametrize("key", sorted(operations().keys() - PUBLIC))
@pytest.mark.parametrize("token", [None, "", "pct_forged", "\u0661"], ids=["none", "empty", "forged", "not ascii"])
def test_nobody_does_anything_without_a_session_but_what_is_public(key: str, token: str | None, house: House) -> None:
    """Whether what they name exists or not."""
    for things in (house.existing, MISSING):
        portal = EmbeddedPortal(f"sqlite://{house.file}", house.file, token, house.clock, lambda _: None)
        answer = call(portal, operations()[key], filled(REQUESTS[key][0], things))
        assert isinstance(answer, errors.SignInNeeded)
        assert answer.code == "sign_in_needed"


def test_what_is_public_is_the_way_in_and_nothing_else() -> None:
    """Five operations, each of which asks for a secret or makes the practice."""
    ways_in = {"practice.set_up", "sessions.sign_up", "sessions.sign_in", "sessions.reset_password"}
    assert {*ways_in, "sessions.sign_out"} == PUBLIC


def test_related_people_reach_nothing_of_a_client_yet() -> None:
    """They have no accounts; the column holds what everybody may know, and themselves."""
    open_to_all = {"practice.show", "sessions.who_am_i", "staff.practitioners", "services.list", "policy.show"}
    assert {key for key, access in ACCESS.items() if access.related is not Reach.NOTHING} == open_to_all


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
