"""The booking policy: defaults, then the practice, then the service; and what neither may say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import ValidationError

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.policy import BookingTerms, Policy, PolicyQuery, SetPolicy
from portalctl.models.services import AddService, Service, ServiceReference
from portalctl.models.sessions import SignIn
from portalctl.models.versions import stamped
from portalctl.storage.engine import Row
from tests.domain.conftest import OWNER_EMAIL, OWNER_PASSWORD, FakeClock
from tests.domain.people import hire


@pytest.fixture
def visit(owner: EmbeddedPortal) -> Service:
    """A service to set a policy for."""
    return owner.services.add(AddService(name="First visit", duration_minutes=50))


def show(portal: EmbeddedPortal, service: str | None = None) -> Policy:
    """The policy in force."""
    return portal.policy.show(PolicyQuery(service=service))


def change(portal: EmbeddedPortal, service: str | None = None, **terms: object) -> Policy:
    """Set some terms."""
    return portal.policy.set(SetPolicy.model_validate({"service": service, **terms}))


def test_a_new_practice_has_the_defaults(owner: EmbeddedPortal) -> None:
    assert show(owner) == stamped(Policy())


def test_a_change_is_in_force_at_once_and_the_rest_stays(owner: EmbeddedPortal) -> None:
    after = change(owner, minimum_notice_minutes=60, reason_required=True)
    assert after == stamped(Policy(minimum_notice_minutes=60, reason_required=True))
    assert change(owner, reason_required=False) == stamped(Policy(minimum_notice_minutes=60))
    assert show(owner) == stamped(Policy(minimum_notice_minutes=60))


def test_a_service_follows_the_practice_except_in_what_it_sets_itself(owner: EmbeddedPortal, visit: Service) -> None:
    change(owner, horizon_days=30, daily_limit=2)
    own = change(owner, visit.name, daily_limit=1, approval_required=True)
    assert (own.service_id, own.service, own.overridden) == (visit.id, visit.name, ["approval_required", "daily_limit"])
    assert (own.horizon_days, own.daily_limit, own.approval_required) == (30, 1, True)
    change(owner, horizon_days=60, daily_limit=5)
    assert (show(owner, visit.id).horizon_days, show(owner, visit.id).daily_limit) == (60, 1)
    assert show(owner).approval_required is False


def test_a_service_inherits_a_term_again(owner: EmbeddedPortal, visit: Service) -> None:
    change(owner, visit.id, daily_limit=1, horizon_days=7)
    after = change(owner, visit.id, inherit=["daily_limit"], horizon_days=8)
    assert (after.daily_limit, after.horizon_days, after.overridden) == (0, 8, ["horizon_days"])
    assert change(owner, visit.id, inherit=["daily_limit"]).overridden == ["horizon_days"]


def test_a_service_may_set_what_the_practice_has_and_keeps_it(owner: EmbeddedPortal, visit: Service) -> None:
    """What it sets itself is its own, also when it is the same today."""
    change(owner, visit.id, daily_limit=0)
    change(owner, daily_limit=3)
    assert show(owner, visit.id).daily_limit == 0


def test_an_unknown_term_to_inherit_is_refused_with_the_list(owner: EmbeddedPortal, visit: Service) -> None:
    for name in ("nothing", "service", "session_idle_minutes"):
        with pytest.raises(errors.InvalidInput) as refused:
            change(owner, visit.id, inherit=[name])
        assert ", ".join(BookingTerms.model_fields) in str(refused.value.hint)


def test_a_term_is_not_both_set_and_inherited(owner: EmbeddedPortal, visit: Service) -> None:
    with pytest.raises(errors.InvalidInput, match="daily_limit"):
        change(owner, visit.id, daily_limit=1, inherit=["daily_limit"])


def test_the_practice_itself_inherits_nothing(owner: EmbeddedPortal) -> None:
    with pytest.raises(errors.InvalidInput, match="only a service"):
        change(owner, inherit=["daily_limit"])


def test_session_times_belong_to_the_practice_and_hold_for_the_next_session(
    owner: EmbeddedPortal, visit: Service, portal: EmbeddedPortal, clock: FakeClock
) -> None:
    with pytest.raises(errors.InvalidInput, match="session"):
        change(owner, visit.id, session_idle_minutes=10)
    change(owner, session_idle_minutes=10, session_lifetime_minutes=60)
    signed_in = portal.sessions.sign_in(SignIn(email=OWNER_EMAIL, password=OWNER_PASSWORD))
    assert signed_in.identity.session_expires_at == clock() + timedelta(minutes=60)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(errors.SignInNeeded):
        portal.with_token(signed_in.token).policy.show(PolicyQuery())


@pytest.mark.parametrize(
    "terms",
    [
        {"session_idle_minutes": 31},
        {"session_lifetime_minutes": 721},
        {"session_idle_minutes": 0},
        {"slot_interval_minutes": 4},
        {"horizon_days": 0},
        {"horizon_days": 731},
        {"daily_limit": -1},
        {"minimum_notice_minutes": -1},
        {"reminder_minutes": [0]},
        {"reminder_minutes": [1, 2, 3, 4, 5, 6]},
        {"late_cancellation": "ignored"},
        {"cancellation_fee": 10},
    ],
)
def test_a_term_out_of_its_bounds_is_refused(terms: dict[str, object]) -> None:
    """Session times can only be made shorter than the portal's own."""
    with pytest.raises(ValidationError):
        SetPolicy.model_validate(terms)


def test_a_notice_as_long_as_the_horizon_is_allowed_and_a_longer_one_refused(owner: EmbeddedPortal) -> None:
    change(owner, horizon_days=2, minimum_notice_minutes=2 * 1440)
    with pytest.raises(errors.InvalidInput, match="horizon"):
        change(owner, minimum_notice_minutes=2 * 1440 + 1)
    with pytest.raises(errors.InvalidInput, match="horizon"):
        change(owner, horizon_days=1)
    assert show(owner).minimum_notice_minutes == 2 * 1440


def test_no_service_is_left_with_a_notice_beyond_its_horizon(owner: EmbeddedPortal, visit: Service) -> None:
    """Whichever of the two changes; a service that is no longer offered does not matter."""
    change(owner, visit.id, minimum_notice_minutes=10 * 1440)
    with pytest.raises(errors.InvalidInput, match="First visit"):
        change(owner, horizon_days=9)
    with pytest.raises(errors.InvalidInput, match="First visit"):
        change(owner, visit.id, horizon_days=9)
    owner.services.archive(ServiceReference(service=visit.id))
    assert change(owner, horizon_days=9).horizon_days == 9


def test_reminders_are_kept_once_each_earliest_first(owner: EmbeddedPortal) -> None:
    assert change(owner, reminder_minutes=[60, 1440, 60]).reminder_minutes == [1440, 60]
    assert change(owner, reminder_minutes=[]).reminder_minutes == []


def test_everyone_sees_the_policy_and_only_owners_change_it(
    owner: EmbeddedPortal, client: EmbeddedPortal, visit: Service
) -> None:
    change(owner, visit.id, daily_limit=1)
    assert show(client, "First visit").daily_limit == 1
    for caller in (client, hire(owner, "Verdi"), hire(owner, "Desk", role="staff")):
        with pytest.raises(errors.NotPermitted):
            change(caller, daily_limit=9)
    with pytest.raises(errors.NotFound):
        show(client, "nothing")


def test_every_change_of_the_policy_leaves_an_audit_row_and_a_refused_one_none(
    owner: EmbeddedPortal, visit: Service, audit: Callable[[], list[Row]]
) -> None:
    change(owner, daily_limit=2)
    change(owner, visit.id, daily_limit=1)
    with pytest.raises(errors.InvalidInput):
        change(owner, minimum_notice_minutes=525_600)
    rows = [(row["action"], row["subject"]) for row in audit() if row["action"].startswith("policy")]
    assert rows == [("policy.set", "practice"), ("policy.set", visit.id)]
