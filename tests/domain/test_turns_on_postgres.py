"""On PostgreSQL writers do not take turns by themselves: what must happen once happens once there too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from portalctl import errors
from portalctl.domain import quarantine, throttle
from portalctl.domain.office import Office
from portalctl.domain.practice import setup_code
from portalctl.domain.throttle import Quota
from portalctl.models.devices import DeviceReference, PollDevice, StartDevice
from portalctl.models.documents import ListDocuments
from portalctl.models.invites import InviteClient, ListInvites
from portalctl.models.invoices import ChangeInvoiceState, CreateInvoice, InvoiceItem
from portalctl.models.policy import PolicyQuery, SetPolicy
from portalctl.models.practice import SetUpPractice
from portalctl.models.services import AddService, EditService, ListServices
from portalctl.models.sessions import SignUp
from portalctl.storage.stores import open_store
from portalctl.testing.sending import sent
from tests.domain.conftest import ANNA_PASSWORD, OWNER_PASSWORD, FakeClock
from tests.domain.served import Served

SIDE_BY_SIDE = 6


@pytest.fixture
def office(postgres_url: str, clock: FakeClock) -> Iterator[Office]:
    """The office of a portal that nobody has set up."""
    store = open_store(postgres_url, create=True)
    yield Office(store, clock, None, lambda: b"k" * 32, "https://portal.example.com", "192.0.2.1", setup_needed=True)
    store.close()


@pytest.fixture
def owner(office: Office) -> Served:
    """The portal for its owner."""
    request = SetUpPractice(
        name="Studio Rossi",
        email="rossi@example.com",
        timezone="Europe/Rome",
        owner="Dr Rossi",
        password=OWNER_PASSWORD,
        setup=setup_code(office),
    )
    return Served(office).with_token(Served(office).practice.set_up(request).token)


def all_at_once(attempt: Callable[[int], str]) -> list[str]:
    """What each of several attempts comes to that begin in the same moment: an answer, or the code of a failure."""
    start = Barrier(SIDE_BY_SIDE)

    def told(number: int) -> str:
        start.wait()
        try:
            return attempt(number)
        except errors.PortalError as failure:
            return failure.code

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return sorted(pool.map(told, range(SIDE_BY_SIDE)), key=len)


def test_a_key_in_use_is_told_and_not_waited_for(office: Office, owner: Served) -> None:
    account = owner.sessions.who_am_i().account_id
    request = InviteClient(email="carl@example.com", name="Carl", idempotency_key="k1")
    with office.store.writing() as tx:
        assert tx.try_hold(f"key:{account}:k1")
        with pytest.raises(errors.IdempotencyRunning):
            owner.invites.create(request)
    made = owner.invites.create(request)
    assert owner.invites.create(request) == made


def test_of_many_with_one_key_one_has_an_effect_and_no_two_hear_different_things(owner: Served) -> None:
    request = InviteClient(email="carl@example.com", name="Carl", idempotency_key="k1")
    told = set(all_at_once(lambda _: owner.invites.create(request).link)) - {"idempotency_running"}
    assert told == {owner.invites.create(request).link}
    assert len(owner.invites.list(ListInvites()).items) == 1


def test_of_many_invites_for_one_address_the_last_one_is_open(owner: Served) -> None:
    request = InviteClient(email="carl@example.com", name="Carl")
    assert len(set(all_at_once(lambda _: owner.invites.create(request).link))) == SIDE_BY_SIDE
    states = sorted(invite.state for invite in owner.invites.list(ListInvites()).items)
    assert states == ["pending", *["revoked"] * (SIDE_BY_SIDE - 1)]


def test_invoices_that_are_issued_at_once_are_numbered_without_gaps_and_each_once(owner: Served) -> None:
    owner.invites.create(InviteClient(email="carl@example.com", name="Carl"))
    item = InvoiceItem(text="Visit", amount=1)
    drafts = [
        owner.invoices.create(CreateInvoice(client="Carl", items=[item], currency="JPY")).id
        for _ in range(SIDE_BY_SIDE)
    ]
    numbers = all_at_once(lambda one: owner.invoices.issue(ChangeInvoiceState(id=drafts[one // 2])).number or "")
    assert sorted(numbers) == ["0001", "0001", "0002", "0002", "0003", "0003"]


def test_of_many_polls_one_has_the_session(office: Office, owner: Served) -> None:
    started = Served(office).devices.start(StartDevice(name="portalctl"))
    owner.devices.allow(DeviceReference(user_code=started.user_code))
    request = PollDevice(device_code=started.device_code)
    told = all_at_once(lambda _: Served(office).devices.poll(request).token)
    assert told[:-1] == ["expired_token"] * (SIDE_BY_SIDE - 1)
    assert told[-1].startswith("pct_")


def test_of_many_who_decide_about_a_device_each_is_told_what_it_came_to(office: Office, owner: Served) -> None:
    started = Served(office).devices.start(StartDevice(name="portalctl"))
    request = DeviceReference(user_code=started.user_code)
    steps = [owner.devices.allow, owner.devices.refuse]
    told = all_at_once(lambda number: steps[number % 2](request).state)
    assert set(told) <= {"allowed", "refused", "not_changeable"}
    assert owner.devices.show(request).state == "refused"


def test_of_many_edits_of_one_version_one_is_made(owner: Served) -> None:
    owner.services.add(AddService(name="Visit", duration_minutes=60))
    service, policy = owner.services.list(ListServices())[0], owner.policy.show(PolicyQuery())
    edits: list[Callable[[int], str]] = [
        lambda number: (
            owner.services.edit(
                EditService(service=service.id, duration_minutes=10 + number, if_version=service.version)
            ).version
        ),
        lambda number: owner.policy.set(SetPolicy(daily_limit=1 + number, if_version=policy.version)).version,
    ]
    for edit in edits:
        assert all_at_once(edit).count("changed_meanwhile") == SIDE_BY_SIDE - 1


def test_of_many_scanners_each_has_another_file_and_no_client_sees_one_before_it_passed(
    office: Office, owner: Served, clock: FakeClock
) -> None:
    link = owner.invites.create(InviteClient(email="anna@example.com", name="Anna Bianchi")).link
    client = Served(office).sessions.sign_up(SignUp(code=link.rpartition("/")[2], password=ANNA_PASSWORD))
    anna = Served(office).with_token(client.token)
    scanned = Served(office._replace(scans=True, token=owner._office.token))
    documents = [sent(scanned, f"{number}.txt", client="Anna Bianchi").id for number in range(SIDE_BY_SIDE)]

    def claim(_: int) -> str:
        waiting = quarantine.claim(office)
        return waiting.document_id if waiting is not None else "none"

    assert sorted(all_at_once(claim)) == sorted(documents)
    assert anna.documents.list(ListDocuments()).items == []
    clock.advance(timedelta(minutes=1))
    quarantine.settle(office, documents[0], passed=True)
    quarantine.settle(office, documents[1], passed=False)
    assert [(each.id, each.shared_at) for each in anna.documents.list(ListDocuments()).items] == [
        (documents[0], clock.now)
    ]
    assert len(scanned.documents.list(ListDocuments(quarantined=True)).items) == SIDE_BY_SIDE - 1


def test_a_quota_is_never_overdrawn(office: Office, clock: FakeClock) -> None:
    quota = Quota("two", burst=2, seconds=60)

    def spend(_: int) -> str:
        with office.store.writing() as tx:
            throttle.spend(tx, int(clock().timestamp()), quota)
        return "had"

    assert all_at_once(spend) == ["had", "had", *["too_many_attempts"] * (SIDE_BY_SIDE - 2)]


def test_failures_side_by_side_are_all_counted(office: Office, clock: FakeClock) -> None:
    bucket = throttle.of_account("rossi@example.com")

    def fail(_: int) -> str:
        with office.store.writing() as tx:
            throttle.begin(tx, int(clock().timestamp()), bucket)
        return "tried"

    assert all_at_once(fail) == ["tried"] * SIDE_BY_SIDE
    with office.store.reading() as tx, pytest.raises(errors.TooManyAttempts):
        throttle.require_open(tx, int(clock().timestamp()), bucket)
