"""Who is meant by each of many references, and whether what else is said of them is true."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial

from portalctl.domain.ids import is_id_prefix
from portalctl.domain.office import Visit
from portalctl.models.appointments import Appointment
from portalctl.models.clients import ClientQuestion, IdentifiedClient, IdentityProblem
from portalctl.storage import appointments, clients
from portalctl.storage.engine import Row

_WHOLE = len("cli_") + 12


def identify(visit: Visit, questions: Sequence[ClientQuestion]) -> list[IdentifiedClient]:
    """Whom each question means. It is on record for each client who was found."""
    found = _found(visit, questions)
    for client_id in dict.fromkeys(row["id"] for rows in found.values() if len(rows) == 1 for row in rows):
        visit.record_read(client_id, client_id)
    return [_answer(visit, question, found[question.client]) for question in questions]


def _found(visit: Visit, questions: Sequence[ClientQuestion]) -> Mapping[str, Sequence[Row]]:
    """The clients that each reference fits, by the reference as it was written."""
    tx = visit.transaction
    meant = {each.client: each.client.strip().casefold() for each in questions}
    ids = [word for word in meant.values() if word.startswith("cli_") and len(word) == _WHOLE]
    emails = [word for word in meant.values() if "@" in word]
    known = clients.recognised(tx, ids, emails)
    by_word = {word: [row] for row in known for word in (row["id"], row["email"])}
    return {
        written: by_word[word]
        if word in by_word
        else clients.beginning(tx, word)
        if is_id_prefix(word, "cli") and len(word) < _WHOLE
        else []
        for written, word in meant.items()
    }


def _answer(visit: Visit, question: ClientQuestion, rows: Sequence[Row]) -> IdentifiedClient:
    if len(rows) != 1:
        return IdentifiedClient(problems=[_nobody(question.client, rows)])
    (row,) = rows
    problems = list(_mismatches(question, row))
    appointment_id: str | None = None
    if question.appointment is not None:
        candidates = _appointments(visit, question.appointment, row["id"])
        if len(candidates) == 1:
            appointment_id = candidates[0].id
        else:
            problems.append(_no_appointment(question.appointment, candidates))
    if problems:
        return IdentifiedClient(problems=problems)
    return IdentifiedClient(client_id=row["id"], client=row["name"], appointment_id=appointment_id)


def _nobody(reference: str, rows: Sequence[Row]) -> IdentityProblem:
    problem = partial(IdentityProblem, column="client")
    if rows:
        return problem(code="ambiguous_id", message=f"{reference!r} fits several clients: use more of the id")
    return problem(
        code="not_found", message=f"there is no client {reference!r}: a client is named by an id or an e-mail address"
    )


def _mismatches(question: ClientQuestion, row: Row) -> list[IdentityProblem]:
    """Whatever is said of somebody and is not true; never what would be true."""
    problem = partial(IdentityProblem, code="identity_mismatch")
    found = []
    if question.name is not None and _folded(question.name) != _folded(row["name"]):
        found.append(problem(column="name", message=f"{question.client!r} is nobody of the name {question.name!r}"))
    if question.birth_date is not None and question.birth_date.isoformat() != row["birth_date"]:
        found.append(
            problem(
                column="birth_date",
                message=f"{question.client!r} is nobody who is known to be born on {question.birth_date}",
            )
        )
    return found


def _folded(name: str) -> str:
    """A name without what people write differently: case, spaces, the way that accents are put together."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


def _appointments(visit: Visit, reference: str, client_id: str) -> list[Appointment]:
    word = reference.strip().lower()
    candidates = appointments.candidates(visit.transaction, word, client_id) if is_id_prefix(word, "apt") else []
    return [each for each in candidates if each.id == word] or candidates


def _no_appointment(reference: str, candidates: Sequence[Appointment]) -> IdentityProblem:
    problem = partial(IdentityProblem, column="appointment")
    if candidates:
        return problem(code="ambiguous_id", message=f"{reference!r} fits several appointments: use more of the id")
    return problem(code="not_found", message=f"there is no appointment {reference!r} of this client")
