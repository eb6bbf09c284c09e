"""Invites: the one way to an account."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import invites as contract
from portalctl.domain import cursors, letters, links, references, throttle
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.models.invites import (
    Invite,
    InviteClient,
    InviteKind,
    InvitePreview,
    InviteReference,
    InviteState,
    IssuedInvite,
    ListInvites,
    PreviewInvite,
)
from portalctl.models.values import Page
from portalctl.storage import accounts, clients, invites, practice
from portalctl.storage.engine import Row

WEEK_MINUTES = 10_080


class Invites(contract.Invites):
    """The invites of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def create(self, request: InviteClient) -> IssuedInvite:
        """Invite a client; an earlier invite for the address is revoked.

        Somebody who has an account as a client's relative is a client by it at once: the invite is redeemed.
        """
        with self._office.visit(contract.Invites.create) as visit:
            tx = visit.transaction
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return issued(self._office, visit, before[0])
            throttle.spend(tx, visit.second, *throttle.invites_by(visit.caller.account_id, self._office.address))
            tx.hold(f"email:{request.email}")
            relative = _account_of_relative(visit, request.email)
            if relative is None and accounts.is_member(tx, request.email):
                raise errors.AlreadyMember(
                    f"{request.email} already belongs to this portal",
                    "for a forgotten password: portalctl practice reset-link",
                )
            known = clients.by_email(tx, request.email)
            client_id = known.id if known else new_id("cli")
            if known is None:
                clients.insert(tx, id=client_id, name=request.name, email=request.email, created_at=visit.second)
            elif known.name != request.name:
                clients.rename(tx, client_id, request.name)
            made = issue(
                self._office,
                visit,
                kind="client",
                person_id=client_id,
                name=request.name,
                email=request.email,
                expires_minutes=request.expires_minutes,
            )
            if relative is not None:
                accounts.join(tx, "client", client_id, account_id=relative, name=request.name, timezone=None)
                invites.redeem(tx, made.id, visit.second)
                made = issued(self._office, visit, made.id)
            remember(visit, request.idempotency_key, request, [made.id])
            return made

    def list(self, request: ListInvites) -> Page[Invite]:
        """Invites, newest first, without their links."""
        with self._office.visit(contract.Invites.list) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            rows = invites.page(visit.transaction, after=after, limit=request.limit + 1)
            shown = rows[: request.limit]
            for row in shown:
                if row["kind"] == "client":
                    visit.record_read(row["id"], row["person_id"])
            more = len(rows) > len(shown)
            following = cursors.pack(shown[-1]["created_at"], shown[-1]["id"]) if more else None
            return Page(items=[_invite(row, visit.second) for row in shown], next=following)

    def revoke(self, request: InviteReference) -> Invite:
        """Make the link worthless; one that has expired may be revoked too."""
        with self._office.visit(contract.Invites.revoke) as visit:
            tx = visit.transaction
            found = [_invite(row, visit.second) for row in invites.candidates(tx, request.id)]
            invite = references.one(found, "invite", request.id, lambda each: f"{each.email}, {each.state}")
            if not invites.revoke(tx, invite.id, visit.second):
                raise errors.NotChangeable(
                    f"the invite is already {invite.state}", "see: portalctl practice invites list"
                )
            visit.record(invite.id, _chain(invite.kind, invite.person_id))
            return invite.model_copy(update={"state": "revoked"})

    def preview(self, request: PreviewInvite) -> InvitePreview:
        """Who invites whom; nothing is redeemed, and a link that does not work costs its address like any other try."""
        from portalctl.domain import claims  # claims are made of invites, so that file needs this one

        claim = claims.present(self._office, links.LinkKind.INVITE, request.code, claims.of_invite, "invites.preview")
        with self._office.store.reading() as tx:
            organisation = practice.get(tx)
            row = invites.get(tx, claim.id)
        assert organisation is not None  # noqa: S101  an invite exists only where a practice does
        assert row is not None  # noqa: S101  invites are never deleted
        return InvitePreview(
            practice=organisation.name,
            kind=row["kind"],
            name=claim.name,
            email=claim.email,
            expires_at=row["expires_at"],
        )


def issue(
    office: Office,
    visit: Visit,
    *,
    kind: InviteKind,
    person_id: str,
    name: str,
    email: str,
    expires_minutes: int = WEEK_MINUTES,
) -> IssuedInvite:
    """Make an invite for somebody who is on record and has no account yet, revoke the one before it, and audit both."""
    tx = visit.transaction
    chain = _chain(kind, person_id)
    earlier = invites.open_for(tx, email)
    if earlier is not None:
        invites.revoke(tx, earlier["id"], visit.second)
        visit._replace(operation="invites.revoke").record(earlier["id"], chain)
    invite_id = new_id("inv")
    invites.insert(
        tx,
        id=invite_id,
        kind=kind,
        person_id=person_id,
        name=name,
        email=email,
        created_at=visit.second,
        expires_at=visit.second + 60 * expires_minutes,
    )
    visit._replace(operation="invites.create").record(invite_id, chain)
    letters.tell_of_invite(visit, invite_id, person_id, email)
    return issued(office, visit, invite_id)


def issued(office: Office, visit: Visit, invite_id: str) -> IssuedInvite:
    """An invite with its link, which is the same whenever it is made."""
    row = invites.get(visit.transaction, invite_id)
    assert row is not None  # noqa: S101  invites are never deleted
    made = links.link(office.portal_url, links.LinkKind.INVITE, invite_id, office.portal_key())
    return IssuedInvite(**_invite(row, visit.second).model_dump(), link=made)


def state_of(row: Row, at: int) -> InviteState:
    """What has become of an invite by now; it is valid until just before it expires."""
    if row["redeemed_at"] is not None:
        return "redeemed"
    if row["revoked_at"] is not None:
        return "revoked"
    return "expired" if at >= row["expires_at"] else "pending"


def _account_of_relative(visit: Visit, email: str) -> str | None:
    """The account of that address, if it belongs to somebody who is a client's relative and nothing else."""
    account = accounts.by_email(visit.transaction, email)
    return account["account_id"] if account is not None and account["role"] == "related" else None


def _invite(row: Row, at: int) -> Invite:
    return Invite.model_validate({**row, "state": state_of(row, at)})


def _chain(kind: str, person_id: str) -> str | None:
    return person_id if kind == "client" else None
