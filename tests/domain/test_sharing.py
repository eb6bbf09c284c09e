"""What is asked before files are shared: told without models, and otherwise as the operations of the nouns tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.clients import Clients
from portalctl.contract.operation import declared
from portalctl.contract.policy import Policies
from portalctl.domain import sharing
from portalctl.models.clients import ClientReference
from portalctl.models.invites import InviteClient
from portalctl.models.policy import PolicyQuery, SetPolicy
from portalctl.models.sharing import DocumentTerms
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL, query


@pytest.mark.parametrize(
    ("known", "method"), [(sharing.SHOW_CLIENT, Clients.show), (sharing.SHOW_POLICY, Policies.show)]
)
def test_they_are_the_operations_that_the_contract_declares(known: object, method: object) -> None:
    assert callable(method)
    found = declared(method)
    assert known == found._replace(path="")


def test_who_is_meant_is_who_is_shown_and_the_look_is_recorded_alike(owner: EmbeddedPortal, portal_file: Path) -> None:
    anna = owner.clients.show(ClientReference(client=ANNA_EMAIL))
    for reference in (anna.id, anna.id[:9], ANNA_EMAIL.upper(), f"  {anna.name} "):
        assert owner.whom(reference) == (anna.id, anna.name)
    looks = query(portal_file, "SELECT action, subject, chain, actor, role FROM audit WHERE action = 'clients.show'")
    assert len(looks) == 5
    assert all(each == looks[0] for each in looks)


def test_who_is_nobody_or_several_is_told_alike(owner: EmbeddedPortal) -> None:
    for number in range(2):
        owner.invites.create(InviteClient(email=f"twin{number}@example.com", name="Twin"))
    for reference, failure in (("Nobody", errors.NotFound), ("cli_", errors.NotFound), ("Twin", errors.AmbiguousId)):
        with pytest.raises(failure) as shown:
            owner.clients.show(ClientReference(client=reference))
        with pytest.raises(failure) as meant:
            owner.whom(reference)
        assert (meant.value.message, meant.value.hint) == (shown.value.message, shown.value.hint)


def test_a_client_means_nobody_but_themselves(client: EmbeddedPortal, other_client: EmbeddedPortal) -> None:
    ben = other_client.sessions.who_am_i()
    assert client.whom(ANNA_EMAIL).id == client.sessions.who_am_i().client_id
    for reference in (BEN_EMAIL, ben.client_id or "", "Nobody"):
        with pytest.raises(errors.NotFound):
            client.whom(reference)


@pytest.mark.parametrize("reference", ["", "  ", "a\0b", "Anna\n", "\ud800", 255 * "x"])
def test_what_can_name_nobody_is_refused(owner: EmbeddedPortal, reference: str) -> None:
    with pytest.raises(errors.InvalidInput, match=r"^client: must"):
        owner.whom(reference)


def test_what_the_practice_takes_is_what_its_policy_says(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    assert owner.document_terms() == DocumentTerms()
    limits = {"document_max_bytes": 10, "client_documents": 20, "client_bytes": 30, "practice_bytes": 40}
    owner.policy.set(SetPolicy(document_kinds=["pdf", "image/*"], daily_limit=1, **limits))
    found, policy = client.document_terms(), client.policy.show(PolicyQuery())
    assert found._asdict() == {name: getattr(policy, name) for name in DocumentTerms._fields}
    assert found == DocumentTerms(10, ["pdf", "image/*"], 20, 30, 40)
