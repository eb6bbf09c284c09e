"""What the practice offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl import errors
from portalctl.contract import services as contract
from portalctl.domain import references
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office
from portalctl.domain.staff import find_practitioner
from portalctl.domain.versions import require_unchanged
from portalctl.models.place import Place
from portalctl.models.role import Role
from portalctl.models.services import AddService, EditService, ListServices, Service, ServiceReference
from portalctl.storage import services, staff
from portalctl.storage.engine import Transaction

_STAFF = (Role.OWNER, Role.PRACTITIONER, Role.STAFF)


class Services(contract.Services):
    """The services of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListServices) -> list[Service]:
        """What is offered, by name. Only staff see video rooms: clients are let in at their time."""
        with self._office.visit(contract.Services.list) as visit:
            found = services.listing(visit.transaction, archived=request.archived)
            if visit.caller.role in _STAFF:
                return found
            return [service.model_copy(update={"room_url": None}) for service in found]

    def add(self, request: AddService) -> Service:
        """Offer a new service, by the practitioners named or by everybody who gives appointments now."""
        with self._office.visit(contract.Services.add) as visit:
            tx = visit.transaction
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _known(tx, before[0])
            tx.hold("services")
            _check_name_is_free(tx, request.name)
            _check_room(request.place, request.room_url)
            offering = _ids(tx, request.practitioners) or [member.id for member in staff.practitioners(tx)]
            service_id = new_id("svc")
            columns = _columns(request.model_dump(exclude={"practitioners", "idempotency_key"}))
            services.insert(tx, id=service_id, created_at=visit.second, **columns)
            services.set_practitioners(tx, service_id, offering)
            visit.record(service_id)
            remember(visit, request.idempotency_key, request, [service_id])
            return _known(tx, service_id)

    def edit(self, request: EditService) -> Service:
        """Change what is given; a service that is no longer by video loses its room."""
        with self._office.visit(contract.Services.edit) as visit:
            tx = visit.transaction
            tx.hold("services")
            service = find_service(tx, request.service)
            require_unchanged(service, request.if_version)
            changes = request.model_dump(exclude={"service", "practitioners", "if_version"}, exclude_none=True)
            if request.name is not None and not service.archived:
                _check_name_is_free(tx, request.name, but=service.id)
            place = request.place or service.place
            if place is not Place.VIDEO and request.room_url is None:
                changes["room_url"] = None
            _check_room(place, request.room_url or (service.room_url if place is Place.VIDEO else None))
            services.change(tx, service.id, **_columns({"place": place, **changes}))
            if request.practitioners is not None:
                services.set_practitioners(tx, service.id, _ids(tx, request.practitioners))
            visit.record(service.id)
            return _known(tx, service.id)

    def archive(self, request: ServiceReference) -> Service:
        """Stop offering a service; doing it again changes nothing."""
        with self._office.visit(contract.Services.archive) as visit:
            tx = visit.transaction
            tx.hold("services")
            service = find_service(tx, request.service)
            if service.archived:
                return service
            services.change(tx, service.id, archived_at=visit.second)
            visit.record(service.id)
            return _known(tx, service.id)


def find_service(tx: Transaction, reference: str) -> Service:
    """The service that is meant; an archived one is found by its whole id only. Raises NotFound, AmbiguousId."""
    return references.one(services.candidates(tx, reference), "service", reference, lambda service: service.name)


def _known(tx: Transaction, service_id: str) -> Service:
    found = services.get(tx, service_id)
    assert found is not None  # noqa: S101  it was just written
    return found


def _ids(tx: Transaction, practitioners: Iterable[str]) -> list[str]:
    return [find_practitioner(tx, reference).id for reference in practitioners]


def _columns(changes: dict[str, Any]) -> dict[str, Any]:
    """A service's fields as its row has them."""
    price = changes.pop("price", None)
    if price is not None:
        changes |= {"price_amount": price["amount"], "price_currency": price["currency"]}
    return {**changes, "place": changes["place"].value}


def _check_name_is_free(tx: Transaction, name: str, but: str | None = None) -> None:
    folded = name.casefold()
    if any(service.name.casefold() == folded and service.id != but for service in services.listing(tx, archived=False)):
        raise errors.InUse(f"there is already a service named {name!r}", "choose another name, or archive that service")


def _check_room(place: Place, room_url: str | None) -> None:
    if place is Place.VIDEO and room_url is None:
        raise errors.InvalidInput("a video service needs a room", "give its https address with --room")
    if place is not Place.VIDEO and room_url is not None:
        raise errors.InvalidInput("only a video service has a room", "leave --room out, or choose --place video")
