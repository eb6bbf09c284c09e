"""The practice's people."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.models.sessions import SignIn, SignUp
from portalctl.models.staff import AddStaff, EditStaff, ListPractitioners, StaffMember, StaffReference
from portalctl.testing.samples import MISSING, PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import OWNER, Studio, code_in


class TestStaff:
    """What `portal.staff` does."""

    @shows("staff.practitioners")
    def test_practitioners_are_listed_by_name_each_with_what_they_offer(self, studio: Studio) -> None:
        offer = studio.offer()
        everyone = studio.anna.staff.practitioners(ListPractitioners())
        assert [each.name for each in everyone] == sorted(each.name for each in everyone)
        (found,) = studio.anna.staff.practitioners(ListPractitioners(service=offer.service.id))
        assert (found.id, found.services) == (offer.practitioner, [offer.service.name])
        assert found in everyone

    @shows("staff.practitioners", errors.NotFound)
    def test_nobody_offers_what_does_not_exist(self, studio: Studio) -> None:
        with pytest.raises(errors.NotFound):
            studio.anna.staff.practitioners(ListPractitioners(service=MISSING["service"]))

    @shows("staff.list")
    @shows("staff.add")
    def test_a_person_who_is_added_is_listed_and_signs_up_with_the_invite(self, studio: Studio) -> None:
        name, address = studio.word("Nadia"), studio.address()
        invite = studio.owner.staff.add(AddStaff(email=address, name=name, role="staff", timezone="America/New_York"))
        (listed,) = [each for each in studio.owner.staff.list() if each.id == invite.person_id]
        assert (listed.name, listed.email, listed.role, listed.timezone) == (name, address, "staff", "America/New_York")
        assert (listed.active, listed.signed_up) == (True, False)
        nadia = studio.nobody.sessions.sign_up(SignUp(code=code_in(invite.link), password=PASSWORD)).identity
        assert (nadia.staff_id, nadia.role, nadia.timezone) == (invite.person_id, "staff", "America/New_York")

    @shows("staff.add", errors.AlreadyMember)
    def test_an_address_belongs_to_one_person(self, studio: Studio) -> None:
        for who in ("owner", "client"):
            with pytest.raises(errors.AlreadyMember):
                studio.owner.staff.add(AddStaff(email=studio.identity(who).email, name="Somebody"))

    @shows("staff.add", errors.IdempotencyConflict)
    def test_the_same_key_adds_one_person_once(self, studio: Studio) -> None:
        request = AddStaff(email=studio.address(), name="Olga", idempotency_key=studio.key())
        assert studio.owner.staff.add(request) == studio.owner.staff.add(request)
        with pytest.raises(errors.IdempotencyConflict):
            studio.owner.staff.add(request.model_copy(update={"name": "Olaf"}))

    @shows("staff.edit")
    def test_what_is_given_changes_and_the_rest_stays(self, studio: Studio) -> None:
        colleague = studio.colleague()
        before = self._member(studio, colleague)
        edited = studio.owner.staff.edit(EditStaff(staff=colleague, timezone="Asia/Kathmandu"))
        assert edited == self._member(studio, colleague)
        assert (edited.timezone, edited.name, edited.role) == ("Asia/Kathmandu", before.name, before.role)
        assert edited.version != before.version

    @shows("staff.edit", errors.NotFound, errors.AmbiguousId)
    def test_who_is_meant_has_to_be_clear(self, studio: Studio) -> None:
        name = studio.word("Twin")
        for _ in range(2):
            studio.owner.staff.add(AddStaff(email=studio.address(), name=name))
        with pytest.raises(errors.AmbiguousId):
            studio.owner.staff.edit(EditStaff(staff=name, role="staff"))
        with pytest.raises(errors.NotFound):
            studio.owner.staff.edit(EditStaff(staff=MISSING["staff"], role="staff"))

    @shows("staff.edit", errors.ChangedMeanwhile)
    def test_an_edit_of_what_somebody_else_has_edited_is_refused(self, studio: Studio) -> None:
        colleague = studio.colleague()
        read = self._member(studio, colleague).version
        first = EditStaff(staff=colleague, name=studio.word("Renamed"), if_version=read)
        edited = studio.owner.staff.edit(first)
        with pytest.raises(errors.ChangedMeanwhile):
            studio.owner.staff.edit(EditStaff(staff=colleague, name="Too late", if_version=read))
        assert self._member(studio, colleague) == edited

    @shows("staff.edit", errors.LastOwner)
    @shows("staff.disable", errors.LastOwner)
    def test_a_practice_keeps_an_owner(self, studio: Studio) -> None:
        with pytest.raises(errors.LastOwner):
            studio.owner.staff.edit(EditStaff(staff=OWNER, role="practitioner"))
        with pytest.raises(errors.LastOwner):
            studio.owner.staff.disable(StaffReference(staff=OWNER))

    @shows("staff.disable")
    def test_who_is_disabled_is_out_at_once_and_for_good(self, studio: Studio) -> None:
        invite = studio.owner.staff.add(AddStaff(email=studio.address(), name=studio.word("Paul"), role="staff"))
        paul = studio.nobody.sessions.sign_up(SignUp(code=code_in(invite.link), password=PASSWORD))
        for _ in range(2):
            assert not studio.owner.staff.disable(StaffReference(staff=invite.person_id)).active
        with pytest.raises(errors.SignInNeeded):
            studio.portal(paul.token).sessions.who_am_i()
        with pytest.raises(errors.BadCredentials):
            studio.nobody.sessions.sign_in(SignIn(email=paul.identity.email, password=PASSWORD))

    @shows("staff.disable", errors.NotFound)
    def test_nobody_is_disabled_who_is_not_there(self, studio: Studio) -> None:
        with pytest.raises(errors.NotFound):
            studio.owner.staff.disable(StaffReference(staff=MISSING["staff"]))

    @staticmethod
    def _member(studio: Studio, who: str) -> StaffMember:
        return next(each for each in studio.owner.staff.list() if each.id == who)
