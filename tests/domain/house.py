"""A portal with somebody of every role, and for each operation requests that name things of somebody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.clock import Clock
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.models.appointments import BookAppointment
from portalctl.models.conversations import StartConversation
from portalctl.models.forms import ImportForm, SaveAnswers, ShareForm
from portalctl.models.gateway_name import GatewayName
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient
from portalctl.models.invoices import ChangeInvoiceState, CreateInvoice
from portalctl.models.outbox import ListLetters
from portalctl.models.payment_methods import AddPaymentMethod, BeginPaymentSetup
from portalctl.models.policy import SetPolicy
from portalctl.models.relationships import AddRelationship
from portalctl.models.services import AddService
from portalctl.models.slots import FindSlots
from portalctl.models.tokens import CreateToken
from portalctl.testing.questionnaires import CONSENT, HEALTH
from portalctl.testing.sending import sent, uploaded
from tests.domain.people import PASSWORD, hire, member, noted, relative
from tests.surface import Declared

ROLES = ("owner", "practitioner", "staff", "client", "related")
"""The roles that an account can have."""

LATER = "2026-03-04T10:00:00Z"


@dataclass(frozen=True)
class House:
    """A portal with somebody of every role, and things of Ben, who is a client like Anna, to reach for."""

    file: Path
    tokens: Mapping[str, str]
    existing: Mapping[str, str]
    clock: Clock

    def portal(self, role: str | None) -> EmbeddedPortal:
        """The portal as somebody of that role sees it; None has not signed in."""
        token = self.tokens[role] if role is not None else None
        return EmbeddedPortal(f"sqlite://{self.file}", self.file, token, self.clock, lambda _: None)

    def moved(self, file: Path) -> House:
        """The same house in a copy of its file."""
        return replace(self, file=file)

    def counts(self) -> dict[str, int]:
        """How much there is of everything that an operation may leave behind."""
        tables = [
            "audit",
            "appointments",
            "notices",
            "idempotency",
            "invites",
            "resets",
            "clients",
            "staff",
            "services",
            "outbox",
            "device_sign_ins",
            "second_factors",
            "api_tokens",
            "profiles",
            "notification_settings",
            "email_changes",
            "usage",
            "documents",
            "documentation",
            "document_views",
            "notes",
            "invoices",
            "movements",
            "payment_methods",
            "payment_authorizations",
            "payment_setups",
            "forms",
            "form_responses",
            "relationships",
            "related_people",
            "assignments",
            "conversations",
            "messages",
            "broadcasts",
        ]
        each = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608  our own names
        with closing(apsw.Connection(str(self.file), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            (rows,) = connection.execute(f"SELECT {each}")
        return dict(zip(tables, rows, strict=True))


MISSING = {
    "conversation": "cnv_zzzzzzzzzzzz",
    "appointment": "apt_zzzzzzzzzzzz",
    "invite": "inv_zzzzzzzzzzzz",
    "session": "ses_zzzzzzzzzzzz",
    "letter": "out_zzzzzzzzzzzz",
    "invoice": "ivc_zzzzzzzzzzzz",
    "payment method": "pay_zzzzzzzzzzzz",
    "payment setup": "pse_zzzzzzzzzzzz",
    "token": "tok_zzzzzzzzzzzz",
    "client": "cli_zzzzzzzzzzzz",
    "practitioner": "stf_zzzzzzzzzzzz",
    "staff": "stf_zzzzzzzzzzzz",
    "service": "svc_zzzzzzzzzzzz",
    "slot": encode(SlotKey("svc_zzzzzzzzzzzz", "stf_zzzzzzzzzzzz", 1_772_618_400)),
    "document": "doc_zzzzzzzzzzzz",
    "practice document": "doc_zzzzzzzzzzzz",
    "upload": "upl_zzzzzzzzzzzz",
    "note": "doc_zzzzzzzzzzzz",
    "form": "frm_zzzzzzzzzzzz",
    "given form": "doc_zzzzzzzzzzzz",
    "relationship": "rel_zzzzzzzzzzzz",
}
"""Well-formed references to nothing."""

_PARTS = {"service": "@service", "practitioner": "@practitioner", "starts_at": LATER}
CARD = f"trial_visa_4242_12_2035_works_{24 * '0'}"
"""What the trial calls a card that works."""

_OWED = {"items": [{"text": "Visit", "amount": 8050}], "currency": "EUR"}
_HOURS = {"practitioner": "@practitioner", "weekdays": [6], "windows": ["09:00-10:00"]}

REQUESTS: dict[str, list[dict[str, Any]]] = {
    "practice.show": [{}],
    "sessions.who_am_i": [{}],
    "sessions.change_password": [{"password": PASSWORD, "new_password": "amber harvest quiet lantern"}],
    "sessions.revoke": [{"id": "@session"}],
    "sessions.revoke_others": [{}],
    "sessions.list": [{}],
    "settings.show": [{}],
    "settings.set_profile": [{"pronouns": "they/them"}],
    "settings.change_email": [{"email": "new@example.com", "password": PASSWORD}],
    "settings.confirm_email": [{"code": "emc_zzzzzzzzzzzz." + 43 * "A"}],
    "settings.set_notifications": [{"off": ["booked"]}],
    "staff.list": [{}],
    "staff.add": [{"email": "new@example.com", "name": "New"}],
    "staff.edit": [{"staff": "@staff", "name": "Renamed"}],
    "staff.disable": [{"staff": "@staff"}],
    "staff.practitioners": [{"service": "@service"}],
    "services.list": [{}],
    "services.add": [{"name": "Another", "duration_minutes": 30, "practitioners": ["@practitioner"]}],
    "services.edit": [{"service": "@service", "practitioners": ["@practitioner"]}],
    "services.archive": [{"service": "@service"}],
    "hours.show": [{"practitioner": "@practitioner"}],
    "hours.set": [_HOURS],
    "hours.add": [_HOURS],
    "hours.override": [{"practitioner": "@practitioner", "date": "2026-03-04", "windows": []}],
    "policy.show": [{"service": "@service"}],
    "policy.set": [{"service": "@service", "horizon_days": 30}],
    "invites.create": [{"email": "other@example.com", "name": "Other"}],
    "invites.list": [{}],
    "invites.revoke": [{"id": "@invite"}],
    "clients.list": [{}],
    "clients.show": [{"client": "@client"}],
    "clients.identify": [{"questions": [{"client": "anna@example.com", "name": "anna  bianchi"}]}],
    "clients.reset_link": [{"client": "@client"}],
    "slots.find": [{"service": "@service", "practitioner": "@practitioner", "client": "@client"}],
    "appointments.list": [{"practitioner": "@practitioner", "client": "@client"}],
    "appointments.show": [{"id": "@appointment"}],
    "appointments.book": [{"slot": "@slot", "client": "@client"}, _PARTS],
    "appointments.check_booking": [{"slot": "@slot", "client": "@client"}, _PARTS],
    "appointments.book_series": [
        {"first": {"slot": "@slot", "client": "@client"}, "weeks": 2},
        {"first": {**_PARTS, "client": "@client"}, "weeks": 2},
    ],
    "appointments.reschedule": [{"id": "@appointment", "slot": "@slot"}],
    "appointments.confirm": [{"id": "@appointment"}],
    "appointments.cancel": [{"id": "@appointment"}],
    "appointments.check_cancellation": [{"id": "@appointment"}],
    "appointments.room": [{"id": "@appointment"}],
    "appointments.approve": [{"id": "@appointment"}],
    "appointments.decline": [{"id": "@appointment"}],
    "appointments.attended": [{"id": "@appointment"}],
    "appointments.no_show": [{"id": "@appointment"}],
    "assignments.list": [{"client": "@client", "staff": "@practitioner"}],
    "assignments.add": [{"client": "@client", "staff": "@practitioner"}],
    "assignments.remove": [{"client": "@client", "staff": "@practitioner"}],
    "conversations.list": [{"client": "@client"}],
    "conversations.show": [{"id": "@conversation"}],
    "conversations.start": [{"to": "@client", "subject": "Hello", "body": "How are you?", "documents": ["@document"]}],
    "conversations.reply": [{"id": "@conversation", "body": "Well.", "documents": ["@document"]}],
    "conversations.read": [{"id": "@conversation"}],
    "conversations.unread": [{"id": "@conversation"}],
    "conversations.close": [{"id": "@conversation"}],
    "conversations.reopen": [{"id": "@conversation"}],
    "conversations.broadcast": [
        {"subject": "News", "body": "We moved.", "idempotency_key": "k", "documents": ["@practice document"]}
    ],
    "conversations.news": [{}],
    "dashboard.show": [{}],
    "dashboard.look": [{"at": "2026-03-02T08:00:00Z"}],
    "devices.show": [{"user_code": "BBBB-BBBB"}],
    "devices.allow": [{"user_code": "BBBB-BBBB"}],
    "devices.refuse": [{"user_code": "BBBB-BBBB"}],
    "mfa.status": [{}],
    "mfa.set_up": [{"password": "not the password"}],
    "mfa.verify": [{"code": "000000"}],
    "mfa.disable": [{"password": "not the password"}],
    "mfa.renew_recovery_codes": [{"code": "000000"}],
    "mfa.reset": [{"client": "@client"}],
    "tokens.create": [{"name": "script", "scopes": ["appointments:read"]}],
    "tokens.list": [{}],
    "tokens.revoke": [{"id": "@token"}],
    "payment_methods.gateway": [{}],
    "payment_methods.list": [{"client": "@client"}],
    "payment_methods.show": [{"id": "@payment method"}],
    "payment_methods.add": [{"token": CARD, "authorize": "@practitioner"}],
    "payment_methods.set_default": [{"id": "@payment method"}],
    "payment_methods.authorize": [{"id": "@payment method", "provider": "@practitioner"}],
    "payment_methods.revoke": [{"id": "@payment method", "provider": "@practitioner"}],
    "payment_methods.remove": [{"id": "@payment method"}],
    "payment_methods.begin_setup": [{"authorize": "@practitioner"}],
    "payment_methods.setup": [{"id": "@payment setup"}],
    "invoices.list": [{"client": "@client"}],
    "invoices.show": [{"id": "@invoice"}],
    "invoices.create": [
        {"appointment": "@appointment", "client": "@client", "provider": "@practitioner", **_OWED},
    ],
    "invoices.issue": [{"id": "@invoice"}],
    "invoices.void": [{"id": "@invoice"}],
    "invoices.charges": [{"id": "@invoice"}],
    "invoices.charge": [{"id": "@invoice"}],
    "invoices.pay": [{"id": "@invoice"}],
    "invoices.refund": [{"id": "@invoice"}],
    "invoices.receipts": [{"client": "@client"}],
    "invoices.reconcile": [{}],
    "outbox.list": [{}],
    "outbox.show": [{"id": "@letter"}],
    "account.show": [{}],
    "account.check_deletion": [{}],
    "account.delete": [{"password": PASSWORD, "confirm": "Yes, delete"}],
    "audit.list": [{"client": "@client"}],
    "audit.verify": [{}],
    "uploads.start": [{"name": "a.txt", "bytes": 3, "client": "@client"}],
    "uploads.show": [{"id": "@upload"}],
    "uploads.drop": [{"id": "@upload"}],
    "documents.list": [{"client": "@client", "appointment": "@appointment"}],
    "documents.show": [{"id": "@document"}],
    "documents.add": [{"upload": "@upload", "client": "@client", "appointment": "@appointment"}],
    "documents.known": [{"client": "@client", "sha256": [64 * "0"]}],
    "documents.rename": [{"id": "@document", "title": "Other"}],
    "documents.hide": [{"id": "@document"}],
    "documents.unhide": [{"id": "@document"}],
    "documents.delete": [{"id": "@document"}],
    "documents.share": [{"id": "@document", "client": "@client", "appointment": "@appointment"}],
    "documents.unshare": [{"id": "@document", "client": "@client"}],
    "documents.release": [{"id": "@document"}],
    "documents.views": [{"id": "@document"}],
    "notes.add": [
        {"title": "Week 12", "text": "Better.", "client": "@client", "appointment": "@appointment"},
        {"text": "Much better.", "amends": "@note"},
    ],
    "notes.edit": [{"id": "@note", "title": "Other"}],
    "notes.complete": [{"id": "@note"}],
    "notes.list": [{"client": "@client", "appointment": "@appointment"}],
    "notes.show": [{"id": "@note"}],
    "forms.add": [{"questionnaire": CONSENT}],
    "forms.list": [{}],
    "forms.share": [{"form": "@form", "client": "@client", "appointment": "@appointment"}],
    "forms.given": [{"client": "@client"}],
    "forms.show": [{"id": "@given form"}],
    "forms.save": [{"id": "@given form", "answers": '{"smoker": true}'}],
    "forms.submit": [{"id": "@given form"}],
    "forms.export": [{"id": "@given form"}],
    "relationships.add": [{"client": "@client", "name": "Max", "kind": "uncle", "email": "max@example.com"}],
    "relationships.list": [{"client": "@client"}],
    "relationships.show": [{"relationship": "@relationship"}],
    "relationships.edit": [{"id": "@relationship", "kind": "aunt"}],
    "relationships.remove": [{"id": "@relationship"}],
    "relationships.docs": [{"relationship": "@relationship"}],
    "relationships.dashboard": [{"relationship": "@relationship"}],
}
"""Requests of each operation that between them fill in every reference; `@` names a thing of the house."""


def furnish(file: Path, tokens: dict[str, str], clock: Clock) -> House:
    """Make the portal file of an owner, a client and another client, by their tokens, into a house."""
    house = House(file, tokens, {}, clock)
    owner, ben, anna = house.portal("owner"), house.portal("other client"), house.portal("client")
    for name, role in (("Verdi", "practitioner"), ("Desk", "staff")):
        hired = hire(owner, name, "practitioner" if role == "practitioner" else "staff")
        tokens[role] = hired._token or ""
        hired.close()
    service = owner.services.add(AddService(name="Visit", duration_minutes=60, practitioners=["Dr Rossi"]))
    owner.hours.set(SetHours(practitioner="Dr Rossi", weekdays=[1, 2, 3, 4, 5], windows=["09:00-17:00"]))
    first, *_, last = ben.slots.find(FindSlots(starts_from=house.clock() + timedelta(days=3)))
    own = anna.slots.find(FindSlots(starts_from=house.clock() + timedelta(days=7)))[0]
    existing = {
        "appointment": ben.appointments.book(BookAppointment(slot=first.id)).id,
        "invite": owner.invites.create(InviteClient(email="invited@example.com", name="Invited")).id,
        "client": ben.sessions.who_am_i().client_id or "",
        "session": ben.sessions.list()[0].id,
        "practitioner": member(owner, "Dr Rossi").id,
        "staff": member(owner, "Desk").id,
        "service": service.id,
        "slot": last.id,
        "own client": anna.sessions.who_am_i().client_id or "",
        "own appointment": anna.appointments.book(BookAppointment(slot=own.id)).id,
    }
    for name in ("client", "own client"):
        begun = owner.conversations.start(StartConversation(to=existing[name], subject="Hello", body="How are you?"))
        existing[name.replace("client", "conversation")] = begun.id
    existing |= {
        "practice document": sent(owner).id,
        "document": sent(ben).id,
        "own document": sent(anna).id,
        "upload": uploaded(ben).id,
    }
    for role in ("owner", "practitioner", "staff", "client"):
        theirs = house.portal(role)
        existing[f"{role} upload"] = uploaded(theirs).id
        theirs.close()
    existing["related upload"] = existing["client upload"]
    for name, writer in (("note", ben), ("own note", anna)):
        existing[name] = noted(writer).id
    existing["form"] = existing["own form"] = owner.forms.add(ImportForm(questionnaire=HEALTH)).id
    for name, whose, client in (("given form", "client", ben), ("own given form", "own client", anna)):
        existing[name] = owner.forms.share(ShareForm(form="Health", client=existing[whose])).id
        client.forms.save(SaveAnswers(id=existing[name], answers='{"smoker": false, "mood": "Well"}'))
    mother, existing["own relationship"] = relative(owner, existing["own client"], "Rosa")
    tokens["related"] = mother._token or ""
    mother.close()
    lone = AddRelationship(client=existing["client"], name="Nina", kind="aunt", email="nina@example.com")
    existing["relationship"] = owner.relationships.add(lone).id
    owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))
    for name, payer in (("payment", ben), ("own payment", anna)):
        existing[f"{name} method"] = payer.payment_methods.add(AddPaymentMethod(token=CARD)).id
        existing[f"{name} setup"] = payer.payment_methods.begin_setup(BeginPaymentSetup()).id
    for name, whose in (("invoice", "client"), ("own invoice", "own client")):
        draft = owner.invoices.create(CreateInvoice(client=existing[whose], **_OWED))
        existing[name] = owner.invoices.issue(ChangeInvoiceState(id=draft.id)).id
    existing["token"] = ben.tokens.create(CreateToken(name="script", scopes=["appointments:read"])).id
    existing["letter"] = owner.outbox.list(ListLetters(limit=1)).items[0].id
    for portal in (owner, ben, anna):
        portal.close()
    return House(file, tokens, existing, clock)


def placed(request: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The references in a request, each with the kind of thing it names."""
    for name, value in request.items():
        if isinstance(value, dict):
            yield from placed(value, f"{path}{name}.")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.startswith("@"):
                yield path + name, text[1:]


def filled(value: Any, things: Mapping[str, str]) -> Any:
    """The request with the things put in."""
    if isinstance(value, dict):
        return {name: filled(part, things) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, things) for part in value]
    return things[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def call(portal: EmbeddedPortal, one: Declared, request: dict[str, Any]) -> object:
    """Carry an operation out and let go of the portal; the answer, or the failure."""
    try:
        return ask(portal, one, request)
    finally:
        portal.close()


def ask(portal: EmbeddedPortal, one: Declared, request: dict[str, Any]) -> object:
    """Carry an operation out; the answer, or the failure."""
    noun = getattr(portal, one.operation.noun)
    arguments = [one.request.model_validate(request)] if one.request is not None else []
    try:
        return getattr(noun, one.operation.name)(*arguments)
    except errors.PortalError as failure:
        return failure


def seen(answer: object, reference: str) -> object:
    """Everything that a caller can tell an answer by, but for the reference they gave themselves."""
    if not isinstance(answer, errors.PortalError):
        return answer
    told = [text and text.replace(reference, "…") for text in (answer.message, answer.hint)]
    return type(answer), answer.code, answer.status, answer.exit_code, told, answer.allowed_from, answer.allowed_until
