"""What the practice offers: names, rooms, who offers it, and what clients see of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.money import Money
from portalctl.models.place import Place
from portalctl.models.services import AddService, EditService, ListServices, Service, ServiceReference
from portalctl.models.staff import StaffReference
from portalctl.models.versions import stamped
from portalctl.storage.engine import Row
from tests.domain.people import add, hire

ROOM = "https://meet.example.com/rossi"


def offer(owner: EmbeddedPortal, name: str = "First visit", **more: object) -> Service:
    """A new service of 50 minutes."""
    return owner.services.add(AddService.model_validate({"name": name, "duration_minutes": 50, **more}))


def test_a_service_keeps_everything_it_was_given(owner: EmbeddedPortal) -> None:
    price = Money(amount=8050, currency="EUR")
    made = offer(owner, buffer_before_minutes=5, buffer_after_minutes=10, price=price, place="video", room_url=ROOM)
    assert (made.duration_minutes, made.buffer_before_minutes, made.buffer_after_minutes) == (50, 5, 10)
    assert (made.price, made.place, made.room_url, made.archived) == (price, Place.VIDEO, ROOM, False)
    assert owner.services.list(ListServices()) == [made]


def test_without_names_everybody_who_gives_appointments_now_offers_it(owner: EmbeddedPortal) -> None:
    add(owner, "Verdi")
    add(owner, "Desk", role="staff")
    add(owner, "Gone")
    owner.staff.disable(StaffReference(staff="Gone"))
    assert offer(owner).practitioners == ["Dr Rossi", "Verdi"]
    add(owner, "Later")
    assert owner.services.list(ListServices())[0].practitioners == ["Dr Rossi", "Verdi"]


def test_the_practitioners_named_offer_it_alone(owner: EmbeddedPortal) -> None:
    add(owner, "Verdi")
    assert offer(owner, practitioners=["verdi@example.com", "Verdi"]).practitioners == ["Verdi"]
    assert owner.services.edit(EditService(service="First visit", practitioners=["Dr Rossi"])).practitioners == [
        "Dr Rossi"
    ]


def test_somebody_who_gives_no_appointments_cannot_offer_anything(owner: EmbeddedPortal) -> None:
    add(owner, "Desk", role="staff")
    for reference in ("Desk", "nobody"):
        with pytest.raises(errors.NotFound):
            offer(owner, practitioners=[reference])
    assert owner.services.list(ListServices()) == []


def test_a_name_is_used_once_among_what_is_offered_whatever_its_case(owner: EmbeddedPortal) -> None:
    offer(owner)
    with pytest.raises(errors.InUse):
        offer(owner, "FIRST VISIT")
    offer(owner, "Call")
    with pytest.raises(errors.InUse):
        owner.services.edit(EditService(service="Call", name="First Visit"))
    assert owner.services.edit(EditService(service="First visit", name="FIRST visit")).name == "FIRST visit"


def test_an_archived_name_is_free_again(owner: EmbeddedPortal) -> None:
    old = offer(owner)
    owner.services.archive(ServiceReference(service="First visit"))
    assert offer(owner).id != old.id


def test_services_are_listed_by_name_and_archived_ones_only_when_asked(owner: EmbeddedPortal) -> None:
    for name in ("zen", "Alpha", "beta"):
        offer(owner, name)
    owner.services.archive(ServiceReference(service="beta"))
    assert [service.name for service in owner.services.list(ListServices())] == ["Alpha", "zen"]
    assert [service.name for service in owner.services.list(ListServices(archived=True))] == ["Alpha", "beta", "zen"]


def test_an_archived_service_is_found_by_its_whole_id_only(owner: EmbeddedPortal) -> None:
    old = owner.services.archive(ServiceReference(service=offer(owner).id))
    assert old.archived
    for reference in ("First visit", old.id[:-1]):
        with pytest.raises(errors.NotFound):
            owner.services.archive(ServiceReference(service=reference))
    assert owner.services.archive(ServiceReference(service=old.id)) == old


def test_a_prefix_of_an_id_finds_the_one_it_fits_and_lists_several(owner: EmbeddedPortal) -> None:
    made = [offer(owner, f"Service {number}") for number in range(33)]
    assert owner.services.edit(EditService(service=made[0].id[:9].upper(), duration_minutes=20)).id == made[0].id
    letters = [service.id[4] for service in made]
    twice = next(letter for letter in letters if letters.count(letter) > 1)
    with pytest.raises(errors.AmbiguousId) as refused:
        owner.services.edit(EditService(service=f"svc_{twice}", duration_minutes=20))
    assert f"svc_{twice}" in str(refused.value.hint)


@pytest.mark.parametrize("place", [Place.IN_PERSON, Place.PHONE])
def test_only_a_video_service_has_a_room_and_it_must_have_one(owner: EmbeddedPortal, place: Place) -> None:
    with pytest.raises(errors.InvalidInput, match="room"):
        offer(owner, place=place, room_url=ROOM)
    with pytest.raises(errors.InvalidInput, match="room"):
        offer(owner, place="video")
    offer(owner, place=place)
    with pytest.raises(errors.InvalidInput, match="room"):
        owner.services.edit(EditService(service="First visit", place=Place.VIDEO))
    with pytest.raises(errors.InvalidInput, match="room"):
        owner.services.edit(EditService(service="First visit", room_url=ROOM))
    assert owner.services.edit(EditService(service="First visit", place=Place.VIDEO, room_url=ROOM)).room_url == ROOM
    assert owner.services.edit(EditService(service="First visit", room_url=ROOM + "2")).room_url == ROOM + "2"
    assert owner.services.edit(EditService(service="First visit", place=place)).room_url is None


@pytest.mark.parametrize(
    "url",
    [
        "http://meet.example.com/",
        "https://",
        "https:///x",
        "https://user@meet.example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://meet.example.com/\u202egpj",
        "https://meet.example.com/a b",
        "https://meet.example.com/\n",
        "https://[::1",
    ],
)
def test_a_room_is_a_whole_https_address(url: str) -> None:
    with pytest.raises(ValidationError):
        AddService(name="Call", duration_minutes=30, place=Place.VIDEO, room_url=url)


def test_clients_see_what_is_offered_but_not_the_rooms(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """They are let in when their appointment begins."""
    made = offer(owner, place="video", room_url=ROOM)
    assert client.services.list(ListServices()) == [made.model_copy(update={"room_url": None})]
    assert hire(owner, "Desk", role="staff").services.list(ListServices()) == [made]


def test_an_edit_changes_what_is_given_and_keeps_the_rest(owner: EmbeddedPortal) -> None:
    made = offer(owner, price=Money(amount=100, currency="JPY"), buffer_after_minutes=10)
    after = owner.services.edit(EditService(service=made.id, duration_minutes=30, buffer_after_minutes=0))
    assert after == stamped(made.model_copy(update={"duration_minutes": 30, "buffer_after_minutes": 0}))
    dearer = owner.services.edit(EditService(service=made.id, price=Money(amount=1, currency="EUR")))
    assert dearer == stamped(after.model_copy(update={"price": Money(amount=1, currency="EUR")}))


def test_only_owners_change_services(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    made = offer(owner)
    for caller in (client, hire(owner, "Verdi"), hire(owner, "Desk", role="staff")):
        for change in (
            lambda caller=caller: offer(caller, "Other"),
            lambda caller=caller: caller.services.edit(EditService(service=made.id, name="Other")),
            lambda caller=caller: caller.services.archive(ServiceReference(service=made.id)),
        ):
            with pytest.raises(errors.NotPermitted):
                change()
    assert owner.services.list(ListServices()) == [made]


def test_every_change_of_a_service_leaves_an_audit_row_and_repeating_an_archive_none(
    owner: EmbeddedPortal, audit: Callable[[], list[Row]]
) -> None:
    made = offer(owner)
    owner.services.edit(EditService(service=made.id, duration_minutes=30))
    for _ in range(2):
        owner.services.archive(ServiceReference(service=made.id))
    rows = [row["action"] for row in audit() if row["subject"] == made.id and row["chain"] == "practice"]
    assert rows == ["services.add", "services.edit", "services.archive"]
