"""The hours of practitioners."""

from __future__ import annotations

from datetime import date

import pytest

from portalctl import errors
from portalctl.models.hours import AddHours, OverrideHours, PractitionerReference, SetHours
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

MORNING, AFTERNOON = "09:00-12:00", "14:00-17:00"
HOLIDAY = date(2026, 8, 15)


class TestHours:
    """What `portal.hours` does."""

    @shows("hours.show")
    @shows("hours.set")
    def test_the_windows_of_some_weekdays_are_replaced_and_the_others_stay(self, studio: Studio) -> None:
        who = studio.colleague(timezone="Asia/Kathmandu", windows=(MORNING,))
        answered = studio.owner.hours.set(SetHours(practitioner=who, weekdays=[6, 7], windows=[AFTERNOON, MORNING]))
        assert [day.windows for day in answered.weekly] == [*5 * [[MORNING]], *2 * [[MORNING, AFTERNOON]]]
        assert (answered.practitioner_id, answered.timezone, answered.overrides) == (who, "Asia/Kathmandu", [])
        assert studio.staff.hours.show(PractitionerReference(practitioner=who)) == answered

    @shows("hours.show", errors.NotFound)
    @shows("hours.set", errors.NotFound)
    @shows("hours.add", errors.NotFound)
    @shows("hours.override", errors.NotFound)
    def test_nobody_has_hours_who_is_not_there(self, studio: Studio) -> None:
        who = MISSING["staff"]
        with pytest.raises(errors.NotFound):
            studio.owner.hours.show(PractitionerReference(practitioner=who))
        with pytest.raises(errors.NotFound):
            studio.owner.hours.set(SetHours(practitioner=who, weekdays=[1], windows=[]))
        with pytest.raises(errors.NotFound):
            studio.owner.hours.add(AddHours(practitioner=who, weekdays=[1], windows=[MORNING]))
        with pytest.raises(errors.NotFound):
            studio.owner.hours.override(OverrideHours(practitioner=who, date=HOLIDAY, windows=[]))

    @shows("hours.set")
    @shows("hours.set", errors.NotFound, errors.NotPermitted)
    def test_practitioners_set_their_own_hours_and_clients_none(self, studio: Studio) -> None:
        own = studio.identity("practitioner").staff_id
        assert own is not None
        request = SetHours(practitioner=own, weekdays=[1], windows=[MORNING])
        assert studio.practitioner.hours.set(request).weekly[0].windows == [MORNING]
        with pytest.raises(errors.NotFound):
            studio.practitioner.hours.set(request.model_copy(update={"practitioner": studio.colleague()}))
        with pytest.raises(errors.NotPermitted):
            studio.anna.hours.set(request)

    @shows("hours.set", errors.ChangedMeanwhile)
    @shows("hours.override", errors.ChangedMeanwhile)
    def test_a_change_of_hours_that_somebody_else_has_changed_is_refused(self, studio: Studio) -> None:
        who = studio.colleague(windows=(MORNING,))
        read = studio.owner.hours.show(PractitionerReference(practitioner=who)).version
        request = SetHours(practitioner=who, weekdays=[1], windows=[AFTERNOON], if_version=read)
        changed = studio.owner.hours.set(request)
        with pytest.raises(errors.ChangedMeanwhile):
            studio.owner.hours.set(request)
        closed = OverrideHours(practitioner=who, date=HOLIDAY, windows=[], if_version=read)
        with pytest.raises(errors.ChangedMeanwhile):
            studio.owner.hours.override(closed)
        assert studio.owner.hours.show(PractitionerReference(practitioner=who)) == changed
        studio.owner.hours.override(closed.model_copy(update={"if_version": changed.version}))

    @shows("hours.add")
    @shows("hours.add", errors.InvalidInput)
    def test_windows_are_added_where_there_are_none(self, studio: Studio) -> None:
        who = studio.colleague(windows=(MORNING,))
        answered = studio.owner.hours.add(AddHours(practitioner=who, weekdays=[2], windows=[AFTERNOON]))
        assert [day.windows for day in answered.weekly[:2]] == [[MORNING], [MORNING, AFTERNOON]]
        with pytest.raises(errors.InvalidInput):
            studio.owner.hours.add(AddHours(practitioner=who, weekdays=[2, 3], windows=["11:00-13:00"]))
        assert studio.owner.hours.show(PractitionerReference(practitioner=who)) == answered

    @shows("hours.add", errors.IdempotencyConflict)
    def test_the_same_key_adds_windows_once(self, studio: Studio) -> None:
        who = studio.colleague(windows=(MORNING,))
        request = AddHours(practitioner=who, weekdays=[2], windows=[AFTERNOON], idempotency_key=studio.key())
        assert studio.owner.hours.add(request) == studio.owner.hours.add(request)
        with pytest.raises(errors.IdempotencyConflict):
            studio.owner.hours.add(request.model_copy(update={"weekdays": [3]}))

    @shows("hours.override")
    def test_a_date_is_closed_has_hours_of_its_own_or_follows_its_weekday_again(self, studio: Studio) -> None:
        who = studio.colleague(windows=(MORNING,))
        for windows, kept in (([], [(HOLIDAY, [])]), ([AFTERNOON], [(HOLIDAY, [AFTERNOON])]), (None, [])):
            answered = studio.owner.hours.override(OverrideHours(practitioner=who, date=HOLIDAY, windows=windows))
            assert [(day.date, day.windows) for day in answered.overrides] == kept
