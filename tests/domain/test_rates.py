"""What costs others something may be had so often, by an account and from an address; all processes count together."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import throttle
from portalctl.domain.throttle import Quota
from portalctl.models.invites import InviteClient, PreviewInvite
from portalctl.models.staff import AddStaff
from portalctl.storage.sqlite import SqliteStore
from tests.domain.conftest import FakeClock, PortalFor, query
from tests.domain.people import hire

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

THREE = Quota("three", burst=3, seconds=10)
"""Three at once, then one every ten seconds."""


@pytest.fixture
def store(portal_file: Path) -> SqliteStore:
    """The portal's database."""
    return SqliteStore(portal_file)


def spend(store: SqliteStore, at: int, *quotas: Quota, times: int = 1) -> None:
    """Take of the quotas, as one operation does after the other."""
    with store.writing() as tx:
        for _ in range(times):
            throttle.spend(tx, at, *quotas)


def use_up(portal_file: Path, clock: FakeClock, quota: Quota) -> None:
    """Take all that there is."""
    store = SqliteStore(portal_file)
    with store.writing() as tx, suppress(errors.TooManyAttempts):
        for _ in range(quota.burst + 1):
            throttle.spend(tx, int(clock().timestamp()), quota)
    store.close()


def invite(portal: EmbeddedPortal, number: int = 1, key: str | None = None) -> str:
    """Invite somebody; the code of their link."""
    request = InviteClient(email=f"client{number}@example.com", name="Client", idempotency_key=key)
    return portal.invites.create(request).link.rpartition("/")[2]


def test_a_burst_is_free_and_then_each_takes_its_time(store: SqliteStore) -> None:
    spend(store, 1000, THREE, times=3)
    for at in (1000, 1009):
        with pytest.raises(errors.TooManyAttempts) as refused:
            spend(store, at, THREE)
        assert refused.value.allowed_from is not None
        assert refused.value.allowed_from.timestamp() == 1010
    spend(store, 1010, THREE)
    with pytest.raises(errors.TooManyAttempts):
        spend(store, 1019, THREE)
    spend(store, 1020, THREE)


def test_what_is_not_used_comes_back_up_to_the_burst(store: SqliteStore) -> None:
    spend(store, 1000, THREE, times=3)
    spend(store, 9000, THREE, times=3)
    with pytest.raises(errors.TooManyAttempts):
        spend(store, 9000, THREE)


def test_where_one_quota_is_used_up_nothing_is_taken_of_the_others(store: SqliteStore) -> None:
    other = Quota("other", burst=1, seconds=10)
    spend(store, 1000, THREE, times=3)
    with pytest.raises(errors.TooManyAttempts):
        spend(store, 1000, other, THREE)
    spend(store, 1000, other)


def test_a_clock_that_was_set_back_locks_nobody_out(store: SqliteStore) -> None:
    spend(store, 90_000, THREE, times=3)
    spend(store, 1000, THREE, times=3)


def test_an_account_that_invites_without_end_is_slowed_down(
    owner: EmbeddedPortal, portal_file: Path, clock: FakeClock
) -> None:
    by_account, _ = throttle.invites_by(owner.sessions.who_am_i().account_id, "local")
    use_up(portal_file, clock, by_account)
    for attempt in (
        lambda: invite(owner),
        lambda: owner.staff.add(AddStaff(email="verdi@example.com", name="Verdi")),
    ):
        with pytest.raises(errors.TooManyAttempts) as refused:
            attempt()
        assert refused.value.allowed_from == clock() + 4 * SECOND
    assert query(portal_file, "SELECT * FROM invites WHERE email LIKE 'client%'") == []
    clock.advance(4 * SECOND)
    invite(owner)


def test_so_is_an_address_whoever_invites_there(owner: EmbeddedPortal, portal_file: Path, clock: FakeClock) -> None:
    desk = hire(owner, "Desk", "staff")
    _, by_address = throttle.invites_by("nobody", "local")
    use_up(portal_file, clock, by_address)
    for who in (owner, desk):
        with pytest.raises(errors.TooManyAttempts):
            invite(who)
    desk.close()


def test_an_invite_that_is_repeated_with_its_key_costs_nothing(
    owner: EmbeddedPortal, portal_file: Path, clock: FakeClock
) -> None:
    made = invite(owner, key="k1")
    by_account, _ = throttle.invites_by(owner.sessions.who_am_i().account_id, "local")
    use_up(portal_file, clock, by_account)
    assert invite(owner, key="k1") == made
    with pytest.raises(errors.TooManyAttempts):
        invite(owner, 2)


def test_looking_at_links_that_do_not_work_slows_the_address_down_in_every_process(
    portal_for: PortalFor, owner: EmbeddedPortal
) -> None:
    code = invite(owner)
    processes = [portal_for(None) for _ in range(3)]
    for number in range(51):
        with pytest.raises(errors.LinkNotValid):
            processes[number % 3].invites.preview(PreviewInvite(code="inv_zzzzzzzzzzzz.forged"))
    for process in processes:
        with pytest.raises(errors.TooManyAttempts):
            process.invites.preview(PreviewInvite(code=code))


def test_looking_at_a_link_redeems_nothing_and_says_who_invites(owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
    code = invite(owner)
    for _ in range(60):
        shown = portal.invites.preview(PreviewInvite(code=code))
    assert (shown.practice, shown.name, shown.email) == ("Studio Rossi", "Client", "client1@example.com")


def test_old_counts_are_found_without_a_walk_through_all(portal_file: Path) -> None:
    """However many addresses try: each try looks for counts to forget."""
    sql = "EXPLAIN QUERY PLAN SELECT bucket FROM throttles WHERE failed_at <= 1000"
    (step,) = query(portal_file, sql)
    assert "INDEX throttles_by_age" in step["detail"]
