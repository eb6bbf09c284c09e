"""What of a questionnaire is asked: its items, with what each of them takes, and when it applies."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from portalctl.domain.fhir_extensions import Extensions
from portalctl.domain.value_sets import Option
from portalctl.domain.values import Value

MOST_PROBLEMS = 100
"""How many problems a failure names."""

LONGEST_PROBLEM = 300
"""How many characters of one are told."""


class Condition(NamedTuple):
    """One line of `enableWhen`: about which question, how it is compared, and with what."""

    question: str
    operator: str
    answer: Value


class Item(NamedTuple):
    """One item of a questionnaire; `path` is where it stands in the JSON."""

    link_id: str
    type: str
    path: str
    text: str = ""
    prefix: str | None = None
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    conditions: tuple[Condition, ...] = ()
    any_of: bool = False
    options: tuple[Option, ...] = ()
    initial: tuple[Value, ...] = ()
    max_length: int | None = None
    min_length: int | None = None
    decimals: int | None = None
    lowest: Value | None = None
    highest: Value | None = None
    fewest: int | None = None
    most: int | None = None
    units: tuple[dict[str, Any], ...] = ()
    signature: bool = False
    items: tuple[Item, ...] = ()

    @property
    def size(self) -> int:
        """How many items it is, with those within it."""
        return 1 + sum(item.size for item in self.items)

    @property
    def is_question(self) -> bool:
        """Whether it is to be answered."""
        return self.type not in ("group", "display")

    @property
    def name(self) -> str:
        """How a failure names it: by its linkId and what it asks."""
        return f"{self.link_id} ({short(self.text)})" if self.text else self.link_id


class Questionnaire:
    """A questionnaire that can be asked. `notes` are what to know before it is."""

    def __init__(self, resource: dict[str, Any], items: tuple[Item, ...], notes: list[str]) -> None:
        self.resource = resource
        self.items = items
        self.notes = notes

    @cached_property
    def every_item(self) -> list[Item]:
        """All items, each before those within it."""
        return list(_each(self.items))

    @property
    def title(self) -> str:
        """What it is called, on one line."""
        told = self.resource.get("title") or self.resource.get("name") or self.resource.get("url") or "Form"
        return short("".join(each if each.isprintable() else " " for each in told), 200) or "Form"

    @property
    def canonical(self) -> str | None:
        """Its canonical URL with its version."""
        url, edition = self.resource.get("url"), self.resource.get("version")
        return f"{url}|{edition}" if url and edition else url

    @cached_property
    def questions(self) -> int:
        """How many questions it has."""
        return sum(1 for item in self.every_item if item.is_question)

    @cached_property
    def scored(self) -> bool:
        """Whether its answers add up."""
        return any(option.score is not None for item in self.every_item for option in item.options)

    @cached_property
    def signature(self) -> bool:
        """Whether it, or a part of it, is to be signed."""
        return Extensions.of(self.resource).asks_for_signature or any(item.signature for item in self.every_item)


def _each(items: tuple[Item, ...]) -> list[Item]:
    found = []
    for item in items:
        found += [item, *_each(item.items)]
    return found


def short(text: str, length: int = 80) -> str:
    """The text on one line, shortened where it is longer than that."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1] + "…"


def total(scores: list[Decimal]) -> float:
    """The sum of scores: a whole number where it is one."""
    found = sum(scores, Decimal(0))
    return int(found) if found == found.to_integral_value() else float(found)
