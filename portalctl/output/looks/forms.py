"""How forms look."""

from __future__ import annotations

from typing import Any

from portalctl.output.columns import ID, Column, Look

_TITLE = Column("Title", "title")
_STATE = Column("State", "state", whole=True)
_GIVEN = Column("Given", "given_at", whole=True)


def _answered(form: Any) -> str:
    return "" if form.answered is None else f"{form.answered} of {form.questions}"


def _yes(name: str) -> Any:
    return lambda form: "yes" if getattr(form, name) else ""


_COPY = (
    ID,
    _TITLE,
    Column("Client", "client"),
    _STATE,
    Column("Answered", _answered, whole=True),
    Column("Signature", _yes("signature"), whole=True),
    _GIVEN,
)

LOOKS: dict[str, Look] = {
    "Form": Look(
        "forms",
        (
            ID,
            _TITLE,
            Column("Edition", "edition"),
            Column("Questions", "questions", whole=True),
            Column("Scored", _yes("scored"), whole=True),
            Column("Signature", _yes("signature"), whole=True),
            Column("Imported", "imported_at", whole=True),
        ),
        (
            ID,
            _TITLE,
            Column("URL", "url"),
            Column("Edition", "edition"),
            Column("Questions", "questions"),
            Column("Scored", "scored"),
            Column("Signature", "signature"),
            Column("Imported", "imported_at"),
            Column("To know", "notes"),
        ),
    ),
    "GivenForm": Look("forms", _COPY, (*_COPY, Column("Appointment", "appointment_id"))),
    "FilledForm": Look(
        "forms",
        _COPY,
        (
            *_COPY,
            Column("Appointment", "appointment_id"),
            Column("Handed in", "completed_at"),
            Column("Total", lambda form: f"{form.score:g}" if form.score is not None else None),
            Column("Signed by", lambda form: form.signed and f"{form.signed.name} ({form.signed.relationship})"),
            Column("Signature holds", lambda form: form.signed and form.signed.holds),
        ),
    ),
}
