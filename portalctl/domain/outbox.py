"""The mail that this portal sends: what waits, and what became of it."""

from __future__ import annotations

from portalctl.contract import outbox as contract
from portalctl.domain import cursors, letter_texts, references
from portalctl.domain.office import Office, Visit
from portalctl.models.outbox import Letter, LetterReference, ListLetters, WrittenLetter
from portalctl.models.values import Page
from portalctl.storage import outbox
from portalctl.storage.engine import Row

LEFT_OUT = "(the link is not shown)"
"""What stands in a letter in place of its link for everybody but the one it is for."""


class Outbox(contract.Outbox):
    """The outbox of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListLetters) -> Page[Letter]:
        """Letters, newest first."""
        with self._office.visit(contract.Outbox.list) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            rows = outbox.page(visit.transaction, state=request.state, after=after, limit=request.limit + 1)
            shown = rows[: request.limit]
            for client_id in dict.fromkeys(row["person_id"] for row in shown if _is_of_client(row)):
                visit.record_read(client_id, client_id)
            more = len(rows) > len(shown)
            following = cursors.pack(shown[-1]["created_at"], shown[-1]["id"]) if more else None
            return Page(items=[Letter.model_validate(row) for row in shown], next=following)

    def show(self, request: LetterReference) -> WrittenLetter:
        """One letter as it would be sent now, without its link."""
        with self._office.visit(contract.Outbox.show) as visit:
            row = _find(visit, request.id)
            if _is_of_client(row):
                visit.record_read(row["id"], row["person_id"])
            written = letter_texts.write(visit.transaction, row, visit.now, lambda _kind, _id: LEFT_OUT)
            return WrittenLetter.model_validate({**row, "subject": written.subject, "text": written.text})


def _find(visit: Visit, reference: str) -> Row:
    rows = outbox.candidates(visit.transaction, reference)
    letters = [Letter.model_validate(row) for row in rows]
    found = references.one(letters, "letter", reference, lambda letter: f"{letter.kind.value} to {letter.recipient}")
    return next(row for row in rows if row["id"] == found.id)


def _is_of_client(row: Row) -> bool:
    person_id: str = row["person_id"]
    return person_id.startswith("cli_")
