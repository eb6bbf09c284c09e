"""Each change, and each read of a client's data by staff, leaves its row in the audit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.domain.access import ACCESS, Reach
from portalctl.gateways.gateway import Card
from portalctl.gateways.trial import TrialTokenizer
from portalctl.models.appointments import (
    AppointmentReference,
    BookSeries,
    CancelAppointment,
    DeclineAppointment,
    ListAppointments,
)
from portalctl.models.assignments import AssignmentReference, ListAssignments
from portalctl.models.audit import ListAudit
from portalctl.models.clients import ClientQuestion, ClientReference, IdentifyClients, ListClients, MakeResetLink
from portalctl.models.conversations import (
    ConversationReference,
    ListConversations,
    ReadConversation,
    ReplyToConversation,
    SendBroadcast,
    ShowConversation,
    StartConversation,
)
from portalctl.models.documents import (
    DocumentReference,
    FindKnown,
    ListDocuments,
    ListViews,
    RenameDocument,
    ShareDocument,
    UnshareDocument,
)
from portalctl.models.forms import GivenFormReference, ImportForm, ListGivenForms, SaveAnswers, ShareForm, SubmitForm
from portalctl.models.gateway_name import GatewayName
from portalctl.models.hours import AddHours, OverrideHours, SetHours
from portalctl.models.invites import InviteClient, InviteReference, ListInvites
from portalctl.models.invoices import (
    ChangeInvoiceState,
    CreateInvoice,
    InvoiceItem,
    InvoiceReference,
    ListInvoices,
    ListReceipts,
    PayInvoice,
    Reconcile,
    RefundInvoice,
)
from portalctl.models.notes import EditNote, ListNotes, NoteReference
from portalctl.models.outbox import LetterKind, LetterReference, ListLetters
from portalctl.models.payment_methods import (
    WHOLE_PRACTICE,
    AddPaymentMethod,
    AuthorizeProvider,
    BeginPaymentSetup,
    ListPaymentMethods,
    PaymentMethodReference,
    PaymentSetupReference,
    RemovePaymentMethod,
    RevokeProvider,
)
from portalctl.models.place import Place
from portalctl.models.policy import SetPolicy
from portalctl.models.relationships import (
    AddRelationship,
    EditRelationship,
    ListRelationships,
    ListShared,
    RelationshipReference,
    RemoveRelationship,
)
from portalctl.models.services import AddService, EditService, ServiceReference
from portalctl.models.sessions import ChangePassword, RevokeSession
from portalctl.models.settings import ChangeEmail, SetNotifications, SetProfile
from portalctl.models.slots import FindSlots
from portalctl.models.staff import AddStaff, EditStaff, StaffReference
from portalctl.models.uploads import OpenBody, StartUpload, UploadReference
from portalctl.storage import payment_methods, policy, scans
from portalctl.storage.engine import Row
from portalctl.testing.questionnaires import CONSENT, HEALTH
from portalctl.testing.sending import sent, together, uploaded
from tests.domain.booking_setup import (
    ANNA,
    BEN,
    ROSSI,
    SESSION,
    asked,
    book,
    cancel,
    colleague,
    moment,
    move,
    offer,
)
from tests.domain.conftest import ANNA_EMAIL, OWNER_EMAIL, OWNER_PASSWORD, FakeClock, Template, query
from tests.domain.people import noted

NINE = moment("2026-03-10 09:00")
HOUR = timedelta(hours=1)
OWED = CreateInvoice(client=ANNA, items=[InvoiceItem(text="Visit", amount=8050)], currency="EUR")
DAY = 24 * HOUR
ROOM = "https://meet.example.com/rossi"

CARD = AddPaymentMethod(token=f"trial_visa_4242_12_2035_works_{24 * '0'}", authorize="practice")

Audit = Callable[[], list[Row]]


class Scene(NamedTuple):
    """Anna's appointments, one for each state that a step needs."""

    booked: AppointmentReference
    wish: AppointmentReference
    over: AppointmentReference
    invite: InviteReference
    letter: LetterReference
    conversation: ConversationReference
    document: DocumentReference
    note: NoteReference
    form: GivenFormReference
    relationship: RelationshipReference
    invoice: InvoiceReference
    method: PaymentMethodReference


class Practice(NamedTuple):
    """A practice in use, to copy, and what is in it."""

    file: Path
    scene: Scene


@pytest.fixture(scope="module")
def _in_use(_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Practice:
    folder = tmp_path_factory.mktemp("in_use") / "portal"
    shutil.copytree(_template.file.parent, folder)
    file, clock = folder / _template.file.name, FakeClock()
    portal = EmbeddedPortal(f"sqlite://{file}", file, None, clock, lambda _: None)
    with closing(portal.with_token(_template.owner)) as owner, closing(portal.with_token(_template.client)) as client:
        scene = put_to_use(owner, client, clock)
    return Practice(file, scene)


@pytest.fixture
def scene(_in_use: Practice, portal_file: Path, clock: FakeClock) -> Scene:
    """A practice in use."""
    shutil.copytree(_in_use.file.parent, portal_file.parent, dirs_exist_ok=True)
    clock.now = NINE
    return _in_use.scene


def put_to_use(owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock) -> Scene:
    """Book, write, share and charge, so that there is one of each."""
    colleague(owner)
    offer(owner, windows=["00:00-00:00"])
    owner.services.add(AddService(name="Call", duration_minutes=30, place=Place.VIDEO, room_url=ROOM))
    owner.services.add(AddService(name="Advice", duration_minutes=30))
    owner.policy.set(SetPolicy(service="Advice", approval_required=True))
    booked = book(client, NINE, service="Call")
    wish = book(client, NINE + DAY, service="Advice")
    over = book(client, NINE - HOUR)
    invite = owner.invites.create(InviteClient(email="carl@example.com", name="Carl"))
    clock.now = NINE
    named = [AppointmentReference(id=each.id) for each in (booked, wish, over)]
    letter = next(each for each in owner.outbox.list(ListLetters()).items if each.recipient == ANNA_EMAIL)
    begun = owner.conversations.start(StartConversation(to=ANNA, subject="Hello", body="How are you?"))
    client.conversations.reply(ReplyToConversation(id=begun.id, body="Well."))
    letter_id, conversation_id = LetterReference(id=letter.id), ConversationReference(id=begun.id)
    document = DocumentReference(id=sent(owner, client=ANNA).id)
    note = NoteReference(id=noted(client).id)
    owner.forms.add(ImportForm(questionnaire=HEALTH))
    form = GivenFormReference(id=owner.forms.share(ShareForm(form="Health", client=ANNA)).id)
    client.forms.save(SaveAnswers(id=form.id, answers='{"smoker": false, "mood": "Well"}'))
    close = AddRelationship(
        client=ANNA, name="Rossi", kind="sister", email=OWNER_EMAIL, portal_access=True, information_access=True
    )
    relationship = RelationshipReference(relationship=owner.relationships.add(close).id)
    written = (letter_id, conversation_id, document, note, form, relationship)
    owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))
    method = PaymentMethodReference(id=client.payment_methods.add(CARD).id)
    draft = owner.invoices.create(OWED)
    invoice_id = InvoiceReference(id=owner.invoices.issue(ChangeInvoiceState(id=draft.id)).id)
    return Scene(named[0], named[1], named[2], InviteReference(id=invite.id), *written, invoice_id, method)


Step = Callable[[Portal, Scene], Any]

CHANGES_OF_CLIENTS: dict[str, Step] = {
    "invites.create": lambda portal, _: portal.invites.create(InviteClient(email="dora@example.com", name="Dora")),
    "invoices.create": lambda portal, _: portal.invoices.create(OWED),
    "invoices.issue": lambda portal, _: portal.invoices.issue(ChangeInvoiceState(id=portal.invoices.create(OWED).id)),
    "invoices.void": lambda portal, scene: portal.invoices.void(ChangeInvoiceState(id=scene.invoice.id)),
    "invoices.charge": lambda portal, scene: portal.invoices.charge(chargeable(portal, scene)),
    "invoices.refund": lambda portal, scene: (
        portal.invoices.charge(chargeable(portal, scene)),
        portal.invoices.refund(RefundInvoice(id=scene.invoice.id)),
    ),
    "invites.revoke": lambda portal, scene: portal.invites.revoke(scene.invite),
    "clients.reset_link": lambda portal, _: portal.clients.reset_link(MakeResetLink(client=ANNA)),
    "appointments.book": lambda portal, _: book(portal, NINE + 2 * HOUR, client=ANNA),
    "appointments.book_series": lambda portal, _: portal.appointments.book_series(
        BookSeries(first=asked(NINE + 2 * HOUR, client=ANNA), weeks=3)
    ),
    "appointments.reschedule": lambda portal, scene: move(
        portal, portal.appointments.show(scene.booked), NINE + 3 * HOUR
    ),
    "appointments.confirm": lambda portal, _: portal.appointments.confirm(
        AppointmentReference(id=book(portal, NINE + HOUR, client=ANNA).id)
    ),
    "appointments.cancel": lambda portal, scene: portal.appointments.cancel(CancelAppointment(id=scene.booked.id)),
    "appointments.approve": lambda portal, scene: portal.appointments.approve(scene.wish),
    "appointments.decline": lambda portal, scene: portal.appointments.decline(DeclineAppointment(id=scene.wish.id)),
    "appointments.attended": lambda portal, scene: portal.appointments.attended(scene.over),
    "appointments.no_show": lambda portal, scene: portal.appointments.no_show(scene.over),
    "assignments.add": lambda portal, _: portal.assignments.add(AssignmentReference(client=ANNA, staff="Miller")),
    "assignments.remove": lambda portal, _: (
        portal.assignments.add(AssignmentReference(client=ANNA, staff="Miller")),
        portal.assignments.remove(AssignmentReference(client=ANNA, staff="Miller")),
    ),
    "conversations.start": lambda portal, _: portal.conversations.start(
        StartConversation(to=ANNA, subject="News", body="We moved.")
    ),
    "conversations.reply": lambda portal, scene: portal.conversations.reply(
        ReplyToConversation(id=scene.conversation.id, body="Good.")
    ),
    "conversations.read": lambda portal, scene: portal.conversations.read(ReadConversation(id=scene.conversation.id)),
    "conversations.unread": lambda portal, scene: (
        portal.conversations.read(ReadConversation(id=scene.conversation.id)),
        portal.conversations.unread(scene.conversation),
    ),
    "conversations.close": lambda portal, scene: portal.conversations.close(scene.conversation),
    "conversations.reopen": lambda portal, scene: (
        portal.conversations.close(scene.conversation),
        portal.conversations.reopen(scene.conversation),
    ),
    "uploads.start": lambda portal, _: portal.uploads.start(StartUpload(name="a.txt", bytes=1, client=ANNA)),
    "documents.add": lambda portal, _: sent(portal, client=ANNA),
    "documents.add_files": lambda portal, _: together(portal, whole_id(portal)),
    "documents.rename": lambda portal, scene: portal.documents.rename(
        RenameDocument(id=scene.document.id, title="Other")
    ),
    "documents.delete": lambda portal, scene: portal.documents.delete(scene.document),
    "forms.share": lambda portal, _: portal.forms.share(
        ShareForm(form=portal.forms.add(ImportForm(questionnaire=HEALTH)).id, client=ANNA)
    ),
    "notes.add": lambda portal, _: noted(portal, client=ANNA, completed=False),
    "notes.edit": lambda portal, _: portal.notes.edit(
        EditNote(id=noted(portal, client=ANNA, completed=False).id, title="Week 13")
    ),
    "notes.complete": lambda portal, _: noted(portal, client=ANNA),
    "notes.show": lambda portal, scene: portal.notes.show(scene.note),
    "relationships.add": lambda portal, _: portal.relationships.add(
        AddRelationship(client=ANNA, name="Max", kind="uncle", email="max@example.com")
    ),
    "relationships.edit": lambda portal, scene: portal.relationships.edit(
        EditRelationship(id=scene.relationship.relationship, kind="aunt")
    ),
    "relationships.remove": lambda portal, scene: portal.relationships.remove(
        RemoveRelationship(id=scene.relationship.relationship)
    ),
    "documents.share": lambda portal, _: portal.documents.share(ShareDocument(id=sent(portal).id, client=ANNA)),
    "documents.unshare": lambda portal, scene: portal.documents.unshare(
        UnshareDocument(id=scene.document.id, client=ANNA)
    ),
    "documents.release": lambda portal, scene: portal.documents.release(quarantined(portal, scene.document)),
}
"""Each leaves a row in the chain of its client."""

CHANGES_OF_THE_PRACTICE: dict[str, Step] = {
    "sessions.change_password": lambda portal, _: portal.sessions.change_password(
        ChangePassword(password=OWNER_PASSWORD, new_password="amber harvest quiet lantern")
    ),
    "sessions.revoke": lambda portal, _: portal.sessions.revoke(RevokeSession(id=portal.sessions.list()[0].id)),
    "sessions.revoke_others": lambda portal, _: portal.sessions.revoke_others(),
    "settings.set_profile": lambda portal, _: portal.settings.set_profile(SetProfile(pronouns="they/them")),
    "settings.change_email": lambda portal, _: portal.settings.change_email(
        ChangeEmail(email="new@example.com", password=OWNER_PASSWORD)
    ),
    "settings.set_notifications": lambda portal, _: portal.settings.set_notifications(
        SetNotifications(off=[LetterKind.BOOKED])
    ),
    "staff.add": lambda portal, _: portal.staff.add(AddStaff(email="eva@example.com", name="Eva")),
    "staff.edit": lambda portal, _: portal.staff.edit(EditStaff(staff="Miller", name="Dr Miller")),
    "staff.disable": lambda portal, _: portal.staff.disable(StaffReference(staff="Miller")),
    "services.add": lambda portal, _: portal.services.add(AddService(name="New", duration_minutes=30)),
    "services.edit": lambda portal, _: portal.services.edit(EditService(service=SESSION, duration_minutes=30)),
    "services.archive": lambda portal, _: portal.services.archive(ServiceReference(service=SESSION)),
    "hours.set": lambda portal, _: portal.hours.set(SetHours(practitioner=ROSSI, weekdays=[1], windows=[])),
    "hours.add": lambda portal, _: portal.hours.add(
        AddHours(practitioner="Miller", weekdays=[1], windows=["18:00-19:00"])
    ),
    "hours.override": lambda portal, _: portal.hours.override(
        OverrideHours(practitioner=ROSSI, date=date(2026, 3, 20), windows=[])
    ),
    "policy.set": lambda portal, _: portal.policy.set(SetPolicy(daily_limit=3)),
    "forms.add": lambda portal, _: portal.forms.add(ImportForm(questionnaire=CONSENT)),
    "invoices.reconcile": lambda portal, scene: (chargeable(portal, scene), portal.invoices.reconcile(Reconcile())),
    "conversations.broadcast": lambda portal, _: portal.conversations.broadcast(
        SendBroadcast(subject="News", body="We moved.", idempotency_key="k")
    ),
}
"""Each leaves a row in the practice's chain."""

READS_OF_CLIENTS: dict[str, Step] = {
    "clients.list": lambda portal, _: portal.clients.list(ListClients()),
    "clients.show": lambda portal, _: portal.clients.show(ClientReference(client=ANNA)),
    "clients.identify": lambda portal, _: portal.clients.identify(
        IdentifyClients(questions=[ClientQuestion(client=ANNA_EMAIL), ClientQuestion(client=ANNA_EMAIL, name="Nobody")])
    ),
    "invites.list": lambda portal, _: portal.invites.list(ListInvites()),
    "payment_methods.list": lambda portal, _: portal.payment_methods.list(ListPaymentMethods(client=ANNA)),
    "payment_methods.show": lambda portal, scene: portal.payment_methods.show(scene.method),
    "invoices.list": lambda portal, _: portal.invoices.list(ListInvoices()),
    "invoices.show": lambda portal, scene: portal.invoices.show(scene.invoice),
    "invoices.charges": lambda portal, scene: portal.invoices.charges(scene.invoice),
    "invoices.receipts": lambda portal, _: portal.invoices.receipts(ListReceipts(client=ANNA)),
    "slots.find": lambda portal, _: portal.slots.find(FindSlots(client=ANNA)),
    "appointments.list": lambda portal, _: portal.appointments.list(ListAppointments()),
    "appointments.show": lambda portal, scene: portal.appointments.show(scene.booked),
    "appointments.check_booking": lambda portal, _: portal.appointments.check_booking(asked(NINE, client=ANNA)),
    "appointments.check_cancellation": lambda portal, scene: portal.appointments.check_cancellation(
        CancelAppointment(id=scene.booked.id)
    ),
    "appointments.room": lambda portal, scene: portal.appointments.room(scene.booked),
    "assignments.list": lambda portal, _: portal.assignments.list(ListAssignments(client=ANNA)),
    "conversations.list": lambda portal, _: portal.conversations.list(ListConversations()),
    "conversations.show": lambda portal, scene: portal.conversations.show(ShowConversation(id=scene.conversation.id)),
    "outbox.list": lambda portal, _: portal.outbox.list(ListLetters()),
    "outbox.show": lambda portal, scene: portal.outbox.show(scene.letter),
    "audit.list": lambda portal, _: portal.audit.list(ListAudit(client=ANNA)),
    "documents.list": lambda portal, _: portal.documents.list(ListDocuments()),
    "documents.show": lambda portal, scene: portal.documents.show(scene.document),
    "documents.open_body": lambda portal, scene: opened(portal, scene.document),
    "documents.known": lambda portal, _: portal.documents.known(FindKnown(client=ANNA, sha256=[64 * "0"])),
    "documents.views": lambda portal, scene: portal.documents.views(ListViews(id=scene.document.id)),
    "forms.given": lambda portal, _: portal.forms.given(ListGivenForms(client=ANNA)),
    "forms.show": lambda portal, scene: portal.forms.show(GivenFormReference(id=scene.form.id)),
    "forms.export": lambda portal, scene: portal.forms.export(GivenFormReference(id=scene.form.id)),
    "notes.list": lambda portal, _: portal.notes.list(ListNotes(client=ANNA)),
    "relationships.list": lambda portal, _: portal.relationships.list(ListRelationships(client=ANNA)),
    "relationships.show": lambda portal, scene: portal.relationships.show(scene.relationship),
    "relationships.docs": lambda portal, scene: portal.relationships.docs(
        ListShared(relationship=scene.relationship.relationship)
    ),
    "relationships.dashboard": lambda portal, scene: portal.relationships.dashboard(scene.relationship),
}
"""Each, by staff, leaves a row in the chain of the client it is about."""

CHANGES_BY_CLIENTS: dict[str, Step] = {
    "payment_methods.add": lambda portal, _: portal.payment_methods.add(CARD),
    "payment_methods.set_default": lambda portal, _: portal.payment_methods.set_default(
        PaymentMethodReference(id=portal.payment_methods.add(CARD).id)
    ),
    "payment_methods.authorize": lambda portal, scene: portal.payment_methods.authorize(
        AuthorizeProvider(id=scene.method.id, provider=ROSSI)
    ),
    "payment_methods.revoke": lambda portal, scene: portal.payment_methods.revoke(
        RevokeProvider(id=scene.method.id, provider="practice")
    ),
    "payment_methods.remove": lambda portal, scene: portal.payment_methods.remove(
        RemovePaymentMethod(id=scene.method.id, despite_unpaid=True)
    ),
    "payment_methods.begin_setup": lambda portal, _: portal.payment_methods.begin_setup(BeginPaymentSetup()),
    "payment_methods.setup": lambda portal, _: portal.payment_methods.setup(
        PaymentSetupReference(id=portal.payment_methods.begin_setup(BeginPaymentSetup()).id)
    ),
    "invoices.pay": lambda portal, scene: portal.invoices.pay(chargeable(portal, scene)),
    "forms.save": lambda portal, scene: portal.forms.save(SaveAnswers(id=scene.form.id, answers='{"weight": 70}')),
    "forms.submit": lambda portal, scene: portal.forms.submit(SubmitForm(id=scene.form.id)),
    "uploads.append": lambda portal, _: uploaded(portal),
    "uploads.drop": lambda portal, _: portal.uploads.drop(UploadReference(id=uploaded(portal).id)),
    "documents.hide": lambda portal, scene: portal.documents.hide(scene.document),
    "documents.unhide": lambda portal, scene: (
        portal.documents.hide(scene.document),
        portal.documents.unhide(scene.document),
    ),
}
"""Each, by the client alone, leaves a row in their own chain."""

WITHOUT_A_ROW = {
    "payment_methods.gateway",
    "uploads.show",
    "practice.show",
    "practice.backup",
    "forms.list",
    "sessions.who_am_i",
    "sessions.list",
    "settings.show",
    "settings.confirm_email",
    "staff.list",
    "staff.practitioners",
    "services.list",
    "hours.show",
    "policy.show",
    "conversations.news",
    "dashboard.show",
    "dashboard.look",
    "devices.show",
    "devices.allow",
    "devices.refuse",
    "outbox.send",
    "mfa.status",
    "mfa.set_up",
    "mfa.verify",
    "mfa.disable",
    "mfa.renew_recovery_codes",
    "mfa.reset",
    "tokens.create",
    "tokens.list",
    "tokens.revoke",
    "audit.verify",
    "account.show",
    "account.check_deletion",
    "account.delete",
}
"""What shows nothing of a client to anybody else and changes nothing; others here have tests of their own for it."""


@pytest.fixture
def anna(portal_file: Path) -> str:
    """Anna's id."""
    return str(query(portal_file, f"SELECT id FROM clients WHERE name = '{ANNA}'")[0]["id"])  # noqa: S608  our own name


def whole_id(portal: Portal) -> str:
    """Anna's id, as she or the practice finds it."""
    return portal.sessions.who_am_i().client_id or next(
        row.id for row in portal.clients.list(ListClients()).items if row.email == ANNA_EMAIL
    )


def quarantined(portal: Portal, document: DocumentReference) -> DocumentReference:
    """A document that waits for a scanner."""
    assert isinstance(portal, EmbeddedPortal)
    with portal._office.store.writing() as tx:
        scans.put(tx, [document.id], 0, notify=False)
    return document


def chargeable(portal: Portal, scene: Scene) -> PayInvoice:
    """The request that charges the invoice, now that its client has a card that the practice may charge."""
    assert isinstance(portal, EmbeddedPortal)
    office, token = portal._office, TrialTokenizer().token_of(Card("4242424242424242", 12, 2035, "123"))
    client_id = whole_id(portal)
    kept = office.gateway(GatewayName.TEST).attach(token, customer=None, client_id=client_id, key="k")
    with office.store.writing() as tx:
        policy.put(tx, policy.PRACTICE, {**policy.terms(tx, policy.PRACTICE), "payment_gateway": "test"})
        facts = {**kept.card._asdict(), "reference": kept.reference, "customer": kept.customer}
        payment_methods.insert(tx, id="pay_1", client_id=client_id, gateway="test", created_at=0, **facts)
        payment_methods.set_default(tx, client_id, "pay_1")
        payment_methods.authorize(tx, "pay_1", WHOLE_PRACTICE, limit=None, until=None, since=0)
    return PayInvoice(id=scene.invoice.id)


def opened(portal: Portal, document: DocumentReference) -> bytes:
    """What a document says."""
    with portal.open_body(OpenBody(id=document.id)) as body:
        return b"".join(body.chunks)


def new_rows(audit: Audit, step: Callable[[], Any]) -> list[Row]:
    """The rows that a step adds."""
    before = {(row["chain"], row["position"]) for row in audit()}
    step()
    return [row for row in audit() if (row["chain"], row["position"]) not in before]


def test_no_operation_is_without_a_rule_for_the_audit() -> None:
    """Each stands in one of these tables; sign-in has tests of its own."""
    ours = [*CHANGES_OF_CLIENTS, *CHANGES_BY_CLIENTS, *CHANGES_OF_THE_PRACTICE, *READS_OF_CLIENTS, *WITHOUT_A_ROW]
    assert sorted(ours) == sorted(ACCESS)


@pytest.mark.parametrize("operation", CHANGES_OF_CLIENTS)
def test_each_change_for_a_client_is_a_row_in_the_chain_of_that_client(
    owner: EmbeddedPortal, scene: Scene, audit: Audit, operation: str
) -> None:
    """Who, in which role, did what, to what, when."""
    rows = [
        row
        for row in new_rows(audit, lambda: CHANGES_OF_CLIENTS[operation](owner, scene))
        if row["action"] == operation
    ]
    assert len(rows) == (3 if operation == "appointments.book_series" else 1)
    staff_id = owner.sessions.who_am_i().staff_id
    assert {(row["actor"], row["role"], row["at"]) for row in rows} == {(staff_id, "owner", int(NINE.timestamp()))}
    assert all(row["chain"].startswith("cli_") for row in rows)
    nouns = ("apt", "chg", "doc", "inv", "ivc", "rfd", "cli", "cnv", "rel", "stf", "upl")
    assert all(row["subject"].partition("_")[0] in nouns for row in rows)


@pytest.mark.parametrize("operation", CHANGES_BY_CLIENTS)
def test_each_change_that_a_client_alone_makes_is_a_row_in_their_own_chain(
    client: EmbeddedPortal, scene: Scene, audit: Audit, anna: str, operation: str
) -> None:
    """Clients are held to account like everybody."""
    rows = new_rows(audit, lambda: CHANGES_BY_CLIENTS[operation](client, scene))
    (row,) = [row for row in rows if row["action"] == operation]
    assert (row["chain"], row["actor"], row["role"]) == (anna, anna, "client")


@pytest.mark.parametrize("operation", CHANGES_OF_THE_PRACTICE)
def test_each_change_of_the_practice_is_a_row_in_its_chain(
    owner: EmbeddedPortal, scene: Scene, audit: Audit, operation: str
) -> None:
    """Who, in which role, did what, to what."""
    rows = new_rows(audit, lambda: CHANGES_OF_THE_PRACTICE[operation](owner, scene))
    (row,) = [row for row in rows if row["action"] == operation]
    assert (row["chain"], row["role"]) == ("practice", "owner")


@pytest.mark.parametrize("operation", READS_OF_CLIENTS)
def test_each_read_of_a_client_by_staff_is_a_row_in_the_chain_of_that_client(
    owner: EmbeddedPortal, scene: Scene, audit: Audit, anna: str, operation: str
) -> None:
    """Also a read that says only whether the client is free."""
    rows = new_rows(audit, lambda: READS_OF_CLIENTS[operation](owner, scene))
    assert {row["action"] for row in rows} == {operation}
    chains = [row["chain"] for row in rows]
    assert len(chains) == len(set(chains))
    assert anna in chains or operation == "invites.list"


def test_that_a_client_has_no_appointments_is_read_of_that_client_too(
    owner: EmbeddedPortal, scene: Scene, audit: Audit
) -> None:
    """An empty answer about somebody is an answer about somebody."""
    assert scene
    rows = new_rows(audit, lambda: owner.appointments.list(ListAppointments(client=BEN)))
    assert [(row["action"], row["chain"][:4]) for row in rows] == [("appointments.list", "cli_")]


@pytest.mark.parametrize(
    "operation", [name for name, row in ACCESS.items() if name in READS_OF_CLIENTS and row.client is not Reach.NOTHING]
)
def test_what_clients_read_of_their_own_leaves_no_row(
    client: EmbeddedPortal, scene: Scene, audit: Audit, operation: str
) -> None:
    """It is theirs."""
    assert new_rows(audit, lambda: READS_OF_CLIENTS[operation](client, scene)) == []


def test_what_clients_change_is_a_row_in_their_own_chain(
    owner: EmbeddedPortal, client: EmbeddedPortal, audit: Audit, anna: str
) -> None:
    """Clients are held to account like everybody."""
    offer(owner)
    (row,) = new_rows(audit, lambda: book(client, NINE))
    assert (row["chain"], row["actor"], row["role"], row["action"]) == (anna, anna, "client", "appointments.book")


def test_what_is_refused_or_changes_nothing_leaves_no_row(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, audit: Audit
) -> None:
    """A row says that something happened."""
    offer(owner)
    booked = book(client, NINE, idempotency_key="k1")
    cancelled = book(client, NINE + HOUR)
    cancel(client, cancelled)

    def nothing() -> None:
        with pytest.raises(errors.SlotTaken):
            book(other_client, NINE)
        with pytest.raises(errors.NotFound):
            cancel(other_client, booked)
        book(client, NINE, idempotency_key="k1")
        cancel(client, cancelled)
        move(client, booked, NINE)

    assert new_rows(audit, nothing) == []
