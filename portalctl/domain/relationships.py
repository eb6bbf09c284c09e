"""Relationships: who is close to a client, and what of the client's documentation they see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from portalctl import errors
from portalctl.contract import relationships as contract
from portalctl.domain import cursors, references, related_people
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.domain.versions import require_unchanged
from portalctl.models.documents import Document
from portalctl.models.relationships import (
    AddRelationship,
    EditRelationship,
    GrantedRelationship,
    ListRelationships,
    ListShared,
    Relationship,
    RelationshipReference,
    RemoveRelationship,
    SharedDashboard,
    SharedWithAppointment,
)
from portalctl.models.values import Page
from portalctl.models.versions import stamped
from portalctl.storage import documents, relationships
from portalctl.storage.documents import Part, Sight
from portalctl.storage.engine import Row

AT_MOST = 1000
"""How many of the caller's own relationships a name is looked for in."""

OVERVIEW = 200
"""How many documents an overview holds, those that were shared last."""


class Relationships(contract.Relationships):
    """The relationships of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, request: AddRelationship) -> GrantedRelationship:
        """Write down who is close to a client; who gets portal access and has no account is invited."""
        with self._office.visit(contract.Relationships.add) as visit:
            tx = visit.transaction
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return self._granted(visit, *before)
            related_people.count_invite(self._office, visit)
            client = find_client(visit, request.client)
            tx.hold(f"email:{request.email}")
            related_people.refuse_oneself(client.email, request.email)
            related_id = related_people.find_or_enter(visit, request.email, request.name)
            _require_unrelated(visit, client.id, related_id)
            relationship_id = new_id("rel")
            relationships.insert(
                tx,
                id=relationship_id,
                client_id=client.id,
                related_id=related_id,
                **request.model_dump(exclude={"client", "email", "idempotency_key"}),
                created_at=visit.second,
                updated_at=visit.second,
            )
            visit.record(relationship_id, client.id)
            made = [relationship_id]
            if request.portal_access:
                made += related_people.invite(self._office, visit, related_id)
            remember(visit, request.idempotency_key, request, made)
            return self._granted(visit, *made)

    def list(self, request: ListRelationships) -> Page[Relationship]:
        """Relationships, newest first."""
        with self._office.visit(contract.Relationships.list) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            client_id, related_id = visit.own_client, visit.caller.related_id
            if request.client is not None:
                client_id, related_id = find_client(visit, request.client).id, None
            elif client_id is None:
                related_id = None
            limit = request.limit + 1
            rows = relationships.page(
                visit.transaction, client_id=client_id, related_id=related_id, after=after, limit=limit
            )
            shown = rows[: request.limit]
            read = [client_id] if request.client is not None and client_id is not None else []
            for subject in dict.fromkeys([*read, *(row["client_id"] for row in shown)]):
                visit.record_read(subject, subject)
            following = cursors.pack(shown[-1]["created_at"], shown[-1]["id"]) if len(rows) > len(shown) else None
            return Page(items=[_relationship(visit, row) for row in shown], next=following)

    def show(self, request: RelationshipReference) -> Relationship:
        """One relationship."""
        with self._office.visit(contract.Relationships.show) as visit:
            row = _find(visit, request.relationship)
            visit.record_read(row["id"], row["client_id"])
            return _relationship(visit, row)

    def edit(self, request: EditRelationship) -> GrantedRelationship:
        """Change who somebody is and what they may; what is taken away is gone on their next request."""
        with self._office.visit(contract.Relationships.edit) as visit:
            tx = visit.transaction
            related_people.count_invite(self._office, visit)
            row = _held(visit, request.id, request.email)
            before = _relationship(visit, row)
            require_unchanged(before, request.if_version)
            changes = request.model_dump(exclude={"id", "email", "if_version"}, exclude_none=True)
            changes = {name: value for name, value in changes.items() if value != getattr(before, name)}
            if request.email is not None and request.email != before.email:
                related_people.refuse_oneself(find_client(visit, before.client_id).email, request.email)
                name = request.name or before.name
                changes["related_id"] = related_people.find_or_enter(visit, request.email, name)
                _require_unrelated(visit, before.client_id, changes["related_id"])
            if changes:
                relationships.change(tx, before.id, **changes, updated_at=visit.second)
                visit.record(before.id, before.client_id)
                related_people.let_go(visit, before.related_id)
            after = relationships.get(tx, before.id)
            assert after is not None  # noqa: S101  it was changed, not removed
            is_asked = bool(request.portal_access) or (bool(after["portal_access"]) and "related_id" in changes)
            return self._granted(
                visit,
                before.id,
                *(related_people.invite(self._office, visit, after["related_id"]) if is_asked else ()),
            )

    def remove(self, request: RemoveRelationship) -> None:
        """End a relationship and what it allows; harmless when it has ended."""
        with self._office.visit(contract.Relationships.remove) as visit:
            row = _held(visit, request.id, ended=True)
            if row["removed_at"] is None:
                relationships.change(visit.transaction, row["id"], removed_at=visit.second, updated_at=visit.second)
                visit.record(row["id"], row["client_id"])
                related_people.let_go(visit, row["related_id"])

    def docs(self, request: ListShared) -> Page[Document]:
        """What the relative sees of the client's documentation, newest first."""
        with self._office.visit(contract.Relationships.docs) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            row = _find(visit, request.relationship)
            rows = _shared(visit, row, after, request.limit + 1)
            visit.record_read(row["id"], row["client_id"])
            shown = rows[: request.limit]
            following = cursors.pack(shown[-1]["sort_at"], shown[-1]["id"]) if len(rows) > len(shown) else None
            return Page(items=_unopened(visit, row["client_id"], map(documents.read, shown)), next=following)

    def dashboard(self, request: RelationshipReference) -> SharedDashboard:
        """An overview of the same."""
        with self._office.visit(contract.Relationships.dashboard) as visit:
            row = _find(visit, request.relationship)
            found = _unopened(visit, row["client_id"], map(documents.read, _shared(visit, row, None, OVERVIEW)))
            visit.record_read(row["id"], row["client_id"])
            named = [each.appointment_id for each in found if each.appointment_id is not None]
            starts = relationships.starts(visit.transaction, list(dict.fromkeys(named)))
            return SharedDashboard(
                relationship_id=row["id"],
                client_id=row["client_id"],
                client=row["client"],
                name=row["name"],
                kind=row["kind"],
                new=[each for each in found if each.new],
                appointments=[
                    SharedWithAppointment(
                        appointment_id=appointment_id,
                        starts_at=datetime.fromtimestamp(at, UTC),
                        documents=[each for each in found if each.appointment_id == appointment_id],
                    )
                    for appointment_id, at in sorted(starts.items(), key=lambda each: (-each[1], each[0]))
                ],
                others=[each for each in found if each.appointment_id is None],
            )

    def _granted(self, visit: Visit, relationship_id: str, invite_id: str | None = None) -> GrantedRelationship:
        row = relationships.get(visit.transaction, relationship_id)
        assert row is not None  # noqa: S101  relationships are never deleted
        link = related_people.link_of(self._office, visit, invite_id) if invite_id is not None else None
        return GrantedRelationship(**_relationship(visit, row).model_dump(), link=link)


def readable_clients(visit: Visit) -> list[str]:
    """The clients whose shared documentation the caller may see as their relative, at this moment."""
    related_id = visit.caller.related_id
    return [] if related_id is None else relationships.readable(visit.transaction, related_id)


def may_read(visit: Visit, client_id: str) -> bool:
    """Whether the caller may see a client's shared documentation as their relative, at this moment."""
    return client_id in readable_clients(visit)


def shared_documents(visit: Visit, reference: str) -> list[Document]:
    """The documents of that id, or whose id begins so, that the caller may read as somebody's relative."""
    found: list[Document] = []
    for client_id in readable_clients(visit):
        sight = Sight(client_id, client_id, given_only=True)
        found += _unopened(visit, client_id, documents.candidates(visit.transaction, reference, sight))
    return list({each.id: each for each in found}.values())


def _find(visit: Visit, reference: str) -> Row:
    """The relationship that a reference names, among those that the caller sees. Raises NotFound, AmbiguousId."""
    tx, own = visit.transaction, visit.own_client
    folded = reference.casefold()
    is_id = folded.startswith("rel_") and len(folded) > len("rel_")
    if own is None:
        rows = relationships.beginning(tx, folded) if is_id else relationships.named(tx, reference)
        rows = [row for row in rows if row["removed_at"] is None]
    else:
        visible = relationships.page(tx, client_id=own, related_id=visit.caller.related_id, after=None, limit=AT_MOST)
        rows = [row for row in visible if (row["id"].startswith(folded) if is_id else folded in _names(row, own))]
    return _one(rows, reference)


def _names(row: Row, own: str) -> tuple[str, ...]:
    """What a caller may call a relationship: the person close to them, or the client whom they are close to."""
    if row["client_id"] == own:
        return row["name"].casefold(), row["email"], row["related_id"]
    return row["client"].casefold(), row["client_id"]


def _one(rows: list[Row], reference: str) -> Row:
    found = [_Candidate(row) for row in rows]
    return references.one(found, "relationship", reference, str).row


class _Candidate:
    """A relationship by its id, to be told from others."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.id: str = row["id"]

    def __str__(self) -> str:
        return f"{self.row['name']}, {self.row['kind']} of {self.row['client']}"


def _held(visit: Visit, reference: str, email: str | None = None, *, ended: bool = False) -> Row:
    """The relationship once nobody else changes it, or signs up by it. Raises NotFound, AmbiguousId."""
    tx = visit.transaction
    rows = relationships.beginning(tx, reference)
    found = _one([row for row in rows if ended or row["removed_at"] is None], reference)
    addresses = {found["email"], email or found["email"]}
    tx.hold(*(f"email:{each}" for each in sorted(addresses)), f"relationship:{found['id']}")
    return _one(relationships.beginning(tx, found["id"]), reference)


def _require_unrelated(visit: Visit, client_id: str, related_id: str) -> None:
    known = relationships.with_person(visit.transaction, client_id, related_id)
    if known is not None:
        raise errors.AlreadyRelated(
            f"{known['email']} is already on record as {known['client']}'s {known['kind']}",
            f"change it with: portalctl practice relationships edit {known['id']}",
        )


def _relationship(visit: Visit, row: Row) -> Relationship:
    stands = stamped(Relationship.model_validate({**row, "readable": False}))
    mine = row["related_id"] == visit.caller.related_id
    readable = mine and stands.portal_access and stands.information_access
    return stands.model_copy(update={"readable": readable})


def _shared(visit: Visit, row: Row, after: tuple[int, str] | None, limit: int) -> list[Row]:
    """What of the client's documentation the relative sees. Raises NotFound where the caller sees nothing by it."""
    client_id = row["client_id"]
    if not (row["portal_access"] and row["information_access"]):
        if client_id == visit.caller.client_id:
            return []
        raise errors.NotFound(
            f"nothing of {row['client']} is shared with you", "ask the practice for information access"
        )
    return documents.page_of_client(
        visit.transaction,
        client_id,
        Sight(client_id, client_id, given_only=True),
        Part(None, from_client=False, new=False, after=after, limit=limit),
        appointment_id=None,
        hidden=False,
    )


def _unopened(visit: Visit, client_id: str, shared: Iterable[Document]) -> list[Document]:
    """The documents; new is what the caller has not opened in this client's documentation."""
    found = list(shared)
    opened = relationships.opened(visit.transaction, visit.caller.person_id, client_id, [each.id for each in found])
    return [each.model_copy(update={"new": each.id not in opened}) for each in found]
