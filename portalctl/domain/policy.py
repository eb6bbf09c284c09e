"""The booking policy: defaults, then what the practice sets, then what a service sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portalctl import errors
from portalctl.contract import policy as contract
from portalctl.domain.office import Office
from portalctl.domain.versions import require_unchanged
from portalctl.models.policy import BookingTerms, Policy, PolicyQuery, SetPolicy
from portalctl.models.versions import stamped
from portalctl.storage import policy
from portalctl.storage.engine import Transaction

if TYPE_CHECKING:
    from portalctl.models.services import Service

_OF_PRACTICE = frozenset(
    {
        *("communication", "session_idle_minutes", "session_lifetime_minutes", "document_max_bytes", "document_kinds"),
        *("client_documents", "client_bytes", "practice_bytes", "payment_gateway", "typed_cards"),
    }
)
"""Terms that only the practice has."""


class Policies(contract.Policies):
    """The booking policy of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self, request: PolicyQuery) -> Policy:
        """The policy in force, for the practice or a service."""
        with self._office.visit(contract.Policies.show) as visit:
            return _policy(visit.transaction, _named(visit.transaction, request.service))

    def set(self, request: SetPolicy) -> Policy:
        """Change the policy; what a service inherits again follows the practice from now on."""
        with self._office.visit(contract.Policies.set) as visit:
            tx = visit.transaction
            tx.hold("policy")
            service = _named(tx, request.service)
            require_unchanged(_policy(tx, service), request.if_version)
            changes = request.model_dump(exclude={"service", "inherit", "if_version"}, exclude_none=True)
            if "reminder_minutes" in changes:
                changes["reminder_minutes"] = sorted(set(changes["reminder_minutes"]), reverse=True)
            if "document_kinds" in changes:
                changes["document_kinds"] = list(dict.fromkeys(changes["document_kinds"]))
            _check_scope(service, changes, request.inherit)
            scope = service.id if service else policy.PRACTICE
            kept = {name: value for name, value in policy.terms(tx, scope).items() if name not in request.inherit}
            policy.put(tx, scope, kept | changes)
            _check_notices(tx)
            visit.record(scope)
            return _policy(tx, service)


def _named(tx: Transaction, reference: str | None) -> Service | None:
    if reference is None:
        return None
    from portalctl.domain.services import find_service

    return find_service(tx, reference)


def in_force(tx: Transaction, service_id: str | None) -> BookingTerms:
    """The terms for a service, or for the practice."""
    own = policy.terms(tx, service_id) if service_id is not None else {}
    return BookingTerms.model_validate(policy.terms(tx, policy.PRACTICE) | own)


def of_practice(tx: Transaction) -> Policy:
    """The practice's own policy."""
    return _policy(tx, None)


def _policy(tx: Transaction, service: Service | None) -> Policy:
    general = policy.terms(tx, policy.PRACTICE)
    if service is None:
        return stamped(Policy.model_validate(general))
    own = policy.terms(tx, service.id)
    return stamped(
        Policy.model_validate(
            general | own | {"service_id": service.id, "service": service.name, "overridden": sorted(own)}
        )
    )


def _check_scope(service: Service | None, changes: dict[str, Any], inherit: list[str]) -> None:
    """Raise InvalidInput for terms that this scope does not have."""
    if service is None and inherit:
        raise errors.InvalidInput("only a service inherits", "say which service, with --service")
    if service is not None and changes.keys() & _OF_PRACTICE:
        raise errors.InvalidInput(
            "a service has no sessions, communication or documents of its own",
            "set them for the practice: leave --service out",
        )
    unknown = [name for name in inherit if name not in BookingTerms.model_fields]
    if unknown:
        raise errors.InvalidInput(
            f"there is no term {unknown[0]!r} to inherit", f"choose from: {', '.join(BookingTerms.model_fields)}"
        )
    both = sorted(changes.keys() & set(inherit))
    if both:
        raise errors.InvalidInput(f"{both[0]} is both set and inherited", "choose one")


def _check_notices(tx: Transaction) -> None:
    """Raise InvalidInput where nothing could be booked: the notice reaches beyond the horizon."""
    from portalctl.storage import services

    for scope in (policy.PRACTICE, *policy.all_terms(tx)):
        terms = in_force(tx, scope)
        service = services.get(tx, scope)
        if terms.minimum_notice_minutes > terms.horizon_days * 1440 and not (service and service.archived):
            raise errors.InvalidInput(
                f"the minimum notice{f' of {service.name}' if service else ''} would be longer than the horizon",
                "nothing could be booked: shorten --minimum-notice or lengthen --horizon",
            )
