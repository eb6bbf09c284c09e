"""The audit."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.models.audit import AuditChain, ListAudit, VerifyAudit
from portalctl.models.clients import ClientReference
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


class TestAudit:
    """What `portal.audit` does."""

    @shows("audit.list")
    def test_a_client_sees_who_read_their_record(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        before = cara.audit.list(ListAudit(limit=1)).items
        studio.staff.clients.show(ClientReference(client=identity.client_id or ""))
        after = cara.audit.list(ListAudit())
        latest = after.items[0]
        assert (latest.actor, latest.role, latest.action) == ("Desk", "staff", "clients.show")
        assert (latest.at, latest.subject) == (studio.clock(), identity.client_id)
        assert before[0] in after.items
        assert cara.audit.list(ListAudit(client=identity.client_id)).items == after.items

    @shows("audit.list")
    def test_a_chain_is_read_page_by_page_newest_first(self, studio: Studio) -> None:
        for _ in range(2):
            studio.colleague()
        first = studio.owner.audit.list(ListAudit(limit=2))
        rest = studio.owner.audit.list(ListAudit(limit=1000, cursor=first.next))
        positions = [entry.position for entry in (*first.items, *rest.items)]
        assert positions[0] > 3
        assert positions == sorted(positions, reverse=True)
        assert len(positions) == len(set(positions))
        assert {entry.chain for entry in (*first.items, *rest.items)} == {"practice"}

    @shows("audit.list", errors.NotFound, errors.AmbiguousId, errors.InvalidInput)
    def test_it_has_to_be_clear_whose_chain_is_meant(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        name = studio.word("Twin")
        twins = [studio.owner.clients.show(ClientReference(client=studio.invite(name).person_id)) for _ in range(2)]
        assert twins[0].name == twins[1].name
        with pytest.raises(errors.AmbiguousId):
            studio.owner.audit.list(ListAudit(client=name))
        for portal, client in ((studio.owner, MISSING["client"]), (cara, twins[0].id)):
            with pytest.raises(errors.NotFound):
                portal.audit.list(ListAudit(client=client))
        own = studio.owner.audit.list(ListAudit(limit=1))
        for cursor in ("somewhere", own.next):
            with pytest.raises(errors.InvalidInput):
                studio.owner.audit.list(ListAudit(client=identity.client_id, cursor=cursor))

    @shows("audit.verify")
    def test_every_chain_is_followed_to_its_end(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        (own,) = cara.audit.verify(VerifyAudit()).items
        latest = cara.audit.list(ListAudit(limit=1)).items[0]
        assert own == AuditChain(chain=identity.client_id or "", rows=latest.position, head=latest.hash)
        chains, cursor = [], None
        while True:
            page = studio.owner.audit.verify(VerifyAudit(limit=1000, cursor=cursor))
            chains += page.items
            if page.next is None:
                break
            cursor = page.next
        assert [chain.fault for chain in chains] == [None] * len(chains)
        assert own in chains
        names = [chain.chain for chain in chains]
        assert names == sorted(set(names))
        first = studio.owner.audit.verify(VerifyAudit(limit=1))
        assert first.items == chains[:1]
        assert first.next is not None

    @shows("audit.verify", errors.InvalidInput)
    def test_a_cursor_that_no_list_gave_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.owner.audit.verify(VerifyAudit(cursor="somewhere"))
