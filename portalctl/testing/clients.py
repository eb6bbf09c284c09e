"""The practice's clients."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.clients import ClientReference, ListClients, MakeResetLink
from portalctl.models.invites import InviteClient
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


class TestClients:
    """What `portal.clients` does."""

    @shows("clients.list")
    def test_clients_are_listed_by_name_page_by_page(self, studio: Studio) -> None:
        made = [studio.patient() for _ in range(3)]
        cursor, listed = None, []
        while True:
            page = studio.staff.clients.list(ListClients(limit=7, cursor=cursor))
            listed += page.items
            cursor = page.next
            if cursor is None:
                break
        assert listed == studio.staff.clients.list(ListClients(limit=1000)).items
        assert {client.id for client in listed} >= set(made)
        names = [client.name.casefold() for client in listed]
        assert names == sorted(names)

    @shows("clients.list", errors.InvalidInput)
    def test_a_cursor_that_no_list_gave_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.owner.clients.list(ListClients(cursor="somewhere"))

    @shows("clients.show")
    def test_a_client_is_shown_by_id_prefix_address_or_name_and_sees_themselves(self, studio: Studio) -> None:
        name, address = studio.word("Quinn"), studio.address()
        client = studio.owner.invites.create(InviteClient(email=address, name=name)).person_id
        for reference in (client, client[:15], address, name):
            assert studio.staff.clients.show(ClientReference(client=reference)).id == client
            assert studio.staff.whom(reference) == (client, name)
        assert studio.anna.clients.show(ClientReference(client=studio.client_id())).signed_up
        assert not studio.staff.clients.show(ClientReference(client=client)).signed_up

    @shows("clients.show", errors.NotFound, errors.AmbiguousId)
    def test_who_is_meant_has_to_be_clear_and_another_client_is_not_there(self, studio: Studio) -> None:
        name = studio.word("Twin")
        for _ in range(2):
            studio.owner.invites.create(InviteClient(email=studio.address(), name=name))
        with pytest.raises(errors.AmbiguousId):
            studio.owner.clients.show(ClientReference(client=name))
        with pytest.raises(errors.AmbiguousId):
            studio.owner.whom(name)
        told = []
        for reference in (studio.client_id("other client"), MISSING["client"]):
            with pytest.raises(errors.NotFound) as failure:
                studio.anna.clients.show(ClientReference(client=reference))
            told.append(failure.value.message.replace(reference, "…"))
        assert told[0] == told[1]

    @shows("clients.reset_link")
    def test_a_reset_link_is_for_a_day_and_the_one_before_is_worthless(self, studio: Studio) -> None:
        _, cara = studio.newcomer()
        first, second = (studio.staff.clients.reset_link(MakeResetLink(client=cara.email)) for _ in range(2))
        assert first.link != second.link
        assert (second.person_id, second.expires_at) == (cara.client_id, studio.clock() + timedelta(days=1))

    @shows("clients.reset_link", errors.NotFound, errors.NotChangeable)
    def test_only_who_has_an_account_gets_a_reset_link(self, studio: Studio) -> None:
        with pytest.raises(errors.NotFound):
            studio.owner.clients.reset_link(MakeResetLink(client=MISSING["client"]))
        with pytest.raises(errors.NotChangeable):
            studio.owner.clients.reset_link(MakeResetLink(client=studio.patient()))

    @shows("clients.reset_link", errors.IdempotencyConflict)
    def test_the_same_key_answers_the_same_reset_link(self, studio: Studio) -> None:
        _, cara = studio.newcomer()
        request = MakeResetLink(client=cara.email, idempotency_key=studio.key())
        assert studio.owner.clients.reset_link(request) == studio.owner.clients.reset_link(request)
        with pytest.raises(errors.IdempotencyConflict):
            studio.owner.clients.reset_link(request.model_copy(update={"client": studio.identity("client").email}))
