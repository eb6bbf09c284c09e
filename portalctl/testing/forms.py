"""Forms."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from portalctl import errors
from portalctl.models.forms import (
    FilledForm,
    Form,
    GivenForm,
    GivenFormReference,
    ImportForm,
    ListForms,
    ListGivenForms,
    SaveAnswers,
    ShareForm,
    SubmitForm,
)
from portalctl.testing.at_once import at_once
from portalctl.testing.questionnaires import CONSENT, HEALTH, question, questionnaire
from portalctl.testing.samples import MISSING
from portalctl.testing.sending import sent
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


def imported(studio: Studio, text: str = HEALTH) -> Form:
    """A form of the practice's."""
    return studio.staff.forms.add(ImportForm(questionnaire=text))


def given(studio: Studio, text: str = HEALTH, **more: Any) -> GivenForm:
    """A form that Anna was given."""
    return studio.staff.forms.share(ShareForm(form=imported(studio, text).id, client=studio.client_id(), **more))


def answered(studio: Studio, form: GivenForm, **answers: Any) -> FilledForm:
    """What Anna has answered."""
    return studio.anna.forms.save(SaveAnswers(id=form.id, answers=json.dumps(answers)))


class TestForms:
    """What `portal.forms` does."""

    @shows("forms.add")
    def test_a_questionnaire_is_imported_as_it_is_and_the_same_text_is_the_same_form(self, studio: Studio) -> None:
        form = imported(studio)
        assert (form.title, form.url, form.edition, form.questions) == ("Health", "https://example.com/health", "2", 4)
        assert (form.scored, form.signature) == (True, False)
        assert imported(studio) == form
        assert imported(studio, HEALTH + "\n").id != form.id

    @shows("forms.add", errors.FormNotValid)
    def test_everything_that_is_wrong_with_a_questionnaire_is_told_with_its_place(self, studio: Studio) -> None:
        wrong = questionnaire(question("a"), question("a"), question("b", "colour"), status="someday")
        with pytest.raises(errors.FormNotValid) as refused:
            imported(studio, wrong)
        places = [problem.partition(":")[0] for problem in refused.value.problems]
        assert places == ["status", "item[1].linkId", "item[2].type"]

    @shows("forms.list")
    @shows("forms.list", errors.InvalidInput)
    def test_the_forms_are_listed_latest_first_page_by_page(self, studio: Studio) -> None:
        studio.clock.move(timedelta(seconds=1))
        first = imported(studio, questionnaire(question("a"), title=studio.word("Form")))
        studio.clock.move(timedelta(seconds=1))
        second = imported(studio, questionnaire(question("a"), title=studio.word("Form")))
        page = studio.owner.forms.list(ListForms(limit=1))
        assert page.items == [second]
        assert studio.owner.forms.list(ListForms(limit=1, cursor=page.next)).items == [first]
        with pytest.raises(errors.InvalidInput):
            studio.owner.forms.list(ListForms(cursor="somewhere"))

    @shows("forms.share")
    def test_a_form_that_is_shared_waits_in_the_clients_documentation(self, studio: Studio) -> None:
        booked = studio.booked()
        form = given(studio, appointment=booked.id)
        assert (form.title, form.state, form.appointment_id, form.answered) == ("Health", "waiting", booked.id, None)
        found = studio.anna.forms.show(GivenFormReference(id=form.id))
        assert [item.key for item in found.items] == ["smoker", "weight", "mood"]
        with pytest.raises(errors.NotFound):
            studio.ben.forms.show(GivenFormReference(id=form.id))

    @shows("forms.share", errors.NotFound)
    @shows("forms.share", errors.AmbiguousId)
    def test_a_form_is_named_by_its_id_or_title(self, studio: Studio) -> None:
        title, client = studio.word("Form"), studio.client_id()
        for number in range(2):
            imported(studio, questionnaire(question(f"q{number}"), title=title))
        with pytest.raises(errors.AmbiguousId):
            studio.owner.forms.share(ShareForm(form=title, client=client))
        for form, whose in ((MISSING["form"], client), (imported(studio).id, MISSING["client"])):
            with pytest.raises(errors.NotFound):
                studio.owner.forms.share(ShareForm(form=form, client=whose))

    @shows("forms.share")
    @shows("forms.share", errors.IdempotencyRunning, certain=False)
    def test_of_several_at_once_with_one_key_one_shares(self, studio: Studio) -> None:
        form, client, staff = imported(studio), studio.client_id(), studio.staff
        request = ShareForm(form=form.id, client=client, idempotency_key=studio.key())
        at_once(lambda: staff.forms.share(request))

    @shows("forms.share", errors.IdempotencyConflict)
    def test_the_same_key_shares_once(self, studio: Studio) -> None:
        key = studio.key()
        assert given(studio, idempotency_key=key) == given(studio, idempotency_key=key)
        with pytest.raises(errors.IdempotencyConflict):
            given(studio, CONSENT, idempotency_key=key)

    @shows("forms.given")
    @shows("forms.given", errors.NotFound, errors.InvalidInput)
    def test_forms_that_were_given_are_listed_latest_first_to_staff_and_to_the_client(self, studio: Studio) -> None:
        studio.clock.move(timedelta(seconds=1))
        first = given(studio)
        studio.clock.move(timedelta(seconds=1))
        second = given(studio)
        answered(studio, second, smoker=False)
        assert [each.id for each in studio.anna.forms.given(ListGivenForms()).items][:2] == [second.id, first.id]
        page = studio.owner.forms.given(ListGivenForms(client=second.client_id, limit=1))
        assert [(each.id, each.state, each.answered) for each in page.items] == [(second.id, "begun", None)]
        rest = studio.owner.forms.given(ListGivenForms(client=second.client_id, limit=1, cursor=page.next))
        assert [each.id for each in rest.items] == [first.id]
        assert second.id not in [each.id for each in studio.ben.forms.given(ListGivenForms()).items]
        with pytest.raises(errors.NotFound):
            studio.owner.forms.given(ListGivenForms(client=MISSING["client"]))
        with pytest.raises(errors.InvalidInput):
            studio.owner.forms.given(ListGivenForms(cursor="somewhere"))

    @shows("forms.save")
    def test_answers_are_kept_bit_by_bit_and_bring_the_questions_that_depend_on_them(self, studio: Studio) -> None:
        form = given(studio)
        saved = answered(studio, form, smoker=True)
        assert (saved.state, saved.answered) == ("begun", 1)
        assert [item.key for item in saved.items] == ["smoker", "cigarettes", "weight", "mood"]
        saved = answered(studio, form, cigarettes="20", mood="Unwell")
        assert [item.answers for item in saved.items] == [["yes"], ["20"], [], ["Unwell"]]
        assert (saved.score, saved.version != form.version) == (2, True)

    @shows("forms.save", errors.AnswersNotValid)
    def test_each_answer_that_does_not_fit_is_told_with_its_question(self, studio: Studio) -> None:
        with pytest.raises(errors.AnswersNotValid) as refused:
            answered(studio, given(studio), smoker="maybe", weight="heavy", height=180)
        assert [problem.partition(" ")[0] for problem in refused.value.problems] == ["smoker", "weight", "height:"]

    @shows("forms.save", errors.ChangedMeanwhile)
    @shows("forms.submit", errors.ChangedMeanwhile)
    def test_of_two_who_fill_a_form_at_once_the_later_learns_it(self, studio: Studio) -> None:
        form = given(studio)
        before = studio.anna.forms.show(GivenFormReference(id=form.id)).version
        answered(studio, form, smoker=False)
        with pytest.raises(errors.ChangedMeanwhile):
            studio.anna.forms.save(SaveAnswers(id=form.id, answers="{}", if_version=before))
        with pytest.raises(errors.ChangedMeanwhile):
            studio.anna.forms.submit(SubmitForm(id=form.id, if_version=before))

    @shows("forms.submit")
    @shows("forms.submit", errors.NotChangeable)
    @shows("forms.save", errors.NotChangeable)
    @shows("forms.show")
    @shows("forms.export")
    def test_staff_see_the_answers_once_they_are_handed_in_and_nobody_changes_them(self, studio: Studio) -> None:
        form = given(studio)
        saved = answered(studio, form, smoker=False, weight=70, mood="a1")
        half = studio.staff.forms.show(GivenFormReference(id=form.id))
        assert [item.answers for item in half.items if item.answers] == []
        assert "item" not in json.loads(studio.staff.forms.export(GivenFormReference(id=form.id)).response)
        done = studio.anna.forms.submit(SubmitForm(id=form.id, if_version=saved.version))
        assert (done.state, done.score, done.completed_at) == ("completed", 1, studio.clock())
        seen = studio.staff.forms.show(GivenFormReference(id=form.id))
        assert [item.answers for item in seen.items] == [["no"], ["70"], ["So so"]]
        response = studio.staff.forms.export(GivenFormReference(id=form.id)).response
        assert response == studio.anna.forms.export(GivenFormReference(id=form.id)).response
        told = json.loads(response)
        assert (told["resourceType"], told["status"]) == ("QuestionnaireResponse", "completed")
        assert told["questionnaire"] == "https://example.com/health|2"
        assert [item["linkId"] for item in told["item"]] == ["smoker", "weight", "mood"]
        with pytest.raises(errors.NotChangeable):
            answered(studio, form, smoker=True)
        with pytest.raises(errors.NotChangeable):
            studio.anna.forms.submit(SubmitForm(id=form.id))

    @shows("forms.submit", errors.AnswersNotValid)
    def test_what_is_missing_is_told_all_at_once(self, studio: Studio) -> None:
        form = given(studio)
        with pytest.raises(errors.AnswersNotValid) as refused:
            studio.anna.forms.submit(SubmitForm(id=form.id))
        assert refused.value.problems == [
            "smoker (What is smoker?): needs an answer",
            "mood (What is mood?): needs an answer",
        ]

    @shows("forms.submit", errors.SignatureRequired)
    def test_a_form_that_is_to_be_signed_is_signed_with_a_name_a_relationship_and_a_hash(self, studio: Studio) -> None:
        form = given(studio, CONSENT)
        assert form.signature
        answered(studio, form, agreed=True)
        with pytest.raises(errors.SignatureRequired):
            studio.anna.forms.submit(SubmitForm(id=form.id, signed_by="Anna Bianchi"))
        studio.anna.forms.submit(SubmitForm(id=form.id, signed_by="Anna Bianchi", relationship="self"))
        signed = studio.staff.forms.show(GivenFormReference(id=form.id)).signed
        assert signed is not None
        assert (signed.name, signed.relationship, signed.at) == ("Anna Bianchi", "self", studio.clock())
        assert (signed.holds, len(signed.hash)) == (True, 64)
        told = json.loads(studio.staff.forms.export(GivenFormReference(id=form.id)).response)
        assert told["extension"][0]["url"].endswith("/questionnaireresponse-signature")

    @shows("forms.save")
    def test_a_file_is_attached_by_its_document(self, studio: Studio) -> None:
        form = given(studio, questionnaire(question("letter", "attachment")))
        mine, theirs = sent(studio.anna), sent(studio.ben)
        answered(studio, form, letter=mine.id)
        told = json.loads(studio.anna.forms.export(GivenFormReference(id=form.id)).response)
        attached = told["item"][0]["answer"][0]["valueAttachment"]
        assert (attached["url"], attached["contentType"], attached["size"]) == (mine.id, mine.media_type, mine.bytes)
        assert (attached["title"], attached["extension"][0]["valueString"]) == (mine.title, mine.sha256)
        with pytest.raises(errors.AnswersNotValid):
            answered(studio, form, letter=theirs.id)

    @shows("forms.show", errors.NotFound)
    @shows("forms.save", errors.NotFound)
    @shows("forms.submit", errors.NotFound)
    @shows("forms.export", errors.NotFound)
    @pytest.mark.parametrize("kind", ["missing", "a file", "somebody else's"])
    def test_what_is_no_form_of_ones_own_is_not_there(self, studio: Studio, kind: str) -> None:
        made = {
            "missing": lambda: (MISSING["document"], studio.anna),
            "a file": lambda: (sent(studio.anna).id, studio.anna),
            "somebody else's": lambda: (given(studio).id, studio.ben),
        }
        document, portal = made[kind]()
        with pytest.raises(errors.NotFound):
            portal.forms.show(GivenFormReference(id=document))
        with pytest.raises(errors.NotFound):
            portal.forms.save(SaveAnswers(id=document, answers="{}"))
        with pytest.raises(errors.NotFound):
            portal.forms.submit(SubmitForm(id=document))
        with pytest.raises(errors.NotFound):
            portal.forms.export(GivenFormReference(id=document))
