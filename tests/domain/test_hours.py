"""Hours: whose may be changed by whom, and what setting, adding and overriding leave behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from pydantic import ValidationError

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.hours import (
    AddHours,
    DayOverride,
    OverrideHours,
    PractitionerHours,
    PractitionerReference,
    SetHours,
)
from portalctl.models.staff import EditStaff, StaffReference
from portalctl.storage.engine import Row
from tests.domain.people import add, hire, member

ROSSI = "rossi@example.com"
EVE = date(2026, 12, 24)


def week(hours: PractitionerHours) -> dict[int, list[str]]:
    """The windows of each weekday that has some."""
    return {day.weekday: day.windows for day in hours.weekly if day.windows}


def put(portal: EmbeddedPortal, weekdays: list[int], *windows: str, of: str = ROSSI) -> PractitionerHours:
    """Set the windows of weekdays."""
    return portal.hours.set(SetHours(practitioner=of, weekdays=weekdays, windows=list(windows)))


def test_a_new_practitioner_is_closed_on_all_seven_weekdays(owner: EmbeddedPortal) -> None:
    hours = owner.hours.show(PractitionerReference(practitioner=ROSSI))
    assert [(day.weekday, day.windows) for day in hours.weekly] == [(day, []) for day in range(1, 8)]
    assert (hours.practitioner, hours.timezone, hours.overrides) == ("Dr Rossi", "Europe/Rome", [])


def test_setting_replaces_some_weekdays_and_keeps_the_others(owner: EmbeddedPortal) -> None:
    put(owner, [1, 2, 3], "13:00-17:00", "09:00-12:00")
    after = put(owner, [2], "10:00-11:00")
    assert week(after) == {1: ["09:00-12:00", "13:00-17:00"], 2: ["10:00-11:00"], 3: ["09:00-12:00", "13:00-17:00"]}
    assert week(put(owner, [1, 3])) == {2: ["10:00-11:00"]}
    assert owner.hours.show(PractitionerReference(practitioner=ROSSI)) == put(owner, [])


def test_adding_keeps_what_is_there_and_adjacent_windows_stay_separate(owner: EmbeddedPortal) -> None:
    put(owner, [1], "09:00-12:00")
    more = AddHours(practitioner=ROSSI, weekdays=[1, 2], windows=["12:00-13:00", "18:00-00:00"])
    assert week(owner.hours.add(more)) == {
        1: ["09:00-12:00", "12:00-13:00", "18:00-00:00"],
        2: ["12:00-13:00", "18:00-00:00"],
    }


@pytest.mark.parametrize("window", ["11:59-12:30", "08:00-09:01", "10:00-11:00", "09:00-12:00", "00:00-00:00"])
def test_adding_refuses_an_overlap_on_any_of_the_days_and_then_changes_none(owner: EmbeddedPortal, window: str) -> None:
    before = put(owner, [2], "09:00-12:00")
    with pytest.raises(errors.InvalidInput, match="overlaps"):
        owner.hours.add(AddHours(practitioner=ROSSI, weekdays=[1, 2, 3], windows=[window]))
    assert owner.hours.show(PractitionerReference(practitioner=ROSSI)) == before


@pytest.mark.parametrize(
    "windows",
    [["12:00-09:00"], ["09:00-09:00"], ["09:00-12:00", "11:00-13:00"], ["9:00-12:00"], ["09:00-24:00"], ["09:00"]],
)
def test_windows_that_make_no_day_are_refused(windows: list[str]) -> None:
    for kind in (SetHours, AddHours):
        with pytest.raises(ValidationError):
            kind(practitioner=ROSSI, weekdays=[1], windows=windows)


def test_a_date_is_closed_given_other_hours_and_returned_to_its_weekday(owner: EmbeddedPortal) -> None:
    closed = owner.hours.override(OverrideHours(practitioner=ROSSI, date=EVE, windows=[]))
    assert closed.overrides == [DayOverride(date=EVE, windows=[])]
    other = owner.hours.override(OverrideHours(practitioner=ROSSI, date=EVE, windows=["09:00-12:00"]))
    assert other.overrides == [DayOverride(date=EVE, windows=["09:00-12:00"])]
    for _ in range(2):
        assert owner.hours.override(OverrideHours(practitioner=ROSSI, date=EVE)).overrides == []


def test_overrides_are_listed_by_date(owner: EmbeddedPortal) -> None:
    for day in (date(2026, 12, 31), EVE, date(2027, 1, 6)):
        owner.hours.override(OverrideHours(practitioner=ROSSI, date=day, windows=[]))
    shown = owner.hours.show(PractitionerReference(practitioner=ROSSI)).overrides
    assert [override.date for override in shown] == [EVE, date(2026, 12, 31), date(2027, 1, 6)]


def test_hours_are_wall_clock_times_that_move_with_the_practitioner_s_zone(owner: EmbeddedPortal) -> None:
    put(owner, [1], "09:00-12:00")
    owner.staff.edit(EditStaff(staff=ROSSI, timezone="America/New_York"))
    after = owner.hours.show(PractitionerReference(practitioner=ROSSI))
    assert (after.timezone, week(after)) == ("America/New_York", {1: ["09:00-12:00"]})


def test_a_practitioner_changes_only_their_own_hours_and_another_s_are_like_missing(owner: EmbeddedPortal) -> None:
    verdi = hire(owner, "Verdi")
    assert week(put(verdi, [1], "09:00-12:00", of="Verdi")) == {1: ["09:00-12:00"]}
    rossi_id = member(owner, "Dr Rossi").id

    def refused(reference: str) -> list[tuple[str, str | None]]:
        answers = []
        changes: list[Callable[[], PractitionerHours]] = [
            lambda: put(verdi, [1], "09:00-12:00", of=reference),
            lambda: verdi.hours.add(AddHours(practitioner=reference, weekdays=[1], windows=["09:00-12:00"])),
            lambda: verdi.hours.override(OverrideHours(practitioner=reference, date=EVE, windows=[])),
        ]
        for change in changes:
            with pytest.raises(errors.NotFound) as found:
                change()
            answers.append((found.value.message.replace(reference, "…"), found.value.hint))
        return answers

    assert refused(rossi_id) == refused(ROSSI) == refused("stf_000000000000")
    assert week(owner.hours.show(PractitionerReference(practitioner=ROSSI))) == {}


def test_owners_and_staff_change_everybody_s_hours_and_all_staff_see_them(owner: EmbeddedPortal) -> None:
    verdi, desk = hire(owner, "Verdi"), hire(owner, "Desk", role="staff")
    assert week(put(desk, [1], "09:00-12:00", of="Verdi")) == {1: ["09:00-12:00"]}
    assert week(put(owner, [1], "10:00-12:00", of="Verdi")) == {1: ["10:00-12:00"]}
    put(owner, [5], "09:00-10:00")
    assert week(verdi.hours.show(PractitionerReference(practitioner=ROSSI))) == {5: ["09:00-10:00"]}


def test_only_somebody_who_gives_appointments_has_hours(owner: EmbeddedPortal) -> None:
    add(owner, "Desk", role="staff")
    add(owner, "Gone")
    owner.staff.disable(StaffReference(staff="Gone"))
    for reference in ("Desk", "Gone", "nobody"):
        with pytest.raises(errors.NotFound):
            owner.hours.show(PractitionerReference(practitioner=reference))


def test_clients_see_no_hours(client: EmbeddedPortal) -> None:
    with pytest.raises(errors.NotPermitted):
        client.hours.show(PractitionerReference(practitioner=ROSSI))
    with pytest.raises(errors.NotPermitted):
        put(client, [1], "09:00-12:00")


def test_every_change_of_hours_leaves_an_audit_row(owner: EmbeddedPortal, audit: Callable[[], list[Row]]) -> None:
    put(owner, [1], "09:00-12:00")
    owner.hours.add(AddHours(practitioner=ROSSI, weekdays=[1], windows=["12:00-13:00"]))
    owner.hours.override(OverrideHours(practitioner=ROSSI, date=EVE, windows=[]))
    rossi_id = member(owner, "Dr Rossi").id
    rows = [(row["action"], row["subject"]) for row in audit() if row["action"].startswith("hours.")]
    assert rows == [("hours.set", rossi_id), ("hours.add", rossi_id), ("hours.override", rossi_id)]
