"""Killed at any step of a charge or refund, money moves once or not at all, and the books say which."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.invoices import InvoiceReference, PayInvoice, Reconcile, RefundInvoice
from tests.domain.conftest import FakeClock, Template
from tests.domain.stopped_charges import CHARGE, KEY, REFUND, issued, killed, moved, taking

LATER = timedelta(minutes=11)
"""When nobody can be at it any more."""


class Practice(NamedTuple):
    """A portal file, who owns it, and an invoice of Anna's."""

    file: Path
    token: str
    invoice: str

    def copied(self, folder: Path) -> Practice:
        """The same in a copy of its folder."""
        shutil.copytree(self.file.parent, folder)
        return self._replace(file=folder / self.file.name)

    def owner(self, clock: FakeClock) -> EmbeddedPortal:
        """The portal as its owner sees it."""
        return EmbeddedPortal(f"sqlite://{self.file}", self.file, self.token, clock, lambda _: None)


@pytest.fixture(scope="module")
def unpaid(_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """An invoice that nobody has charged."""
    practice = Practice(_template.file, _template.owner, "")
    practice = practice.copied(tmp_path_factory.mktemp("unpaid") / "portal")
    owner = practice.owner(FakeClock())
    client = owner.with_token(_template.client)
    taking(owner, client)
    practice = practice._replace(invoice=issued(owner).id)
    for portal in (client, owner):
        portal.close()
    return practice


@pytest.fixture(scope="module")
def paid(unpaid: Practice, tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """The same, charged."""
    practice = unpaid.copied(tmp_path_factory.mktemp("paid") / "portal")
    owner = practice.owner(FakeClock())
    owner.invoices.charge(PayInvoice(id=practice.invoice))
    owner.close()
    return practice


def state(owner: EmbeddedPortal, practice: Practice) -> tuple[str, int]:
    """How far the invoice is, and what of it went back."""
    found = owner.invoices.show(InvoiceReference(id=practice.invoice))
    return found.state.value, found.refunded.amount


@pytest.mark.parametrize("step", CHARGE)
def test_killed_at_each_step_of_a_charge(unpaid: Practice, tmp_path: Path, step: str) -> None:
    request = PayInvoice(id=unpaid.invoice, idempotency_key=KEY)
    dead = unpaid.copied(tmp_path / "dead")
    killed(dead.file, dead.token, request, step)

    repeated = dead.copied(tmp_path / "repeated")
    owner = repeated.owner(FakeClock())
    made = owner.invoices.charge(request)
    assert (made.state, state(owner, repeated)) == ("succeeded", ("paid", 0))
    assert owner.invoices.charge(request) == made
    assert moved(repeated.file) == ([8000], [8000])
    owner.close()

    followed = dead.copied(tmp_path / "followed")
    owner = followed.owner(FakeClock())
    if step == "unwritten":
        assert owner.invoices.charge(PayInvoice(id=unpaid.invoice)).state == "succeeded"
    else:
        with pytest.raises(errors.NotChangeable):
            owner.invoices.charge(PayInvoice(id=unpaid.invoice))
    assert moved(followed.file) == ([8000], [8000])
    owner.close()

    owner = dead.owner(FakeClock())
    assert owner.invoices.reconcile(Reconcile()).differences == []
    owner.close()
    clock = FakeClock()
    clock.advance(LATER)
    owner = dead.owner(clock)
    assert owner.invoices.reconcile(Reconcile()).differences == []
    has_moved = step in ("confirmed", "settled")
    assert moved(dead.file) == (([8000], [8000]) if has_moved else ([], []))
    assert state(owner, dead)[0] == ("paid" if has_moved else "issued")
    if not has_moved:
        owner.invoices.charge(PayInvoice(id=unpaid.invoice))
        assert moved(dead.file) == ([8000], [8000])
    owner.close()


@pytest.mark.parametrize("step", REFUND)
def test_killed_at_each_step_of_a_refund(paid: Practice, tmp_path: Path, step: str) -> None:
    request = RefundInvoice(id=paid.invoice, amount=3000, idempotency_key=KEY)
    dead = paid.copied(tmp_path / "dead")
    killed(dead.file, dead.token, request, step)

    repeated = dead.copied(tmp_path / "repeated")
    owner = repeated.owner(FakeClock())
    made = owner.invoices.refund(request)
    assert (made.state, state(owner, repeated)) == ("succeeded", ("paid", 3000))
    assert owner.invoices.refund(request) == made
    assert moved(repeated.file) == ([-3000, 8000], [-3000, 8000])
    owner.close()

    clock = FakeClock()
    clock.advance(LATER)
    owner = dead.owner(clock)
    assert owner.invoices.reconcile(Reconcile()).differences == []
    expected = [8000] if step == "unwritten" else [-3000, 8000]
    assert moved(dead.file) == (expected, expected), "what the practice gave back arrives, however late"
    owner.close()
