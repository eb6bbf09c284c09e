"""The kinds of values that records and requests are made of: ids, references, texts, instants, zones.

Models are built when first used (`defer_build`): a command imports many and uses a few.
"""

import re
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from portalctl.models.texts import LONGEST_LINE, LONGEST_REFERENCE, LONGEST_TEXT, printable


class Record(BaseModel):
    """Something a portal answers. Fields that a newer portal adds are tolerated."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Request(BaseModel):
    """Something a portal is asked. A field it does not know is refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


Item = TypeVar("Item", bound=BaseModel)


class Page(Record, Generic[Item]):
    """Some of a list, in order; `next` continues it, and is absent on the last page."""

    items: list[Item]
    next: str | None = None


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain a NUL character")
    return text


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    try:
        size = len(_without_nul(text).encode())
    except UnicodeEncodeError:
        raise ValueError("must be text that UTF-8 can say") from None
    if size > LONGEST_TEXT:
        raise ValueError(f"must not be longer than {LONGEST_TEXT:,} bytes: this is {size:,}")
    return text


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Rome") from None
    return name


def _deliverable(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(address, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


@cache
def _reader(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _written_out(kind: type) -> BeforeValidator:
    """Reads text, but not seconds since 1970, which would pass for a moment too.

    It is read here because text is strictly a moment in JSON alone, and what a validator hands on is JSON no more.
    """

    def read(moment: object) -> object:
        if not isinstance(moment, str):
            return moment
        if re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", moment.strip(), re.IGNORECASE):
            raise ValueError("write it out, as 2026-03-02T09:00:00Z")
        try:
            return _reader(kind).validate_python(moment)
        except ValidationError as refused:
            raise ValueError(refused.errors()[0]["msg"]) from None

    return BeforeValidator(read)


class _Reads:
    """A text of a form, folded to lower case; the form is told to other programs too."""

    def __init__(self, pattern: str, example: str) -> None:
        self._pattern = pattern
        self._example = example

    def _check(self, text: str) -> str:
        folded = text.lower() if text.isascii() else ""
        if re.fullmatch(self._pattern, folded) is None:
            raise ValueError(f"not an id such as {self._example}")
        return folded

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self._pattern}$", "examples": [self._example]}


def _id(prefix: str) -> _Reads:
    return _Reads(rf"{prefix}_[0-9a-hjkmnp-tv-z]{{1,12}}", f"{prefix}_7k2m9x4qv3bd")


class _Open:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        listed = handler(source)
        other: CoreSchema = core_schema.str_schema()
        if isinstance(source, type) and issubclass(source, StrEnum):
            other = core_schema.no_info_after_validator_function(partial(_unlisted, source), other)
        return core_schema.union_schema([listed, other], mode="left_to_right")

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema["choices"][0])


def _unlisted(words: type[StrEnum], told: str) -> StrEnum:
    word = str.__new__(words, told)
    word._name_ = word._value_ = told
    return word


Open = _Open()
"""Marks a field of a record that holds one of a list of words: one that only a newer portal knows is kept as told."""

_PRINTABLE = Field(
    json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"}
)

Instant = AwareDatetime
"""A moment: RFC 3339 in UTC on the wire, to the second."""

WrittenInstant = Annotated[AwareDatetime, _written_out(datetime)]
"""A moment that is asked for: RFC 3339 with its offset."""

Day = date
"""A calendar day in the practitioner's zone."""

WrittenDay = Annotated[date, _written_out(date)]
"""A day that is asked for: `2026-03-02`."""

Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE), AfterValidator(printable), _PRINTABLE]
"""One line of text such as a name: 1 to 200 characters, none of them a control character."""

Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_without_nul)]
"""Free text of up to 4,000 characters."""

LongText = Annotated[
    str, AfterValidator(_written), Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_TEXT})
]
"""What somebody writes: up to 65,536 bytes of text in UTF-8, of any number of lines, not blank."""

ZoneName = Annotated[str, AfterValidator(_known_zone), Field(examples=["Europe/Rome"])]
"""An IANA time zone."""

Email = Annotated[str, AfterValidator(_deliverable), Field(json_schema_extra={"format": "email"})]
"""An e-mail address (RFC 5321), folded to lower case."""

Password = Annotated[str, StringConstraints(max_length=1024)]
"""A password, verbatim."""

MfaCode = Annotated[str, StringConstraints(max_length=64)]
"""What a person types for a second factor: six digits of the app, or a recovery code; spaces do not matter."""

Minutes = Annotated[int, Field(ge=0, le=525_600)]
"""A length of elapsed time in minutes, up to a year."""

Size = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""Bytes."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hex."""

AppointmentId = Annotated[str, _id("apt")]
"""An appointment's id, or a prefix of it that fits only one."""

InviteId = Annotated[str, _id("inv")]
"""An invite's id, or a prefix of it that fits only one."""

LetterId = Annotated[str, _id("out")]
"""A letter's id, or a prefix of it that fits only one."""

DocumentId = Annotated[str, _id("doc")]
"""A document's id, or a prefix of it that fits only one."""

UploadId = Annotated[str, _id("upl")]
"""An upload's id, or a prefix of it that fits only one."""

FormId = Annotated[str, _id("frm")]
"""A form's id, or a prefix of it that fits only one: the questions, of which any number of clients get a copy."""

ConversationId = Annotated[str, _id("cnv")]
"""A conversation's id, or a prefix of it that fits only one."""

RelationshipId = Annotated[str, _id("rel")]
"""A relationship's id, or a prefix of it that fits only one."""

ApiTokenId = Annotated[str, _id("tok")]
"""An API token's id, or a prefix of it that fits only one."""

SessionId = Annotated[str, _id("ses")]
"""A session's id, or a prefix of it that fits only one."""

PaymentMethodId = Annotated[str, _id("pay")]
"""A payment method's id, or a prefix of it that fits only one."""

PaymentSetupId = Annotated[str, _id("pse")]
"""The id of a card on its way through the payment provider's page, or a prefix of it that fits only one."""

InvoiceId = Annotated[str, _Reads(r"(ivc_[0-9a-hjkmnp-tv-z]{1,12}|[0-9]{1,12})", "ivc_7k2m9x4qv3bd")]
"""An invoice's id, or a prefix of it that fits only one, or its number."""

SlotId = Annotated[str, _Reads(r"slot_[0-9a-hjkmnp-tv-z]{30}", "slot_46398zw7evg8xrsyhrbygd6p0wh7yj")]
"""A slot's id: service, practitioner and start in one word."""

Reference = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REFERENCE), AfterValidator(printable)]
"""Names one service, practitioner or client: an id, a unique prefix of it, an e-mail address or the exact name."""

IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
"""The caller's own name for one intent: 1 to 255 visible ASCII characters."""

Version = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x7e]{1,64}$")]
"""What a record was when it was read: an opaque word that changes with it (RFC 9110, entity tag)."""

Limit = Annotated[int, Field(ge=1, le=1000)]
"""How many items one page may hold."""

Moment = datetime
"""A date and time that may lack an offset."""
