"""Free times, earliest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import merge
from itertools import islice

from portalctl import errors
from portalctl.contract import slots as contract
from portalctl.domain.availability import Agenda, Diary, Offer
from portalctl.domain.clients import find_client
from portalctl.domain.office import Office, Visit
from portalctl.domain.policy import in_force
from portalctl.domain.services import find_service
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.domain.staff import find_practitioner
from portalctl.models.role import Role
from portalctl.models.slots import FindSlots, Slot
from portalctl.storage import practice, services


class Slots(contract.Slots):
    """Free times of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def find(self, request: FindSlots) -> list[Slot]:
        """What can be booked now, earliest first; exactly what `book` would accept."""
        with self._office.visit(contract.Slots.find) as visit:
            offers = self._offers(visit, request)
            client_id = self._client(visit, request)
            bounds = [self._bounds(visit, offer, request) for offer in offers]
            diary = self._diary(visit, client_id, bounds)
            agendas = {offer.practitioner.id: Agenda(visit.transaction, offer.practitioner) for offer in offers}
            listings = [
                _free(offer, agendas[offer.practitioner.id], diary, earliest, latest)
                for offer, (earliest, latest) in zip(offers, bounds, strict=True)
            ]
            ordered = merge(*listings, key=lambda found: found[0])
            return [_slot(offer, start) for start, offer in islice(ordered, request.limit)]

    @staticmethod
    def _offers(visit: Visit, request: FindSlots) -> list[Offer]:
        tx = visit.transaction
        service = find_service(tx, request.service) if request.service is not None else None
        practitioner = find_practitioner(tx, request.practitioner) if request.practitioner is not None else None
        pairs = services.offered(tx, service.id if service else None, practitioner.id if practitioner else None)
        if not pairs and service and practitioner:
            raise errors.NotOffered(
                f"{practitioner.name} does not offer {service.name}",
                "see who offers what with: portalctl appointments practitioners",
            )
        terms = {offered.id: in_force(tx, offered.id) for offered, _ in pairs}
        return [Offer(offered, member, terms[offered.id]) for offered, member in pairs]

    @staticmethod
    def _client(visit: Visit, request: FindSlots) -> str | None:
        if request.client is not None:
            found = find_client(visit, request.client)
            visit.record_read(found.id, found.id)
            return found.id
        return visit.own_client

    @staticmethod
    def _bounds(visit: Visit, offer: Offer, request: FindSlots) -> tuple[int, int]:
        earliest, latest = bookable_between(visit, offer)
        if request.starts_from is not None:
            earliest = max(earliest, _ceil(request.starts_from))
        if request.starts_before is not None:
            latest = min(latest, _ceil(request.starts_before) - 1)
        return earliest, latest

    @staticmethod
    def _diary(visit: Visit, client_id: str | None, bounds: list[tuple[int, int]]) -> Diary | None:
        if client_id is None or not bounds:
            return None
        found = practice.get(visit.transaction)
        assert found is not None  # noqa: S101  a session exists only where a practice does
        earliest = min(bound[0] for bound in bounds)
        latest = max(bound[1] for bound in bounds)
        return Diary(visit.transaction, client_id, earliest, latest, found.timezone)


def bookable_between(visit: Visit, offer: Offer) -> tuple[int, int]:
    """The first and last start that the policy allows now, both included. Staff need no notice."""
    latest = visit.second + 86_400 * offer.terms.horizon_days
    if visit.caller.role is Role.CLIENT:
        return visit.second + 60 * offer.terms.minimum_notice_minutes, latest
    return visit.second, latest


def _free(offer: Offer, agenda: Agenda, diary: Diary | None, earliest: int, latest: int) -> Iterator[tuple[int, Offer]]:
    for start in agenda.starts(offer, earliest, latest):
        if agenda.is_busy(*offer.blocked(start)):
            continue
        if diary is not None and (diary.is_busy(start, start + offer.length) or diary.is_full(start, offer.terms)):
            continue
        yield start, offer


def _slot(offer: Offer, start: int) -> Slot:
    return Slot(
        id=encode(SlotKey(offer.service.id, offer.practitioner.id, start)),
        starts_at=datetime.fromtimestamp(start, UTC),
        ends_at=datetime.fromtimestamp(start + offer.length, UTC),
        service_id=offer.service.id,
        service=offer.service.name,
        practitioner_id=offer.practitioner.id,
        practitioner=offer.practitioner.name,
        practitioner_timezone=offer.practitioner.timezone,
        place=offer.service.place,
    )


def _ceil(moment: datetime) -> int:
    second = int(moment.timestamp())
    return second if moment.timestamp() == second else second + 1
