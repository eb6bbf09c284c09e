"""The booking policy."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.models.policy import PolicyQuery, SetPolicy
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


class TestPolicy:
    """What `portal.policy` does."""

    @shows("policy.show")
    @shows("policy.set")
    def test_a_service_follows_the_practice_but_for_what_it_sets_itself(self, studio: Studio) -> None:
        service = studio.offer(daily_limit=2, horizon_days=30, minimum_notice_minutes=60).service.id
        set_now = SetPolicy(service=service, daily_limit=3, inherit=["minimum_notice_minutes"])
        assert studio.owner.policy.set(set_now) == studio.owner.policy.show(PolicyQuery(service=service))
        own, general = studio.anna.policy.show(PolicyQuery(service=service)), studio.anna.policy.show(PolicyQuery())
        assert own.overridden == ["daily_limit", "horizon_days"]
        assert (own.daily_limit, own.horizon_days) == (3, 30)
        assert own.minimum_notice_minutes == general.minimum_notice_minutes
        assert (general.service_id, general.overridden, general.daily_limit) == (None, [], 0)
        terms = studio.anna.document_terms()
        told = terms._replace(document_kinds=list(terms.document_kinds))
        assert list(told) == [getattr(general, name) for name in terms._fields]

    @shows("policy.show", errors.NotFound)
    @shows("policy.set", errors.NotFound)
    def test_what_does_not_exist_has_no_policy(self, studio: Studio) -> None:
        with pytest.raises(errors.NotFound):
            studio.owner.policy.show(PolicyQuery(service=MISSING["service"]))
        with pytest.raises(errors.NotFound):
            studio.owner.policy.set(SetPolicy(service=MISSING["service"], daily_limit=1))

    @pytest.mark.parametrize(
        "terms",
        [
            {"minimum_notice_minutes": 2880, "horizon_days": 1},
            {"session_idle_minutes": 5},
            {"inherit": ["lunch"]},
            {"inherit": ["daily_limit"], "daily_limit": 2},
        ],
        ids=["nothing-could-be-booked", "not-of-a-service", "no-such-term", "set-and-inherited"],
    )
    @shows("policy.set", errors.InvalidInput)
    def test_terms_that_make_no_sense_are_refused_and_change_nothing(
        self, studio: Studio, terms: dict[str, object]
    ) -> None:
        service = studio.offer().service.id
        before = studio.owner.policy.show(PolicyQuery(service=service))
        with pytest.raises(errors.InvalidInput):
            studio.owner.policy.set(SetPolicy.model_validate({"service": service, **terms}))
        assert studio.owner.policy.show(PolicyQuery(service=service)) == before

    @shows("policy.set", errors.ChangedMeanwhile)
    def test_a_policy_that_somebody_else_has_changed_is_kept(self, studio: Studio) -> None:
        service = studio.offer().service.id
        read = studio.owner.policy.show(PolicyQuery(service=service)).version
        changed = studio.owner.policy.set(SetPolicy(service=service, daily_limit=1, if_version=read))
        with pytest.raises(errors.ChangedMeanwhile):
            studio.owner.policy.set(SetPolicy(service=service, daily_limit=2, if_version=read))
        assert studio.owner.policy.show(PolicyQuery(service=service)) == changed
