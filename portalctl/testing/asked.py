"""What is asked of portals side by side: for each operation the requests that hypothesis chooses from."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from portalctl.testing.choices import (
    ADDRESSES,
    ANSWERS,
    APPOINTMENTS,
    BOOKING,
    CLIENTS,
    DAYS,
    DEVICE,
    DOCUMENT,
    FIRST,
    FORM,
    KEYS,
    MINUTES,
    MOMENTS,
    NAMES,
    PASSWORDS,
    PRACTITIONERS,
    RECORDED,
    RELATIONSHIP,
    SERVICE,
    SERVICES,
    TEXTS,
    VERSION,
    WEEKDAYS,
    WINDOWS,
    WRITTEN,
    ZONES,
    a,
    secret,
    with_fields,
)
from portalctl.testing.questionnaires import CONSENT, HEALTH
from portalctl.testing.under_test import START

PROVIDERS = PRACTITIONERS | st.just("practice")
LIMITS = st.sampled_from([{"amount": 0, "currency": "EUR"}, {"amount": 9000, "currency": "EUR"}])
MAY_CHARGE = {"authorize": PROVIDERS, "limit": LIMITS, "until": st.sampled_from(DAYS)}

ASKED: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "practice.set_up": with_fields(
        {"name": NAMES, "email": ADDRESSES, "timezone": ZONES, "owner": NAMES, "password": PASSWORDS}
    ),
    "practice.show": st.just({}),
    "sessions.sign_up": with_fields({"code": secret("inv code"), "password": PASSWORDS}, name=NAMES, timezone=ZONES),
    "sessions.sign_in": with_fields({"email": ADDRESSES, "password": PASSWORDS}),
    "sessions.sign_out": st.just({}),
    "sessions.who_am_i": st.just({}),
    "sessions.reset_password": with_fields({"code": secret("rst code"), "password": PASSWORDS}),
    "sessions.request_reset": with_fields({"email": ADDRESSES}),
    "sessions.list": st.just({}),
    "settings.show": st.just({}),
    "settings.set_profile": with_fields(
        {},
        name=NAMES,
        pronouns=st.sampled_from(["they/them", "she/her"]),
        birth_date=st.sampled_from([date(1985, 4, 12), date(2030, 1, 1)]),
        phone=st.sampled_from(["+39 06 6982", "06 69812345", "112"]),
        address=st.sampled_from(["Via Roma 1\n\n 00100 Roma ", " "]),
        timezone=ZONES,
        language=st.sampled_from(["en", "de-at", "pt-BR"]),
        clear=st.sampled_from([["phone"], ["timezone", "pronouns"], []]),
        if_version=VERSION,
    ),
    "settings.confirm_email": with_fields({"code": st.just("emc_zzzzzzzzzzzz." + 43 * "A")}),
    "settings.set_notifications": with_fields(
        {},
        on=st.sampled_from([["booked"], ["moved", "reminder"], ["invite"]]),
        off=st.sampled_from([["booked"], ["approved"], []]),
        reminder_minutes=st.sampled_from([[], [60, 1440]]),
        usual_reminders=st.booleans(),
        if_version=VERSION,
    ),
    "staff.practitioners": with_fields({}, service=SERVICES),
    "staff.list": st.just({}),
    "staff.add": with_fields(
        {"email": ADDRESSES, "name": NAMES},
        role=st.sampled_from(["owner", "practitioner", "staff"]),
        timezone=ZONES,
        idempotency_key=KEYS,
    ),
    "staff.edit": with_fields(
        {"staff": PRACTITIONERS},
        name=NAMES,
        role=st.sampled_from(["owner", "practitioner", "staff"]),
        timezone=ZONES,
        if_version=VERSION,
    ),
    "staff.disable": with_fields({"staff": PRACTITIONERS}),
    "services.list": with_fields({}, archived=st.booleans()),
    "services.add": with_fields(
        {"name": NAMES, "duration_minutes": st.sampled_from([30, 60])}, **SERVICE, idempotency_key=KEYS
    ),
    "services.edit": with_fields({"service": SERVICES}, name=NAMES, **SERVICE, if_version=VERSION),
    "services.archive": with_fields({"service": SERVICES}),
    "hours.show": with_fields({"practitioner": PRACTITIONERS}),
    "hours.set": with_fields(
        {"practitioner": PRACTITIONERS, "weekdays": WEEKDAYS, "windows": WINDOWS}, if_version=VERSION
    ),
    "hours.add": with_fields(
        {"practitioner": PRACTITIONERS, "weekdays": WEEKDAYS, "windows": WINDOWS}, idempotency_key=KEYS
    ),
    "hours.override": with_fields(
        {"practitioner": PRACTITIONERS, "date": st.sampled_from(DAYS)}, windows=WINDOWS, if_version=VERSION
    ),
    "policy.show": with_fields({}, service=SERVICES),
    "policy.set": with_fields(
        {},
        service=SERVICES,
        minimum_notice_minutes=MINUTES,
        horizon_days=st.sampled_from([1, 90, 730]),
        cancellation_notice_minutes=MINUTES,
        reschedule_notice_minutes=MINUTES,
        reason_required=st.booleans(),
        late_cancellation=st.sampled_from(["refused", "recorded"]),
        approval_required=st.booleans(),
        slot_interval_minutes=st.sampled_from([30, 60]),
        daily_limit=st.integers(0, 2),
        reminder_minutes=st.sampled_from([[], [60, 1440]]),
        communication=st.sampled_from(["reply-only", "never-initiate", "assigned-only", "all-clients"]),
        inherit=st.sampled_from([[], ["daily_limit"], ["lunch"]]),
        if_version=VERSION,
    ),
    "invites.create": with_fields(
        {"email": ADDRESSES, "name": NAMES}, expires_minutes=st.sampled_from([1, 10_080]), idempotency_key=KEYS
    ),
    "invites.list": with_fields({"limit": st.sampled_from([1, 2, 1000])}),
    "invites.revoke": with_fields({"id": a("inv")}),
    "invites.preview": with_fields({"code": secret("inv code")}),
    "clients.list": with_fields({"limit": st.sampled_from([1, 2, 1000])}),
    "clients.show": with_fields({"client": CLIENTS}),
    "clients.identify": with_fields(
        {"questions": st.tuples(with_fields({"client": CLIENTS}, name=NAMES, appointment=a("apt"))).map(list)}
    ),
    "clients.reset_link": with_fields({"client": CLIENTS | PRACTITIONERS}, idempotency_key=KEYS),
    "slots.find": with_fields(
        {"starts_before": st.just(START + timedelta(days=3)), "limit": st.just(1000)},
        service=SERVICES,
        practitioner=PRACTITIONERS,
        client=CLIENTS,
        starts_from=MOMENTS,
    ),
    "appointments.list": with_fields(
        {"limit": RECORDED},
        starts_from=MOMENTS,
        starts_before=MOMENTS,
        when=st.sampled_from(["upcoming", "past"]),
        statuses=st.sampled_from([["booked"], ["requested", "declined"], ["cancelled", "late_cancelled"]]),
        practitioner=PRACTITIONERS,
        client=CLIENTS,
        newest_first=st.booleans(),
    ),
    "appointments.show": with_fields(APPOINTMENTS),
    "appointments.book": BOOKING,
    "appointments.check_booking": BOOKING,
    "appointments.book_series": with_fields({"first": FIRST, "weeks": st.integers(2, 4)}, idempotency_key=KEYS),
    "appointments.reschedule": with_fields({**APPOINTMENTS, "slot": secret("slot")}, idempotency_key=KEYS),
    "appointments.confirm": with_fields(APPOINTMENTS),
    "appointments.cancel": with_fields(APPOINTMENTS, reason=TEXTS),
    "appointments.check_cancellation": with_fields(APPOINTMENTS, reason=TEXTS),
    "appointments.room": with_fields(APPOINTMENTS),
    "appointments.approve": with_fields(APPOINTMENTS),
    "appointments.decline": with_fields(APPOINTMENTS, reason=TEXTS),
    "appointments.attended": with_fields(APPOINTMENTS),
    "appointments.no_show": with_fields(APPOINTMENTS),
    "assignments.list": with_fields({"limit": st.sampled_from([1, 1000])}, client=CLIENTS, staff=PRACTITIONERS),
    "assignments.add": with_fields({"client": CLIENTS, "staff": PRACTITIONERS}),
    "assignments.remove": with_fields({"client": CLIENTS, "staff": PRACTITIONERS}),
    "conversations.list": with_fields(
        {"limit": RECORDED},
        client=CLIENTS,
        practice=st.booleans(),
        unread=st.booleans(),
        open=st.booleans(),
    ),
    "conversations.show": with_fields({"id": a("cnv")}, before=st.integers(1, 3), limit=st.integers(1, 2)),
    "conversations.start": with_fields(
        {"to": CLIENTS | PRACTITIONERS, "subject": NAMES, "body": WRITTEN}, idempotency_key=KEYS
    ),
    "conversations.reply": with_fields({"id": a("cnv"), "body": WRITTEN}, idempotency_key=KEYS),
    "conversations.read": with_fields({"id": a("cnv")}, up_to=st.integers(1, 3)),
    "conversations.unread": with_fields({"id": a("cnv")}),
    "conversations.close": with_fields({"id": a("cnv")}),
    "conversations.reopen": with_fields({"id": a("cnv")}),
    "conversations.broadcast": with_fields({"subject": NAMES, "body": WRITTEN, "idempotency_key": KEYS}),
    "conversations.news": with_fields({}, since=secret("cursor")),
    "dashboard.show": with_fields({}, past=st.integers(0, 3)),
    "dashboard.look": with_fields({"at": st.just("2026-03-02T08:00:00Z")}),
    "devices.start": with_fields({"name": NAMES}),
    "devices.poll": with_fields({"device_code": secret("device")}),
    "devices.show": DEVICE,
    "devices.allow": DEVICE,
    "devices.refuse": DEVICE,
    "mfa.status": st.just({}),
    "mfa.verify": with_fields({"code": st.sampled_from(["000000", "1234", "０００００００"])}),
    "mfa.renew_recovery_codes": with_fields({"code": st.just("000000")}),
    "mfa.reset": with_fields({"client": CLIENTS | PRACTITIONERS}),
    "tokens.create": with_fields(
        {
            "name": NAMES,
            "scopes": st.sampled_from([["appointments:read"], ["slots:read", "appointments:write"], ["a:read"]]),
        },
        expires_days=st.sampled_from([1, 90]),
    ),
    "tokens.list": st.just({}),
    "tokens.revoke": with_fields({"id": a("tok")}),
    "payment_methods.gateway": st.just({}),
    "payment_methods.list": with_fields({}, client=CLIENTS),
    "payment_methods.show": with_fields({"id": a("pay")}),
    "payment_methods.add": with_fields(
        {
            "token": st.sampled_from(
                [f"trial_visa_4242_12_2035_{does}_{24 * '0'}" for does in ("works", "declined", "later")]
            )
        },
        country=st.just("IT"),
        default=st.booleans(),
        **MAY_CHARGE,
        idempotency_key=KEYS,
    ),
    "payment_methods.set_default": with_fields({"id": a("pay")}),
    "payment_methods.authorize": with_fields(
        {"id": a("pay"), "provider": PROVIDERS}, limit=LIMITS, until=st.sampled_from(DAYS)
    ),
    "payment_methods.revoke": with_fields({"id": a("pay"), "provider": PROVIDERS}),
    "payment_methods.remove": with_fields({"id": a("pay")}, despite_unpaid=st.booleans()),
    "invoices.list": with_fields({"limit": RECORDED}, client=CLIENTS, unpaid=st.booleans(), overdue=st.booleans()),
    "invoices.show": with_fields({"id": a("ivc", "1")}),
    "invoices.create": with_fields(
        {},
        client=CLIENTS,
        items=st.sampled_from([[], [{"text": "Visit", "amount": 8050}]]),
        currency=st.sampled_from(["EUR", "JPY"]),
        appointment=a("apt"),
        provider=PRACTITIONERS,
        tax_rate=st.sampled_from([0, 2250]),
        due_on=st.sampled_from(DAYS),
        idempotency_key=KEYS,
    ),
    "invoices.issue": with_fields({"id": a("ivc", "1")}, if_version=VERSION),
    "invoices.void": with_fields({"id": a("ivc", "1")}, if_version=VERSION),
    "invoices.charges": with_fields({"id": a("ivc", "1")}),
    "invoices.charge": with_fields({"id": a("ivc", "1")}, idempotency_key=KEYS),
    "invoices.pay": with_fields({"id": a("ivc", "1")}, idempotency_key=KEYS),
    "invoices.refund": with_fields(
        {"id": a("ivc", "1")}, amount=st.sampled_from([1, 4000, 10**9]), idempotency_key=KEYS
    ),
    "invoices.receipts": with_fields({"limit": RECORDED}, client=CLIENTS),
    "invoices.reconcile": with_fields({}, since=st.sampled_from(DAYS)),
    "outbox.list": with_fields({"limit": RECORDED}, state=st.sampled_from(["waiting", "sent", "dropped", "failed"])),
    "outbox.show": with_fields({"id": a("out")}),
    "notes.add": with_fields(
        {"text": WRITTEN},
        title=NAMES,
        client=CLIENTS,
        appointment=a("apt"),
        amends=a("doc"),
        idempotency_key=KEYS,
    ),
    "notes.edit": with_fields({"id": a("doc")}, title=NAMES, text=WRITTEN, if_version=VERSION),
    "notes.complete": with_fields({"id": a("doc")}),
    "notes.list": with_fields({"limit": RECORDED}, client=CLIENTS, appointment=a("apt")),
    "notes.show": with_fields({"id": a("doc")}),
    "documents.list": with_fields(
        {"limit": RECORDED},
        client=CLIENTS,
        kind=st.sampled_from(["note", "form", "file"]),
        appointment=a("apt"),
        from_me=st.booleans(),
        shared=st.booleans(),
        new=st.booleans(),
        hidden=st.booleans(),
    ),
    "uploads.start": with_fields(
        {"name": st.sampled_from(["a.txt", "a.txt", "a.exe"]), "bytes": st.sampled_from([3, 3, 0, 2**50])},
        client=CLIENTS,
        idempotency_key=KEYS,
    ),
    "uploads.append": with_fields(
        {
            "id": a("upl"),
            "offset": st.sampled_from([0, 0, 2]),
            "content": st.sampled_from(["abc", "ab", "c", "abcd", ""]),
        }
    ),
    "uploads.show": with_fields({"id": a("upl")}),
    "uploads.drop": with_fields({"id": a("upl")}),
    "documents.add": with_fields(
        {"upload": a("upl")}, title=NAMES, client=CLIENTS, shared_at=MOMENTS, notify=st.booleans(), idempotency_key=KEYS
    ),
    "documents.add_files": with_fields(
        {"contents": st.lists(st.sampled_from(["abc", "ab", ""]), min_size=1, max_size=3)},
        client_id=secret("cli"),
        title=NAMES,
    ),
    "documents.known": with_fields({"sha256": st.just([hashlib.sha256(b"abc").hexdigest()])}, client=CLIENTS),
    "documents.open_body": with_fields({"id": a("doc"), "offset": st.sampled_from([0, 0, 2])}),
    "documents.show": DOCUMENT,
    "documents.rename": with_fields({"id": a("doc")}, title=NAMES, folder=TEXTS, if_version=VERSION),
    "documents.hide": DOCUMENT,
    "documents.unhide": DOCUMENT,
    "documents.delete": DOCUMENT,
    "documents.share": with_fields({"id": a("doc"), "client": CLIENTS}, appointment=a("apt")),
    "documents.unshare": with_fields({"id": a("doc"), "client": CLIENTS}),
    "documents.release": DOCUMENT,
    "documents.views": with_fields({"id": a("doc"), "limit": st.sampled_from([1, 1000])}),
    "relationships.add": with_fields(
        {"client": CLIENTS, "name": NAMES, "kind": NAMES, "email": ADDRESSES},
        portal_access=st.booleans(),
        information_access=st.booleans(),
        idempotency_key=KEYS,
    ),
    "relationships.edit": with_fields(
        {"id": a("rel")},
        name=NAMES,
        email=ADDRESSES,
        portal_access=st.booleans(),
        information_access=st.booleans(),
        if_version=VERSION,
    ),
    "relationships.remove": with_fields({"id": a("rel")}),
    "relationships.list": with_fields({"limit": RECORDED}, client=CLIENTS),
    "relationships.show": RELATIONSHIP,
    "relationships.docs": RELATIONSHIP,
    "relationships.dashboard": RELATIONSHIP,
    "forms.add": with_fields({"questionnaire": st.sampled_from([HEALTH, CONSENT, HEALTH.replace("boolean", "truth")])}),
    "forms.list": with_fields({"limit": st.sampled_from([1, 2, 1000])}),
    "forms.share": with_fields(
        {"form": a("frm", "Health", "Consent"), "client": CLIENTS}, appointment=a("apt"), idempotency_key=KEYS
    ),
    "forms.given": with_fields(
        {"limit": st.sampled_from([1, 1000])}, client=CLIENTS, state=st.sampled_from(["waiting", "begun", "completed"])
    ),
    "forms.show": FORM,
    "forms.save": with_fields({"id": a("doc"), "answers": ANSWERS}, if_version=VERSION),
    "forms.submit": with_fields({"id": a("doc")}, if_version=VERSION),
    "forms.export": FORM,
    "audit.list": with_fields({"limit": RECORDED}, client=CLIENTS),
}
"""What is asked: for each operation the requests to choose from."""


def steps(*operations: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """One of these operations with a request."""
    return st.one_of(*(st.tuples(st.just(operation), ASKED[operation]) for operation in operations))
