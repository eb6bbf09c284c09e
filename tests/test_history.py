"""The checker of `benchmarks.storm` finds what cannot be true, and takes what may be."""

from __future__ import annotations

from benchmarks.history import DONE, NEVER, Act, Holding, Kind, Place, contradictions, holdings

NINE, TEN = Place("stf_1", 9 * 3600), Place("stf_1", 10 * 3600)


def act(
    kind: Kind, client: str, place: Place, began: float, ended: float, appointment: str | None, heard: str = DONE
) -> Act:
    return Act(kind, client, place, began, ended, heard, appointment)


def test_what_is_held_follows_a_booking_a_move_and_a_cancellation() -> None:
    story = [
        act("book", "a", NINE, 1, 2, "x"),
        act("reschedule", "a", TEN, 5, 6, "x"),
        act("cancel", "a", TEN, 8, 9, "x"),
    ]
    assert holdings(story) == [Holding("a", NINE, 1, 2, 5, 6), Holding("a", TEN, 5, 6, 8, 9)]
    assert holdings(story[:1]) == [Holding("a", NINE, 1, 2, NEVER, NEVER)]


def test_one_time_surely_held_by_two_is_found() -> None:
    assert list(contradictions([act("book", "a", NINE, 1, 2, "x"), act("book", "b", NINE, 3, 4, "y")]))


def test_a_time_that_changed_hands_while_nobody_looked_may_be_true() -> None:
    story = [act("book", "a", NINE, 1, 2, "x"), act("cancel", "a", NINE, 3, 6, "x"), act("book", "b", NINE, 4, 5, "y")]
    assert not list(contradictions(story))


def test_one_client_in_two_places_at_once_is_found() -> None:
    elsewhere = NINE._replace(practitioner="stf_2")
    assert list(contradictions([act("book", "a", NINE, 1, 2, "x"), act("book", "a", elsewhere, 3, 4, "y")]))


def test_a_refusal_of_a_time_that_nobody_held_is_found() -> None:
    held = [act("book", "a", NINE, 1, 2, "x"), act("cancel", "a", NINE, 3, 4, "x")]
    assert not list(contradictions([*held, act("book", "b", NINE, 3.5, 5, None, "slot_taken")]))
    assert list(contradictions([*held, act("book", "b", NINE, 4.5, 5, None, "slot_taken")]))
    assert list(contradictions([*held, act("book", "b", TEN, 1, 5, None, "slot_taken")]))
