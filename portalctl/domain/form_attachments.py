"""Files attached to forms: documents of the client's own."""

from __future__ import annotations

from typing import Any

from portalctl import errors
from portalctl.domain import documentation
from portalctl.domain.answer_problems import Problems
from portalctl.domain.ids import is_id_prefix
from portalctl.domain.office import Visit
from portalctl.domain.responses import SHA256
from portalctl.domain.sheets import Sheet
from portalctl.models.documents import Document, DocumentKind


def attach(visit: Visit, sheet: Sheet, problems: Problems) -> None:
    """Put into each attachment what the document that it names is; it is a file of the client's own."""
    for place in sheet.walk():
        if place.item.type != "attachment" or not sheet.applies(place):
            continue
        for answer in place.answers:
            url = answer.value["valueAttachment"]["url"]
            try:
                found = documentation.find_document(visit, url) if is_id_prefix(url, "doc") else None
            except (errors.NotFound, errors.AmbiguousId) as failure:
                problems.note(place.item, failure.message)
                continue
            if found is None or found.kind is not DocumentKind.FILE or not found.from_client:
                problems.note(
                    place.item, "needs a file of yours: upload one, and give its id, such as doc_7k2m9x4qv3bd"
                )
                continue
            answer.value = {"valueAttachment": _attachment(found)}


def _attachment(document: Document) -> dict[str, Any]:
    return {
        "extension": [{"url": SHA256, "valueString": document.sha256}],
        "contentType": document.media_type,
        "url": document.id,
        "size": document.bytes,
        "title": document.title,
    }
