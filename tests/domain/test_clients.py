"""The practice's clients: who finds whom, and links for forgotten passwords."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.errors import AmbiguousId, NotChangeable, NotFound, NotPermitted, PortalError
from portalctl.models.clients import Client, ClientReference, ListClients, MakeResetLink
from portalctl.models.invites import InviteClient
from portalctl.storage.engine import Row
from tests.domain.conftest import FakeClock
from tests.domain.people import add, hire


def show(portal: EmbeddedPortal, reference: str) -> Client:
    return portal.clients.show(ClientReference(client=reference))


def invite(owner: EmbeddedPortal, word: str, name: str) -> str:
    """The id of a new client."""
    return owner.invites.create(InviteClient(email=f"{word}@example.com", name=name)).person_id


def test_a_client_is_found_by_id_beginning_address_or_name(owner: EmbeddedPortal) -> None:
    anna = show(owner, "anna@example.com")
    assert (anna.name, anna.timezone, anna.signed_up) == ("Anna Bianchi", "Europe/Rome", True)
    for reference in (anna.id, anna.id.upper(), anna.id[:12], "ANNA@example.com", "Anna Bianchi"):
        assert show(owner, reference) == anna


@pytest.mark.parametrize(
    "reference", ["cli_", "cli", "Anna", "anna@example", "%", "cli_%", "stf_0", "nobody@example.com"]
)
def test_less_than_that_finds_nobody(owner: EmbeddedPortal, reference: str) -> None:
    with pytest.raises(NotFound):
        show(owner, reference)


def test_a_name_that_several_have_lists_them_with_their_addresses(owner: EmbeddedPortal) -> None:
    first, second = invite(owner, "one", "Maria Verdi"), invite(owner, "two", "Maria Verdi")
    with pytest.raises(AmbiguousId) as ambiguous:
        show(owner, "Maria Verdi")
    hint = ambiguous.value.hint or ""
    assert f"{first} (Maria Verdi, one@example.com)" in hint
    assert f"{second} (Maria Verdi, two@example.com)" in hint


def test_a_client_finds_only_themselves_and_others_look_like_nobody(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    anna, ben = show(owner, "anna@example.com"), show(owner, "ben@example.com")
    for reference in (anna.id, anna.id[:6], anna.email, anna.name):
        assert show(client, reference) == anna

    def answer(reference: str) -> tuple[type[PortalError], str, str | None]:
        with pytest.raises(PortalError) as failure:
            show(client, reference)
        return type(failure.value), failure.value.message.replace(reference, "…"), failure.value.hint

    missing = answer("cli_000000000000")
    assert missing[0] is NotFound
    assert {answer(reference) for reference in (ben.id, ben.email, ben.name, ben.id[:9])} == {missing}


def test_a_name_shared_with_others_still_means_the_client_who_asks(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    invite(owner, "other", "Anna Bianchi")
    assert show(client, "Anna Bianchi").email == "anna@example.com"


def test_clients_are_listed_by_name_page_by_page(owner: EmbeddedPortal) -> None:
    for number in range(4):
        invite(owner, f"guest{number}", "Carla Neri")
    seen: list[Client] = []
    cursor: str | None = None
    while True:
        page = owner.clients.list(ListClients(limit=2, cursor=cursor))
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert [client.name for client in seen] == ["Anna Bianchi", "Ben Carter", *["Carla Neri"] * 4]
    assert len({client.id for client in seen}) == 6


def test_each_client_that_staff_see_has_a_row_in_the_audit_and_looking_at_oneself_has_none(
    owner: EmbeddedPortal, client: EmbeddedPortal, audit: Callable[[], list[Row]]
) -> None:
    anna, ben = show(owner, "anna@example.com"), show(owner, "ben@example.com")
    owner.clients.list(ListClients())
    show(client, anna.id)
    reads = [(row["chain"], row["action"], row["subject"]) for row in audit() if row["action"].startswith("clients.")]
    assert sorted(reads) == sorted(
        (each.id, action, each.id) for each in (anna, ben) for action in ("clients.show", "clients.list")
    )


class TestResetLink:
    def test_is_valid_for_a_day(self, owner: EmbeddedPortal, clock: FakeClock) -> None:
        made = owner.clients.reset_link(MakeResetLink(client="Anna Bianchi"))
        assert made.link.startswith(f"{owner.url}/reset/rst_")
        assert made.expires_at == clock() + timedelta(days=1)

    def test_is_made_by_staff_for_clients(self, owner: EmbeddedPortal) -> None:
        helper = hire(owner, "Hilda", role="staff")
        assert helper.clients.reset_link(MakeResetLink(client="anna@example.com")).link

    def test_is_made_for_staff_by_an_owner_alone(self, owner: EmbeddedPortal) -> None:
        helper = hire(owner, "Hilda", role="staff")
        assert owner.clients.reset_link(MakeResetLink(client="hilda@example.com")).person_id.startswith("stf_")
        for reference in ("rossi@example.com", "hilda@example.com"):
            with pytest.raises(NotPermitted, match="only an owner"):
                helper.clients.reset_link(MakeResetLink(client=reference))

    def test_needs_an_account(self, owner: EmbeddedPortal) -> None:
        invite(owner, "cara", "Cara Neri")
        add(owner, "Eva")
        for reference, remedy in (("cara@example.com", "practice invite"), ("eva@example.com", "practice staff add")):
            with pytest.raises(NotChangeable, match="not signed up") as refused:
                owner.clients.reset_link(MakeResetLink(client=reference))
            assert remedy in (refused.value.hint or "")

    def test_is_not_for_clients_to_make(self, client: EmbeddedPortal) -> None:
        with pytest.raises(NotPermitted):
            client.clients.reset_link(MakeResetLink(client="anna@example.com"))

    def test_leaves_a_row_in_the_persons_chain(self, owner: EmbeddedPortal, audit: Callable[[], list[Row]]) -> None:
        for reference in ("anna@example.com", "rossi@example.com"):
            owner.clients.reset_link(MakeResetLink(client=reference))
        rows = {row["chain"]: row["subject"] for row in audit() if row["action"] == "clients.reset_link"}
        assert set(rows) == {"practice", show(owner, "anna@example.com").id}
        assert rows["practice"].startswith("stf_")
