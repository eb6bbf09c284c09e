"""A change may be made on condition that nobody else changed the record since it was read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Protocol

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.hours import OverrideHours, PractitionerReference, SetHours
from portalctl.models.policy import PolicyQuery, SetPolicy
from portalctl.models.services import AddService, EditService, ListServices
from portalctl.models.staff import EditStaff
from portalctl.storage.engine import Row
from tests.domain.booking_setup import ROSSI
from tests.domain.people import hire, member

VISIT = "Visit"


class Versioned(Protocol):
    """What two people may edit."""

    @property
    def version(self) -> str:
        """The word that changes with it."""
        ...


Read = Callable[[EmbeddedPortal], Versioned]
Change = Callable[[EmbeddedPortal, str | None, int], Versioned]


def read_hours(portal: EmbeddedPortal) -> Versioned:
    """Dr Rossi's hours."""
    return portal.hours.show(PractitionerReference(practitioner=ROSSI))


def hours_of(number: int) -> list[str]:
    """Windows that no other number has."""
    return [f"{number:02}:00-{number:02}:30"]


EDITS: dict[str, tuple[Read, Change]] = {
    "services.edit": (
        lambda portal: portal.services.list(ListServices())[0],
        lambda portal, version, number: portal.services.edit(
            EditService(service=VISIT, duration_minutes=10 + number, if_version=version)
        ),
    ),
    "staff.edit": (
        lambda portal: member(portal, ROSSI),
        lambda portal, version, number: portal.staff.edit(
            EditStaff(staff=ROSSI, timezone=["Europe/Rome", "Asia/Tokyo", "Asia/Kolkata"][number], if_version=version)
        ),
    ),
    "policy.set": (
        lambda portal: portal.policy.show(PolicyQuery()),
        lambda portal, version, number: portal.policy.set(SetPolicy(daily_limit=number, if_version=version)),
    ),
    "policy.set of a service": (
        lambda portal: portal.policy.show(PolicyQuery(service=VISIT)),
        lambda portal, version, number: portal.policy.set(
            SetPolicy(service=VISIT, daily_limit=number, if_version=version)
        ),
    ),
    "hours.set": (
        read_hours,
        lambda portal, version, number: portal.hours.set(
            SetHours(practitioner=ROSSI, weekdays=[1], windows=hours_of(number), if_version=version)
        ),
    ),
    "hours.override": (
        read_hours,
        lambda portal, version, number: portal.hours.override(
            OverrideHours(practitioner=ROSSI, date=date(2026, 3, 20), windows=hours_of(number), if_version=version)
        ),
    ),
}
"""How each record is read, and how it is changed in a way that the number says."""

every_edit = pytest.mark.parametrize("name", EDITS)


@pytest.fixture(autouse=True)
def _offer(owner: EmbeddedPortal) -> None:
    owner.services.add(AddService(name=VISIT, duration_minutes=60))


@every_edit
def test_what_is_as_it_was_read_is_changed(owner: EmbeddedPortal, name: str) -> None:
    read, change = EDITS[name]
    before = read(owner)
    after = change(owner, before.version, 1)
    assert after.version not in ("", before.version)
    assert read(owner) == after, "the answer is what a reader gets"
    assert change(owner, after.version, 2).version != after.version


@every_edit
def test_what_somebody_changed_meanwhile_stays_as_they_left_it(
    owner: EmbeddedPortal, audit: Callable[[], list[Row]], name: str
) -> None:
    read, change = EDITS[name]
    version = read(owner).version
    theirs = change(owner, None, 1)
    rows = len(audit())
    with pytest.raises(errors.ChangedMeanwhile) as refused:
        change(owner, version, 2)
    assert theirs.version in str(refused.value.hint)
    assert read(owner) == theirs
    assert len(audit()) == rows


@every_edit
@pytest.mark.parametrize("version", [None, "*"])
def test_without_a_condition_the_last_change_wins(owner: EmbeddedPortal, name: str, version: str | None) -> None:
    read, change = EDITS[name]
    change(owner, None, 1)
    after = change(owner, version, 2)
    assert read(owner) == after


@every_edit
def test_of_many_who_read_the_same_exactly_one_changes_it(owner: EmbeddedPortal, name: str) -> None:
    read, change = EDITS[name]
    version = read(owner).version

    def attempt(number: int) -> str:
        try:
            return change(owner, version, 1 + number % 2).version
        except errors.ChangedMeanwhile:
            return "changed_meanwhile"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(attempt, range(8)))
    assert sorted(told, key=len)[0] == read(owner).version
    assert told.count("changed_meanwhile") == 7


def test_a_version_follows_from_what_the_record_shows(owner: EmbeddedPortal) -> None:
    """Another one who offers a service is another version of it; going back is the version before."""
    before = owner.services.list(ListServices())[0]
    verdi = hire(owner, "Verdi")
    owner.services.edit(EditService(service=VISIT, practitioners=[ROSSI, "Verdi"]))
    both = owner.services.list(ListServices())[0]
    owner.services.edit(EditService(service=VISIT, practitioners=[ROSSI]))
    assert before.version != both.version
    assert owner.services.list(ListServices())[0].version == before.version
    verdi.close()
