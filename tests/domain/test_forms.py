"""Forms in a portal: who sees what when, what is signed, what stays, and what travels."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import fhir_json
from portalctl.models.documents import DocumentKind, DocumentReference, ListDocuments, UnshareDocument
from portalctl.models.forms import (
    LONGEST,
    FilledForm,
    GivenForm,
    GivenFormReference,
    ImportForm,
    ListGivenForms,
    SaveAnswers,
    ShareForm,
    SubmitForm,
)
from portalctl.models.uploads import OpenBody
from portalctl.storage.sqlite import SqliteStore
from portalctl.testing.questionnaires import CONSENT, HEALTH, question, questionnaire
from portalctl.testing.sending import sent
from tests.domain.conftest import FakeClock
from tests.domain.published import FREQUENCY, PHQ_9_ITEMS, phq_9

ANNA = "Anna Bianchi"
INTAKE = Path(__file__).parents[2] / "examples" / "forms" / "intake.json"

ANSWERS: dict[str, Any] = {
    "called": "Anna",
    "born": "1980-02-29",
    "reach": ["Phone", "This portal"],
    "call-time": "18:30",
    "contact-name": "Bo",
    "contact-relationship": "my aunt",
    "contact-phone": "06 6982",
    "weight": "70.5",
    "smoker": True,
    "cigarettes": 12,
    "allergies": ["pollen", "Cats"],
    "takes": "yes",
    "medicine": [{"medicine-name": "Ibuprofen", "medicine-dose": "1.50"}, {"medicine-name": "Aspirin"}],
    "seen": True,
    "seen-at": "2026-03-01T09:00",
    "wishes": "Sleep better.\nWorry less.",
    "consent-given": True,
}


def given(owner: EmbeddedPortal, text: str = HEALTH) -> GivenForm:
    """A form that Anna was given."""
    form = owner.forms.add(ImportForm(questionnaire=text))
    return owner.forms.share(ShareForm(form=form.id, client=ANNA))


def answer(client: EmbeddedPortal, form: GivenForm, **told: Any) -> FilledForm:
    """What Anna has answered."""
    return client.forms.save(SaveAnswers(id=form.id, answers=json.dumps(told)))


def exported(portal: EmbeddedPortal, form: GivenForm) -> Any:
    """The response as somebody sees it, digit by digit."""
    return fhir_json.read(portal.forms.export(GivenFormReference(id=form.id)).response)


def body(portal: EmbeddedPortal, form: GivenForm) -> bytes:
    """What the form's document downloads as."""
    with portal.open_body(OpenBody(id=form.id)) as opened:
        return b"".join(opened.chunks)


def test_a_form_is_a_document_that_waits_is_begun_and_completed(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    form = given(owner)
    reference = DocumentReference(id=form.id)
    document = client.documents.show(reference)
    assert (document.kind, document.state, document.name, document.new) == ("form", "waiting", "Health.json", True)
    answer(client, form, smoker=False, mood="Well")
    assert (client.documents.show(reference).state, client.documents.show(reference).new) == ("begun", False)
    clock.now += timedelta(hours=1)
    client.forms.submit(SubmitForm(id=form.id))
    document = owner.documents.show(reference)
    assert (document.state, document.updated_at) == ("completed", clock.now)
    assert [each.id for each in owner.documents.list(ListDocuments(kind=DocumentKind.FORM)).items] == [form.id]


def test_the_document_downloads_as_the_response_that_its_reader_may_see(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """Half-filled, the practice gets a response without answers."""
    form = given(owner)
    answer(client, form, smoker=False, mood="Well")
    assert fhir_json.read(body(client, form).decode()) == exported(client, form)
    half = fhir_json.read(body(owner, form).decode())
    assert (half["status"], "item" in half) == ("in-progress", False)
    client.forms.submit(SubmitForm(id=form.id))
    assert body(owner, form) == body(client, form)
    assert fhir_json.read(body(owner, form).decode())["status"] == "completed"
    with pytest.raises(errors.NotFound):
        body(other_client, form)


def test_what_the_practice_takes_back_is_gone_from_the_clients_forms(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    form = given(owner)
    owner.documents.unshare(UnshareDocument(id=form.id, client=ANNA))
    assert client.forms.given(ListGivenForms()).items == []
    with pytest.raises(errors.NotFound):
        client.forms.show(GivenFormReference(id=form.id))
    assert owner.forms.given(ListGivenForms()).items == []
    assert fhir_json.read(body(owner, form).decode()) == exported(owner, form), "the practice's record stays"


def test_the_questionnaire_is_kept_as_it_was_published(owner: EmbeddedPortal, portal_file: Path) -> None:
    """To the last digit and space: `1.10` does not become `1.1`."""
    text = questionnaire(question("a", "decimal", initial=[{"valueDecimal": 1}])).replace(": 1}", ": 1.10}")
    form = given(owner, text)
    store = SqliteStore(portal_file)
    with store.reading() as tx:
        assert tx.all("SELECT questionnaire FROM forms")[0]["questionnaire"] == text
    store.close()
    assert owner.forms.show(GivenFormReference(id=form.id)).items[0].answers == ["1.10"]


def test_the_answers_to_what_does_not_apply_do_not_travel(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """They are there again when it does apply before the form is handed in."""
    form = given(owner)
    answer(client, form, smoker=True, cigarettes=20, mood="Well")
    saved = answer(client, form, smoker=False)
    assert "cigarettes" not in [item.key for item in saved.items]
    assert "cigarettes" not in [item["linkId"] for item in exported(client, form)["item"]]
    assert answer(client, form, smoker=True).items[1].answers == ["20"]
    answer(client, form, smoker=False)
    client.forms.submit(SubmitForm(id=form.id))
    assert [item["linkId"] for item in exported(owner, form)["item"]] == ["smoker", "mood"]


def test_the_same_answers_again_change_nothing(owner: EmbeddedPortal, client: EmbeddedPortal, audit: Any) -> None:
    form = given(owner)
    first = answer(client, form, smoker=False)
    rows = len(audit())
    assert answer(client, form, smoker=False) == first
    assert len(audit()) == rows


def test_no_answer_stands_in_the_audit(owner: EmbeddedPortal, client: EmbeddedPortal, audit: Any) -> None:
    form = given(owner, questionnaire(question("a")))
    answer(client, form, a="a secret of mine")
    client.forms.submit(SubmitForm(id=form.id))
    assert "secret" not in json.dumps(audit())


def test_the_intake_form_is_filled_handed_in_and_answers_another_copy(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    letter = sent(client)
    form = given(owner, INTAKE.read_text())
    answer(client, form, **ANSWERS, letter=letter.id)
    with pytest.raises(errors.SignatureRequired):
        client.forms.submit(SubmitForm(id=form.id))
    done = client.forms.submit(SubmitForm(id=form.id, signed_by=ANNA, relationship="self"))
    assert [item.key for item in done.items if item.link_id == "medicine"] == ["medicine[1]", "medicine[2]"]
    told = exported(owner, form)
    health = next(item for item in told["item"] if item["linkId"] == "health")["item"]
    dose = next(item for item in health if item["linkId"] == "medicine")["item"][1]["answer"][0]
    assert str(dose["valueDecimal"]) == "1.50"
    again = given(owner, INTAKE.read_text())
    client.forms.save(SaveAnswers(id=again.id, answers=body(client, form).decode()))
    client.forms.submit(SubmitForm(id=again.id, signed_by=ANNA, relationship="self"))
    assert exported(owner, again)["item"] == told["item"]


def test_the_published_phq_9_is_imported_filled_and_exported(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    form = given(owner, phq_9())
    told = {f"/{code}": FREQUENCY[number % 4][0] for number, code in enumerate(PHQ_9_ITEMS)}
    saved = answer(client, form, **told)
    assert saved.score == 12
    assert saved.items[-1].help == ["How the total is read"]
    assert client.forms.submit(SubmitForm(id=form.id)).score == 12
    response = exported(owner, form)
    assert [item["linkId"] for item in response["item"]] == list(told)
    first = response["item"][1]["answer"][0]["valueCoding"]
    assert (first["system"], first["code"], first["display"]) == ("http://loinc.org", "LA6569-3", "Several days")
    assert first["extension"][0]["valueDecimal"] == Decimal(1)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"valueBoolean":true', '"valueBoolean":false'),
        lambda text: text.replace("Anna Bianchi", "Anna Blanchi"),
        lambda text: text.replace("completed", "amended"),
    ],
    ids=["an answer", "whose it is", "its state"],
)
def test_a_signature_does_not_hold_once_what_was_signed_is_changed(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path, change: Any
) -> None:
    form = given(owner, CONSENT)
    answer(client, form, agreed=True)
    signed = client.forms.submit(SubmitForm(id=form.id, signed_by="Anna B.", relationship="self")).signed
    assert signed is not None
    assert signed.holds
    store = SqliteStore(portal_file)
    with store.writing() as tx:
        (row,) = tx.all("SELECT response FROM form_responses")
        changed = change(row["response"])
        assert changed != row["response"]
        tx.run("UPDATE form_responses SET response = :changed", changed=changed)
    store.close()
    seen = owner.forms.show(GivenFormReference(id=form.id)).signed
    assert seen is not None
    assert (seen.hash, seen.holds) == (signed.hash, False)


def test_a_signature_can_be_verified_by_whoever_has_the_response(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """It is the SHA-256 of the response without its extensions, names in order and no space between."""
    import hashlib

    form = given(owner, CONSENT)
    answer(client, form, agreed=True)
    signed = client.forms.submit(SubmitForm(id=form.id, signed_by="Änna", relationship="guardian")).signed
    assert signed is not None
    told = json.loads(client.forms.export(GivenFormReference(id=form.id)).response)
    del told["extension"]
    plain = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(plain.encode()).hexdigest() == signed.hash


def test_a_form_may_be_signed_though_it_does_not_ask_but_not_by_half(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    form = given(owner)
    answer(client, form, smoker=False, mood="Well")
    with pytest.raises(errors.SignatureRequired):
        client.forms.submit(SubmitForm(id=form.id, relationship="self"))
    assert client.forms.submit(SubmitForm(id=form.id, signed_by=ANNA, relationship="self")).signed is not None


@pytest.mark.parametrize("whose", ["the practice's", "somebody else's", "no file", "nonsense", "missing"])
def test_only_a_file_of_ones_own_is_attached(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, whose: str
) -> None:
    form = given(owner, questionnaire(question("letter", "attachment")))
    made: dict[str, Callable[[], str]] = {
        "the practice's": lambda: sent(owner, client=ANNA).id,
        "somebody else's": lambda: sent(other_client).id,
        "no file": lambda: form.id,
        "nonsense": lambda: "../letter",
        "missing": lambda: "doc_zzzzzzzzzzzz",
    }
    with pytest.raises(errors.AnswersNotValid) as refused:
        answer(client, form, letter=made[whose]())
    assert refused.value.problems[0].startswith("letter (What is letter?): ")


def test_an_attached_file_that_was_deleted_is_told_before_the_form_is_handed_in(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    form, letter = given(owner, questionnaire(question("letter", "attachment"))), sent(client)
    answer(client, form, letter=letter.id)
    client.documents.delete(DocumentReference(id=letter.id))
    with pytest.raises(errors.AnswersNotValid):
        client.forms.submit(SubmitForm(id=form.id))


def test_a_file_that_was_handed_in_with_a_form_stays(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    form, letter = given(owner, questionnaire(question("letter", "attachment"))), sent(client)
    answer(client, form, letter=letter.id)
    client.forms.submit(SubmitForm(id=form.id))
    with pytest.raises(errors.NotChangeable):
        client.documents.delete(DocumentReference(id=letter.id))
    assert owner.documents.show(DocumentReference(id=letter.id)).sha256 == letter.sha256


def test_a_local_time_is_one_of_the_client(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    form = given(owner, questionnaire(question("a", "dateTime")))
    answer(client, form, a="2026-07-01T09:00")
    assert exported(client, form)["item"][0]["answer"] == [{"valueDateTime": "2026-07-01T09:00:00+02:00"}]


def test_more_than_a_portal_takes_is_refused_before_it_is_read() -> None:
    with pytest.raises(ValueError, match="300,000 bytes"):
        ImportForm(questionnaire="é" * (LONGEST // 2 + 1))
    with pytest.raises(ValueError, match="UTF-8"):
        SaveAnswers(id="doc_7k2m", answers="\ud800")
