"""What a portal can do with appointments."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.appointments import (
    Appointment,
    AppointmentReference,
    BookAppointment,
    BookSeries,
    CancelAppointment,
    DeclineAppointment,
    ListAppointments,
    RescheduleAppointment,
    Room,
    Verdict,
)
from portalctl.models.values import Page

Series = list[Appointment]
"""The appointments of a weekly series, in order. (Inside the class, `list` is an operation.)"""


class Appointments(ABC):
    """Appointments: a client reaches their own, staff all."""

    @operation("GET", "/appointments")
    @abstractmethod
    def list(self, request: ListAppointments) -> Page[Appointment]:
        """Appointments by start. Raises InvalidInput, NotFound."""

    @operation("GET", "/appointments/{id}")
    @abstractmethod
    def show(self, request: AppointmentReference) -> Appointment:
        """One appointment. Raises NotFound, AmbiguousId."""

    @operation("POST", "/appointments")
    @abstractmethod
    def book(self, request: BookAppointment) -> Appointment:
        """Book a free slot. Safe to repeat with the same idempotency key.

        Raises SlotTaken, ClientBusy, NoticeTooShort, BeyondHorizon, OutsideHours, DailyLimitReached, SlotPast,
        NotOffered, IdempotencyConflict, IdempotencyRunning, NotFound, InvalidInput.
        """

    @operation("POST", "/appointments/check", repeatable=True)
    @abstractmethod
    def check_booking(self, request: BookAppointment) -> Verdict:
        """Say whether `book` would be allowed now; nothing changes. Raises NotFound, InvalidInput."""

    @operation("POST", "/appointments/series")
    @abstractmethod
    def book_series(self, request: BookSeries) -> Series:
        """Book a weekly series: all of it or nothing.

        Raises AmbiguousTime, NotPermitted, SlotTaken, ClientBusy, BeyondHorizon, SlotPast, NotOffered,
        IdempotencyConflict, IdempotencyRunning, NotFound, InvalidInput.
        """

    @operation("POST", "/appointments/{id}/reschedule")
    @abstractmethod
    def reschedule(self, request: RescheduleAppointment) -> Appointment:
        """Move to another slot in one step: when the new slot is taken the old one is kept.

        Raises RescheduleWindowPassed, ApprovalRequired, NotChangeable, IdempotencyConflict, NotFound,
        and what `book` raises.
        """

    @operation("POST", "/appointments/{id}/confirm", repeatable=True)
    @abstractmethod
    def confirm(self, request: AppointmentReference) -> Appointment:
        """The client says that they will come; harmless to repeat. Raises NotChangeable, NotFound."""

    @operation("POST", "/appointments/{id}/cancel", repeatable=True)
    @abstractmethod
    def cancel(self, request: CancelAppointment) -> Appointment:
        """Cancel; repeating it answers the same and changes nothing.

        Raises CancellationWindowPassed, ReasonRequired, NotChangeable, NotFound.
        """

    @operation("POST", "/appointments/{id}/check-cancellation", repeatable=True)
    @abstractmethod
    def check_cancellation(self, request: CancelAppointment) -> Verdict:
        """Say whether `cancel` would be allowed now; nothing changes. Raises NotFound."""

    @operation("GET", "/appointments/{id}/room")
    @abstractmethod
    def room(self, request: AppointmentReference) -> Room:
        """The video room, from ten minutes before the start to the end. Raises JoinNotOpen, NothingToJoin, NotFound."""

    @operation("POST", "/appointments/{id}/approve")
    @abstractmethod
    def approve(self, request: AppointmentReference) -> Appointment:
        """Agree to a request; its time is checked again.

        Raises SlotTaken, ClientBusy, NotOffered, NotChangeable, NotFound.
        """

    @operation("POST", "/appointments/{id}/decline")
    @abstractmethod
    def decline(self, request: DeclineAppointment) -> Appointment:
        """Decline a request. Raises NotChangeable, NotFound."""

    @operation("POST", "/appointments/{id}/attended")
    @abstractmethod
    def attended(self, request: AppointmentReference) -> Appointment:
        """Record that the client came. Raises NotChangeable, NotFound."""

    @operation("POST", "/appointments/{id}/no-show")
    @abstractmethod
    def no_show(self, request: AppointmentReference) -> Appointment:
        """Record that the client did not come. Raises NotChangeable, NotFound."""
