"""FHIR R4 Questionnaires read from their JSON, with everything that is wrong with one at once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from portalctl import errors
from portalctl.domain import fhir_json, values
from portalctl.domain.answering import Unfit, fit
from portalctl.domain.fhir_extensions import Extensions, score_of
from portalctl.domain.form_items import LONGEST_PROBLEM, MOST_PROBLEMS, Condition, Item, Questionnaire, short
from portalctl.domain.value_sets import Option, ValueSets
from portalctl.domain.values import Value

MOST_ITEMS = 2000
DEEPEST_ITEMS = 16
MOST_ANSWERS_OFFERED = 20_000
"""How many answers all questions together may offer."""

OPERATORS = ("exists", "=", "!=", ">", "<", ">=", "<=")
_COUNTED = frozenset({"boolean", "decimal", "integer", "string", "text", "url", "open-choice"})
"""The types whose answers have a length."""


@lru_cache(16)
def read_questionnaire(text: str) -> Questionnaire:
    """The questionnaire that a text is. Raises FormNotValid, naming every problem with its path."""
    try:
        resource = fhir_json.read(text)
    except fhir_json.NotJson as wrong:
        raise _not_valid([str(wrong)]) from None
    if not isinstance(resource, dict) or resource.get("resourceType") != "Questionnaire":
        raise _not_valid(['resourceType is not "Questionnaire"'])
    reader = _Reader(resource)
    items = reader.read()
    if reader.problems:
        raise _not_valid(reader.problems)
    return Questionnaire(resource, items, reader.notes)


def _not_valid(problems: list[str]) -> errors.FormNotValid:
    shown = problems[:MOST_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(f"… and {len(problems) - len(shown)} more")
    return errors.FormNotValid(
        "that is not a FHIR R4 Questionnaire that can be asked",
        "correct what is named, or ask its publisher",
        problems=shown,
    )


class _Reader:
    """Reads one resource and gathers what is wrong with it."""

    def __init__(self, resource: dict[str, Any]) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._resource = resource
        self._sets = ValueSets(resource)
        self._seen: dict[str, str] = {}
        self._offered = 0
        self._conditions: list[tuple[str, Condition]] = []

    def read(self) -> tuple[Item, ...]:
        """The items, as far as they can be read."""
        for name in ("title", "name", "url", "version"):
            self._optional(self._resource, name, str, name)
        if self._resource.get("status") not in ("draft", "active", "retired", "unknown"):
            self._wrong("status", "is none of draft, active, retired, unknown")
        if "modifierExtension" in self._resource:
            self._wrong("modifierExtension", "changes the meaning of the form in a way that is not known here")
        items = self._items(self._resource, "", 1)
        if not items and not self.problems:
            self._wrong("item", "is missing: there is nothing to ask")
        for path, condition in self._conditions:
            if condition.question not in self._seen:
                self._wrong(f"{path}.question", f"there is no item {condition.question!r}")
        return items

    def _wrong(self, path: str, message: str) -> None:
        self.problems.append(short(f"{path}: {message}", LONGEST_PROBLEM))

    def _optional(self, holder: dict[str, Any], name: str, kind: type, path: str) -> Any:
        """A field of that kind; None where it is missing or, which is noted, of another kind."""
        found = holder.get(name)
        if found is None:
            return None
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            self._wrong(path, f"is not {_KINDS[kind]}")
            return None
        if isinstance(found, str) and not found.strip():
            self._wrong(path, "is empty")
            return None
        return found

    def _list(self, holder: dict[str, Any], name: str, path: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list, each with its path."""
        found = holder.get(name)
        if found is None:
            return []
        if not isinstance(found, list) or not found:
            self._wrong(path, "is not a list of objects")
            return []
        listed = [(f"{path}[{place}]", each) for place, each in enumerate(found)]
        for where, each in listed:
            if not isinstance(each, dict):
                self._wrong(where, "is not an object")
        return [(where, each) for where, each in listed if isinstance(each, dict)]

    def _items(self, holder: dict[str, Any], above: str, depth: int) -> tuple[Item, ...]:
        path = f"{above}.item" if above else "item"
        if depth > DEEPEST_ITEMS and holder.get("item"):
            self._wrong(path, f"is nested more than {DEEPEST_ITEMS} levels")
            return ()
        found = []
        for where, each in self._list(holder, "item", path):
            if len(self._seen) >= MOST_ITEMS:
                self._wrong(where, f"there are more than {MOST_ITEMS:,} items")
                break
            item = self._item(each, where, depth)
            if item is not None:
                found.append(item)
        return tuple(found)

    def _item(self, told: dict[str, Any], path: str, depth: int) -> Item | None:
        link_id = self._link_id(told, path)
        kind = told.get("type")
        inner = self._items(told, path, depth + 1)
        if kind not in ("group", "display", *values.TYPES):
            known = ", ".join(("group", "display", *values.TYPES))
            self._wrong(f"{path}.type", f"is none of {known}" if kind != "reference" else "reference is not asked here")
            return None
        if "modifierExtension" in told:
            self._wrong(f"{path}.modifierExtension", "changes the item's meaning in a way that is not known here")
        self._shape(told, kind, path, has_items="item" in told)
        text = self._optional(told, "text", str, f"{path}.text")
        prefix = self._optional(told, "prefix", str, f"{path}.prefix")
        flags = {
            name: bool(self._optional(told, name, bool, f"{path}.{name}"))
            for name in ("required", "repeats", "readOnly")
        }
        extensions = Extensions.of(told)
        options = self._options(told, path)
        self._offered += len(options)
        if self._offered > MOST_ANSWERS_OFFERED >= self._offered - len(options):
            self._wrong(path, f"the form offers more than {MOST_ANSWERS_OFFERED:,} answers")
        bounds = {"lowest": extensions.lowest, "highest": extensions.highest}
        for name, bound in bounds.items():
            wrong = values.problem(bound) if bound is not None else None
            if wrong:
                self._wrong(f"{path}.extension", f"the {name} value {wrong}")
                bounds[name] = None
        item = Item(
            link_id=link_id,
            type=kind,
            path=path,
            text=text or "",
            prefix=prefix,
            required=flags["required"],
            repeats=flags["repeats"],
            read_only=flags["readOnly"],
            hidden=extensions.hidden,
            conditions=self._enable_when(told, path),
            any_of=told.get("enableBehavior") == "any",
            options=options,
            initial=self._initial(told, kind, path, options, flags["repeats"]),
            max_length=self._length(told, path),
            min_length=extensions.min_length,
            decimals=extensions.decimals,
            fewest=extensions.fewest,
            most=extensions.most,
            units=extensions.units,
            signature=extensions.asks_for_signature,
            items=inner,
            **bounds,
        )
        return item._replace(initial=self._fitting(item))

    def _fitting(self, item: Item) -> tuple[Value, ...]:
        """What its answer is initially, as it is kept."""
        found = []
        for value in item.initial:
            try:
                found.append(fit(item, value))
            except Unfit as wrong:
                self._wrong(f"{item.path}.initial", str(wrong))
        return tuple(found)

    def _link_id(self, told: dict[str, Any], path: str) -> str:
        link_id = self._optional(told, "linkId", str, f"{path}.linkId")
        if link_id is None:
            if "linkId" not in told:
                self._wrong(f"{path}.linkId", "is missing")
            return path
        if link_id in self._seen:
            self._wrong(f"{path}.linkId", f"{link_id!r} is that of {self._seen[link_id]} too")
        self._seen.setdefault(link_id, path)
        found: str = link_id
        return found

    def _shape(self, told: dict[str, Any], kind: str, path: str, *, has_items: bool) -> None:
        """What FHIR says of an item's type and its other fields (que-1, 4 to 11)."""
        if kind == "group" and not has_items:
            self._wrong(f"{path}.item", "is missing: a group has items within it")
        if kind == "display" and has_items:
            self._wrong(f"{path}.item", "a display has no items within it")
        for name in _NOT_OF.get(kind, ()):
            if name in told:
                self._wrong(f"{path}.{name}", f"a {kind} is not answered")
        if "answerOption" in told and "answerValueSet" in told:
            self._wrong(path, "has both answerOption and answerValueSet")
        if "answerValueSet" in told and kind not in ("choice", "open-choice"):
            self._wrong(f"{path}.answerValueSet", "only a choice or open-choice has one")
        if "answerOption" in told and "initial" in told:
            self._wrong(f"{path}.initial", "options say with initialSelected which of them is")

    def _length(self, told: dict[str, Any], path: str) -> int | None:
        found: int | None = self._optional(told, "maxLength", int, f"{path}.maxLength")
        if found is None:
            return None
        if found < 1:
            self._wrong(f"{path}.maxLength", "is not above 0")
        return found if told.get("type") in _COUNTED else None

    def _enable_when(self, told: dict[str, Any], path: str) -> tuple[Condition, ...]:
        found = []
        for where, each in self._list(told, "enableWhen", f"{path}.enableWhen"):
            condition = self._condition(each, where)
            if condition is not None:
                found.append(condition)
                self._conditions.append((where, condition))
        behaviour = told.get("enableBehavior")
        if behaviour not in (None, "all", "any"):
            self._wrong(f"{path}.enableBehavior", "is neither all nor any")
        if behaviour is None and len(found) > 1:
            self._wrong(f"{path}.enableBehavior", "is missing: say whether all or any of the conditions count")
        return tuple(found)

    def _condition(self, told: dict[str, Any], path: str) -> Condition | None:
        question, operator = told.get("question"), told.get("operator")
        if not isinstance(question, str) or not question:
            self._wrong(f"{path}.question", "is missing")
            return None
        if operator not in OPERATORS:
            self._wrong(f"{path}.operator", f"is none of {' '.join(OPERATORS)}")
            return None
        names = [name for name in told if name.startswith("answer")]
        if len(names) != 1:
            self._wrong(path, "needs exactly one answer[x]")
            return None
        answer = {"value" + names[0].removeprefix("answer"): told[names[0]]}
        wrong = values.problem(answer)
        if wrong is None and operator == "exists" and "valueBoolean" not in answer:
            wrong = "is not answerBoolean, which exists needs"
        if wrong is None and operator in (">", "<", ">=", "<=") and values.name_of(answer) not in values.ORDERED:
            wrong = f"is neither more nor less than another, which {operator} asks"
        if wrong is not None:
            self._wrong(f"{path}.{names[0]}", wrong)
            return None
        return Condition(question, operator, answer)

    def _options(self, told: dict[str, Any], path: str) -> tuple[Option, ...]:
        given = told.get("answerValueSet")
        if given is not None:
            if not isinstance(given, str) or not given:
                self._wrong(f"{path}.answerValueSet", "is not a URL")
                return ()
            options, wrong = self._sets.options(given)
            if wrong:
                self._wrong(f"{path}.answerValueSet", wrong)
            elif not options:
                link_id = told.get("linkId")
                self.notes.append(f"{link_id}: its choices are kept elsewhere ({given}), so any words are an answer")
            return options
        found = []
        for where, each in self._list(told, "answerOption", f"{path}.answerOption"):
            value = values.parts_of(each)
            wrong = values.problem(value)
            if wrong is None and values.name_of(value) not in values.TYPES["choice"]:
                wrong = "is not a value that an option may have"
            if wrong is not None:
                self._wrong(where, wrong)
                continue
            selected = bool(self._optional(each, "initialSelected", bool, f"{where}.initialSelected"))
            found.append(Option(value, score_of(each) if score_of(each) else score_of(value), selected))
        return tuple(found)

    def _initial(
        self, told: dict[str, Any], kind: str, path: str, options: tuple[Option, ...], repeats: bool
    ) -> tuple[Value, ...]:
        if kind in ("group", "display"):
            return ()
        found = [option.answer for option in options if option.selected]
        for where, each in self._list(told, "initial", f"{path}.initial"):
            value = values.parts_of(each)
            wrong = values.problem(value)
            if wrong is None and values.name_of(value) not in values.TYPES[kind]:
                wrong = f"is not an answer of type {kind}"
            if wrong is not None:
                self._wrong(where, wrong)
            else:
                found.append(value)
        if len(found) > 1 and not repeats:
            self._wrong(f"{path}.initial", "has several values, and the question takes one")
        return tuple(found)


_NOT_OF = {
    "group": ("initial", "answerOption", "answerValueSet", "maxLength"),
    "display": ("initial", "answerOption", "answerValueSet", "maxLength", "required", "repeats", "readOnly"),
}
"""What an item that is not answered has none of."""

_KINDS: dict[type, str] = {str: "text", bool: "true or false", int: "a whole number"}
