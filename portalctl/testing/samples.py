"""A well-formed request of every operation, and who may not make it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from portalctl.contract.binding import every_operation
from portalctl.models.uploads import AppendToUpload, OpenBody

Barred = Literal["nobody", "client", "staff", "practitioner", "owner"]


class Sample(NamedTuple):
    """`barred` is one whose role may not do this at all, `nobody` where every role may; `public` needs no session."""

    fields: Mapping[str, Any]
    barred: Barred = "nobody"
    public: bool = False


MISSING = {
    "conversation": "cnv_zzzzzzzzzzzz",
    "appointment": "apt_zzzzzzzzzzzz",
    "invite": "inv_zzzzzzzzzzzz",
    "letter": "out_zzzzzzzzzzzz",
    "invoice": "ivc_zzzzzzzzzzzz",
    "payment method": "pay_zzzzzzzzzzzz",
    "payment setup": "pse_zzzzzzzzzzzz",
    "token": "tok_zzzzzzzzzzzz",
    "client": "cli_zzzzzzzzzzzz",
    "staff": "stf_zzzzzzzzzzzz",
    "service": "svc_zzzzzzzzzzzz",
    "slot": "slot_zzzzzzzzzzzzzzzzzzzzzzzz1kq9g0",
    "code": "inv_zzzzzzzzzzzz." + 43 * "A",
    "user_code": "ZZZZ-ZZZZ",
    "document": "doc_zzzzzzzzzzzz",
    "form": "frm_zzzzzzzzzzzz",
    "relationship": "rel_zzzzzzzzzzzz",
    "upload": "upl_zzzzzzzzzzzz",
}
"""Well-formed references to nothing."""

PASSWORD = "granite meadow violin dusk"
_APPOINTMENT = {"id": MISSING["appointment"]}
_CONVERSATION = {"id": MISSING["conversation"]}
_ASSIGNMENT = {"client": MISSING["client"], "staff": MISSING["staff"]}
_HOURS = {"practitioner": MISSING["staff"], "weekdays": [6], "windows": ["09:00-10:00"]}
_DEVICE = {"user_code": MISSING["user_code"]}
_SET_UP = {"name": "Studio", "email": "o@example.com", "timezone": "UTC", "owner": "Otto", "password": PASSWORD}
_DOCUMENT = {"id": MISSING["document"]}
_METHOD = {"id": MISSING["payment method"]}
_INVOICE = {"id": MISSING["invoice"]}

SAMPLES: dict[str, Sample] = {
    "practice.set_up": Sample(_SET_UP, public=True),
    "practice.show": Sample({}),
    "sessions.sign_up": Sample({"code": MISSING["code"], "password": PASSWORD}, public=True),
    "sessions.sign_in": Sample({"email": "nobody@example.com", "password": PASSWORD}, public=True),
    "sessions.sign_out": Sample({}, public=True),
    "sessions.who_am_i": Sample({}),
    "sessions.reset_password": Sample({"code": MISSING["code"], "password": PASSWORD}, public=True),
    "sessions.request_reset": Sample({"email": "nobody@example.com"}, public=True),
    "sessions.change_password": Sample({"password": PASSWORD, "new_password": "amber harvest quiet lantern"}),
    "sessions.revoke": Sample({"id": "ses_zzzzzzzzzzzz"}),
    "sessions.revoke_others": Sample({}),
    "sessions.list": Sample({}),
    "settings.show": Sample({}),
    "settings.set_profile": Sample({"pronouns": "they/them"}),
    "settings.change_email": Sample({"email": "new@example.com", "password": PASSWORD}),
    "settings.confirm_email": Sample({"code": "emc_zzzzzzzzzzzz." + 43 * "A"}),
    "settings.set_notifications": Sample({"off": ["booked"]}),
    "staff.practitioners": Sample({}),
    "staff.list": Sample({}, "client"),
    "staff.add": Sample({"email": "new@example.com", "name": "New"}, "staff"),
    "staff.edit": Sample({"staff": MISSING["staff"]}, "practitioner"),
    "staff.disable": Sample({"staff": MISSING["staff"]}, "staff"),
    "services.list": Sample({}),
    "services.add": Sample({"name": "Other", "duration_minutes": 30}, "staff"),
    "services.edit": Sample({"service": MISSING["service"]}, "practitioner"),
    "services.archive": Sample({"service": MISSING["service"]}, "client"),
    "hours.show": Sample({"practitioner": MISSING["staff"]}, "client"),
    "hours.set": Sample(_HOURS, "client"),
    "hours.add": Sample(_HOURS, "client"),
    "hours.override": Sample({"practitioner": MISSING["staff"], "date": "2026-03-04", "windows": []}, "client"),
    "policy.show": Sample({}),
    "policy.set": Sample({"horizon_days": 90}, "staff"),
    "invites.create": Sample({"email": "new@example.com", "name": "New"}, "client"),
    "invites.list": Sample({}, "client"),
    "invites.revoke": Sample({"id": MISSING["invite"]}, "client"),
    "invites.preview": Sample({"code": MISSING["code"]}, public=True),
    "clients.list": Sample({}, "client"),
    "clients.show": Sample({"client": MISSING["client"]}),
    "clients.identify": Sample({"questions": [{"client": MISSING["client"]}]}, "client"),
    "clients.reset_link": Sample({"client": MISSING["client"]}, "client"),
    "slots.find": Sample({}),
    "appointments.list": Sample({}),
    "appointments.show": Sample(_APPOINTMENT),
    "appointments.book": Sample({"slot": MISSING["slot"]}),
    "appointments.check_booking": Sample({"slot": MISSING["slot"]}),
    "appointments.book_series": Sample({"first": {"slot": MISSING["slot"]}, "weeks": 2}, "client"),
    "appointments.reschedule": Sample({**_APPOINTMENT, "slot": MISSING["slot"]}),
    "appointments.confirm": Sample(_APPOINTMENT),
    "appointments.cancel": Sample(_APPOINTMENT),
    "appointments.check_cancellation": Sample(_APPOINTMENT),
    "appointments.room": Sample(_APPOINTMENT),
    "appointments.approve": Sample(_APPOINTMENT, "client"),
    "appointments.decline": Sample(_APPOINTMENT, "client"),
    "appointments.attended": Sample(_APPOINTMENT, "client"),
    "appointments.no_show": Sample(_APPOINTMENT, "client"),
    "assignments.list": Sample({}, "client"),
    "assignments.add": Sample(_ASSIGNMENT, "practitioner"),
    "assignments.remove": Sample(_ASSIGNMENT, "staff"),
    "conversations.list": Sample({}),
    "conversations.show": Sample(_CONVERSATION),
    "conversations.start": Sample({"to": MISSING["client"], "subject": "Hello", "body": "How are you?"}),
    "conversations.reply": Sample({**_CONVERSATION, "body": "Well."}),
    "conversations.read": Sample(_CONVERSATION),
    "conversations.unread": Sample(_CONVERSATION),
    "conversations.close": Sample(_CONVERSATION, "client"),
    "conversations.reopen": Sample(_CONVERSATION, "client"),
    "conversations.broadcast": Sample({"subject": "News", "body": "We moved.", "idempotency_key": "k"}, "client"),
    "conversations.news": Sample({}),
    "dashboard.show": Sample({}, "owner"),
    "dashboard.look": Sample({"at": "2026-03-02T08:00:00Z"}, "staff"),
    "devices.start": Sample({"name": "portalctl"}, public=True),
    "devices.poll": Sample({"device_code": "none"}, public=True),
    "devices.show": Sample(_DEVICE),
    "devices.allow": Sample(_DEVICE),
    "devices.refuse": Sample(_DEVICE),
    "mfa.status": Sample({}),
    "mfa.set_up": Sample({"password": PASSWORD}),
    "mfa.verify": Sample({"code": "000000"}),
    "mfa.disable": Sample({"password": PASSWORD}),
    "mfa.renew_recovery_codes": Sample({"code": "000000"}),
    "mfa.reset": Sample({"client": MISSING["client"]}, "client"),
    "tokens.create": Sample({"name": "script", "scopes": ["appointments:read"]}),
    "tokens.list": Sample({}),
    "tokens.revoke": Sample({"id": MISSING["token"]}),
    "payment_methods.gateway": Sample({}),
    "payment_methods.list": Sample({}),
    "payment_methods.show": Sample(_METHOD),
    "payment_methods.add": Sample({"token": "none"}, "staff"),
    "payment_methods.set_default": Sample(_METHOD, "owner"),
    "payment_methods.authorize": Sample({**_METHOD, "provider": "practice"}, "practitioner"),
    "payment_methods.revoke": Sample({**_METHOD, "provider": "practice"}, "staff"),
    "payment_methods.remove": Sample(_METHOD, "owner"),
    "payment_methods.begin_setup": Sample({}, "practitioner"),
    "payment_methods.setup": Sample({"id": MISSING["payment setup"]}, "staff"),
    "invoices.list": Sample({}),
    "invoices.show": Sample(_INVOICE),
    "invoices.create": Sample({"client": MISSING["client"]}, "client"),
    "invoices.issue": Sample(_INVOICE, "client"),
    "invoices.void": Sample(_INVOICE, "client"),
    "invoices.charges": Sample(_INVOICE),
    "invoices.charge": Sample(_INVOICE, "client"),
    "invoices.pay": Sample(_INVOICE, "owner"),
    "invoices.refund": Sample(_INVOICE, "client"),
    "invoices.receipts": Sample({}),
    "invoices.reconcile": Sample({}, "client"),
    "outbox.list": Sample({}, "client"),
    "outbox.show": Sample({"id": MISSING["letter"]}, "client"),
    "account.show": Sample({}),
    "account.check_deletion": Sample({}, "owner"),
    "account.delete": Sample({"password": PASSWORD, "confirm": "Yes, delete"}, "staff"),
    "audit.list": Sample({}, "staff"),
    "audit.verify": Sample({}, "practitioner"),
    "documents.list": Sample({}),
    "documents.show": Sample(_DOCUMENT),
    "documents.add": Sample({"upload": MISSING["upload"]}),
    "documents.known": Sample({"sha256": [64 * "0"]}),
    "documents.rename": Sample({**_DOCUMENT, "title": "Other"}),
    "documents.hide": Sample(_DOCUMENT, "staff"),
    "documents.unhide": Sample(_DOCUMENT, "owner"),
    "documents.delete": Sample(_DOCUMENT),
    "documents.share": Sample({**_DOCUMENT, "client": MISSING["client"]}, "client"),
    "uploads.start": Sample({"name": "letter.txt", "bytes": 1}),
    "uploads.show": Sample({"id": MISSING["upload"]}),
    "uploads.drop": Sample({"id": MISSING["upload"]}),
    "documents.unshare": Sample({**_DOCUMENT, "client": MISSING["client"]}, "client"),
    "documents.release": Sample(_DOCUMENT, "client"),
    "documents.views": Sample(_DOCUMENT),
    "notes.add": Sample({"title": "Week 12", "text": "Better."}),
    "notes.edit": Sample({**_DOCUMENT, "title": "Week 13"}),
    "notes.complete": Sample(_DOCUMENT),
    "notes.list": Sample({}),
    "notes.show": Sample(_DOCUMENT),
    "forms.add": Sample({"questionnaire": "{}"}, "client"),
    "forms.list": Sample({}, "client"),
    "forms.share": Sample({"form": MISSING["form"], "client": MISSING["client"]}, "client"),
    "forms.given": Sample({}),
    "forms.show": Sample(_DOCUMENT),
    "forms.save": Sample({**_DOCUMENT, "answers": "{}"}, "staff"),
    "forms.submit": Sample(_DOCUMENT, "owner"),
    "forms.export": Sample(_DOCUMENT),
    "relationships.add": Sample(
        {"client": MISSING["client"], "name": "Max", "kind": "uncle", "email": "max@example.com"}, "client"
    ),
    "relationships.list": Sample({}),
    "relationships.show": Sample({"relationship": MISSING["relationship"]}),
    "relationships.edit": Sample({"id": MISSING["relationship"], "kind": "aunt"}, "client"),
    "relationships.remove": Sample({"id": MISSING["relationship"]}, "client"),
    "relationships.docs": Sample({"relationship": MISSING["relationship"]}),
    "relationships.dashboard": Sample({"relationship": MISSING["relationship"]}),
}

BY_HAND: dict[str, list[object]] = {
    "practice.backup": [Path("copy.portal")],
    "outbox.send": ["smtp://127.0.0.1:25"],
    "uploads.append": [AppendToUpload(id=MISSING["upload"], offset=0), [b""]],
    "documents.add_files": [[]],
    "documents.open_body": [OpenBody(id=MISSING["document"])],
}
"""What the operations that do not travel take."""


def arguments(key: str) -> list[object]:
    """What an operation is called with."""
    if key in BY_HAND:
        return BY_HAND[key]
    request = every_operation()[key].request
    return [request.model_validate(SAMPLES[key].fields)] if request is not None else []
