"""What a portal can do with forms."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
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


class Forms(ABC):
    """FHIR R4 Questionnaires: the practice's, and those that clients were given to fill."""

    @operation("POST", "/forms", repeatable=True)
    @abstractmethod
    def add(self, request: ImportForm) -> Form:
        """Import a questionnaire; harmless to repeat: the same text again is the same form.

        Raises FormNotValid, naming every problem.
        """

    @operation("GET", "/forms")
    @abstractmethod
    def list(self, request: ListForms) -> Page[Form]:
        """The practice's forms, latest first. Raises InvalidInput."""

    @operation("POST", "/forms/{form}/share")
    @abstractmethod
    def share(self, request: ShareForm) -> GivenForm:
        """Give a client a form, as a document of theirs that waits to be filled.

        Safe to repeat with the same idempotency key. Raises NotFound, AmbiguousId, IdempotencyConflict,
        IdempotencyRunning.
        """

    @operation("GET", "/given-forms")
    @abstractmethod
    def given(self, request: ListGivenForms) -> Page[GivenForm]:
        """Forms that clients were given, latest first. Raises NotFound, InvalidInput."""

    @operation("GET", "/given-forms/{id}")
    @abstractmethod
    def show(self, request: GivenFormReference) -> FilledForm:
        """A form's questions, and its answers to whom they may be shown. Raises NotFound."""

    @operation("PATCH", "/given-forms/{id}")
    @abstractmethod
    def save(self, request: SaveAnswers) -> FilledForm:
        """Keep answers of a form that is not completed yet; what is missing may stay so for now.

        Raises NotFound, NotChangeable for a completed one, AnswersNotValid, naming every problem, ChangedMeanwhile.
        """

    @operation("POST", "/given-forms/{id}/submit")
    @abstractmethod
    def submit(self, request: SubmitForm) -> FilledForm:
        """Complete a form; from then on it does not change, and the practice sees it.

        Raises NotFound, NotChangeable for a completed one, AnswersNotValid, naming every problem, SignatureRequired,
        ChangedMeanwhile.
        """

    @operation("GET", "/given-forms/{id}/response")
    @abstractmethod
    def export(self, request: GivenFormReference) -> FormResponse:
        """The answers as a QuestionnaireResponse. Raises NotFound."""
