"""The practice's clients."""

from __future__ import annotations

from portalctl.contract import clients as contract
from portalctl.domain import cursors
from portalctl.domain.office import Office, Visit
from portalctl.domain.references import one_client
from portalctl.models.clients import (
    Client,
    ClientReference,
    IdentifyClients,
    ListClients,
    MakeResetLink,
    ResetLink,
)
from portalctl.models.values import Page
from portalctl.storage import clients


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
        from portalctl.domain.reset_links import reset_link

        with self._office.visit(contract.Clients.reset_link) as visit:
            return reset_link(self._office, visit, request)


def find_client(visit: Visit, reference: str) -> Client:
    """The client that a reference names; a client reaches only themselves. Raises NotFound, AmbiguousId."""
    return one_client(visit, reference, clients.candidates)
