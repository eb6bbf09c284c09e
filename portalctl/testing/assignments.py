"""Who cares for which client."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.models.assignments import AssignmentReference, ListAssignments
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


class TestAssignments:
    """What `portal.assignments` does."""

    @shows("assignments.list")
    @shows("assignments.add")
    @shows("assignments.remove")
    def test_an_assignment_is_made_once_and_taken_away(self, studio: Studio) -> None:
        client, staff = studio.patient(), studio.colleague()
        both = AssignmentReference(client=client, staff=staff)
        made = studio.owner.assignments.add(both)
        assert (made.client_id, made.staff_id) == (client, staff)
        assert studio.owner.assignments.add(both) == made
        assert studio.staff.assignments.list(ListAssignments(client=client)).items == [made]
        for _ in range(2):
            studio.owner.assignments.remove(both)
        assert studio.staff.assignments.list(ListAssignments(staff=staff)).items == []

    @shows("assignments.list")
    def test_a_roster_is_listed_page_by_page(self, studio: Studio) -> None:
        staff = studio.colleague()
        roster = [
            studio.owner.assignments.add(AssignmentReference(client=studio.patient(), staff=staff)) for _ in range(3)
        ]
        first = studio.owner.assignments.list(ListAssignments(staff=staff, limit=2))
        rest = studio.owner.assignments.list(ListAssignments(staff=staff, limit=2, cursor=first.next))
        assert [*first.items, *rest.items] == sorted(roster, key=lambda each: each.client_id)
        assert rest.next is None

    @shows("assignments.list", errors.NotFound, errors.InvalidInput)
    @shows("assignments.add", errors.NotFound)
    @shows("assignments.remove", errors.NotFound)
    def test_nobody_is_assigned_who_does_not_exist(self, studio: Studio) -> None:
        assignments, client = studio.owner.assignments, studio.patient()
        for reference in (
            AssignmentReference(client=client, staff=MISSING["staff"]),
            AssignmentReference(client=MISSING["client"], staff=studio.colleague()),
        ):
            for call in (assignments.add, assignments.remove):
                with pytest.raises(errors.NotFound):
                    call(reference)
        with pytest.raises(errors.NotFound):
            assignments.list(ListAssignments(client=MISSING["client"]))
        with pytest.raises(errors.InvalidInput):
            assignments.list(ListAssignments(cursor="x"))
