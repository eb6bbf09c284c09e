"""Charges and refunds that are stopped at a step of theirs: killed in a process of their own, or cut off."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.gateways.gateway import Attached, Card, Event, Gateway, Movement, SetupPage
from portalctl.gateways.trial import TrialTokenizer
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import (
    CreateInvoice,
    Invoice,
    InvoiceItem,
    InvoiceReference,
    PayInvoice,
    RefundInvoice,
)
from portalctl.models.money import Money
from portalctl.models.payment_methods import AddPaymentMethod, PaymentMethod
from portalctl.models.policy import SetPolicy
from portalctl.storage import invoices
from portalctl.storage.engine import Row
from tests.domain.conftest import ANNA_EMAIL, MORNING, FakeClock, query

WORKS, DECLINED_LATER = "4242424242424242", "4000000000000341"
CHARGE = ("unwritten", "written", "prepared", "kept", "confirmed", "settled")
REFUND = ("unwritten", "written", "given back", "settled")
"""The steps after which a charge and a refund can end."""

KEY = "k-stopped"

_fresh = multiprocessing.get_context("forkserver")
_fresh.set_forkserver_preload([__name__, "portalctl.domain.charging", "portalctl.domain.reconciling"])


class Watched(Gateway):
    """The trial, where something happens at each step: `at` is told of it, and may raise."""

    name = "test"
    moves_money = False
    hosted_page = True

    def __init__(self, trial: Gateway, at: Callable[[str], None]) -> None:
        self.trial = trial
        self.at = at

    def prepare(self, amount: Money, *, card: str, customer: str, facts: Mapping[str, str], key: str) -> str:
        self.at("written")
        found = self.trial.prepare(amount, card=card, customer=customer, facts=facts, key=key)
        self.at("prepared")
        return found

    def confirm(self, reference: str, *, key: str) -> Movement:
        self.at("kept")
        found = self.trial.confirm(reference, key=key)
        self.at("confirmed")
        return found

    def refund(self, charge: str, amount: Money, *, key: str) -> Movement:
        self.at("written")
        found = self.trial.refund(charge, amount, key=key)
        self.at("given back")
        return found

    def read(self, reference: str) -> Movement:
        self.at("asked")
        return self.trial.read(reference)

    def cancel(self, reference: str) -> Movement:
        return self.trial.cancel(reference)

    def attach(self, token: str, *, customer: str | None, client_id: str, key: str) -> Attached:
        return self.trial.attach(token, customer=customer, client_id=client_id, key=key)

    def detach(self, reference: str) -> None:
        self.at("detached")
        self.trial.detach(reference)

    def movements(self, since: datetime) -> Iterator[Movement]:
        return self.trial.movements(since)

    def begin_setup(self, *, customer: str | None, client_id: str, return_to: str, key: str) -> SetupPage:
        return self.trial.begin_setup(customer=customer, client_id=client_id, return_to=return_to, key=key)

    def setup_token(self, reference: str) -> str | None:
        return self.trial.setup_token(reference)

    def read_event(self, payload: bytes, signature: str, now: datetime) -> Event:
        return self.trial.read_event(payload, signature, now)


def watch(portal: EmbeddedPortal, at: Callable[[str], None]) -> EmbeddedPortal:
    """The same portal, whose charges and refunds tell their steps."""
    trial = portal._office.gateway(GatewayName.TEST)

    def gateway(name: GatewayName) -> Gateway:
        at("unwritten")
        return Watched(portal._office.gateway(name) if name is not GatewayName.TEST else trial, at)

    found = portal.with_token(portal._token)
    found.__dict__["_office"] = portal._office._replace(gateway=gateway)
    return found


class Cut:
    """The line to the provider, cut at these steps, each as often as it is named."""

    def __init__(self, *steps: str) -> None:
        self.steps = list(steps)

    def __call__(self, step: str) -> None:
        """Lose what is sent or answered there."""
        if step in self.steps:
            self.steps.remove(step)
            raise errors.GatewayUnreachable("no answer came")


def killed(file: Path, token: str, request: PayInvoice | RefundInvoice, step: str) -> None:
    """Carry a request out in a process that is killed at that step."""
    process = _fresh.Process(target=_die, args=(str(file), token, request, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _die(file: str, token: str, request: PayInvoice | RefundInvoice, step: str) -> None:
    def at(now: str) -> None:
        if now == step:
            os.kill(os.getpid(), signal.SIGKILL)

    portal = watch(EmbeddedPortal(f"sqlite://{file}", Path(file), token, FakeClock(MORNING), print), at)
    if isinstance(request, PayInvoice):
        portal.invoices.charge(request)
    else:
        portal.invoices.refund(request)
    at("settled")


def taking(owner: EmbeddedPortal, client: EmbeddedPortal, number: str = WORKS, **more: object) -> PaymentMethod:
    """Anna's card, which the whole practice may charge, at a practice that takes payments as a trial."""
    owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))
    token = TrialTokenizer().token_of(Card(number, 12, 2035, "123"))
    asked = {"token": token, "authorize": "practice", **more}
    return client.payment_methods.add(AddPaymentMethod.model_validate(asked))


def issued(owner: EmbeddedPortal, amount: int = 8000, currency: str = "EUR", **more: object) -> Invoice:
    """An invoice of Anna's, issued without its document, which takes longer to draw than all the rest."""
    items = [InvoiceItem(text="Visit", amount=amount)]
    asked = {"client": ANNA_EMAIL, "items": items, "currency": currency, **more}
    draft = owner.invoices.create(CreateInvoice.model_validate(asked))
    with owner._office.store.writing() as tx:
        number = invoices.next_number(tx)
        invoices.change(tx, draft.id, number=number, state="issued", issued_at=int(owner._clock().timestamp()))
    return owner.invoices.show(InvoiceReference(id=draft.id))


def moved(file: Path) -> tuple[list[int], list[int]]:
    """What moved by the books, and what by the provider: charges above nothing, refunds below; sorted."""
    books = query(file, "SELECT amount, charge_id IS NOT NULL AS is_refund FROM movements WHERE state = 'succeeded'")
    there = query(file, "SELECT amount, is_refund FROM trial_movements WHERE standing = 'succeeded'")
    return _signed(books), _signed(there)


def _signed(rows: list[Row]) -> list[int]:
    return sorted(-row["amount"] if row["is_refund"] else row["amount"] for row in rows)
