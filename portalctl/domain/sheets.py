"""A form being filled: each item at each place where it is asked, its answers, and whether it applies now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from portalctl.domain import values
from portalctl.domain.form_items import Condition, Item, Questionnaire
from portalctl.domain.value_sets import Option
from portalctl.domain.values import Value


@dataclass(eq=False)
class Answer:
    """One answer to a question, and what is asked within it."""

    value: Value
    places: list[Place] = field(default_factory=list)


@dataclass(eq=False)
class Place:
    """One item at one place: a question with its answers, or one time that a group is filled in.

    `above` is the place that it is within, `turn` counts the places of a group that repeats.
    """

    item: Item
    above: Place | None = None
    turn: int = 1
    answers: list[Answer] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def within(self) -> list[Place]:
        """The places directly within it."""
        return [*self.places, *(place for answer in self.answers for place in answer.places)]

    def line(self) -> list[Place]:
        """The places that it is within, from the outermost on, and itself."""
        return [*(self.above.line() if self.above else []), self]


class Sheet:
    """All places of one form; it begins with what each question's answer is initially."""

    def __init__(self, questionnaire: Questionnaire, *, begun: bool = False) -> None:
        self.questionnaire = questionnaire
        self.places = [place_of(item, None, with_initial=not begun) for item in questionnaire.items]
        self._applies: dict[Place, bool] | None = None

    def walk(self) -> Iterator[Place]:
        """Every place, in the order of the form."""
        yield from _walk(self.places)

    def changed(self) -> None:
        """Forget what followed from the answers."""
        self._applies = None

    def applies(self, place: Place) -> bool:
        """Whether the item is asked, after what is answered elsewhere and whether all that it is within applies.

        Where conditions lead in a circle, the one that is not known yet holds.
        """
        if self._applies is None:
            self._applies = self._settled()
        return self._applies[place]

    def _settled(self) -> dict[Place, bool]:
        """For each place whether it applies: what a place depends on is settled before it."""
        by_link: dict[str, list[Place]] = {}
        for each in self.walk():
            by_link.setdefault(each.item.link_id, []).append(each)
        sources = {
            place: [_nearest(by_link.get(condition.question, []), place) for condition in place.item.conditions]
            for place in self.walk()
        }
        found: dict[Place, bool] = {}
        for place in _in_order_of_need(sources):
            conditions = zip(place.item.conditions, sources[place], strict=True)
            held = [_holds(condition, [each for each in of if found.get(each, True)]) for condition, of in conditions]
            enabled = not held or (any(held) if place.item.any_of else all(held))
            found[place] = enabled and (place.above is None or found.get(place.above, True))
        return found

    def asked(self) -> Iterator[Place]:
        """Every place that applies and is not hidden, in order."""
        yield from self._walk_asked(self.places)

    def _walk_asked(self, places: list[Place]) -> Iterator[Place]:
        for place in places:
            if self.applies(place) and not place.item.hidden:
                yield place
                yield from self._walk_asked(place.within())

    @property
    def scores(self) -> list[Decimal]:
        """What the answers that apply count."""
        found = []
        for place in self.walk():
            if place.answers and self.applies(place):
                for answer in place.answers:
                    option = option_of(place.item, answer.value)
                    if option is not None and option.score is not None:
                        found.append(option.score)
        return found

    @property
    def answered(self) -> int:
        """How many questions that apply have an answer."""
        return len({place.item.link_id for place in self.walk() if place.answers and self.applies(place)})


def _in_order_of_need(sources: dict[Place, list[list[Place]]]) -> Iterator[Place]:
    """The places, each behind those that it is within or asks about, as far as they do not lead in a circle."""
    done: set[Place] = set()
    for first in sources:
        waiting = [(first, False)]
        while waiting:
            place, is_ready = waiting.pop()
            if is_ready:
                yield place
            elif place not in done:
                done.add(place)
                waiting.append((place, True))
                waiting += [(each, False) for of in sources[place] for each in of if each not in done]
                if place.above is not None and place.above not in done:
                    waiting.append((place.above, False))


def _nearest(found: list[Place], place: Place) -> list[Place]:
    """Of an item's places those that share most of the way with a place: in a group that repeats, those of its turn."""
    if len(found) < 2:
        return found
    mine = place.line()
    shared = [sum(1 for a, b in zip(mine, other.line(), strict=False) if a is b) for other in found]
    return [other for other, steps in zip(found, shared, strict=True) if steps == max(shared)]


def _holds(condition: Condition, sources: list[Place]) -> bool:
    answers = [answer.value for source in sources for answer in source.answers]
    wanted = condition.answer
    if condition.operator == "exists":
        return bool(answers) is wanted["valueBoolean"]
    if condition.operator == "!=":
        return not any(values.same(answer, wanted) for answer in answers)
    return any(_COMPARES[condition.operator](answer, wanted) for answer in answers)


def _ordering(*wanted: int) -> Callable[[Value, Value], bool]:
    return lambda answer, other: values.compared(answer, other) in wanted


_COMPARES: dict[str, Callable[[Value, Value], bool]] = {
    "=": values.same,
    ">": _ordering(1),
    "<": _ordering(-1),
    ">=": _ordering(0, 1),
    "<=": _ordering(-1, 0),
}


def place_of(item: Item, above: Place | None, turn: int = 1, *, with_initial: bool) -> Place:
    """A new place of an item, and of what is within it."""
    place = Place(item, above, turn)
    if with_initial or item.read_only or item.hidden:
        for value in item.initial:
            answer(place, value, with_initial=with_initial)
    if item.type == "group":
        place.places = [place_of(each, place, with_initial=with_initial) for each in item.items]
    return place


def answer(place: Place, value: Value, *, with_initial: bool) -> Answer:
    """Add an answer to a place; what is within the question is asked of each."""
    made = Answer(value, [place_of(each, place, with_initial=with_initial) for each in place.item.items])
    place.answers.append(made)
    return made


def option_of(item: Item, value: Value) -> Option | None:
    """The option that an answer is; None where it is none of them."""
    return next((option for option in item.options if values.same(option.value, value)), None)


def _walk(places: list[Place]) -> Iterator[Place]:
    for place in places:
        yield place
        yield from _walk(place.within())
