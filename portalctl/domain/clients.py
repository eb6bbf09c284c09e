"""The practice's clients."""

from __future__ import annotations

from datetime import UTC, datetime

from portalctl import errors
from portalctl.contract import clients as contract
from portalctl.domain import cursors, links, references
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.models.clients import (
    Client,
    ClientReference,
    IdentifyClients,
    ListClients,
    MakeResetLink,
    ResetLink,
)
from portalctl.models.sessions import Role
from portalctl.models.staff import StaffMember
from portalctl.models.values import Page
from portalctl.storage import accounts, clients, related_people, resets, staff
from portalctl.storage.engine import Transaction
from portalctl.storage.related_people import RelatedPerson

RESET_MINUTES = 1440
"""How long a reset link is valid."""


class Clients(contract.Clients):
    """The clients of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListClients) -> Page[Client]:
        """Clients by name."""
        with self._office.visit(contract.Clients.list) as visit:
            after = cursors.unpack(request.cursor, str) if request.cursor is not None else None
            found = clients.page(visit.transaction, after=after, limit=request.limit + 1)
            shown = found[: request.limit]
            for client in shown:
                visit.record_read(client.id, client.id)
            more = len(found) > len(shown)
            return Page(items=shown, next=cursors.pack(shown[-1].name, shown[-1].id) if more else None)

    def show(self, request: ClientReference) -> Client:
        """One client."""
        with self._office.visit(contract.Clients.show) as visit:
            client = find_client(visit, request.client)
            visit.record_read(client.id, client.id)
            return client

    def identify(self, request: IdentifyClients) -> contract.Identified:
        """Whom each of many references means."""
        from portalctl.domain.identities import identify

        with self._office.visit(contract.Clients.identify) as visit:
            return identify(visit, request.questions)

    def reset_link(self, request: MakeResetLink) -> ResetLink:
        """A one-time link to set a new password; an earlier one is revoked. Owners make them for staff too."""
        with self._office.visit(contract.Clients.reset_link) as visit:
            tx = visit.transaction
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return self._link(tx, *before)
            person = find_person(visit, request.client)
            kind = kind_of(person)
            account_id = _account_of(visit, kind, person)
            tx.hold(f"account:{account_id}")
            _account_of(visit, kind, person)
            resets.revoke_open(tx, account_id, visit.second)
            reset_id, expires_at = new_id("rst"), visit.second + 60 * RESET_MINUTES
            resets.insert(tx, id=reset_id, account_id=account_id, created_at=visit.second, expires_at=expires_at)
            visit.record(person.id, person.id if kind == "client" else None)
            remember(visit, request.idempotency_key, request, [reset_id, person.id])
            return self._link(tx, reset_id, person.id)

    def _link(self, tx: Transaction, reset_id: str, person_id: str) -> ResetLink:
        """The link of a reset, which is the same whenever it is made."""
        found = resets.get(tx, reset_id)
        assert found is not None  # noqa: S101  resets are never deleted
        return ResetLink(
            person_id=person_id,
            link=links.link(self._office.portal_url, links.LinkKind.RESET, reset_id, self._office.portal_key()),
            expires_at=datetime.fromtimestamp(found["expires_at"], UTC),
        )


def find_client(visit: Visit, reference: str) -> Client:
    """The client that a reference names; a client reaches only themselves. Raises NotFound, AmbiguousId."""
    own = visit.own_client
    if own is None:
        found = clients.candidates(visit.transaction, reference)
    else:
        myself = clients.get(visit.transaction, own) if clients.is_named(visit.transaction, own, reference) else None
        found = [myself] if myself else []
    return references.one(found, "client", reference, lambda client: f"{client.name}, {client.email}")


Person = Client | StaffMember | RelatedPerson


def find_person(visit: Visit, reference: str) -> Person:
    """A client, a member of staff, or else somebody's relative. Raises NotFound, AmbiguousId."""
    found: list[Person] = [*clients.candidates(visit.transaction, reference)]
    found += staff.candidates(visit.transaction, reference)
    found += related_people.candidates(visit.transaction, reference)
    return references.one(found, "client", reference, lambda person: f"{person.name}, {person.email}")


_INVITED_BY = {"client": "invite", "staff": "staff add", "related": "relationships edit ID --portal-access"}


def kind_of(person: Person) -> str:
    """Which kind of account somebody has: client, staff or related."""
    if isinstance(person, RelatedPerson):
        return "related"
    return "client" if isinstance(person, Client) else "staff"


def _account_of(visit: Visit, kind: str, person: Person) -> str:
    """The account that a reset link is for. Raises NotPermitted, NotChangeable."""
    if kind == "staff" and visit.caller.role is not Role.OWNER:
        raise errors.NotPermitted("only an owner makes reset links for staff", "ask an owner of the practice")
    row = accounts.person(visit.transaction, kind, person.id)
    if row is None or row["account_id"] is None:
        hint = f"invite them again with: portalctl practice {_INVITED_BY[kind]}"
        raise errors.NotChangeable(f"{person.name} has not signed up yet and has no password", hint)
    if not row["active"]:
        raise errors.NotChangeable(f"{person.name} is disabled and may not sign in", "nothing was changed")
    account_id: str = row["account_id"]
    return account_id
