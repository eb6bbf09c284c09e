"""Forms: the practice's questionnaires, and the copies that clients were given, with their answers."""

from __future__ import annotations

from typing import Any

from portalctl.storage.engine import Row, Transaction

_FORM = (
    "SELECT id, title, url, edition, questions, signature = 1 AS signature, scored = 1 AS scored, notes, imported_at"
)
_GIVEN = (
    "SELECT g.document_id AS id, g.form_id, d.title, d.state, g.client_id, c.name AS client, r.appointment_id,"
    " f.questions, g.answered, f.signature = 1 AS signature, g.given_at, g.completed_at, g.revision"
)
_FROM = (
    " FROM form_responses g JOIN documents d ON d.id = g.document_id JOIN forms f ON f.id = g.form_id"
    " JOIN clients c ON c.id = g.client_id"
    " JOIN documentation r ON r.client_id = g.client_id AND r.document_id = g.document_id"
    " WHERE d.deleted_at IS NULL"
)


def insert(tx: Transaction, **columns: Any) -> None:
    """Add a form."""
    tx.run(
        "INSERT INTO forms (id, title, url, edition, questions, signature, scored, notes, questionnaire, sha256,"
        " imported_at, imported_by) VALUES (:id, :title, :url, :edition, :questions, :signature, :scored, :notes,"
        " :questionnaire, :sha256, :imported_at, :imported_by)",
        **columns,
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """The form of that id."""
    return tx.one(f"{_FORM} FROM forms WHERE id = :id", id=id)


def by_content(tx: Transaction, sha256: str) -> Row | None:
    """The form whose questionnaire is that text."""
    return tx.one(f"{_FORM} FROM forms WHERE sha256 = :sha256", sha256=sha256)


def questionnaire(tx: Transaction, id: str) -> str:  # noqa: A002  the column's name
    """The JSON of a form's questionnaire, as it was imported."""
    (row,) = tx.all("SELECT questionnaire FROM forms WHERE id = :id", id=id)
    text: str = row["questionnaire"]
    return text


def candidates(tx: Transaction, reference: str) -> list[Row]:
    """Up to ten forms that a reference may name: by id or its beginning, or by exact title."""
    folded = reference.casefold()
    prefix = folded if folded.startswith("frm_") and len(folded) > len("frm_") else "frm_~"
    return tx.all(
        f"{_FORM} FROM forms WHERE (id >= :prefix AND id < :beyond) OR title = :title ORDER BY id LIMIT 10",
        prefix=prefix,
        beyond=prefix + "~",
        title=reference,
    )


def page(tx: Transaction, *, after: tuple[int, str] | None, limit: int) -> list[Row]:
    """Forms, latest first, continuing behind `after`."""
    condition = " WHERE (imported_at, id) < (:after_at, :after_id)" if after else ""
    key = {"after_at": after[0], "after_id": after[1]} if after else {}
    return tx.all(f"{_FORM} FROM forms{condition} ORDER BY imported_at DESC, id DESC LIMIT :limit", limit=limit, **key)


def give(tx: Transaction, *, document_id: str, form_id: str, client_id: str, given_at: int) -> None:
    """Write down that a document is a client's copy of a form."""
    tx.run(
        "INSERT INTO form_responses (document_id, form_id, client_id, given_at, revision, answered)"
        " VALUES (:document_id, :form_id, :client_id, :given_at, 0, 0)",
        document_id=document_id,
        form_id=form_id,
        client_id=client_id,
        given_at=given_at,
    )


def given(tx: Transaction, document_id: str) -> Row | None:
    """The copy of a form that a document is, also where it was taken out of the client's documentation."""
    return tx.one(f"{_GIVEN}{_FROM} AND g.document_id = :document_id", document_id=document_id)


def answers(tx: Transaction, document_id: str) -> Row:
    """What was answered: `items` so far, and the `response` handed in."""
    (row,) = tx.all("SELECT items, response FROM form_responses WHERE document_id = :id", id=document_id)
    return row


def page_of_given(
    tx: Transaction, *, client_id: str | None, state: str | None, after: tuple[int, str] | None, limit: int
) -> list[Row]:
    """Copies that clients were given, latest first, continuing behind `after`."""
    conditions = ["", "r.removed_at IS NULL"]
    values: dict[str, Any] = {"limit": limit}
    if client_id is not None:
        conditions.append("g.client_id = :client_id")
        values["client_id"] = client_id
    if state is not None:
        conditions.append("d.state = :state")
        values["state"] = state
    if after is not None:
        conditions.append("(g.given_at, g.document_id) < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    return tx.all(
        f"{_GIVEN}{_FROM}{' AND '.join(conditions)} ORDER BY g.given_at DESC, g.document_id DESC LIMIT :limit",
        **values,
    )


def save(tx: Transaction, document_id: str, *, items: str, answered: int) -> None:
    """Keep answers; the copy is another revision from now on."""
    tx.run(
        "UPDATE form_responses SET items = :items, answered = :answered, revision = revision + 1"
        " WHERE document_id = :document_id",
        document_id=document_id,
        items=items,
        answered=answered,
    )


def complete(tx: Transaction, document_id: str, *, response: str, at: int) -> None:
    """Keep what was handed in."""
    tx.run(
        "UPDATE form_responses SET response = :response, completed_at = :at WHERE document_id = :document_id",
        document_id=document_id,
        response=response,
        at=at,
    )
