"""Invites: who gets one, how long it is open, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import links
from portalctl.domain.links import LinkKind
from portalctl.errors import AlreadyMember, AmbiguousId, InvalidInput, LinkNotValid, NotChangeable, NotFound
from portalctl.models.clients import ClientReference
from portalctl.models.invites import Invite, InviteClient, InviteReference, IssuedInvite, ListInvites
from portalctl.models.sessions import SignUp
from portalctl.models.staff import AddStaff
from portalctl.storage.engine import Row
from tests.domain.conftest import FakeClock, code_of, query

PASSWORD = "violet anchor thunder pencil"


def invite(owner: EmbeddedPortal, word: str = "cara", name: str = "Cara Neri", minutes: int = 10_080) -> IssuedInvite:
    """A new invite for word@example.com."""
    return owner.invites.create(InviteClient(email=f"{word}@example.com", name=name, expires_minutes=minutes))


def state(owner: EmbeddedPortal, invite_id: str) -> str:
    """What has become of an invite."""
    return next(each.state for each in owner.invites.list(ListInvites()).items if each.id == invite_id)


def test_an_invite_lasts_seven_days_unless_told_otherwise(owner: EmbeddedPortal, clock: FakeClock) -> None:
    assert invite(owner).expires_at == clock() + timedelta(days=7)
    assert invite(owner, "dora", minutes=30).expires_at == clock() + timedelta(minutes=30)


def test_the_link_leads_to_the_portal_and_its_code_holds_256_bits(owner: EmbeddedPortal) -> None:
    issued = invite(owner)
    assert issued.link.startswith(f"{owner.url}/invite/{issued.id}.")
    assert len(code_of(issued.link).partition(".")[2]) == 43


def test_an_invite_puts_the_client_on_record(owner: EmbeddedPortal) -> None:
    issued = invite(owner)
    client = owner.clients.show(ClientReference(client="cara@example.com"))
    assert (client.id, client.name, client.signed_up) == (issued.person_id, "Cara Neri", False)


def test_a_new_invite_for_the_address_revokes_the_earlier_one_and_corrects_the_name(
    owner: EmbeddedPortal, portal: EmbeddedPortal
) -> None:
    earlier = invite(owner, name="Kara Neri")
    later = invite(owner, name="Cara Neri")
    assert later.person_id == earlier.person_id
    assert [state(owner, each.id) for each in (earlier, later)] == ["revoked", "pending"]
    with pytest.raises(LinkNotValid):
        portal.sessions.sign_up(SignUp(code=code_of(earlier.link), password=PASSWORD))
    assert portal.sessions.sign_up(SignUp(code=code_of(later.link), password=PASSWORD)).identity.name == "Cara Neri"


def test_an_expired_invite_is_replaced_like_an_open_one(owner: EmbeddedPortal, clock: FakeClock) -> None:
    invite(owner)
    clock.advance(timedelta(days=8))
    assert invite(owner).state == "pending"


@pytest.mark.parametrize("email", ["anna@example.com", "rossi@example.com", "ANNA@EXAMPLE.COM", "eva@example.com"])
def test_an_address_that_belongs_to_the_portal_is_not_invited(owner: EmbeddedPortal, email: str) -> None:
    owner.staff.add(AddStaff(email="eva@example.com", name="Eva Klein"))
    with pytest.raises(AlreadyMember):
        owner.invites.create(InviteClient(email=email, name="Somebody"))


def test_the_state_follows_the_clock(owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock) -> None:
    open_one, used, revoked = invite(owner), invite(owner, "dora"), invite(owner, "emma")
    portal.sessions.sign_up(SignUp(code=code_of(used.link), password=PASSWORD))
    owner.invites.revoke(InviteReference(id=revoked.id))
    clock.advance(timedelta(days=7, seconds=-1))
    assert [state(owner, each.id) for each in (open_one, used, revoked)] == ["pending", "redeemed", "revoked"]
    clock.advance(timedelta(seconds=1))
    assert [state(owner, each.id) for each in (open_one, used, revoked)] == ["expired", "redeemed", "revoked"]


def test_the_list_is_newest_first_page_by_page_and_holds_no_links(owner: EmbeddedPortal, clock: FakeClock) -> None:
    made = []
    for number in range(7):
        made.append(invite(owner, f"guest{number}").id)
        clock.advance(timedelta(seconds=number % 2))
    seen: list[Invite] = []
    cursor: str | None = None
    while True:
        page = owner.invites.list(ListInvites(limit=2, cursor=cursor))
        assert len(page.items) <= 2
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    ids = [each.id for each in seen]
    assert set(made) <= set(ids)
    assert len(ids) == len(set(ids))
    assert [each.created_at for each in seen] == sorted((each.created_at for each in seen), reverse=True)
    assert not any(isinstance(each, IssuedInvite) for each in seen)


@pytest.mark.parametrize(
    "cursor", ["", "x", "%", "é", "W10", "WzEsMl0", "W10" * 10_000, "WyIxIiwiMiJd", "WzFlOTksIngiXQ"]
)
def test_a_cursor_that_the_portal_did_not_make_is_invalid_input(owner: EmbeddedPortal, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        owner.invites.list(ListInvites(cursor=cursor))


def test_an_invite_is_named_by_the_beginning_of_its_id(owner: EmbeddedPortal) -> None:
    issued = invite(owner)
    assert owner.invites.revoke(InviteReference(id=issued.id[:10])).id == issued.id


def test_a_beginning_that_fits_several_lists_them(owner: EmbeddedPortal, portal_file: Path) -> None:
    with owner._store.writing() as tx:
        for number in range(3):
            tx.run(
                "INSERT INTO invites (id, kind, person_id, name, email, created_at, expires_at)"
                " SELECT :id, 'client', id, name, :email, 0, 1 FROM clients LIMIT 1",
                id=f"inv_zzzzzzzzzzz{number}",
                email=f"guest{number}@example.com",
            )
    with pytest.raises(AmbiguousId) as ambiguous:
        owner.invites.revoke(InviteReference(id="inv_zzzz"))
    assert "inv_zzzzzzzzzzz2 (guest2@example.com, expired)" in (ambiguous.value.hint or "")
    assert query(portal_file, "SELECT id FROM invites WHERE revoked_at IS NOT NULL") == []


def test_only_an_open_invite_is_revoked(owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock) -> None:
    used, expired = invite(owner), invite(owner, "dora")
    portal.sessions.sign_up(SignUp(code=code_of(used.link), password=PASSWORD))
    clock.advance(timedelta(days=7))
    with pytest.raises(NotChangeable, match="already redeemed"):
        owner.invites.revoke(InviteReference(id=used.id))
    assert owner.invites.revoke(InviteReference(id=expired.id)).state == "revoked"
    with pytest.raises(NotChangeable, match="already revoked"):
        owner.invites.revoke(InviteReference(id=expired.id))
    with pytest.raises(NotFound):
        owner.invites.revoke(InviteReference(id="inv_000000000000"))


def test_the_audit_knows_who_invited_whom_and_what_was_replaced(
    owner: EmbeddedPortal, audit: Callable[[], list[Row]]
) -> None:
    earlier, later = invite(owner), invite(owner)
    owner.invites.list(ListInvites())
    rows = [(row["action"], row["subject"]) for row in audit() if row["chain"] == later.person_id]
    assert rows[:3] == [
        ("invites.create", earlier.id),
        ("invites.revoke", earlier.id),
        ("invites.create", later.id),
    ]
    assert sorted(rows[3:]) == sorted(("invites.list", each.id) for each in (earlier, later))


def test_a_code_is_worth_nothing_under_another_key_kind_or_id() -> None:
    key, invite_id = b"k" * 32, "inv_7k2m9x4qv3bd"
    code = links.code(LinkKind.INVITE, invite_id, key)
    assert links.id_in(LinkKind.INVITE, code, key) == invite_id
    assert links.id_in(LinkKind.INVITE, code, b"K" * 32) is None
    assert links.id_in(LinkKind.RESET, code, key) is None
    assert links.id_in(LinkKind.RESET, code.replace("inv_", "rst_"), key) is None
    assert links.id_in(LinkKind.INVITE, links.code(LinkKind.RESET, invite_id, key), key) is None
    assert links.id_in(LinkKind.INVITE, code + "=", key) is None


def test_a_lost_portal_key_is_announced_and_ends_the_links_made_with_it(
    owner: EmbeddedPortal, portal: EmbeddedPortal, portal_file: Path, said: list[str]
) -> None:
    before = invite(owner)
    portal_file.with_name(portal_file.name + ".key").unlink()
    with pytest.raises(LinkNotValid):
        portal.sessions.sign_up(SignUp(code=code_of(before.link), password=PASSWORD))
    assert [line.rpartition(": ")[2] for line in said] == ["second factors and links sent before no longer work."]
    after = invite(owner)
    assert portal.sessions.sign_up(SignUp(code=code_of(after.link), password=PASSWORD))
    assert len(said) == 1
