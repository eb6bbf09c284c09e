"""Payment methods: kept once, forgotten for good, expired by the practice's calendar, whatever the provider answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.cards import forget_removed
from portalctl.domain.payment_methods import PaymentMethods
from portalctl.domain.setups import settle_by_reference
from portalctl.gateways.gateway import Attached, Card, Gateway, SetupPage
from portalctl.gateways.trial import TrialGateway, TrialTokenizer
from portalctl.models.account import CONFIRMATION, DeleteAccount
from portalctl.models.dashboard import ShowDashboard
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import ChangeInvoiceState, CreateInvoice, InvoiceItem
from portalctl.models.payment_methods import (
    AddPaymentMethod,
    AuthorizeProvider,
    BeginPaymentSetup,
    ListPaymentMethods,
    PaymentMethod,
    PaymentMethodReference,
    PaymentSetupReference,
    RemovePaymentMethod,
    RevokeProvider,
    SetupOutcome,
)
from portalctl.models.policy import SetPolicy
from portalctl.models.staff import StaffReference
from tests.domain.conftest import ANNA_PASSWORD, FakeClock, query
from tests.domain.people import add

NUMBER = "4242424242424242"


@pytest.fixture(autouse=True)
def _payments(owner: EmbeddedPortal) -> None:
    owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))


def token(month: int = 12, year: int = 2030) -> str:
    """What the trial calls a card that works."""
    return TrialTokenizer().token_of(Card(NUMBER, month, year, "123"))


def card(portal: EmbeddedPortal, month: int = 12, year: int = 2030, **more: object) -> PaymentMethod:
    """Another card of somebody's."""
    return portal.payment_methods.add(AddPaymentMethod.model_validate({"token": token(month, year), **more}))


def cards(portal: EmbeddedPortal) -> list[PaymentMethod]:
    """The caller's own."""
    return portal.payment_methods.list(ListPaymentMethods())


def kept(file: Path) -> list[str]:
    """What the provider has."""
    return [row["reference"] for row in query(file, "SELECT reference FROM trial_cards ORDER BY reference")]


class Away(TrialGateway):
    """The trial behind a line that fails: what is asked is done or not, and no answer comes."""

    def __init__(self, trial: TrialGateway) -> None:
        super().__init__(trial._shelf, trial._clock)
        self.returns: list[str] = []

    def attach(self, token: str, *, customer: str | None, client_id: str, key: str) -> Attached:
        """Done, and not answered."""
        super().attach(token, customer=customer, client_id=client_id, key=key)
        raise errors.GatewayUnreachable("no answer came")

    def detach(self, reference: str) -> None:
        """Not done."""
        raise errors.GatewayUnreachable(f"no answer came about {reference}")

    def begin_setup(self, *, customer: str | None, client_id: str, return_to: str, key: str) -> SetupPage:
        """Done; where it leads to is written down."""
        self.returns.append(return_to)
        return super().begin_setup(customer=customer, client_id=client_id, return_to=return_to, key=key)


@contextmanager
def behind(portal: EmbeddedPortal, gateway: Gateway) -> Iterator[None]:
    """For a while the provider of payment methods is this one."""
    methods = portal.payment_methods
    assert isinstance(methods, PaymentMethods)
    office = methods._office
    methods._office = office._replace(gateway=lambda _: gateway)
    yield
    methods._office = office


@pytest.fixture
def away(client: EmbeddedPortal) -> Away:
    """The trial as it is while no answer comes."""
    trial = client._office.gateway(GatewayName.TEST)
    assert isinstance(trial, TrialGateway)
    return Away(trial)


def test_a_card_expires_where_the_practice_is(client: EmbeddedPortal, clock: FakeClock) -> None:
    """At the end of its last month in Rome, which is some hours of the month before elsewhere."""
    card(client, 3, 2026)
    seen = []
    for now in (datetime(2026, 3, 31, 21, 59, tzinfo=UTC), datetime(2026, 3, 31, 22, 0, tzinfo=UTC)):
        clock.now = now
        seen.append(cards(client)[0].expired)
    assert seen == [False, True]


def test_the_dashboard_tells_of_cards_that_have_expired_or_soon_will(client: EmbeddedPortal, clock: FakeClock) -> None:
    """From the month before the last one on."""
    april, december = card(client, 4, 2026), card(client, 12, 2026)
    told = []
    for days in (0, 60, 200, 90):
        clock.advance(timedelta(days=days))
        told.append({each.id: each.expired for each in client.dashboard.show(ShowDashboard()).expiring_cards})
    assert told == [
        {april.id: False},
        {april.id: True},
        {april.id: True, december.id: False},
        {april.id: True, december.id: True},
    ]


def test_a_card_whose_answer_was_lost_is_kept_once(client: EmbeddedPortal, portal_file: Path, away: Away) -> None:
    """The same intent, asked again, finds what was kept."""
    request = AddPaymentMethod(token=token(), idempotency_key="k")
    with behind(client, away), pytest.raises(errors.GatewayUnreachable):
        client.payment_methods.add(request)
    assert (cards(client), len(kept(portal_file))) == ([], 1)
    made = client.payment_methods.add(request)
    assert client.payment_methods.add(request) == made
    assert len(kept(portal_file)) == 1


def test_a_card_is_removed_here_at_once_and_at_the_provider_as_soon_as_it_answers(
    client: EmbeddedPortal, portal_file: Path, away: Away
) -> None:
    """Nobody charges it meanwhile."""
    made = card(client, authorize="practice")
    with behind(client, away):
        client.payment_methods.remove(RemovePaymentMethod(id=made.id))
    assert (cards(client), len(kept(portal_file))) == ([], 1)
    assert query(portal_file, "SELECT * FROM payment_authorizations") == []
    forget_removed(client._office, 20)
    assert kept(portal_file) == []
    client.payment_methods.remove(RemovePaymentMethod(id=made.id))


def test_a_removed_card_is_named_by_its_whole_id_alone_and_by_its_owner_alone(
    client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """Removing it again is harmless to them; to others it never was."""
    made = card(client)
    client.payment_methods.remove(RemovePaymentMethod(id=made.id))
    for portal, reference in ((other_client, made.id), (client, made.id[:-1])):
        with pytest.raises(errors.NotFound):
            portal.payment_methods.remove(RemovePaymentMethod(id=reference))
    with pytest.raises(errors.NotFound):
        client.payment_methods.show(PaymentMethodReference(id=made.id))


def test_the_newest_of_the_others_follows_the_default_one(client: EmbeddedPortal, clock: FakeClock) -> None:
    """There is one default as long as there is any card."""
    made = []
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        made.append(card(client))
    order = []
    for _ in made:
        (default,) = [each for each in cards(client) if each.default]
        order.append(made.index(next(each for each in made if each.id == default.id)))
        client.payment_methods.remove(RemovePaymentMethod(id=default.id))
    assert (order, cards(client)) == ([0, 2, 1], [])


def test_the_account_goes_with_its_cards_here_and_at_the_provider(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, portal_file: Path
) -> None:
    """Nobody charges who has left; what is handed in on a page afterwards is nobody's."""
    card(client, authorize="practice")
    card(client)
    theirs = card(other_client)
    begun = client.payment_methods.begin_setup(BeginPaymentSetup())
    (setup,) = query(portal_file, "SELECT reference FROM payment_setups WHERE id = :id", id=begun.id)
    office, whose = client._office, client.sessions.who_am_i().client_id
    client.account.delete(DeleteAccount(password=ANNA_PASSWORD, confirm=CONFIRMATION))
    settle_by_reference(office, GatewayName.TEST, setup["reference"])
    assert owner.payment_methods.list(ListPaymentMethods(client=whose)) == []
    assert len(kept(portal_file)) == 1
    assert cards(other_client) == [theirs]


def test_who_has_left_the_practice_can_still_be_revoked(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """By name or id; nobody who is not there is let in."""
    verdi = add(owner, "Verdi")
    made = card(client, authorize="Verdi")
    owner.staff.disable(StaffReference(staff=verdi.id))
    with pytest.raises(errors.NotFound):
        client.payment_methods.authorize(AuthorizeProvider(id=made.id, provider="Verdi"))
    left = client.payment_methods.revoke(RevokeProvider(id=made.id, provider="verdi"))
    assert left.authorizations == []


def test_a_card_that_the_provider_tells_of_twice_is_one_method(client: EmbeddedPortal, portal_file: Path) -> None:
    """By an event and by being asked, in any order."""
    for asks_first in (True, False):
        begun = client.payment_methods.begin_setup(BeginPaymentSetup(authorize="practice"))
        (row,) = query(portal_file, "SELECT reference FROM payment_setups WHERE id = :id", id=begun.id)
        ways = [
            lambda begun=begun: client.payment_methods.setup(PaymentSetupReference(id=begun.id)),
            lambda row=row: settle_by_reference(client._office, GatewayName.TEST, row["reference"]),
        ]
        for way in ways if asks_first else reversed(ways):
            way()
        done = client.payment_methods.setup(PaymentSetupReference(id=begun.id))
        assert done.outcome == SetupOutcome.DONE
    assert len(cards(client)) == len(kept(portal_file)) == 2


def test_the_providers_page_does_not_learn_where_a_portal_file_lies(client: EmbeddedPortal, away: Away) -> None:
    """It leads back to a page, and a file has none."""
    with behind(client, away):
        client.payment_methods.begin_setup(BeginPaymentSetup())
    assert away.returns == ["https://stripe.com/"]


def test_the_number_of_a_card_is_nowhere_in_the_portal(client: EmbeddedPortal, portal_file: Path) -> None:
    """Only what may be shown of it."""
    number = "378282246310005"
    client.payment_methods.add(AddPaymentMethod(token=TrialTokenizer().token_of(Card(number, 11, 2031, "9173"))))
    client.close()
    written = b"".join(file.read_bytes() for file in portal_file.parent.rglob("*") if file.is_file())
    assert b"amex" in written
    assert number.encode() not in written


def test_removing_asks_once_more_where_a_provider_may_charge_for_what_is_not_paid(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """An invoice of the whole practice is charged by whom it lets; one of somebody else's is no reason to ask."""
    verdi = add(owner, "Verdi")
    methods, whose = client.payment_methods, client.sessions.who_am_i().client_id
    theirs = card(client, authorize="Verdi")
    item = InvoiceItem(text="Visit", amount=8050)
    draft = owner.invoices.create(CreateInvoice(client=whose, items=[item], currency="EUR", provider="Dr Rossi"))
    owner.invoices.issue(ChangeInvoiceState(id=draft.id))
    methods.remove(RemovePaymentMethod(id=theirs.id))
    theirs = card(client, authorize="Verdi")
    draft = owner.invoices.create(CreateInvoice(client=whose, items=[item], currency="EUR", provider=verdi.id))
    methods.remove(RemovePaymentMethod(id=theirs.id))
    theirs = card(client, authorize="Verdi")
    owner.invoices.issue(ChangeInvoiceState(id=draft.id))
    with pytest.raises(errors.InvoiceUnpaid):
        methods.remove(RemovePaymentMethod(id=theirs.id))
    methods.revoke(RevokeProvider(id=theirs.id, provider="Verdi"))
    methods.remove(RemovePaymentMethod(id=theirs.id))
    assert cards(client) == []


@pytest.mark.parametrize("given", ["378282246310005", "3782 822463 10005", "4242-4242-4242-4242", ""])
def test_the_number_of_a_card_is_taken_for_no_token(given: str) -> None:
    """A program that hands one in by mistake is refused before anybody keeps it."""
    with pytest.raises(ValueError, match="token"):
        AddPaymentMethod(token=given)
