"""What is wrong with answers, and how many there may be."""

from __future__ import annotations

from portalctl import errors
from portalctl.domain.form_items import LONGEST_PROBLEM, MOST_PROBLEMS, Item, short

MOST_TURNS = 100
"""How often a group that repeats may be filled in, or a question that repeats answered."""

MOST_PLACES = 5000


class Problems(list[str]):
    """What is wrong with answers, in the order in which it was found; each names its question.

    `room` is how many more places there may be.
    """

    room = MOST_PLACES

    def take(self, item: Item, times: int) -> bool:
        """Make room for so many of an item, with what is within it; False, which is noted, where there is none."""
        self.room -= times * item.size
        if self.room < 0:
            self.note(item, "makes the form longer than a form may be")
        return self.room >= 0

    def note(self, item: Item, message: str) -> None:
        """One more."""
        self.append(f"{item.name}: {message}")

    def settle(self, what: str) -> None:
        """Raise AnswersNotValid if there is any."""
        if self:
            shown = [short(each, LONGEST_PROBLEM) for each in self[:MOST_PROBLEMS]]
            if len(self) > len(shown):
                shown.append(f"… and {len(self) - len(shown)} more")
            raise errors.AnswersNotValid(what, "see the questions with: portalctl docs form show", problems=shown)


def most_of(item: Item) -> int:
    """How often a group may be filled in, or how many answers a question takes."""
    return min(MOST_TURNS, item.most or MOST_TURNS) if item.repeats else 1
