"""The practice's people, and the practitioners among them."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import staff as contract
from portalctl.domain import references, throttle
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.invites import issue, issued
from portalctl.domain.office import Office, Visit
from portalctl.domain.versions import require_unchanged
from portalctl.models.invites import IssuedInvite
from portalctl.models.staff import AddStaff, EditStaff, ListPractitioners, Practitioner, StaffMember, StaffReference
from portalctl.models.versions import stamped
from portalctl.storage import accounts, clients, invites, practice, resets, services, sessions, staff
from portalctl.storage.engine import Transaction


class Staff(contract.Staff):
    """The people of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def practitioners(self, request: ListPractitioners) -> list[Practitioner]:
        """Who gives appointments, by name; with a service, who offers it."""
        from portalctl.domain.services import find_service  # services are offered by staff, so that file needs this one

        with self._office.visit(contract.Staff.practitioners) as visit:
            tx = visit.transaction
            wanted = find_service(tx, request.service).id if request.service is not None else None
            offered = services.offered(tx, None, None)
            able = {member.id for service, member in offered if service.id == wanted}
            return [
                Practitioner(
                    id=member.id,
                    name=member.name,
                    timezone=member.timezone,
                    services=[service.name for service, offering in offered if offering.id == member.id],
                )
                for member in staff.practitioners(tx)
                if wanted is None or member.id in able
            ]

    def list(self) -> list[StaffMember]:
        """Everyone of the practice, by name."""
        with self._office.visit(contract.Staff.list) as visit:
            return staff.everyone(visit.transaction)

    def add(self, request: AddStaff) -> IssuedInvite:
        """Add a person and issue their invite; adding again somebody who has not signed up yet issues a new one."""
        with self._office.visit(contract.Staff.add) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return issued(self._office, visit, before[0])
            by = throttle.invites_by(visit.caller.account_id, self._office.address)
            throttle.spend(visit.transaction, visit.second, *by)
            staff_id = _enter(visit, request)
            visit.record(staff_id)
            made = issue(self._office, visit, kind="staff", person_id=staff_id, name=request.name, email=request.email)
            remember(visit, request.idempotency_key, request, [made.id])
            return made

    def edit(self, request: EditStaff) -> StaffMember:
        """Change name, role or zone."""
        with self._office.visit(contract.Staff.edit) as visit:
            member = _held(visit.transaction, _find_member(visit.transaction, request.staff))
            require_unchanged(member, request.if_version)
            changes = request.model_dump(exclude={"staff", "if_version"}, exclude_none=True)
            changed = stamped(member.model_copy(update=changes))
            if changed == member:
                return member
            if changed.role != "owner":
                _keep_an_owner(visit.transaction, member)
            staff.change(visit.transaction, member.id, name=changed.name, role=changed.role, timezone=changed.timezone)
            visit.record(member.id)
            return changed

    def disable(self, request: StaffReference) -> StaffMember:
        """End their access at once: sessions end, open invites and reset links are worthless."""
        with self._office.visit(contract.Staff.disable) as visit:
            tx = visit.transaction
            member = _held(tx, _find_member(tx, request.staff))
            if not member.active:
                return member
            _keep_an_owner(tx, member)
            staff.disable(tx, member.id, visit.second)
            account_id = staff.account_of(tx, member.id)
            if account_id is not None:
                tx.hold(f"account:{account_id}")
                sessions.end_all(tx, account_id)
                resets.revoke_open(tx, account_id, visit.second)
            invite = invites.open_for(tx, member.email)
            if invite is not None:
                invites.revoke(tx, invite["id"], visit.second)
            visit.record(member.id)
            return stamped(member.model_copy(update={"active": False}))


def find_practitioner(tx: Transaction, reference: str, only: str | None = None) -> StaffMember:
    """The one who gives appointments and is meant; with `only`, nobody but that person is there to be found.

    Raises NotFound, AmbiguousId.
    """
    found = [
        member
        for member in staff.candidates(tx, reference)
        if member.active and member.role in ("owner", "practitioner") and only in (None, member.id)
    ]
    return references.one(found, "practitioner", reference, _described)


def find_colleague(tx: Transaction, reference: str, *, also_disabled: bool = False) -> StaffMember:
    """Whoever of the practice is meant, and belongs to it still unless said otherwise. Raises NotFound, AmbiguousId."""
    found = [member for member in staff.candidates(tx, reference) if member.active or also_disabled]
    return references.one(found, "member of staff", reference, lambda member: member.name)


def _find_member(tx: Transaction, reference: str) -> StaffMember:
    return references.one(staff.candidates(tx, reference), "member of staff", reference, _described)


def _held(tx: Transaction, member: StaffMember) -> StaffMember:
    """The member as they are once nobody else changes one: who remains an owner is a matter of all of them.

    Nobody books them meanwhile or redeems their invite.
    """
    tx.hold("staff", f"staff:{member.id}", f"email:{member.email}")
    found = staff.get(tx, member.id)
    assert found is not None  # noqa: S101  people are never deleted
    return found


def _described(member: StaffMember) -> str:
    return f"{member.name}, {member.email}"


def _enter(visit: Visit, request: AddStaff) -> str:
    """Put a person on record, or put right the record of one who has not signed up yet. Raises AlreadyMember."""
    tx = visit.transaction
    tx.hold(f"email:{request.email}")
    known = staff.by_email(tx, request.email)
    if (known and known.signed_up) or clients.by_email(tx, request.email) or accounts.by_email(tx, request.email):
        raise errors.AlreadyMember(
            f"{request.email} already belongs to somebody of this portal",
            "use another address; see who is there with: portalctl practice staff list",
        )
    timezone = request.timezone or (known.timezone if known else _practice_zone(tx))
    if known is not None:
        staff.change(tx, known.id, name=request.name, role=request.role, timezone=timezone)
        staff.enable(tx, known.id)
        return known.id
    staff_id = new_id("stf")
    staff.insert(
        tx,
        id=staff_id,
        account_id=None,
        name=request.name,
        email=request.email,
        role=request.role,
        timezone=timezone,
        created_at=visit.second,
    )
    return staff_id


def _practice_zone(tx: Transaction) -> str:
    found = practice.get(tx)
    assert found is not None  # noqa: S101  a session exists only where a practice does
    return found.timezone


def _keep_an_owner(tx: Transaction, member: StaffMember) -> None:
    """Raise LastOwner when nobody else is an owner who can sign in."""
    is_one = member.role == "owner" and member.active and member.signed_up
    if is_one and not staff.other_owner_exists(tx, member.id):
        raise errors.LastOwner(
            f"{member.name} is the only owner who can sign in",
            "make somebody else an owner first: portalctl practice staff edit STAFF --role owner",
        )
