"""Forms: FHIR R4 Questionnaires, the copies that clients are given to fill, and what they answer.

FHIR content travels as the text of its JSON, so that it stays what it was to the last digit.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from portalctl.models.documents import DocumentState
from portalctl.models.values import (
    AppointmentId,
    DocumentId,
    IdempotencyKey,
    Instant,
    Limit,
    Line,
    Open,
    Record,
    Reference,
    Request,
    Version,
)

LONGEST = 300_000
"""How many bytes of UTF-8 a questionnaire, or the answers to one, may have."""


def _within_limit(text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ValueError("must be text that UTF-8 can hold") from None
    if size > LONGEST:
        raise ValueError(f"must not be longer than {LONGEST:,} bytes")
    return text


FhirJson = Annotated[str, AfterValidator(_within_limit)]
"""JSON as text, of up to 300,000 bytes."""


class QuestionType(StrEnum):
    """What an item of a questionnaire is, or what kind of answer it takes."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    DATE_TIME = "dateTime"
    TIME = "time"
    STRING = "string"
    TEXT = "text"
    URL = "url"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"
    ATTACHMENT = "attachment"
    QUANTITY = "quantity"


class Form(Record):
    """One questionnaire of the practice, of which any number of clients get a copy.

    `url` and `edition` are its canonical URL and its publisher's version; `signature` says that it is to be signed,
    `scored` that its answers add up to a total. `notes` are what the practice should know before sharing it.
    """

    id: str
    title: str
    url: str | None = None
    edition: str | None = None
    questions: int
    signature: bool = False
    scored: bool = False
    notes: list[str] = Field(default_factory=list)
    imported_at: Instant


class GivenForm(Record):
    """A form that a client was given; its id is a document's. `answered` and `questions` count, to the client alone
    until the form is completed."""

    id: str
    form_id: str
    title: str
    state: Annotated[DocumentState, Open]
    client_id: str
    client: str
    appointment_id: str | None = None
    questions: int
    answered: int | None = None
    signature: bool = False
    given_at: Instant
    completed_at: Instant | None = None
    version: str = ""


class Choice(Record):
    """One of the answers that a question offers: `code` is the word that names it, `score` what it counts."""

    code: str
    label: str
    score: float | None = None


class Question(Record):
    """One item of a form at one place in it, asked now that the answers so far are what they are.

    `key` names the place among the answers, `depth` is how far it is nested, `help` is what is told with it. `answers`
    are as a person reads them. A group that `repeats` stands here once for each time it is filled in; `next_key`
    begins the next time.
    """

    key: str
    link_id: str
    type: Annotated[QuestionType, Open]
    depth: int = 0
    prefix: str | None = None
    text: str = ""
    help: list[str] = Field(default_factory=list)
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    max_length: int | None = None
    lowest: str | None = None
    highest: str | None = None
    units: list[str] = Field(default_factory=list)
    choices: list[Choice] = Field(default_factory=list)
    answers: list[str] = Field(default_factory=list)
    next_key: str | None = None


class SignatureShown(Record):
    """Who signed a form, in which relationship to the client, when, and the SHA-256 of what was signed.

    `holds` says that what is kept is what was signed.
    """

    name: str
    relationship: str
    at: Instant
    hash: str
    holds: bool


class FilledForm(GivenForm):
    """A form with its questions and the answers so far, those that do not apply left out.

    `score` is the total of the answers that count. Nobody but the client sees the answers before the form is
    completed.
    """

    items: list[Question]
    score: float | None = None
    signed: SignatureShown | None = None


class FormResponse(Record):
    """The answers to a form as a FHIR R4 QuestionnaireResponse; `response` is its JSON."""

    id: str
    state: Annotated[DocumentState, Open]
    response: str


class ImportForm(Request):
    """Take a FHIR R4 Questionnaire into the practice's forms, as it is; the same text again is the same form."""

    questionnaire: FhirJson


class ListForms(Request):
    """The practice's forms, latest first."""

    limit: Limit = 100
    cursor: str | None = None


class ShareForm(Request):
    """Give a client a form to fill, by its id, a prefix of it, or its exact title."""

    form: Reference
    client: Reference
    appointment: AppointmentId | None = None
    idempotency_key: IdempotencyKey | None = None


class ListGivenForms(Request):
    """Forms that clients were given, latest first: the caller's own, or for staff everybody's or one client's."""

    client: Reference | None = None
    state: DocumentState | None = None
    limit: Limit = 100
    cursor: str | None = None


class GivenFormReference(Request):
    """Names one form that a client was given, by its document."""

    id: DocumentId


class SaveAnswers(Request):
    """Keep answers. They are JSON: an object that holds an answer for each key or linkId (null takes one back) and
    leaves all others as they are, or a QuestionnaireResponse, which takes the place of all."""

    id: DocumentId
    answers: FhirJson
    if_version: Version | None = None


class SubmitForm(Request):
    """Hand a form in. `signed_by` is the name as typed, `relationship` what its bearer is to the client."""

    id: DocumentId
    signed_by: Line | None = None
    relationship: Annotated[Line, Field(max_length=50)] | None = None
    if_version: Version | None = None
