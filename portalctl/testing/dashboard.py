"""The dashboard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.appointments import Appointment, AppointmentReference, CancelAppointment
from portalctl.models.dashboard import HistoryEntry, LookAtDashboard, ShowDashboard
from portalctl.models.notes import AddNote, NoteReference
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


def bare(entry: HistoryEntry | None) -> Appointment:
    """The appointment alone, without what belongs to it."""
    return Appointment.model_validate(dict(entry or {}))


class TestDashboard:
    """What `portal.dashboard` does."""

    @shows("dashboard.show")
    def test_a_client_sees_what_comes_next_and_what_the_practice_did(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        assert identity.client_id is not None
        offer, start = studio.offer(), studio.day()
        later = cara.appointments.book(offer.at(start + timedelta(days=1)))
        next_one = studio.owner.appointments.book(offer.at(start, client=identity.client_id))
        dropped = cara.appointments.book(offer.at(start + timedelta(hours=2)))
        studio.owner.appointments.cancel(CancelAppointment(id=dropped.id))
        shown = cara.dashboard.show(ShowDashboard())
        assert (shown.client_id, shown.client, shown.practice) == (identity.client_id, identity.name, "Studio Rossi")
        assert [bare(entry) for entry in (shown.next, *shown.coming)] == [next_one, next_one, later]
        assert shown.past == []
        told = {(notice.kind.value, notice.appointment_id) for notice in shown.news}
        assert told == {("booked", next_one.id), ("cancelled", dropped.id)}
        assert {notice.by for notice in shown.news} == {"Dr Rossi"}

    @shows("dashboard.show")
    def test_what_is_over_is_past_and_a_request_is_not_next(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        start = studio.clock().replace(second=0) + timedelta(minutes=1)
        over = studio.owner.appointments.book(
            studio.offer(service={"duration_minutes": 5}).at(start, client=identity.client_id)
        )
        asked = cara.appointments.book(studio.offer(approval_required=True).at(studio.day()))
        studio.clock.move(over.ends_at - studio.clock())
        shown = cara.dashboard.show(ShowDashboard())
        assert ([each.id for each in shown.past], shown.next) == ([over.id], None)
        assert [bare(entry) for entry in shown.coming] == [asked]
        assert cara.dashboard.show(ShowDashboard(past=0)).past == []
        studio.owner.appointments.approve(AppointmentReference(id=asked.id))
        approved = cara.dashboard.show(ShowDashboard())
        assert approved.next is not None
        assert (approved.next.id, approved.news[0].kind) == (asked.id, "approved")

    @shows("dashboard.show")
    @shows("notes.add")
    @shows("notes.complete")
    def test_an_appointment_has_its_notes_with_it(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        booked = studio.owner.appointments.book(studio.offer().at(studio.day(), client=identity.client_id))
        note = studio.owner.notes.add(
            AddNote(title="Before you come", text="Eat nothing.", client=identity.client_id, appointment=booked.id)
        )
        assert cara.dashboard.show(ShowDashboard()).coming[0].notes == []
        studio.owner.notes.complete(NoteReference(id=note.id))
        shown = cara.dashboard.show(ShowDashboard())
        assert [each.id for each in shown.coming[0].notes] == [note.id]
        assert [each.id for each in shown.new_documents] == [note.id]
        assert (shown.coming[0].documents, shown.coming[0].forms, shown.waiting_forms) == ([], [], [])

    @shows("dashboard.look")
    def test_what_came_before_the_last_look_is_new_no_more(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        offer, start = studio.offer(), studio.day()
        studio.owner.appointments.book(offer.at(start, client=identity.client_id))
        first = cara.dashboard.show(ShowDashboard())
        assert (first.looked_at, [notice.new for notice in first.news]) == (None, [True])
        studio.clock.move(timedelta(seconds=2))
        cara.dashboard.look(LookAtDashboard(at=studio.clock()))
        studio.clock.move(timedelta(seconds=2))
        studio.owner.appointments.book(offer.at(start + timedelta(hours=2), client=identity.client_id))
        second = cara.dashboard.show(ShowDashboard())
        assert second.looked_at == studio.clock() - timedelta(seconds=2)
        assert [notice.new for notice in second.news] == [True, False]
        cara.dashboard.look(LookAtDashboard(at=first.shown_at or studio.clock()))
        cara.dashboard.look(LookAtDashboard(at=studio.clock() + timedelta(hours=1)))
        assert cara.dashboard.show(ShowDashboard()) == second

    @shows("dashboard.show", errors.NotPermitted)
    @shows("dashboard.look", errors.NotPermitted)
    def test_whoever_is_no_client_has_none(self, studio: Studio) -> None:
        for portal in (studio.owner, studio.staff, studio.practitioner):
            with pytest.raises(errors.NotPermitted):
                portal.dashboard.show(ShowDashboard())
            with pytest.raises(errors.NotPermitted):
                portal.dashboard.look(LookAtDashboard(at=studio.clock()))
