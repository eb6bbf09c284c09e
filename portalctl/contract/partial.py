"""A portal that can do little: what a backend begins as, and what one stays that only reads something elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NoReturn

from portalctl.contract.binding import bound, declaring, every_operation
from portalctl.contract.portal import Portal
from portalctl.errors import Unsupported

EVERYTHING = frozenset(
    {
        *every_operation(),
        *("practice.backup", "outbox.send", "uploads.append", "documents.add_files", "documents.open_body"),
    }
)
"""The operations of a portal, by their keys."""


def unsupported(operation: str) -> Unsupported:
    """What an operation raises that a portal lacks."""
    return Unsupported(f"this portal cannot do that: {operation}", "ask the practice which of its portals can")


def _refused(noun: str) -> cached_property[Any]:
    """A noun of which every operation raises Unsupported."""

    def implemented(_: PartialPortal) -> Any:
        methods = {name: _refusal(f"{noun}.{name}") for name in bound(noun)}
        return type(f"No{noun.title()}", (declaring(noun),), methods)()

    return cached_property(implemented)


def _refusal(operation: str) -> Callable[..., NoReturn]:
    def refuse(_self: object, _request: object = None) -> NoReturn:
        raise unsupported(operation)

    return refuse


class PartialPortal(Portal):
    """Can do nothing yet. A backend overrides the nouns that it has, and takes from `lacks` what it can do."""

    lacks = EVERYTHING

    practice = _refused("practice")
    sessions = _refused("sessions")
    settings = _refused("settings")
    staff = _refused("staff")
    services = _refused("services")
    hours = _refused("hours")
    policy = _refused("policy")
    invites = _refused("invites")
    invoices = _refused("invoices")
    payment_methods = _refused("payment_methods")
    clients = _refused("clients")
    slots = _refused("slots")
    appointments = _refused("appointments")
    assignments = _refused("assignments")
    conversations = _refused("conversations")
    dashboard = _refused("dashboard")
    devices = _refused("devices")
    outbox = _refused("outbox")
    documents = _refused("documents")
    forms = _refused("forms")
    notes = _refused("notes")
    relationships = _refused("relationships")
    mfa = _refused("mfa")
    tokens = _refused("tokens")
    audit = _refused("audit")
    account = _refused("account")
    uploads = _refused("uploads")
