"""The answers that a question offers: its own options, or those of a value set that its questionnaire contains."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from portalctl.domain import values
from portalctl.domain.fhir_extensions import score_of
from portalctl.domain.values import Value

MOST_OPTIONS = 5000


class Option(NamedTuple):
    """One answer that is offered; `weight` is the extension that says what it counts."""

    value: Value
    weight: dict[str, Any] | None = None
    selected: bool = False

    @property
    def answer(self) -> Value:
        """The answer as it is kept: what it counts goes with its coding."""
        coding = self.value.get("valueCoding")
        if coding is None or self.weight is None:
            return self.value
        kept = {name: part for name, part in coding.items() if name != "extension"}
        return {"valueCoding": {"extension": [self.weight], **kept}}

    @property
    def score(self) -> Decimal | None:
        """What it counts."""
        return Decimal(self.weight["valueDecimal"]) if self.weight is not None else None

    @property
    def label(self) -> str:
        """What a person reads."""
        return values.text_of(self.value)

    @property
    def code(self) -> str:
        """The word for it: its code, or what it says."""
        coding = self.value.get("valueCoding")
        return str(coding.get("code") or coding["display"]) if coding is not None else self.label


class ValueSets:
    """The value sets that a questionnaire contains."""

    def __init__(self, resource: dict[str, Any]) -> None:
        contained = resource.get("contained")
        listed = [each for each in contained if isinstance(each, dict)] if isinstance(contained, list) else []
        sets = [each for each in listed if each.get("resourceType") == "ValueSet"]
        self._sets = {each["id"]: each for each in sets if isinstance(each.get("id"), str)}
        self._read: dict[str, tuple[Option, ...]] = {}
        self._urls = {each["url"]: each for each in sets if isinstance(each.get("url"), str)}

    def options(self, url: str) -> tuple[tuple[Option, ...], str | None]:
        """The answers of a value set; none where it is kept elsewhere. Else what is wrong with it."""
        found = self._sets.get(url[1:]) if url.startswith("#") else self._urls.get(url.partition("|")[0])
        if found is None:
            return (), f"there is no contained ValueSet {url!r}" if url.startswith("#") else None
        if url in self._read:
            return self._read[url], None
        options: list[Option] = []
        for coding, weight in _concepts(found):
            wrong = values.problem({"valueCoding": coding})
            if wrong is not None:
                return (), f"one of its concepts {wrong}"
            if len(options) == MOST_OPTIONS:
                return (), f"has more than {MOST_OPTIONS:,} concepts"
            options.append(Option({"valueCoding": coding}, weight))
        self._read[url] = tuple(options)
        return self._read[url], None


def _concepts(value_set: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Its codings: those of its expansion, else those its definition lists."""
    expansion = value_set.get("expansion")
    if isinstance(expansion, dict) and _objects(expansion.get("contains")):
        for each in _contained(expansion["contains"]):
            yield _coding(each.get("system"), each), score_of(each)
        return
    compose = value_set.get("compose")
    for include in _objects(compose.get("include")) if isinstance(compose, dict) else []:
        for each in _objects(include.get("concept")):
            yield _coding(include.get("system"), each), score_of(each)


def _contained(listed: Any) -> Iterator[dict[str, Any]]:
    for each in _objects(listed):
        if each.get("code") and each.get("abstract") is not True:
            yield each
        yield from _contained(each.get("contains"))


def _objects(listed: Any) -> list[dict[str, Any]]:
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _coding(system: Any, told: dict[str, Any]) -> dict[str, Any]:
    parts = {"system": system, "code": told.get("code"), "display": told.get("display")}
    return {name: part for name, part in parts.items() if part is not None}
