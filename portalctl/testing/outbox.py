"""The mail that a portal sends."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.models.appointments import BookSeries
from portalctl.models.outbox import Letter, LetterReference, ListLetters
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio, code_in


class TestOutbox:
    """What `portal.outbox` does."""

    @shows("outbox.list")
    @shows("outbox.show")
    def test_an_invite_is_a_letter_whose_link_only_the_one_who_is_invited_reads(self, studio: Studio) -> None:
        invite = studio.invite("Rosa")
        letter = self._of(studio, invite.email)
        assert (letter.kind, letter.created_at) == ("invite", studio.clock())
        written = studio.staff.outbox.show(LetterReference(id=letter.id))
        assert written.id == letter.id
        assert "Studio Rossi" in written.subject + written.text
        assert code_in(invite.link) not in written.text

    @shows("outbox.list")
    def test_letters_are_listed_newest_first_page_by_page(self, studio: Studio) -> None:
        for name in ("Sara", "Tom", "Uwe"):
            studio.invite(name)
        first = studio.owner.outbox.list(ListLetters(limit=2))
        everything = studio.owner.outbox.list(ListLetters(limit=1000)).items
        rest = studio.owner.outbox.list(ListLetters(limit=1000, cursor=first.next)).items
        assert [*first.items, *rest] == everything
        moments = [letter.created_at for letter in everything]
        assert moments == sorted(moments, reverse=True)

    @shows("outbox.list", errors.InvalidInput)
    def test_a_cursor_that_no_list_gave_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.owner.outbox.list(ListLetters(cursor="somewhere"))

    @shows("outbox.show", errors.NotFound, errors.AmbiguousId)
    def test_which_letter_is_meant_has_to_be_clear(self, studio: Studio) -> None:
        first = studio.offer().at(studio.day(), client=studio.patient())
        studio.owner.appointments.book_series(BookSeries(first=first, weeks=34))
        begins = [letter.id[:5] for letter in studio.owner.outbox.list(ListLetters(limit=1000)).items]
        shared = next(prefix for prefix in begins if begins.count(prefix) > 1)
        with pytest.raises(errors.AmbiguousId):
            studio.owner.outbox.show(LetterReference(id=shared))
        with pytest.raises(errors.NotFound):
            studio.owner.outbox.show(LetterReference(id=MISSING["letter"]))

    @shows("outbox.send")
    def test_what_is_due_is_sent_once(self, studio: Studio) -> None:
        if studio.backend.relay is None:
            pytest.skip("needs UnderTest.relay")
        with studio.elsewhere() as place:
            assert place.backend.relay is not None
            invite = place.invite("Wanda")
            assert place.owner.send(place.backend.relay).sent >= 1
            assert self._of(place, invite.email).state == "sent"
            assert place.owner.send(place.backend.relay).sent == 0

    @shows("outbox.send", errors.NetworkFailure, errors.InvalidInput)
    def test_what_no_relay_takes_waits_on(self, studio: Studio) -> None:
        invite = studio.invite("Vera")
        with pytest.raises(errors.NetworkFailure):
            studio.owner.send("smtp://127.0.0.1:1")
        with pytest.raises(errors.InvalidInput):
            studio.owner.send("somewhere")
        assert self._of(studio, invite.email).state == "waiting"

    @staticmethod
    def _of(studio: Studio, recipient: str) -> Letter:
        return next(
            each for each in studio.owner.outbox.list(ListLetters(limit=1000)).items if each.recipient == recipient
        )
