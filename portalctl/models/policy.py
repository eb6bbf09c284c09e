"""The booking policy: set for the practice, overridden per service."""

from typing import Annotated, Literal

from pydantic import Field

from portalctl.models.communication import Communication
from portalctl.models.gateway_name import GatewayName
from portalctl.models.money import Money
from portalctl.models.sharing import DocumentTerms
from portalctl.models.values import Minutes, Open, Record, Reference, Request, Version

LateCancellation = Literal["refused", "recorded"]
SlotInterval = Annotated[int, Field(ge=5, le=480)]
DailyLimit = Annotated[int, Field(ge=0, le=50)]
Horizon = Annotated[int, Field(ge=1, le=730)]
Reminders = Annotated[list[Annotated[int, Field(ge=1, le=43_200)]], Field(max_length=5)]
SessionIdle = Annotated[int, Field(ge=1, le=30)]
SessionLifetime = Annotated[int, Field(ge=1, le=720)]
DocumentSize = Annotated[int, Field(ge=1, le=2**43)]
"""Bytes, up to 8 TiB."""
QuotaBytes = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""Bytes; 0 is no limit."""
QuotaDocuments = Annotated[int, Field(ge=0, le=10**9)]
"""Documents; 0 is no limit."""
DocumentKind = Annotated[
    str, Field(pattern=r"^([a-z0-9]{1,10}|[a-z]{1,20}/(\*|[a-z0-9][a-z0-9.+-]{0,100}))$", examples=["pdf", "image/*"])
]
"""A kind of file: its extension, or a media type such as `image/png` or `image/*`."""

_USUAL = DocumentTerms()


class BookingTerms(Record):
    """The rules in force for one service, or for the practice.

    Notices are elapsed minutes before the start; at exactly the notice the step is still allowed.
    `daily_limit` counts a client's appointments on one day of the practice's zone; 0 means no limit. A fee is drafted
    as an invoice when an appointment is cancelled late or missed; one of 0 is none.
    """

    minimum_notice_minutes: int = 120
    horizon_days: int = 90
    cancellation_notice_minutes: int = 1440
    reschedule_notice_minutes: int = 1440
    reason_required: bool = False
    late_cancellation: Annotated[LateCancellation, Open] = "refused"
    approval_required: bool = False
    slot_interval_minutes: int = 30
    daily_limit: int = 0
    reminder_minutes: list[int] = Field(default=[1440])
    late_cancellation_fee: Money | None = None
    no_show_fee: Money | None = None


class Policy(BookingTerms):
    """The terms with where they come from: `overridden` names those the service sets itself.

    Of documents the practice keeps so many and so many bytes for one client, and so many bytes altogether; 0 is no
    limit.
    """

    service_id: str | None = None
    service: str | None = None
    overridden: list[str] = Field(default=[])
    session_idle_minutes: int = 30
    session_lifetime_minutes: int = 720
    document_max_bytes: int = _USUAL.document_max_bytes
    document_kinds: list[str] = Field(default=list(_USUAL.document_kinds))
    client_documents: int = _USUAL.client_documents
    client_bytes: int = _USUAL.client_bytes
    practice_bytes: int = _USUAL.practice_bytes
    communication: Annotated[Communication, Open] = Communication.REPLY_ONLY
    payment_gateway: Annotated[GatewayName, Open] = GatewayName.NONE
    typed_cards: bool = False
    version: str = ""


class PolicyQuery(Request):
    """The practice's policy, or the one in force for a service."""

    service: Reference | None = None


class SetPolicy(Request):
    """Change what is given, for the practice or one service; `inherit` names what a service takes from the practice."""

    service: Reference | None = None
    minimum_notice_minutes: Minutes | None = None
    horizon_days: Horizon | None = None
    cancellation_notice_minutes: Minutes | None = None
    reschedule_notice_minutes: Minutes | None = None
    reason_required: bool | None = None
    late_cancellation: LateCancellation | None = None
    approval_required: bool | None = None
    slot_interval_minutes: SlotInterval | None = None
    daily_limit: DailyLimit | None = None
    reminder_minutes: Reminders | None = None
    session_idle_minutes: SessionIdle | None = None
    session_lifetime_minutes: SessionLifetime | None = None
    document_max_bytes: DocumentSize | None = None
    document_kinds: Annotated[list[DocumentKind], Field(min_length=1, max_length=100)] | None = None
    client_documents: QuotaDocuments | None = None
    client_bytes: QuotaBytes | None = None
    practice_bytes: QuotaBytes | None = None
    late_cancellation_fee: Money | None = None
    no_show_fee: Money | None = None
    communication: Communication | None = None
    payment_gateway: GatewayName | None = None
    typed_cards: bool | None = None
    inherit: list[str] = Field(default=[])
    if_version: Version | None = None
