"""When practitioners give appointments."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import hours as contract
from portalctl.domain.access import Reach
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.office import Office, Visit
from portalctl.domain.staff import find_practitioner
from portalctl.domain.versions import require_unchanged
from portalctl.domain.windows import minutes_in
from portalctl.models.hours import (
    AddHours,
    DayOverride,
    OverrideHours,
    PractitionerHours,
    PractitionerReference,
    SetHours,
    WeeklyHours,
)
from portalctl.models.staff import StaffMember
from portalctl.models.versions import stamped
from portalctl.storage import hours, staff
from portalctl.storage.engine import Transaction


class Hours(contract.Hours):
    """The hours of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self, request: PractitionerReference) -> PractitionerHours:
        """All hours of one practitioner: each weekday, and every date with hours of its own."""
        with self._office.visit(contract.Hours.show) as visit:
            return _hours_of(visit.transaction, find_practitioner(visit.transaction, request.practitioner))

    def set(self, request: SetHours) -> PractitionerHours:
        """Replace the windows of some weekdays; none closes them."""
        with self._office.visit(contract.Hours.set) as visit:
            practitioner = _reachable(visit, request.practitioner)
            _check_unchanged(visit.transaction, practitioner, request.if_version)
            for weekday in request.weekdays:
                hours.set_weekday(visit.transaction, practitioner.id, weekday, ",".join(request.windows))
            return _changed(visit, practitioner)

    def add(self, request: AddHours) -> PractitionerHours:
        """Add windows to some weekdays; they may touch those that are there, not overlap them."""
        with self._office.visit(contract.Hours.add) as visit:
            tx = visit.transaction
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _known(tx, before[0])
            practitioner = _reachable(visit, request.practitioner)
            weekly, _ = hours.of(tx, practitioner.id)
            for weekday in set(request.weekdays):
                windows = sorted([*_split(weekly.get(weekday, "")), *request.windows])
                _check_apart(windows)
                hours.set_weekday(tx, practitioner.id, weekday, ",".join(windows))
            remember(visit, request.idempotency_key, request, [practitioner.id])
            return _changed(visit, practitioner)

    def override(self, request: OverrideHours) -> PractitionerHours:
        """Close a date, give it other hours, or return it to its weekday."""
        with self._office.visit(contract.Hours.override) as visit:
            practitioner = _reachable(visit, request.practitioner)
            _check_unchanged(visit.transaction, practitioner, request.if_version)
            if request.windows is None:
                hours.clear_date(visit.transaction, practitioner.id, request.date)
            else:
                hours.set_date(visit.transaction, practitioner.id, request.date, ",".join(request.windows))
            return _changed(visit, practitioner)


def _reachable(visit: Visit, reference: str) -> StaffMember:
    """Whose hours are changed, held. For somebody who reaches only their own, other practitioners are not there."""
    only = visit.caller.staff_id if visit.reach is Reach.OWN else None
    practitioner = find_practitioner(visit.transaction, reference, only)
    visit.transaction.hold(f"staff:{practitioner.id}")
    return practitioner


def _check_unchanged(tx: Transaction, practitioner: StaffMember, if_version: str | None) -> None:
    """Raise ChangedMeanwhile where the hours are not those that the caller read."""
    if if_version is not None:
        require_unchanged(_hours_of(tx, practitioner), if_version)


def _changed(visit: Visit, practitioner: StaffMember) -> PractitionerHours:
    visit.record(practitioner.id)
    return _hours_of(visit.transaction, practitioner)


def _known(tx: Transaction, staff_id: str) -> PractitionerHours:
    found = staff.get(tx, staff_id)
    assert found is not None  # noqa: S101  people are never deleted
    return _hours_of(tx, found)


def _hours_of(tx: Transaction, practitioner: StaffMember) -> PractitionerHours:
    weekly, overrides = hours.of(tx, practitioner.id)
    return stamped(
        PractitionerHours(
            practitioner_id=practitioner.id,
            practitioner=practitioner.name,
            timezone=practitioner.timezone,
            weekly=[WeeklyHours(weekday=day, windows=_split(weekly.get(day, ""))) for day in range(1, 8)],
            overrides=[DayOverride(date=day, windows=_split(windows)) for day, windows in overrides.items()],
        )
    )


def _split(windows: str) -> list[str]:
    return windows.split(",") if windows else []


def _check_apart(windows: list[str]) -> None:
    """Raise InvalidInput when a window begins before the one before it ends."""
    free_from = 0
    for window, (start, end) in zip(windows, minutes_in(",".join(windows)), strict=True):
        if start < free_from:
            raise errors.InvalidInput(
                f"the window {window} overlaps hours that are there already",
                "see them with: portalctl practice hours show; replace them with: portalctl practice hours set",
            )
        free_from = end
