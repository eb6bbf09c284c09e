"""The practice's people: who may be added, changed and disabled, and what becomes of their access."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.clients import MakeResetLink
from portalctl.models.invites import InviteClient, ListInvites
from portalctl.models.services import AddService, ServiceReference
from portalctl.models.sessions import ResetPassword, SignIn, SignUp
from portalctl.models.staff import AddStaff, EditStaff, ListPractitioners, StaffReference
from portalctl.models.versions import stamped
from portalctl.storage.engine import Row
from tests.domain.conftest import FakeClock, code_of
from tests.domain.people import PASSWORD, add, email_of, hire, member


def test_the_owner_of_a_new_practice_is_its_first_practitioner(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    (only,) = owner.staff.list()
    assert (only.name, only.role, only.active, only.signed_up) == ("Dr Rossi", "owner", True, True)
    assert [practitioner.name for practitioner in client.staff.practitioners(ListPractitioners())] == ["Dr Rossi"]


def test_staff_are_listed_by_name_whatever_its_case(owner: EmbeddedPortal) -> None:
    for name in ("zoe", "Ada", "bruno"):
        add(owner, name)
    assert [person.name for person in owner.staff.list()] == ["Ada", "bruno", "Dr Rossi", "zoe"]


def test_an_added_person_has_the_practice_s_zone_unless_another_is_given(owner: EmbeddedPortal) -> None:
    assert add(owner, "Verdi").timezone == "Europe/Rome"
    assert add(owner, "Neri", timezone="America/New_York").timezone == "America/New_York"


def test_an_added_person_signs_up_with_the_invite_and_has_the_role_they_were_given(owner: EmbeddedPortal) -> None:
    assert not add(owner, "Verdi").signed_up
    verdi = hire(owner, "Verdi", role="staff")
    identity = verdi.sessions.who_am_i()
    assert (identity.role, identity.staff_id) == ("staff", member(owner, "Verdi").id)
    assert member(owner, "Verdi").signed_up


def test_adding_again_somebody_who_has_not_signed_up_makes_a_new_link_and_puts_their_record_right(
    owner: EmbeddedPortal, portal: EmbeddedPortal
) -> None:
    first = owner.staff.add(AddStaff(email="verdi@example.com", name="Virdi"))
    second = owner.staff.add(AddStaff(email="verdi@example.com", name="Dr Verdi", role="staff"))
    assert second.person_id == first.person_id
    assert [person.role for person in owner.staff.list() if person.name == "Dr Verdi"] == ["staff"]
    with pytest.raises(errors.LinkNotValid):
        portal.sessions.sign_up(SignUp(code=code_of(first.link), password=PASSWORD))
    portal.sessions.sign_up(SignUp(code=code_of(second.link), password=PASSWORD))


def test_an_address_belongs_to_one_person_of_the_portal(owner: EmbeddedPortal) -> None:
    """Staff, a client with an account, and a client who was only invited."""
    owner.invites.create(InviteClient(email="carla@example.com", name="Carla"))
    for email in ("rossi@example.com", "ROSSI@example.com", "anna@example.com", "carla@example.com"):
        with pytest.raises(errors.AlreadyMember):
            owner.staff.add(AddStaff(email=email, name="Double"))
    assert len(owner.staff.list()) == 1


@pytest.mark.parametrize("of", ["id", "prefix", "email", "name", "other case"])
def test_a_person_is_named_by_id_its_beginning_address_or_name(owner: EmbeddedPortal, of: str) -> None:
    verdi = add(owner, "Verdi")
    reference = {
        "id": verdi.id,
        "prefix": verdi.id[:8],
        "email": verdi.email.upper(),
        "name": "Verdi",
        "other case": "vERDI",
    }[of]
    assert owner.staff.edit(EditStaff(staff=reference, name="Dr Verdi")).id == verdi.id


@pytest.mark.parametrize("reference", ["nobody", "stf_000000000000", "stf_", "s", "%", "' OR 1=1 --"])
def test_a_reference_that_fits_nobody_is_not_found(owner: EmbeddedPortal, reference: str) -> None:
    with pytest.raises(errors.NotFound):
        owner.staff.edit(EditStaff(staff=reference, name="X"))


def test_a_name_that_fits_two_people_lists_them_with_their_addresses(owner: EmbeddedPortal) -> None:
    for email in ("one@example.com", "two@example.com"):
        owner.staff.add(AddStaff(email=email, name="Twin"))
    with pytest.raises(errors.AmbiguousId) as refused:
        owner.staff.disable(StaffReference(staff="twin"))
    assert "one@example.com" in str(refused.value.hint)
    assert "two@example.com" in str(refused.value.hint)


def test_an_edit_changes_what_is_given_and_keeps_the_rest(owner: EmbeddedPortal) -> None:
    before = add(owner, "Verdi")
    after = owner.staff.edit(EditStaff(staff=before.id, timezone="Asia/Kolkata"))
    assert after == stamped(before.model_copy(update={"timezone": "Asia/Kolkata"}))
    assert member(owner, "Verdi") == after


def test_a_changed_role_counts_from_the_next_request(owner: EmbeddedPortal) -> None:
    verdi = hire(owner, "Verdi")
    with pytest.raises(errors.NotPermitted):
        verdi.staff.edit(EditStaff(staff="Verdi", name="Boss"))
    owner.staff.edit(EditStaff(staff="Verdi", role="owner"))
    assert verdi.staff.edit(EditStaff(staff="Verdi", name="Boss")).name == "Boss"


def test_a_disabled_person_s_session_is_dead_on_the_next_request(owner: EmbeddedPortal) -> None:
    verdi = hire(owner, "Verdi")
    assert not owner.staff.disable(StaffReference(staff="Verdi")).active
    with pytest.raises(errors.SignInNeeded):
        verdi.staff.list()
    with pytest.raises(errors.BadCredentials):
        owner.with_token(None).sessions.sign_in(SignIn(email=email_of("Verdi"), password=PASSWORD))


def test_a_disabled_person_s_open_invite_is_worthless(owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
    link = owner.staff.add(AddStaff(email="verdi@example.com", name="Verdi")).link
    owner.staff.disable(StaffReference(staff="Verdi"))
    assert [invite.state for invite in owner.invites.list(ListInvites()).items if invite.name == "Verdi"] == ["revoked"]
    with pytest.raises(errors.LinkNotValid):
        portal.sessions.sign_up(SignUp(code=code_of(link), password=PASSWORD))


def test_somebody_disabled_before_signing_up_can_be_added_again(owner: EmbeddedPortal) -> None:
    add(owner, "Verdi")
    owner.staff.disable(StaffReference(staff="Verdi"))
    assert add(owner, "Verdi").active


def test_disabling_twice_is_harmless_and_recorded_once(owner: EmbeddedPortal, audit: Callable[[], list[Row]]) -> None:
    verdi = add(owner, "Verdi")
    first = owner.staff.disable(StaffReference(staff="Verdi"))
    assert owner.staff.disable(StaffReference(staff="Verdi")) == first
    assert [row["subject"] for row in audit() if row["action"] == "staff.disable"] == [verdi.id]


def test_the_last_owner_can_neither_be_disabled_nor_lose_the_role(owner: EmbeddedPortal) -> None:
    hire(owner, "Verdi")
    with pytest.raises(errors.LastOwner):
        owner.staff.disable(StaffReference(staff="Dr Rossi"))
    with pytest.raises(errors.LastOwner):
        owner.staff.edit(EditStaff(staff="Dr Rossi", role="staff"))
    assert owner.staff.edit(EditStaff(staff="Dr Rossi", name="Prof Rossi")).role == "owner"


def test_an_owner_who_has_not_signed_up_does_not_count_as_the_one_who_is_left(owner: EmbeddedPortal) -> None:
    """Their invite may run out, and then nobody could let anybody in."""
    add(owner, "Verdi", role="owner")
    with pytest.raises(errors.LastOwner):
        owner.staff.disable(StaffReference(staff="Dr Rossi"))
    hire(owner, "Verdi", role="owner")
    assert not owner.staff.disable(StaffReference(staff="Dr Rossi")).active


@pytest.mark.parametrize("role", ["practitioner", "staff"])
def test_only_owners_change_staff(owner: EmbeddedPortal, role: str) -> None:
    other = hire(owner, "Verdi", role="practitioner" if role == "practitioner" else "staff")
    with pytest.raises(errors.NotPermitted):
        other.staff.add(AddStaff(email="neri@example.com", name="Neri"))
    with pytest.raises(errors.NotPermitted):
        other.staff.disable(StaffReference(staff="Verdi"))
    assert len(other.staff.list()) == 2


def test_clients_do_not_see_the_staff_list_but_who_gives_appointments(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    add(owner, "Desk", role="staff")
    add(owner, "Verdi", timezone="America/New_York")
    add(owner, "Gone")
    owner.staff.disable(StaffReference(staff="Gone"))
    owner.services.add(AddService(name="First visit", duration_minutes=50))
    owner.services.add(AddService(name="Old", duration_minutes=50))
    owner.services.archive(ServiceReference(service="Old"))
    owner.services.add(AddService(name="Call", duration_minutes=30, practitioners=["Verdi"]))
    with pytest.raises(errors.NotPermitted):
        client.staff.list()
    rossi, verdi = client.staff.practitioners(ListPractitioners())
    assert (rossi.name, rossi.services) == ("Dr Rossi", ["First visit"])
    assert (verdi.name, verdi.timezone, verdi.services) == ("Verdi", "America/New_York", ["Call", "First visit"])
    assert [found.name for found in client.staff.practitioners(ListPractitioners(service="call"))] == ["Verdi"]
    with pytest.raises(errors.NotFound):
        client.staff.practitioners(ListPractitioners(service="nothing"))


def test_every_change_of_staff_leaves_an_audit_row(
    owner: EmbeddedPortal, audit: Callable[[], list[Row]], clock: FakeClock
) -> None:
    clock.advance(timedelta(minutes=5))
    verdi = add(owner, "Verdi")
    owner.staff.edit(EditStaff(staff="Verdi", role="staff"))
    owner.staff.disable(StaffReference(staff="Verdi"))
    rows = [row for row in audit() if row["subject"] == verdi.id]
    assert [row["action"] for row in rows] == ["staff.add", "staff.edit", "staff.disable"]
    assert {(row["chain"], row["role"], row["at"]) for row in rows} == {("practice", "owner", int(clock().timestamp()))}


def test_an_edit_that_changes_nothing_leaves_no_audit_row(
    owner: EmbeddedPortal, audit: Callable[[], list[Row]]
) -> None:
    owner.staff.edit(EditStaff(staff="Dr Rossi", name="Dr Rossi"))
    assert not [row for row in audit() if row["action"] == "staff.edit"]


def test_a_disabled_person_s_reset_link_is_worthless(owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
    hire(owner, "Verdi")
    link = owner.clients.reset_link(MakeResetLink(client=email_of("Verdi"))).link
    owner.staff.disable(StaffReference(staff="Verdi"))
    with pytest.raises(errors.LinkNotValid):
        portal.sessions.reset_password(ResetPassword(code=code_of(link), password="another granite meadow"))
