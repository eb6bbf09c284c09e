"""Ids of things that are made together: as fresh as any, and side by side in every index."""

from __future__ import annotations

import re

from portalctl.domain.ids import LENGTH, new_ids


def test_ids_made_together_are_in_order_begin_alike_and_never_come_twice() -> None:
    made = [new_ids("doc", 500) for _ in range(20)]
    for ids in made:
        assert ids == sorted(ids)
        assert len({each[: len("doc_") + 3] for each in ids}) == 1
        assert all(re.fullmatch(rf"doc_[0-9a-hjkmnp-tv-z]{{{LENGTH}}}", each) for each in ids)
    assert len({each for ids in made for each in ids}) == 20 * 500
    assert new_ids("doc", 0) == []


def test_every_character_behind_the_beginning_may_be_any() -> None:
    tails = [each[len("doc_") + 3 :] for each in new_ids("doc", 2000)]
    for place in range(LENGTH - 3):
        assert len({tail[place] for tail in tails}) == 32
