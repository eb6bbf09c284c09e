"""The contract is whole: each operation is pinned, in the table of access, carried out, and reached by a command."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

import portalctl
from portalctl import errors
from portalctl.contract.portal import NOUNS, Portal
from portalctl.domain.access import ACCESS, PUBLIC
from portalctl.models.values import Page, Record
from tests.surface import Declared, commands, operations, options_of

PINNED = {
    "practice.set_up": ("POST", "/practice"),
    "practice.show": ("GET", "/practice"),
    "sessions.sign_up": ("POST", "/accounts"),
    "sessions.sign_in": ("POST", "/sessions"),
    "sessions.sign_out": ("DELETE", "/sessions/current"),
    "sessions.who_am_i": ("GET", "/sessions/current"),
    "sessions.reset_password": ("POST", "/password/reset"),
    "sessions.request_reset": ("POST", "/password/request-reset"),
    "sessions.change_password": ("POST", "/password/change"),
    "sessions.revoke": ("POST", "/sessions/{id}/revoke"),
    "sessions.revoke_others": ("POST", "/sessions/revoke-others"),
    "sessions.list": ("GET", "/sessions"),
    "settings.show": ("GET", "/settings"),
    "settings.set_profile": ("PATCH", "/settings/profile"),
    "settings.change_email": ("POST", "/settings/email"),
    "settings.confirm_email": ("POST", "/settings/email/confirm"),
    "settings.set_notifications": ("PATCH", "/settings/notifications"),
    "staff.practitioners": ("GET", "/practitioners"),
    "staff.list": ("GET", "/staff"),
    "staff.add": ("POST", "/staff"),
    "staff.edit": ("PATCH", "/staff/{staff}"),
    "staff.disable": ("POST", "/staff/{staff}/disable"),
    "services.list": ("GET", "/services"),
    "services.add": ("POST", "/services"),
    "services.edit": ("PATCH", "/services/{service}"),
    "services.archive": ("POST", "/services/{service}/archive"),
    "hours.show": ("GET", "/practitioners/{practitioner}/hours"),
    "hours.set": ("PUT", "/practitioners/{practitioner}/hours"),
    "hours.add": ("POST", "/practitioners/{practitioner}/hours"),
    "hours.override": ("PUT", "/practitioners/{practitioner}/hours/{date}"),
    "policy.show": ("GET", "/policy"),
    "policy.set": ("PATCH", "/policy"),
    "invites.create": ("POST", "/invites"),
    "invites.list": ("GET", "/invites"),
    "invites.revoke": ("POST", "/invites/{id}/revoke"),
    "invites.preview": ("POST", "/invites/preview"),
    "clients.list": ("GET", "/clients"),
    "clients.show": ("GET", "/clients/{client}"),
    "clients.identify": ("POST", "/clients/identify"),
    "clients.reset_link": ("POST", "/clients/{client}/reset-link"),
    "slots.find": ("GET", "/slots"),
    "appointments.list": ("GET", "/appointments"),
    "appointments.show": ("GET", "/appointments/{id}"),
    "appointments.book": ("POST", "/appointments"),
    "appointments.check_booking": ("POST", "/appointments/check"),
    "appointments.book_series": ("POST", "/appointments/series"),
    "appointments.reschedule": ("POST", "/appointments/{id}/reschedule"),
    "appointments.confirm": ("POST", "/appointments/{id}/confirm"),
    "appointments.cancel": ("POST", "/appointments/{id}/cancel"),
    "appointments.check_cancellation": ("POST", "/appointments/{id}/check-cancellation"),
    "appointments.room": ("GET", "/appointments/{id}/room"),
    "appointments.approve": ("POST", "/appointments/{id}/approve"),
    "appointments.decline": ("POST", "/appointments/{id}/decline"),
    "appointments.attended": ("POST", "/appointments/{id}/attended"),
    "appointments.no_show": ("POST", "/appointments/{id}/no-show"),
    "assignments.list": ("GET", "/assignments"),
    "assignments.add": ("PUT", "/clients/{client}/assignments/{staff}"),
    "assignments.remove": ("DELETE", "/clients/{client}/assignments/{staff}"),
    "conversations.list": ("GET", "/conversations"),
    "conversations.show": ("GET", "/conversations/{id}"),
    "conversations.start": ("POST", "/conversations"),
    "conversations.reply": ("POST", "/conversations/{id}/messages"),
    "conversations.read": ("POST", "/conversations/{id}/read"),
    "conversations.unread": ("POST", "/conversations/{id}/unread"),
    "conversations.close": ("POST", "/conversations/{id}/close"),
    "conversations.reopen": ("POST", "/conversations/{id}/reopen"),
    "conversations.broadcast": ("POST", "/conversations/broadcast"),
    "conversations.news": ("GET", "/conversations/news"),
    "dashboard.show": ("GET", "/dashboard"),
    "dashboard.look": ("POST", "/dashboard/look"),
    "devices.start": ("POST", "/device-sign-ins"),
    "devices.poll": ("POST", "/device-sign-ins/poll"),
    "devices.show": ("GET", "/device-sign-ins/{user_code}"),
    "devices.allow": ("POST", "/device-sign-ins/{user_code}/allow"),
    "devices.refuse": ("POST", "/device-sign-ins/{user_code}/refuse"),
    "mfa.status": ("GET", "/mfa"),
    "mfa.set_up": ("POST", "/mfa"),
    "mfa.verify": ("POST", "/mfa/verify"),
    "mfa.disable": ("POST", "/mfa/disable"),
    "mfa.renew_recovery_codes": ("POST", "/mfa/recovery-codes"),
    "mfa.reset": ("POST", "/clients/{client}/reset-mfa"),
    "tokens.create": ("POST", "/tokens"),
    "tokens.list": ("GET", "/tokens"),
    "tokens.revoke": ("POST", "/tokens/{id}/revoke"),
    "payment_methods.gateway": ("GET", "/payment-methods/gateway"),
    "payment_methods.list": ("GET", "/payment-methods"),
    "payment_methods.show": ("GET", "/payment-methods/{id}"),
    "payment_methods.add": ("POST", "/payment-methods"),
    "payment_methods.set_default": ("POST", "/payment-methods/{id}/default"),
    "payment_methods.authorize": ("POST", "/payment-methods/{id}/authorize"),
    "payment_methods.revoke": ("POST", "/payment-methods/{id}/revoke"),
    "payment_methods.remove": ("DELETE", "/payment-methods/{id}"),
    "payment_methods.begin_setup": ("POST", "/payment-methods/setups"),
    "payment_methods.setup": ("POST", "/payment-methods/setups/{id}/outcome"),
    "invoices.list": ("GET", "/invoices"),
    "invoices.show": ("GET", "/invoices/{id}"),
    "invoices.create": ("POST", "/invoices"),
    "invoices.issue": ("POST", "/invoices/{id}/issue"),
    "invoices.void": ("POST", "/invoices/{id}/void"),
    "invoices.charges": ("GET", "/invoices/{id}/charges"),
    "invoices.charge": ("POST", "/invoices/{id}/charge"),
    "invoices.pay": ("POST", "/invoices/{id}/pay"),
    "invoices.refund": ("POST", "/invoices/{id}/refund"),
    "invoices.receipts": ("GET", "/invoices/receipts"),
    "invoices.reconcile": ("POST", "/invoices/reconcile"),
    "outbox.list": ("GET", "/outbox"),
    "outbox.show": ("GET", "/outbox/{id}"),
    "account.show": ("GET", "/account"),
    "account.check_deletion": ("GET", "/account/deletion"),
    "account.delete": ("POST", "/account/delete"),
    "audit.list": ("GET", "/audit"),
    "audit.verify": ("GET", "/audit/chains"),
    "forms.add": ("POST", "/forms"),
    "forms.list": ("GET", "/forms"),
    "forms.share": ("POST", "/forms/{form}/share"),
    "forms.given": ("GET", "/given-forms"),
    "forms.show": ("GET", "/given-forms/{id}"),
    "forms.save": ("PATCH", "/given-forms/{id}"),
    "forms.submit": ("POST", "/given-forms/{id}/submit"),
    "forms.export": ("GET", "/given-forms/{id}/response"),
    "uploads.start": ("POST", "/uploads"),
    "uploads.show": ("GET", "/uploads/{id}"),
    "uploads.drop": ("DELETE", "/uploads/{id}"),
    "documents.list": ("GET", "/documents"),
    "documents.show": ("GET", "/documents/{id}"),
    "documents.add": ("POST", "/documents"),
    "documents.known": ("POST", "/documents/known"),
    "documents.rename": ("PATCH", "/documents/{id}"),
    "documents.hide": ("POST", "/documents/{id}/hide"),
    "documents.unhide": ("POST", "/documents/{id}/unhide"),
    "documents.delete": ("DELETE", "/documents/{id}"),
    "documents.share": ("POST", "/documents/{id}/share"),
    "documents.unshare": ("POST", "/documents/{id}/unshare"),
    "documents.release": ("POST", "/documents/{id}/release"),
    "documents.views": ("GET", "/documents/{id}/views"),
    "notes.add": ("POST", "/notes"),
    "notes.edit": ("PATCH", "/notes/{id}"),
    "notes.complete": ("POST", "/notes/{id}/complete"),
    "notes.list": ("GET", "/notes"),
    "notes.show": ("POST", "/notes/{id}/read"),
    "relationships.add": ("POST", "/clients/{client}/relationships"),
    "relationships.list": ("GET", "/relationships"),
    "relationships.show": ("GET", "/relationships/{relationship}"),
    "relationships.edit": ("PATCH", "/relationships/{id}"),
    "relationships.remove": ("DELETE", "/relationships/{id}"),
    "relationships.docs": ("GET", "/relationships/{relationship}/documents"),
    "relationships.dashboard": ("GET", "/relationships/{relationship}/dashboard"),
}
"""What travels between portals and clients of different age. A change here breaks somebody."""

COMMANDS = {
    "practice.set_up": "practice init",
    "practice.show": "practice show",
    "sessions.sign_up": "signup",
    "sessions.sign_in": "login",
    "sessions.sign_out": "logout",
    "sessions.who_am_i": "whoami",
    "sessions.reset_password": "password reset",
    "sessions.request_reset": "password reset --email",
    "sessions.change_password": "settings password change",
    "sessions.revoke": "settings sessions revoke",
    "sessions.revoke_others": "settings sessions revoke --others",
    "sessions.list": "settings sessions list",
    "settings.show": "settings show",
    "settings.set_profile": "settings profile set",
    "settings.change_email": "settings profile set --email",
    "settings.confirm_email": "settings profile confirm-email",
    "settings.set_notifications": "settings notifications set",
    "staff.practitioners": "appointments practitioners",
    "staff.list": "practice staff list",
    "staff.add": "practice staff add",
    "staff.edit": "practice staff edit",
    "staff.disable": "practice staff disable",
    "services.list": "appointments services",
    "services.add": "practice services add",
    "services.edit": "practice services edit",
    "services.archive": "practice services archive",
    "hours.show": "practice hours show",
    "hours.set": "practice hours set",
    "hours.add": "practice hours add",
    "hours.override": "practice hours override",
    "policy.show": "practice policy show",
    "policy.set": "practice policy set",
    "invites.create": "practice invite",
    "invites.list": "practice invites list",
    "invites.revoke": "practice invites revoke",
    "invites.preview": "signup",
    "clients.list": "practice clients list",
    "clients.show": "practice clients show",
    "clients.identify": "docs upload --manifest",
    "clients.reset_link": "practice reset-link",
    "slots.find": "appointments slots",
    "appointments.list": "appointments list",
    "appointments.show": "appointments show",
    "appointments.book": "appointments book",
    "appointments.check_booking": "appointments book --dry-run",
    "appointments.book_series": "appointments book --weekly",
    "appointments.reschedule": "appointments reschedule",
    "appointments.confirm": "appointments confirm",
    "appointments.cancel": "appointments cancel",
    "appointments.check_cancellation": "appointments cancel --dry-run",
    "appointments.room": "appointments join",
    "appointments.approve": "practice approve",
    "appointments.decline": "practice decline",
    "appointments.attended": "practice attended",
    "appointments.no_show": "practice no-show",
    "assignments.list": "practice assigned",
    "assignments.add": "practice assign",
    "assignments.remove": "practice unassign",
    "conversations.list": "inbox list",
    "conversations.show": "inbox show",
    "conversations.start": "inbox send",
    "conversations.reply": "inbox reply",
    "conversations.read": "inbox read",
    "conversations.unread": "inbox unread",
    "conversations.close": "inbox close",
    "conversations.reopen": "inbox reopen",
    "conversations.broadcast": "inbox send --all-clients",
    "conversations.news": "inbox watch",
    "dashboard.show": "dashboard",
    "dashboard.look": "dashboard",
    "devices.start": "login --web",
    "devices.poll": "login --web",
    "devices.show": "devices show",
    "devices.allow": "devices allow",
    "devices.refuse": "devices refuse",
    "mfa.status": "settings mfa status",
    "mfa.set_up": "settings mfa setup",
    "mfa.verify": "settings mfa verify",
    "mfa.disable": "settings mfa disable",
    "mfa.renew_recovery_codes": "settings mfa recovery-codes --renew",
    "mfa.reset": "practice clients reset-mfa",
    "tokens.create": "settings tokens create",
    "tokens.list": "settings tokens list",
    "tokens.revoke": "settings tokens revoke",
    "payment_methods.gateway": "settings payment add",
    "payment_methods.list": "settings payment list",
    "payment_methods.show": "settings payment show",
    "payment_methods.add": "settings payment add",
    "payment_methods.set_default": "settings payment default",
    "payment_methods.authorize": "settings payment authorize",
    "payment_methods.revoke": "settings payment revoke",
    "payment_methods.remove": "settings payment remove",
    "payment_methods.begin_setup": "settings payment add --web",
    "payment_methods.setup": "settings payment add --web",
    "invoices.list": "practice invoices list --client",
    "invoices.show": "invoices show",
    "invoices.create": "practice invoices create",
    "invoices.issue": "practice invoices issue",
    "invoices.void": "practice invoices void",
    "invoices.charges": "invoices charges",
    "invoices.charge": "practice invoices charge",
    "invoices.pay": "invoices pay",
    "invoices.refund": "practice invoices refund",
    "invoices.receipts": "invoices receipts --client",
    "invoices.reconcile": "practice invoices reconcile",
    "outbox.list": "practice outbox list",
    "outbox.show": "practice outbox show",
    "account.show": "account show",
    "account.check_deletion": "account delete",
    "account.delete": "account delete",
    "audit.list": "practice audit log",
    "audit.verify": "practice audit verify",
    "forms.add": "practice form import",
    "forms.list": "practice form list",
    "forms.share": "practice form share",
    "forms.given": "docs form list",
    "forms.show": "docs form show",
    "forms.save": "docs form save",
    "forms.submit": "docs form submit",
    "forms.export": "docs form export",
    "uploads.start": "docs upload",
    "uploads.show": "docs upload",
    "uploads.drop": "docs upload",
    "documents.list": "docs list",
    "documents.show": "docs show",
    "documents.add": "docs upload",
    "documents.known": "docs upload",
    "documents.rename": "docs rename",
    "documents.hide": "docs hide",
    "documents.unhide": "docs unhide",
    "documents.delete": "docs delete",
    "documents.share": "docs share",
    "documents.unshare": "docs unshare",
    "documents.release": "practice quarantine release",
    "documents.views": "docs views",
    "notes.add": "docs note add",
    "notes.edit": "docs note edit",
    "notes.complete": "docs note complete",
    "notes.list": "docs note list",
    "notes.show": "docs note show",
    "relationships.add": "practice relationships add",
    "relationships.list": "relationships list",
    "relationships.show": "relationships show",
    "relationships.edit": "practice relationships edit",
    "relationships.remove": "practice relationships remove",
    "relationships.docs": "relationships docs",
    "relationships.dashboard": "relationships dashboard",
}
"""The command that reaches each operation, with the option that chooses it."""

every_operation = pytest.mark.parametrize("one", operations().values(), ids=operations().keys())


def test_every_operation_is_pinned_by_name_method_and_path() -> None:
    """Adding one is a line here; changing one breaks whoever speaks the old contract."""
    assert {key: (one.operation.method, one.operation.path) for key, one in operations().items()} == PINNED


def test_no_two_operations_share_a_method_and_path() -> None:
    """The parts in braces do not tell paths apart."""
    routes = [(one.operation.method, re.sub(r"{\w+}", "{}", one.operation.path)) for one in operations().values()]
    assert len(set(routes)) == len(routes)


def test_a_portal_has_each_noun_as_an_attribute() -> None:
    """The walk of the other tests is over all of them."""
    assert set(NOUNS) <= {name for name, found in vars(Portal).items() if isinstance(found, property)}
    assert {one.operation.noun for one in operations().values()} == set(NOUNS)


@every_operation
def test_every_operation_is_in_the_table_of_access_or_public(one: Declared) -> None:
    """In exactly one of them."""
    assert (one.key in ACCESS) != (one.key in PUBLIC)


def test_the_table_of_access_names_nothing_else() -> None:
    """Beside what travels stands only what needs the portal's own file, and what streams."""
    by_hand = {"practice.backup", "outbox.send", "uploads.append", "documents.add_files", "documents.open_body"}
    assert ACCESS.keys() | PUBLIC == operations().keys() | by_hand


@every_operation
def test_an_operation_takes_one_request_and_answers_records(one: Declared) -> None:
    """What travels is made of models."""
    hints = get_type_hints(one.method)
    assert set(hints) - {"return"} <= {"request"}
    assert _is_answer(one.answer), one.answer


def _is_answer(answer: Any) -> bool:
    if answer is type(None):
        return True
    inner = [part for part in get_args(answer) if part is not type(None)]
    if inner:
        return len(inner) == 1 and _is_answer(inner[0])
    return isinstance(answer, type) and issubclass(answer, Record)


@every_operation
def test_the_fields_in_a_path_are_fields_of_the_request(one: Declared) -> None:
    """And required ones: a path has no holes."""
    for name in re.findall(r"{(\w+)}", one.operation.path):
        assert one.request is not None
        assert one.request.model_fields[name].is_required(), name


@every_operation
def test_what_travels_in_a_query_is_flat(one: Declared) -> None:
    """The request of a GET or DELETE has no field that is itself a record."""
    if one.operation.method not in ("GET", "DELETE") or one.request is None:
        return
    for name, field in one.request.model_fields.items():
        assert not _has_model(field.annotation), name


def _has_model(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_has_model(part) for part in get_args(annotation))


@every_operation
def test_lists_that_grow_without_end_come_in_pages(one: Declared) -> None:
    """A request with a cursor answers a page, and a page is asked for with a cursor."""
    paged = isinstance(one.answer, type) and issubclass(one.answer, Page)
    assert paged == (one.request is not None and "cursor" in one.request.model_fields)


@every_operation
def test_the_domain_carries_out_an_operation_with_the_same_signature(one: Declared) -> None:
    """Not wider, not narrower."""
    assert get_type_hints(one.implementation) == get_type_hints(one.method)


@every_operation
def test_a_command_reaches_the_operation(one: Declared) -> None:
    """The command exists, has the option that chooses the operation, and a command, or what moves files, calls it."""
    words = COMMANDS[one.key].split()
    path = tuple(word for word in words if not word.startswith("-"))
    command = commands()[path]
    assert {word for word in words if word.startswith("-")} <= options_of(command)
    assert one.key in _calls(), f"no command calls {one.key}"


@cache
def _calls() -> set[str]:
    """What commands, and what moves files for them, call: `noun.operation`."""
    home = Path(portalctl.__file__).parent
    files = [*home.glob("commands/*.py"), *home.glob("transfer/*.py")]
    return {call for file in files for call in re.findall(r"\b(\w+\.\w+)\(", file.read_text())}


def _raises(one: Declared) -> list[str]:
    found = re.search(r"\bRaises ([^.]+)\.", one.method.__doc__ or "")
    return re.findall(r"\b[A-Z][A-Za-z]+\b", found[1]) if found else []


PROMISED = sorted({name for one in operations().values() for name in _raises(one)})


@pytest.mark.parametrize("name", PROMISED)
def test_every_failure_that_the_contract_promises_is_seen_in_a_test(name: str) -> None:
    """By its class or by its code."""
    failure: type[errors.PortalError] = getattr(errors, name)
    assert {name, failure.code} & _seen_in_tests()


@cache
def _seen_in_tests() -> set[str]:
    """Classes that other tests expect to be raised, and words that they quote."""
    found: set[str] = set()
    for test in Path(__file__).parent.rglob("test_*.py"):
        if test != Path(__file__):
            text = test.read_text()
            found.update(word for raised in re.findall(r"raises\(([^)]*)", text) for word in re.findall(r"\w+", raised))
            found.update(re.findall(r"[\"']([a-z_]+)[\"']", text))
    return found


def test_the_contract_promises_failures_at_all() -> None:
    """The reading of its docstrings works."""
    assert {"SlotTaken", "LinkNotValid", "LastOwner", "JoinNotOpen", "NotFound"} <= set(PROMISED)
