"""The extensions of FHIR that change how a form is asked, or what it counts; all others are left as they are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from portalctl.domain.values import Value, parts_of

_HL7 = "http://hl7.org/fhir/StructureDefinition/"

SCORES = (
    _HL7 + "itemWeight",
    _HL7 + "ordinalValue",
    _HL7 + "questionnaire-ordinalValue",
    _HL7 + "valueset-ordinalValue",
    _HL7 + "codesystem-ordinalValue",
)
SIGNATURE_REQUIRED = _HL7 + "questionnaire-signatureRequired"
SIGNATURE = _HL7 + "questionnaireresponse-signature"


class Extensions(NamedTuple):
    """What the extensions of one element say. A value of the wrong kind says nothing."""

    listed: list[dict[str, Any]]

    @classmethod
    def of(cls, element: dict[str, Any]) -> Extensions:
        """Those of an element."""
        found = element.get("extension")
        listed = found if isinstance(found, list) else []
        return cls([each for each in listed if isinstance(each, dict)])

    def _all(self, name: str, value: str) -> list[Any]:
        return [each[value] for each in self.listed if each.get("url") == _HL7 + name and value in each]

    def _number(self, name: str) -> int | None:
        found = [
            each for each in self._all(name, "valueInteger") if isinstance(each, int) and not isinstance(each, bool)
        ]
        return found[0] if found and 0 <= found[0] <= 1_000_000 else None

    @property
    def asks_for_signature(self) -> bool:
        """Whether what it stands at is to be signed."""
        return any(each.get("url") == SIGNATURE_REQUIRED for each in self.listed)

    @property
    def hidden(self) -> bool:
        """Whether the item is kept from who fills the form."""
        return True in self._all("questionnaire-hidden", "valueBoolean")

    @property
    def lowest(self) -> Value | None:
        """The least answer."""
        return self._bound("minValue")

    @property
    def highest(self) -> Value | None:
        """The greatest answer."""
        return self._bound("maxValue")

    @property
    def min_length(self) -> int | None:
        """How many characters an answer has at least."""
        return self._number("minLength")

    @property
    def decimals(self) -> int | None:
        """How many places behind the point a number may have."""
        return self._number("maxDecimalPlaces")

    @property
    def fewest(self) -> int | None:
        """How many answers there are at least."""
        return self._number("questionnaire-minOccurs")

    @property
    def most(self) -> int | None:
        """How many answers there are at most."""
        return self._number("questionnaire-maxOccurs")

    @property
    def units(self) -> tuple[dict[str, Any], ...]:
        """The units of a quantity, as codings."""
        found = self._all("questionnaire-unit", "valueCoding") + self._all("questionnaire-unitOption", "valueCoding")
        return tuple(each for each in found if isinstance(each, dict) and _unit_words(each))

    def _bound(self, name: str) -> Value | None:
        for each in self.listed:
            if each.get("url") == _HL7 + name:
                return parts_of(each)
        return None


def _unit_words(coding: dict[str, Any]) -> bool:
    words = [coding.get("code"), coding.get("display")]
    return any(words) and all(word is None or isinstance(word, str) for word in [*words, coding.get("system")])


def score_of(element: dict[str, Any]) -> dict[str, Any] | None:
    """The extension that says what an option, a coding or a concept counts."""
    coding = element.get("valueCoding")
    holders = [element, coding] if isinstance(coding, dict) else [element]
    for holder in holders:
        for each in Extensions.of(holder).listed:
            number = each.get("valueDecimal", each.get("valueInteger"))
            if each.get("url") in SCORES and isinstance(number, int | Decimal) and not isinstance(number, bool):
                return {"url": each["url"], "valueDecimal": number}
    return None
