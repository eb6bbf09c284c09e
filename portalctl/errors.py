"""Every way to fail. A class carries its stable code, HTTP status and exit code; a raise adds the message and the hint.

PortalError (1)
├── Bug (1)                       unexpected, to be reported
├── UsageFailure (2)
│   ├── InvalidInput              a value that no portal would take
│   ├── Malformed                 a request over HTTP that cannot be read
│   ├── RequestTooLarge           a request over HTTP that is longer than any needs to be
│   ├── InputNeeded               a prompt would be needed, and there is no terminal
│   ├── AmbiguousTime             a local time that happens twice
│   ├── FormNotValid              a questionnaire that cannot be asked; its problems are listed
│   ├── AnswersNotValid           answers that do not fit their questions; the problems are listed
│   └── AmbiguousId               a prefix or name that fits several things
├── NotFound (3)                  missing, or not yours: the same answer
├── SignInNeeded (4)
│   ├── BadCredentials            e-mail or password is wrong, or there is no such account
│   │   └── WrongCode             a code of the second factor that does not work
│   ├── MfaNeeded                 the password is right, and a code of the second factor is asked for too
│   ├── AuthorizationPending      nobody has decided about the device sign-in yet (RFC 8628)
│   ├── SlowDown  AccessDenied  ExpiredToken
│   ├── CredentialStoreFailure    the place for session tokens does not work
│   └── LinkNotValid              an invite or reset link that is wrong, used, revoked or expired
├── Refused (5)                   a rule says no; the code says which
│   ├── ScopeMissing              the API token was not made for this
│   ├── NotPermitted  PracticeExists  AlreadyMember  AlreadyRelated  LastOwner  InUse  WeakPassword
│   ├── SlotTaken  ClientBusy  NoticeTooShort  BeyondHorizon  OutsideHours  DailyLimitReached  SlotPast  NotOffered
│   ├── CancellationWindowPassed  RescheduleWindowPassed  ReasonRequired  ApprovalRequired
│   ├── SignatureRequired         the form is to be signed
│   ├── NotChangeable             the record's state does not allow it
│   ├── NotYours                  somebody else made it, and only they may change it
│   ├── UploadIncomplete  UploadOffsetWrong
│   ├── DocumentTooLarge  KindNotTaken  QuotaExceeded
│   ├── Quarantined               no scanner has passed the document yet
│   ├── BatchRunning              another process of this machine is at the batch
│   ├── JoinNotOpen  NothingToJoin
│   ├── PaymentsNotTaken          the practice takes no payments here
│   ├── NoPaymentMethod           the client has none, or not that one
│   ├── NotAuthorized             the method's owner has not let this provider charge it
│   ├── CardExpired  LimitExceeded  CardDeclined  AuthenticationNeeded
│   ├── ChargeRunning             another charge or refund of the invoice is under way
│   ├── InvoiceUnpaid             a provider may still charge the method for an invoice
│   ├── EventNotValid             a payment provider's event that it did not sign
│   ├── PolicyReplyOnly  PolicyNeverInitiate  PolicyAssignedOnly
│   ├── ConversationClosed
│   ├── IdempotencyConflict       the key was used for something else
│   ├── ChangedMeanwhile          somebody changed the record since it was read
│   └── Unsupported               this backend cannot do it
├── PartlyFailed (6)              some of many failed; what succeeded stays
├── Retryable (7)
│   ├── TooManyAttempts           failures slow down; says when to try again
│   ├── TooManyRequests           more requests than one caller may send
│   ├── IdempotencyRunning        a request with this key is being carried out
│   ├── DamagedOnTheWay           what arrived is not what was sent, as its checksum tells
│   ├── GatewayUnreachable        the payment provider did not say what became of it
│   ├── NetworkFailure            the server was not reached, or did not answer in time
│   └── NotAPortalServer          something answered that is no portal
└── StorageFailure (8)
    ├── PortalMissing  PortalNotAPortal  PortalCorrupt  PortalNewer
    ├── AuditBroken               the audit is not what was written
    ├── ExportDamaged             a copy of an account is not what was exported
    ├── BodyDamaged               a document's body is lost, or not what was stored
    └── PortalBusy  PortalReadOnly  DiskFull  PortalUnsafe
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class PortalError(Exception):
    """A failure with a name. `hint` says what to do, `allowed_from` and `allowed_until` when it would be allowed.

    `problems` are told one by one where there may be several.
    """

    code: ClassVar[str] = "failed"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        allowed_from: datetime | None = None,
        allowed_until: datetime | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.allowed_from = allowed_from
        self.allowed_until = allowed_until
        self.problems = list(problems)


class Bug(PortalError):
    """Something that should not have happened."""

    code = "unexpected"


class UsageFailure(PortalError):
    """The command line or the request is wrong."""

    code = "usage"
    status = 400
    exit_code = 2


class InvalidInput(UsageFailure):
    """A value that no portal would take."""

    code = "invalid_input"
    status = 422


class Malformed(UsageFailure):
    """A request over HTTP that cannot be read: its JSON, its headers or its encoding."""

    code = "malformed"


class RequestTooLarge(UsageFailure):
    """A request over HTTP that is longer or deeper than any needs to be."""

    code = "request_too_large"
    status = 413


class InputNeeded(UsageFailure):
    """A prompt would be needed, and there is no terminal or prompts are forbidden."""

    code = "input_needed"


class AmbiguousTime(UsageFailure):
    """A local time that happens twice, or never, on that day."""

    code = "ambiguous_time"
    status = 422


class FormNotValid(UsageFailure):
    """A questionnaire that cannot be asked; `problems` says where and why."""

    code = "form_not_valid"
    status = 422


class AnswersNotValid(UsageFailure):
    """Answers that do not fit their questions, or are missing; `problems` names each question."""

    code = "answers_not_valid"
    status = 422


class AmbiguousId(UsageFailure):
    """A prefix or a name that fits several things; the hint lists them."""

    code = "ambiguous_id"
    status = 422


class NotFound(PortalError):
    """Missing, or not the caller's: the same answer for both."""

    code = "not_found"
    status = 404
    exit_code = 3


class SignInNeeded(PortalError):
    """No session, or one that has ended."""

    code = "sign_in_needed"
    status = 401
    exit_code = 4


class BadCredentials(SignInNeeded):
    """E-mail or password is wrong; the same answer when there is no such account."""

    code = "bad_credentials"


class WrongCode(BadCredentials):
    """A one-time or recovery code that is wrong, has run out or was used: the same answer for all."""

    code = "wrong_code"


class MfaNeeded(SignInNeeded):
    """The password is right, and a code of the second factor is asked for too; nothing has begun yet."""

    code = "mfa_needed"


class AuthorizationPending(SignInNeeded):
    """Nobody has decided about the device sign-in yet: ask again after the interval (RFC 8628, section 3.5)."""

    code = "authorization_pending"
    status = 400


class SlowDown(SignInNeeded):
    """The device asks too often: its interval is five seconds longer from now on (RFC 8628, section 3.5)."""

    code = "slow_down"
    status = 400


class AccessDenied(SignInNeeded):
    """The person refused the device sign-in (RFC 8628, section 3.5)."""

    code = "access_denied"
    status = 400


class ExpiredToken(SignInNeeded):
    """The device sign-in has ended without a decision, or is unknown (RFC 8628, section 3.5)."""

    code = "expired_token"
    status = 400


class CredentialStoreFailure(SignInNeeded):
    """The place for session tokens is absent, locked, refused or hanging."""

    code = "credential_store_failed"


class LinkNotValid(SignInNeeded):
    """An invite or reset link that is wrong, used, revoked or expired: the same answer for all."""

    code = "link_not_valid"
    status = 404


class Refused(PortalError):
    """A rule of the practice or of the portal says no."""

    code = "refused"
    status = 409
    exit_code = 5


class NotPermitted(Refused):
    """The caller's role may not do this at all."""

    code = "not_permitted"
    status = 403


class ScopeMissing(Refused):
    """The API token in use was not made for this, or no token may do it."""

    code = "scope_missing"
    status = 403


class PracticeExists(Refused):
    """The portal already belongs to a practice."""

    code = "practice_exists"


class AlreadyMember(Refused):
    """The address already belongs to somebody of this portal."""

    code = "already_member"


class AlreadyRelated(Refused):
    """The client and that person already stand in a relationship."""

    code = "already_related"


class LastOwner(Refused):
    """A practice keeps at least one owner."""

    code = "last_owner"


class InUse(Refused):
    """The name is taken by another record of the same kind."""

    code = "in_use"


class WeakPassword(Refused):
    """Too short, too common, or made of the account's own words."""

    code = "weak_password"
    status = 422


class SlotTaken(Refused):
    """Somebody else was faster, or the practitioner is busy then."""

    code = "slot_taken"


class ClientBusy(Refused):
    """The client has another appointment at that time."""

    code = "client_busy"


class NoticeTooShort(Refused):
    """Less than the practice's minimum notice before the start."""

    code = "notice_too_short"


class BeyondHorizon(Refused):
    """Further ahead than the practice takes bookings."""

    code = "beyond_horizon"


class OutsideHours(Refused):
    """Not one of the starts that the practitioner's hours offer."""

    code = "outside_hours"


class DailyLimitReached(Refused):
    """The client has as many appointments that day as the practice allows."""

    code = "daily_limit_reached"


class SlotPast(Refused):
    """The start lies in the past."""

    code = "slot_past"


class NotOffered(Refused):
    """The service is archived, or the practitioner does not offer it."""

    code = "not_offered"


class CancellationWindowPassed(Refused):
    """Later than the cancellation notice that was in force when the appointment was booked."""

    code = "cancellation_window_passed"


class RescheduleWindowPassed(Refused):
    """Later than the reschedule notice that was in force when the appointment was booked."""

    code = "reschedule_window_passed"


class ReasonRequired(Refused):
    """The practice wants a reason for a cancellation."""

    code = "reason_required"
    status = 422


class SignatureRequired(Refused):
    """The form is to be signed: with a name and what its bearer is to the client."""

    code = "signature_required"
    status = 422


class ApprovalRequired(Refused):
    """The practice approves each time for this service: a client cannot move an agreed appointment alone."""

    code = "approval_required"


class NotChangeable(Refused):
    """The appointment is over, cancelled, declined or not in the state that this step needs."""

    code = "not_changeable"


class NotYours(Refused):
    """The caller sees it, but somebody else made it, and only they may change it."""

    code = "not_yours"
    status = 403


class UploadIncomplete(Refused):
    """Not all of the body has arrived, or what arrived is not what was announced."""

    code = "upload_incomplete"


class UploadOffsetWrong(Refused):
    """The bytes do not continue what has arrived; ask how far the upload is."""

    code = "upload_offset_wrong"


class DocumentTooLarge(Refused):
    """Longer than the practice takes documents."""

    code = "document_too_large"
    status = 413


class KindNotTaken(Refused):
    """The practice does not take documents of this kind, which is found in their content."""

    code = "kind_not_taken"
    status = 415


class QuotaExceeded(Refused):
    """The practice keeps no more documents for this client, or altogether."""

    code = "quota_exceeded"
    status = 413


class Quarantined(Refused):
    """The document waits for a scanner, or one has found something in it."""

    code = "quarantined"
    status = 423


class BatchRunning(Refused):
    """Another process of this machine is at the batch."""

    code = "batch_running"


class JoinNotOpen(Refused):
    """The video room opens ten minutes before the start and closes at the end."""

    code = "join_not_open"


class NothingToJoin(Refused):
    """The appointment has no video room."""

    code = "nothing_to_join"


class PaymentsNotTaken(Refused):
    """The practice has chosen no payment provider, or its keys are missing."""

    code = "payments_not_taken"


class NoPaymentMethod(Refused):
    """There is no payment method to charge."""

    code = "no_payment_method"


class NotAuthorized(Refused):
    """The owner of the payment method has not let this provider charge it, or has taken that back."""

    code = "not_authorized"


class CardExpired(Refused):
    """The card's last month has passed."""

    code = "card_expired"


class LimitExceeded(Refused):
    """The amount is more than the owner of the payment method lets this provider charge."""

    code = "limit_exceeded"


class CardDeclined(Refused):
    """The payment provider has declined the card."""

    code = "card_declined"
    status = 402


class AuthenticationNeeded(Refused):
    """The card's bank wants its owner to confirm, who has to be there for that."""

    code = "authentication_needed"
    status = 402


class ChargeRunning(Refused):
    """Another charge or refund of the invoice is under way, or waits for the payment provider's word."""

    code = "charge_running"


class InvoiceUnpaid(Refused):
    """A provider may still charge the payment method for an invoice that is not paid."""

    code = "invoice_unpaid"


class EventNotValid(Refused):
    """An event that the payment provider did not sign, or signed too long ago."""

    code = "event_not_valid"
    status = 400


class PolicyReplyOnly(Refused):
    """The practice's communication policy is `reply-only`: clients answer in what the practice began."""

    code = "policy_reply_only"
    status = 403


class PolicyNeverInitiate(Refused):
    """The practice's communication policy is `never-initiate`: clients begin no conversation."""

    code = "policy_never_initiate"
    status = 403


class PolicyAssignedOnly(Refused):
    """The practice's communication policy is `assigned-only`, and the two are not assigned to each other."""

    code = "policy_assigned_only"
    status = 403


class ConversationClosed(Refused):
    """The conversation is closed, by the practice or by itself; it opens again when the practice writes."""

    code = "conversation_closed"


class IdempotencyConflict(Refused):
    """The idempotency key was used with another request."""

    code = "idempotency_conflict"
    status = 422


class ChangedMeanwhile(Refused):
    """Somebody changed the record since the caller read it: nothing was changed."""

    code = "changed_meanwhile"
    status = 412


class Unsupported(Refused):
    """This backend declares that it cannot do it."""

    code = "unsupported"
    status = 501


class PartlyFailed(PortalError):
    """Some of many failed, each told by itself; what succeeded stays."""

    code = "partly_failed"
    exit_code = 6


class Retryable(PortalError):
    """Network or server trouble; the same call may succeed later."""

    code = "unavailable"
    status = 503
    exit_code = 7


class TooManyAttempts(Retryable):
    """Failures slow down; `allowed_from` says when the next attempt counts."""

    code = "too_many_attempts"
    status = 429


class TooManyRequests(Retryable):
    """More requests than one caller may send; `allowed_from` says when the next is taken."""

    code = "too_many_requests"
    status = 429


class IdempotencyRunning(Retryable):
    """A request with this idempotency key is being carried out; its answer will be this one's too."""

    code = "idempotency_running"
    status = 409


class DamagedOnTheWay(Retryable):
    """What arrived is not what was sent: its checksum differs (tus 1.0, extension checksum). Nothing of it is kept."""

    code = "damaged_on_the_way"
    status = 460


class GatewayUnreachable(Retryable):
    """The payment provider was not reached, or did not say what became of a step; it is found out later."""

    code = "gateway_unreachable"
    status = 502


class NetworkFailure(Retryable):
    """The portal server was not reached, or did not answer in time."""

    code = "network_failed"


class NotAPortalServer(Retryable):
    """Something answered that is no portal server."""

    code = "not_a_portal_server"
    status = 502


class StorageFailure(PortalError):
    """Trouble with the portal's file or its disk."""

    code = "storage_failed"
    status = 500
    exit_code = 8


class PortalMissing(StorageFailure):
    """There is no portal at that place."""

    code = "portal_missing"


class PortalNotAPortal(StorageFailure):
    """The file is something else than a portal; it is left as it is."""

    code = "portal_not_a_portal"


class PortalCorrupt(StorageFailure):
    """The file was a portal and is damaged; it is left as it is."""

    code = "portal_corrupt"


class AuditBroken(StorageFailure):
    """Rows of the audit were altered or taken out."""

    code = "audit_broken"


class ExportDamaged(StorageFailure):
    """A copy of an account is not what was exported."""

    code = "export_damaged"


class BodyDamaged(StorageFailure):
    """A document's body is lost, or is not what was stored."""

    code = "body_damaged"


class PortalNewer(StorageFailure):
    """The portal was written by a newer portalctl; it is left untouched."""

    code = "portal_newer"


class PortalBusy(StorageFailure):
    """Another process held the portal's write lock for more than five seconds."""

    code = "portal_busy"


class PortalReadOnly(StorageFailure):
    """The file or its folder cannot be written."""

    code = "portal_read_only"


class DiskFull(StorageFailure):
    """No space left for the change; nothing of it was kept."""

    code = "disk_full"


class PortalUnsafe(StorageFailure):
    """The file belongs to somebody else or is reached through somebody else's link."""

    code = "portal_unsafe"
