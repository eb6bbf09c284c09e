"""`portalctl appointments`: find free times; book, move, join and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import (
    AppointmentArgument,
    ClientOption,
    DryRunOption,
    FromOption,
    IdempotencyOption,
    LimitOption,
    PractitionerOption,
    ReasonOption,
    ServiceOption,
    ShowsData,
    ToOption,
    whole,
)
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.models.appointments import Verdict

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl appointments slots --service "First visit" --from 2026-12-01
  portalctl appointments book SLOT --note "first time"
  portalctl appointments list --past --json
  portalctl appointments cancel apt_7k2m --reason "I am ill"
"""
)


@group.command(cls=ShowsData)
def services(ctx: typer.Context) -> None:
    """What can be booked.

    \b
    Examples:
      portalctl appointments services
    """
    from portalctl.models.services import ListServices, Service

    portal, output = use(ctx)
    output.show(portal.services.list(ListServices()), Service)


@group.command(cls=ShowsData)
def practitioners(ctx: typer.Context, service: ServiceOption = None) -> None:
    """Who gives appointments.

    \b
    Examples:
      portalctl appointments practitioners --service "First visit"
    """
    from portalctl.models.staff import ListPractitioners, Practitioner

    portal, output = use(ctx)
    output.show(portal.staff.practitioners(ListPractitioners(service=service)), Practitioner)


@group.command(cls=ShowsData)
def slots(
    ctx: typer.Context,
    service: ServiceOption = None,
    practitioner: PractitionerOption = None,
    starts_from: FromOption = None,
    starts_before: ToOption = None,
    limit: LimitOption = None,
    client: ClientOption = None,
) -> None:
    """Free times, earliest first.

    \b
    Examples:
      portalctl appointments slots --limit 5
      portalctl appointments slots --service "First visit" --from 2026-12-01 --to 2026-12-05
      portalctl appointments slots --format ids | head -1
    """
    from portalctl.commands.bounds import first_moment, last_moment
    from portalctl.models.slots import FindSlots, Slot

    portal, output = use(ctx)
    request = FindSlots(
        service=service,
        practitioner=practitioner,
        client=client,
        starts_from=first_moment(starts_from, running(ctx)),
        starts_before=last_moment(starts_before, running(ctx)),
        limit=20 if limit is None else min(limit, 1000),
    )
    output.show(portal.slots.find(request), Slot)


@group.command(cls=ShowsData)
def book(
    ctx: typer.Context,
    slot: Annotated[
        str | None, typer.Argument(metavar="[SLOT]", help="The slot's id, from `appointments slots`.")
    ] = None,
    service: ServiceOption = None,
    practitioner: PractitionerOption = None,
    at: Annotated[str | None, typer.Option("--at", metavar="WHEN", help="2026-12-01T09:00, in your zone.")] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="For the practitioner.")] = None,
    idempotency_key: IdempotencyOption = None,
    client: ClientOption = None,
    weekly: Annotated[
        int | None,
        typer.Option("--weekly", metavar="N", parser=whole(2, 52), help="So many weeks in a row (staff only)."),
    ] = None,
    dry_run: DryRunOption = False,
) -> None:
    """Book a slot, or a service with a practitioner at a time.

    \b
    Examples:
      portalctl appointments book SLOT
      portalctl appointments book --service "First visit" --practitioner rossi@example.com --at 2026-12-01T09:00
      portalctl appointments book SLOT --dry-run
      portalctl appointments book SLOT --client anna@example.com --weekly 6
    """
    from portalctl.commands.parsing import moment
    from portalctl.models.appointments import Appointment, BookAppointment, BookSeries

    portal, output = use(ctx, Appointment)
    request = BookAppointment(
        slot=slot,
        service=service,
        practitioner=practitioner,
        starts_at=moment(at, running(ctx).zone) if at is not None else None,
        client=client,
        note=note,
        idempotency_key=idempotency_key if weekly is None else None,
    )
    if dry_run and weekly is not None:
        raise typer.BadParameter("--dry-run and --weekly do not go together: check the first week alone")
    if dry_run:
        verdict(ctx, portal.appointments.check_booking(request))
    elif weekly is not None:
        series = BookSeries(first=request, weeks=weekly, idempotency_key=idempotency_key)
        output.show(portal.appointments.book_series(series), Appointment)
    else:
        booked = portal.appointments.book(request)
        output.done("Requested" if booked.status == "requested" else "Booked", booked)


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    upcoming: Annotated[bool, typer.Option("--upcoming", help="Those to come (the default).")] = False,
    past: Annotated[bool, typer.Option("--past", help="Those that are over, latest first.")] = False,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="STATUS", help="Only with this status.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All of them, cancelled ones too, without a limit.")
    ] = False,
    starts_from: FromOption = None,
    starts_before: ToOption = None,
    limit: LimitOption = None,
    client: ClientOption = None,
) -> None:
    """Your appointments: those to come, unless told otherwise.

    \b
    Examples:
      portalctl appointments list
      portalctl appointments list --past --limit 5
      portalctl appointments list --status cancelled --json
      portalctl appointments list --all --json | jq length
    """
    from portalctl.commands.bounds import first_moment, last_moment
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.appointments import Appointment, ListAppointments

    if sum((upcoming, past, everything)) > 1:
        raise typer.BadParameter("--upcoming, --past and --all exclude each other: give one")
    portal, output = use(ctx)
    bounded = bool(status or everything or starts_from or starts_before)
    request = ListAppointments.model_validate(
        {
            "when": "past" if past else "upcoming" if upcoming or not bounded else None,
            "statuses": status or (["requested", "booked"] if not (past or bounded) else None),
            "starts_from": first_moment(starts_from, running(ctx)),
            "starts_before": last_moment(starts_before, running(ctx)),
            "newest_first": past,
            "client": client,
        }
    )
    appointments = collect(
        lambda cursor, size: portal.appointments.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit if limit is not None or everything else SHOWN,
        output,
        "more with --limit, or --all",
    )
    output.show(appointments, Appointment)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, appointment: AppointmentArgument) -> None:
    """One appointment, with until when it can be moved or cancelled.

    \b
    Examples:
      portalctl appointments show apt_7k2m
    """
    from portalctl.models.appointments import AppointmentReference

    portal, output = use(ctx)
    output.show_one(portal.appointments.show(AppointmentReference(id=appointment)))


@group.command(cls=ShowsData)
def reschedule(
    ctx: typer.Context,
    appointment: AppointmentArgument,
    slot: Annotated[str, typer.Argument(metavar="SLOT", help="The new slot's id, from `appointments slots`.")],
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Move an appointment to another slot, in one step: if that fails it stays where it is.

    \b
    Examples:
      portalctl appointments reschedule apt_7k2m SLOT
    """
    from portalctl.models.appointments import Appointment, RescheduleAppointment

    portal, output = use(ctx, Appointment)
    request = RescheduleAppointment(id=appointment, slot=slot, idempotency_key=idempotency_key)
    output.done("Moved", portal.appointments.reschedule(request))


@group.command(cls=ShowsData)
def confirm(ctx: typer.Context, appointment: AppointmentArgument) -> None:
    """Say that you will come.

    \b
    Examples:
      portalctl appointments confirm apt_7k2m
    """
    from portalctl.models.appointments import Appointment, AppointmentReference

    portal, output = use(ctx, Appointment)
    output.done("Confirmed", portal.appointments.confirm(AppointmentReference(id=appointment)))


@group.command(cls=ShowsData)
def cancel(
    ctx: typer.Context, appointment: AppointmentArgument, reason: ReasonOption = None, dry_run: DryRunOption = False
) -> None:
    """Cancel an upcoming appointment.

    \b
    Examples:
      portalctl appointments cancel apt_7k2m --reason "I am ill"
      portalctl appointments cancel apt_7k2m --dry-run
    """
    from portalctl.models.appointments import Appointment, CancelAppointment

    portal, output = use(ctx, Appointment)
    request = CancelAppointment(id=appointment, reason=reason)
    if dry_run:
        verdict(ctx, portal.appointments.check_cancellation(request))
    else:
        output.done("Cancelled", portal.appointments.cancel(request))


@group.command(cls=ShowsData)
def join(
    ctx: typer.Context,
    appointment: AppointmentArgument,
    print_only: Annotated[bool, typer.Option("--print", help="Print the link instead of opening it.")] = False,
) -> None:
    """Open the video room, from ten minutes before the start until the end.

    \b
    Examples:
      portalctl appointments join apt_7k2m
      portalctl appointments join apt_7k2m --print
    """
    from portalctl.commands.browser import open_page
    from portalctl.models.appointments import AppointmentReference

    portal, output = use(ctx)
    context = running(ctx)
    room = portal.appointments.room(AppointmentReference(id=appointment))
    if not output.is_table:
        output.show_one(room)
    elif print_only or not context.stdout.isatty() or not open_page(room.url, context.environment):
        output.line(room.url)
    else:
        output.say(f"Opened {room.url}")


@group.command()
def ics(
    ctx: typer.Context,
    appointments: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="These appointments.")] = None,
    upcoming: Annotated[bool, typer.Option("--upcoming", help="Those to come (the default without ids).")] = False,
) -> None:
    """Print appointments as a calendar file (RFC 5545), for khal and every calendar program.

    \b
    Examples:
      portalctl appointments ics > appointments.ics
      portalctl appointments ics apt_7k2m
    """
    from portalctl.commands.paging import collect
    from portalctl.models.appointments import AppointmentReference, ListAppointments
    from portalctl.output.ics import calendar

    if appointments and upcoming:
        raise typer.BadParameter("give ids or --upcoming, not both")
    portal, output = use(ctx)
    if appointments:
        found = [portal.appointments.show(AppointmentReference(id=each)) for each in appointments]
    else:
        request = ListAppointments(when="upcoming")
        found = list(
            collect(
                lambda cursor, size: portal.appointments.list(
                    request.model_copy(update={"cursor": cursor, "limit": size})
                ),
                None,
                output,
                "",
            )
        )
    output.raw(calendar(found, portal.practice.show().name, running(ctx).clock()))


def verdict(ctx: typer.Context, answer: Verdict) -> None:
    """Show what a dry run found; the exit code is that of the real thing."""
    from portalctl.errors import Refused

    running(ctx).output.show_one(answer)
    if not answer.allowed:
        raise typer.Exit(Refused.exit_code)
