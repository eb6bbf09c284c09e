"""A form's answers as a FHIR R4 QuestionnaireResponse, and the signature that goes with it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, NamedTuple

from portalctl.domain import fhir_json
from portalctl.domain.fhir_extensions import SIGNATURE
from portalctl.domain.sheets import Place, Sheet

RELATIONSHIP = "urn:portalctl:fhir:signature-relationship"
"""Within a signature: what who signed is to the client."""

SHA256 = "urn:portalctl:fhir:sha256"
"""Within a signature or an attachment: the SHA-256, in hex, of what was signed or attached."""

_VERIFICATION = {
    "system": "urn:iso-astm:E1762-95:2013",
    "code": "1.2.840.10065.1.12.1.5",
    "display": "Verification Signature",
}


class About(NamedTuple):
    """What a response says beside the answers; moments are FHIR instants."""

    document_id: str
    form_id: str
    canonical: str | None
    client_id: str
    client: str
    authored: str | None
    is_completed: bool


class Signed(NamedTuple):
    """A signature, as it is kept with the answers."""

    name: str
    relationship: str
    at: str
    sha256: str


def items_of(sheet: Sheet, *, only_asked: bool = False) -> list[dict[str, Any]]:
    """The answers as the items of a response; only those that apply, once it is handed in."""
    return _items(sheet.places, sheet if only_asked else None)


def response(about: About, items: list[dict[str, Any]], signed: Signed | None = None) -> dict[str, Any]:
    """The QuestionnaireResponse."""
    found: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:portalctl:document", "value": about.document_id},
        "questionnaire": about.canonical or f"urn:portalctl:form:{about.form_id}",
        "status": "completed" if about.is_completed else "in-progress",
        "subject": {
            "identifier": {"system": "urn:portalctl:client", "value": about.client_id},
            "display": about.client,
        },
    }
    if about.authored is not None:
        found["authored"] = about.authored
        found["author"] = found["source"] = found["subject"]
    if items:
        found["item"] = items
    return {**found, "extension": [_signature(signed)]} if signed else found


def digest(unsigned: dict[str, Any]) -> str:
    """The SHA-256, in hex, of the canonical JSON of a response without its signature."""
    return hashlib.sha256(fhir_json.canonical(unsigned)).hexdigest()


def _signature(signed: Signed) -> dict[str, Any]:
    return {
        "url": SIGNATURE,
        "valueSignature": {
            "extension": [
                {"url": RELATIONSHIP, "valueString": signed.relationship},
                {"url": SHA256, "valueString": signed.sha256},
            ],
            "type": [_VERIFICATION],
            "when": signed.at,
            "who": {"display": signed.name},
            "targetFormat": "application/fhir+json",
            "sigFormat": "text/plain",
            "data": base64.b64encode(signed.name.encode()).decode(),
        },
    }


def _items(places: list[Place], sheet: Sheet | None) -> list[dict[str, Any]]:
    found = []
    for place in places:
        if sheet is not None and not sheet.applies(place):
            continue
        told = _item(place, sheet)
        if told is not None:
            found.append(told)
    return found


def _item(place: Place, sheet: Sheet | None) -> dict[str, Any] | None:
    """One item with its answers; None where there are none, but for a turn of a group that somebody is at."""
    head: dict[str, Any] = {"linkId": place.item.link_id}
    if place.item.text:
        head["text"] = place.item.text
    if place.item.type == "group":
        inner = _items(place.places, sheet)
        begun = sheet is None and place.turn > 1
        return {**head, "item": inner} if inner else head if begun else None
    answers = []
    for answer in place.answers:
        inner = _items(answer.places, sheet)
        answers.append({**answer.value, "item": inner} if inner else answer.value)
    return {**head, "answer": answers} if answers else None
