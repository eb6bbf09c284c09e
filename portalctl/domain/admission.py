"""Whether a time may be booked: every rule, checked in the transaction that books. The database is the last guard."""

from __future__ import annotations

from datetime import UTC, datetime

from portalctl import errors
from portalctl.domain.availability import Agenda, Diary, Offer
from portalctl.domain.office import Visit
from portalctl.domain.policy import in_force
from portalctl.domain.slot_ids import SlotKey
from portalctl.domain.slots import bookable_between
from portalctl.domain.wording import when
from portalctl.models.role import Role
from portalctl.storage import practice, services

FURTHEST = 10 * 366 * 86_400
"""Seconds ahead beyond which staff book nothing, who have no horizon: a later year is a slip of the pen."""

SLOTS_HINT = "list free times with: portalctl appointments slots"


def offer_of(visit: Visit, key: SlotKey) -> Offer:
    """The offer behind a slot. Raises NotFound, NotOffered."""
    pairs = services.offered(visit.transaction, key.service_id, key.practitioner_id)
    if pairs:
        return Offer(*pairs[0], in_force(visit.transaction, key.service_id))
    service = services.get(visit.transaction, key.service_id)
    if service is None:
        raise errors.NotFound("there is no such slot", SLOTS_HINT)
    raise errors.NotOffered(f"{service.name} is not offered there any more", SLOTS_HINT)


def admit(visit: Visit, offer: Offer, start: int, client_id: str, ignoring: str | None = None) -> None:
    """Let a booking pass, or raise why not. Staff are held only by the past, ten years, and what is already booked.

    `ignoring` is the appointment that is being moved. Raises SlotPast, NoticeTooShort, BeyondHorizon, OutsideHours,
    SlotTaken, ClientBusy, DailyLimitReached.
    """
    if start < visit.second:
        raise errors.SlotPast("that time has passed", SLOTS_HINT)
    agenda = Agenda(visit.transaction, offer.practitioner, ignoring)
    if visit.caller.role is Role.CLIENT:
        _check_window(visit, offer, start)
        if not agenda.offers(offer, start):
            raise errors.OutsideHours(f"{offer.practitioner.name} offers no such start", SLOTS_HINT)
    elif start > visit.second + FURTHEST:
        raise errors.BeyondHorizon("that is more than ten years ahead", "look at the year")
    check_free(visit, offer, agenda, start, client_id, ignoring)


def check_free(
    visit: Visit, offer: Offer, agenda: Agenda, start: int, client_id: str, ignoring: str | None = None
) -> None:
    """Raise SlotTaken, ClientBusy or, for a client, DailyLimitReached."""
    if agenda.is_busy(*offer.blocked(start)):
        raise errors.SlotTaken("that time is taken", SLOTS_HINT)
    found = practice.get(visit.transaction)
    assert found is not None  # noqa: S101  a session exists only where a practice does
    diary = Diary(visit.transaction, client_id, start, start, found.timezone, ignoring)
    if diary.is_busy(start, start + offer.length):
        raise errors.ClientBusy("there is another appointment at that time", "see: portalctl appointments list")
    if visit.caller.role is Role.CLIENT and diary.is_full(start, offer.terms):
        raise errors.DailyLimitReached(
            f"the practice allows {offer.terms.daily_limit} appointment(s) a day", "choose another day"
        )


def _check_window(visit: Visit, offer: Offer, start: int) -> None:
    earliest, latest = bookable_between(visit, offer)
    zone = visit.caller.timezone
    if start < earliest:
        until = datetime.fromtimestamp(start - 60 * offer.terms.minimum_notice_minutes, UTC)
        raise errors.NoticeTooShort(
            f"the practice needs {offer.terms.minimum_notice_minutes} minutes of notice",
            f"it could be booked until {when(until, zone)}; {SLOTS_HINT}",
            allowed_until=until,
        )
    if start > latest:
        begins = datetime.fromtimestamp(start - 86_400 * offer.terms.horizon_days, UTC)
        raise errors.BeyondHorizon(
            f"the practice takes bookings up to {offer.terms.horizon_days} days ahead",
            f"it can be booked from {when(begins, zone)}",
            allowed_from=begins,
        )
