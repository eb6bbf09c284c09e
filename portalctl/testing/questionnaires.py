"""Questionnaires that the suite asks."""

from __future__ import annotations

import json
from typing import Any

_HL7 = "http://hl7.org/fhir/StructureDefinition/"


def questionnaire(*items: dict[str, Any], **fields: Any) -> str:
    """The JSON of a questionnaire of these items."""
    return json.dumps({"resourceType": "Questionnaire", "status": "active", **fields, "item": list(items)})


def question(link_id: str, kind: str = "string", **fields: Any) -> dict[str, Any]:
    """One item."""
    return {"linkId": link_id, "type": kind, "text": f"What is {link_id}?", **fields}


def scored(link_id: str, *labels: str, **fields: Any) -> dict[str, Any]:
    """A choice whose answers count 0, 1, 2 …"""
    options = [
        {
            "extension": [{"url": _HL7 + "ordinalValue", "valueDecimal": score}],
            "valueCoding": {"system": "urn:example:answers", "code": f"a{score}", "display": label},
        }
        for score, label in enumerate(labels)
    ]
    return question(link_id, "choice", answerOption=options, **fields)


SIGNED: dict[str, Any] = {
    "extension": [{"url": _HL7 + "questionnaire-signatureRequired", "valueCodeableConcept": {"text": "yes"}}]
}
"""What asks for a signature."""

HEALTH = questionnaire(
    question("smoker", "boolean", required=True),
    question("cigarettes", "integer", enableWhen=[{"question": "smoker", "operator": "=", "answerBoolean": True}]),
    question("weight", "decimal"),
    scored("mood", "Well", "So so", "Unwell", required=True),
    title="Health",
    url="https://example.com/health",
    version="2",
)
"""A few questions, one of which depends on another, and a total."""

CONSENT = questionnaire(question("agreed", "boolean", required=True), title="Consent", **SIGNED)
"""One question, to be signed."""
