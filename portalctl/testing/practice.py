"""The practice itself: set up once, and known to everyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from portalctl import errors
from portalctl.testing.insisting import insist, rest
from portalctl.testing.samples import PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import OWNER, Studio


class TestPractice:
    """What `portal.practice` does."""

    @shows("practice.set_up")
    @shows("practice.set_up", errors.PracticeExists, errors.WeakPassword)
    def test_it_is_made_once_with_a_good_password_and_signs_its_owner_in(self, studio: Studio) -> None:
        with studio.elsewhere() as empty:
            with pytest.raises(errors.WeakPassword):
                empty.nobody.practice.set_up(empty.founding(password="too short"))
            made = empty.nobody.practice.set_up(empty.founding())
            assert empty.portal(made.token).sessions.who_am_i() == made.identity
            with pytest.raises(errors.PracticeExists):
                empty.nobody.practice.set_up(empty.founding())
            assert empty.portal(made.token).practice.show().name == "Studio Rossi"
        assert (made.identity.role, made.identity.name, made.identity.timezone) == ("owner", OWNER, "UTC")

    @shows("practice.set_up")
    @shows("practice.set_up", errors.LinkNotValid, errors.TooManyAttempts, certain=False)
    def test_a_portal_that_wants_a_set_up_code_takes_no_other_and_cannot_be_guessed_at(self, studio: Studio) -> None:
        with studio.elsewhere() as empty:
            code = empty.backend.set_up_code
            if code is not None:
                for wrong in (None, "", f"{code}x"):
                    with pytest.raises(errors.LinkNotValid):
                        empty.nobody.practice.set_up(empty.founding(setup=wrong))
                guess = empty.founding(setup="guess")
                rest(empty.clock, insist(lambda: empty.nobody.practice.set_up(guess), told=errors.LinkNotValid))
            assert empty.nobody.practice.set_up(empty.founding()).identity.role == "owner"

    @shows("practice.show")
    def test_everyone_may_know_its_name_address_and_zone(self, studio: Studio) -> None:
        shown = studio.owner.practice.show()
        assert (shown.name, shown.email, shown.timezone) == ("Studio Rossi", "rossi@example.com", "UTC")
        assert shown == studio.anna.practice.show() == studio.staff.practice.show()

    @shows("practice.backup")
    @shows("practice.backup", errors.InvalidInput)
    def test_its_owner_copies_it_to_a_new_file(self, studio: Studio, tmp_path: Path) -> None:
        copy = tmp_path / "copy.portal"
        report = studio.owner.backup(copy)
        assert report.practice == "Studio Rossi"
        assert copy.stat().st_size == report.bytes
        with pytest.raises(errors.InvalidInput):
            studio.owner.backup(copy)

    @shows("practice.set_up", errors.PracticeExists)
    def test_nobody_takes_over_what_somebody_owns(self, studio: Studio) -> None:
        owner = studio.owner.sessions.who_am_i()
        with pytest.raises(errors.PracticeExists):
            studio.nobody.practice.set_up(studio.founding(email="thief@example.com", password=PASSWORD))
        assert studio.owner.sessions.who_am_i() == owner
