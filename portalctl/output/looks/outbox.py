"""How letters look."""

from __future__ import annotations

from portalctl.output.columns import ID, Column, Look

_LETTER = (
    ID,
    Column("What", lambda letter: letter.kind.replace("_", " "), whole=True),
    Column("To", "recipient"),
    Column("State", "state", whole=True),
    Column("Due", "due_at", whole=True),
)

_LETTER_DETAIL = (
    *_LETTER,
    Column("Written", "created_at"),
    Column("Attempts", "attempts"),
    Column("Settled", "settled_at"),
    Column("Why", "last_error"),
)


LOOKS: dict[str, Look] = {
    "Letter": Look("letters", _LETTER),
    "WrittenLetter": Look("letters", _LETTER, (*_LETTER_DETAIL, Column("Subject", "subject"))),
    "Delivery": Look(
        "rounds",
        (
            Column("Sent", "sent", whole=True),
            Column("Dropped", "dropped", whole=True),
            Column("Postponed", "postponed", whole=True),
            Column("Failed", "failed", whole=True),
        ),
    ),
}
