"""Forms: questionnaires that the practice gives to clients, who fill them bit by bit and hand them in once."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC

from portalctl import errors
from portalctl.contract import forms as contract
from portalctl.domain import answers, cursors, documentation, fhir_json, references, responses
from portalctl.domain.answer_problems import Problems
from portalctl.domain.clients import find_client
from portalctl.domain.form_attachments import attach
from portalctl.domain.form_items import Questionnaire, total
from portalctl.domain.form_papers import questions, signature_in
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.domain.questionnaires import read_questionnaire
from portalctl.domain.response_answers import restored
from portalctl.domain.responses import About, Signed
from portalctl.domain.sheets import Sheet
from portalctl.domain.versions import require_unchanged
from portalctl.models.documents import Document, DocumentKind, DocumentState
from portalctl.models.forms import (
    FilledForm,
    Form,
    FormResponse,
    GivenForm,
    GivenFormReference,
    ImportForm,
    ListForms,
    ListGivenForms,
    SaveAnswers,
    ShareForm,
    SubmitForm,
)
from portalctl.models.values import Page
from portalctl.storage import documents as stored_documents
from portalctl.storage import forms
from portalctl.storage.engine import Row

MEDIA_TYPE = "application/fhir+json"


class Forms(contract.Forms):
    """The forms of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, request: ImportForm) -> Form:
        """Import a questionnaire; the same text again is the same form."""
        with self._office.visit(contract.Forms.add) as visit:
            tx = visit.transaction
            questionnaire = read_questionnaire(request.questionnaire)
            sha256 = hashlib.sha256(request.questionnaire.encode()).hexdigest()
            tx.hold(f"form:{sha256}")
            known = forms.by_content(tx, sha256)
            if known is not None:
                return _form(known)
            form_id = new_id("frm")
            forms.insert(
                tx,
                id=form_id,
                title=questionnaire.title,
                url=questionnaire.resource.get("url"),
                edition=questionnaire.resource.get("version"),
                questions=questionnaire.questions,
                signature=int(questionnaire.signature),
                scored=int(questionnaire.scored),
                notes=json.dumps(questionnaire.notes),
                questionnaire=request.questionnaire,
                sha256=sha256,
                imported_at=visit.second,
                imported_by=visit.caller.person_id,
            )
            visit.record(form_id)
            return _form(forms.get(tx, form_id) or {})

    def list(self, request: ListForms) -> Page[Form]:
        """The practice's forms, latest first."""
        with self._office.visit(contract.Forms.list) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            rows = forms.page(visit.transaction, after=after, limit=request.limit + 1)
        shown = rows[: request.limit]
        following = cursors.pack(shown[-1]["imported_at"], shown[-1]["id"]) if len(rows) > len(shown) else None
        return Page(items=[_form(row) for row in shown], next=following)

    def share(self, request: ShareForm) -> GivenForm:
        """Give a client a form, as a document of theirs that waits to be filled."""
        with self._office.visit(contract.Forms.share) as visit:
            tx = visit.transaction
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _given(_row(visit, before[0]), visit)
            found = [_form(row) for row in forms.candidates(tx, request.form)]
            form = references.one(found, "form", request.form, lambda each: each.title)
            client = find_client(visit, request.client)
            appointment = documentation.appointment_of(visit, request.appointment, client.id)
            document = documentation.make(
                visit,
                kind=DocumentKind.FORM,
                title=form.title,
                name=_file_name(form.title),
                media_type=MEDIA_TYPE,
                state=DocumentState.WAITING,
                client_id=client.id,
                appointment_id=appointment.id if appointment else None,
            )
            forms.give(tx, document_id=document.id, form_id=form.id, client_id=client.id, given_at=visit.second)
            visit.record(document.id, client.id)
            remember(visit, request.idempotency_key, request, [document.id])
            return _given(_row(visit, document.id), visit)

    def given(self, request: ListGivenForms) -> Page[GivenForm]:
        """Forms that clients were given, latest first."""
        with self._office.visit(contract.Forms.given) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            client_id = find_client(visit, request.client).id if request.client is not None else visit.own_client
            rows = forms.page_of_given(
                visit.transaction,
                client_id=client_id,
                state=request.state.value if request.state else None,
                after=after,
                limit=request.limit + 1,
            )
            shown = rows[: request.limit]
            for subject in [client_id] if client_id else dict.fromkeys(row["client_id"] for row in shown):
                visit.record_read(subject, subject)
            following = cursors.pack(shown[-1]["given_at"], shown[-1]["id"]) if len(rows) > len(shown) else None
            return Page(items=[_given(row, visit) for row in shown], next=following)

    def show(self, request: GivenFormReference) -> FilledForm:
        """A form's questions, and its answers to whom they may be shown."""
        with self._office.visit(contract.Forms.show) as visit:
            document = _find(visit, request.id)
            _note_view(visit, document)
            return _filled(visit, document.id)

    def save(self, request: SaveAnswers) -> FilledForm:
        """Keep answers of a form that is not completed yet; what is missing may stay so for now."""
        with self._office.visit(contract.Forms.save) as visit:
            tx = visit.transaction
            document = _hold(visit, request.id, request.if_version)
            sheet = answers.put(_sheet(visit, document.id), request.answers, visit.caller.timezone)
            problems = Problems()
            attach(visit, sheet, problems)
            problems.settle("these answers do not fit the form")
            items = fhir_json.write(responses.items_of(sheet))
            if items != forms.answers(tx, document.id)["items"]:
                forms.save(tx, document.id, items=items, answered=sheet.answered)
                documentation.set_state(visit, document.id, DocumentState.BEGUN)
                stored_documents.see(tx, document.id, visit.caller.person_id, visit.second)
                visit.record(document.id, visit.caller.person_id)
            return _filled(visit, document.id)

    def submit(self, request: SubmitForm) -> FilledForm:
        """Complete a form; from then on it does not change, and the practice sees it."""
        with self._office.visit(contract.Forms.submit) as visit:
            tx = visit.transaction
            document = _hold(visit, request.id, request.if_version)
            sheet = _sheet(visit, document.id)
            problems = Problems()
            answers.check_whole(sheet, problems)
            attach(visit, sheet, problems)
            problems.settle("the form is not ready to be handed in")
            signed_by = _signing(sheet.questionnaire, request)
            items = responses.items_of(sheet, only_asked=True)
            forms.save(tx, document.id, items=fhir_json.write(items), answered=sheet.answered)
            handed_in = responses.response(_about(visit, document.id, completed=True), items)
            if signed_by is not None:
                signed = Signed(*signed_by, _instant(visit), responses.digest(handed_in))
                handed_in = responses.response(_about(visit, document.id, completed=True), items, signed)
            forms.complete(tx, document.id, response=fhir_json.write(handed_in), at=visit.second)
            documentation.set_state(visit, document.id, DocumentState.COMPLETED)
            stored_documents.see(tx, document.id, visit.caller.person_id, visit.second)
            visit.record(document.id, visit.caller.person_id)
            return _filled(visit, document.id)

    def export(self, request: GivenFormReference) -> FormResponse:
        """The answers as a QuestionnaireResponse."""
        with self._office.visit(contract.Forms.export) as visit:
            document = _find(visit, request.id)
            _note_view(visit, document)
            return FormResponse(id=document.id, state=document.state, response=as_json(visit, document).decode())


def as_json(visit: Visit, document: Document) -> bytes:
    """A form's answers as a QuestionnaireResponse, without those that the caller may not see yet."""
    row = _row(visit, document.id)
    kept = forms.answers(visit.transaction, document.id)["response"]
    if kept is not None:
        told = fhir_json.read(kept)
    else:
        items = responses.items_of(_sheet(visit, document.id), only_asked=True) if _sees_answers(visit, row) else []
        told = responses.response(_about(visit, document.id, completed=False), items)
    return (fhir_json.write(told, indent=2) + "\n").encode()


def _find(visit: Visit, reference: str) -> Document:
    """The document of a form. Raises NotFound, AmbiguousId."""
    document = documentation.find_document(visit, reference)
    if document.kind is not DocumentKind.FORM or forms.given(visit.transaction, document.id) is None:
        return references.one([], "form", reference, lambda each: each.id)
    return document


def _hold(visit: Visit, reference: str, if_version: str | None) -> Document:
    """The document of a form that may change now. Raises NotFound, AmbiguousId, ChangedMeanwhile, NotChangeable."""
    document = _find(visit, reference)
    visit.transaction.hold(f"document:{document.id}")
    found = _given(_row(visit, document.id), visit)
    if found.state is DocumentState.COMPLETED:
        raise errors.NotChangeable(
            "this form was handed in and does not change any more", "ask the practice for another one"
        )
    require_unchanged(found, if_version)
    return document


def _row(visit: Visit, document_id: str) -> Row:
    found = forms.given(visit.transaction, document_id)
    assert found is not None  # noqa: S101  whoever asks has found the document
    return found


def _sees_answers(visit: Visit, row: Row) -> bool:
    return bool(row["state"] == DocumentState.COMPLETED or row["client_id"] == visit.caller.client_id)


def _note_view(visit: Visit, document: Document) -> None:
    """Write down that somebody else than the client opens it."""
    if visit.own_client is None:
        documentation.record_view(visit, document)


def _sheet(visit: Visit, document_id: str) -> Sheet:
    """The form with the answers so far."""
    row = _row(visit, document_id)
    questionnaire = read_questionnaire(forms.questionnaire(visit.transaction, row["form_id"]))
    items = forms.answers(visit.transaction, document_id)["items"]
    return restored(questionnaire, fhir_json.read(items)) if items is not None else Sheet(questionnaire)


def _filled(visit: Visit, document_id: str) -> FilledForm:
    row = _row(visit, document_id)
    sheet = _sheet(visit, document_id)
    if not _sees_answers(visit, row):
        sheet = Sheet(sheet.questionnaire)
    kept = forms.answers(visit.transaction, document_id)["response"]
    scores = sheet.scores
    return FilledForm(
        **_given(row, visit).model_dump(),
        items=questions(sheet),
        score=total(scores) if scores else None,
        signed=signature_in(kept) if kept is not None else None,
    )


def _signing(questionnaire: Questionnaire, request: SubmitForm) -> tuple[str, str] | None:
    """Who signs, and what they are to the client. Raises SignatureRequired."""
    if request.signed_by is not None and request.relationship is not None:
        return request.signed_by, request.relationship
    if questionnaire.signature or request.signed_by is not None or request.relationship is not None:
        raise errors.SignatureRequired(
            "this form is to be signed, with a name and what its bearer is to the client",
            "sign it with: --sign NAME --relationship self",
        )
    return None


def _about(visit: Visit, document_id: str, *, completed: bool) -> About:
    row = _row(visit, document_id)
    questionnaire = read_questionnaire(forms.questionnaire(visit.transaction, row["form_id"]))
    return About(
        document_id=document_id,
        form_id=row["form_id"],
        canonical=questionnaire.canonical,
        client_id=row["client_id"],
        client=row["client"],
        authored=_instant(visit) if completed else None,
        is_completed=completed,
    )


def _instant(visit: Visit) -> str:
    return visit.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _form(row: Row) -> Form:
    return Form.model_validate({**row, "notes": json.loads(row["notes"])})


def _given(row: Row, visit: Visit) -> GivenForm:
    said = f"{row['id']}\0{row['state']}\0{row['revision']}"
    known = {} if _sees_answers(visit, row) else {"answered": None}
    return GivenForm.model_validate({**row, **known, "version": hashlib.sha256(said.encode()).hexdigest()[:16]})


def _file_name(title: str) -> str:
    return (re.sub(r"[^\w.-]+", "-", title).strip("-.")[:80] or "form") + ".json"
