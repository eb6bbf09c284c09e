"""`portalctl practice calendar`, and what staff decide about an appointment."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import (
    AppointmentArgument,
    ClientOption,
    FromOption,
    LimitOption,
    PractitionerOption,
    ReasonOption,
    ShowsData,
    ToOption,
)
from portalctl.context import running, use

app = typer.Typer()


@app.command(cls=ShowsData)
def calendar(
    ctx: typer.Context,
    starts_from: FromOption = None,
    starts_before: ToOption = None,
    practitioner: PractitionerOption = None,
    client: ClientOption = None,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="STATUS", help="Only with this status.")
    ] = None,
    limit: LimitOption = None,
) -> None:
    """Everybody's appointments: those to come, or those of the given days.

    \b
    Examples:
      portalctl practice calendar
      portalctl practice calendar --from 2026-12-01 --to 2026-12-05 --practitioner rossi@example.com
      portalctl practice calendar --status requested
    """
    from portalctl.commands.bounds import first_moment, last_moment
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.appointments import Appointment, ListAppointments

    portal, output = use(ctx)
    request = ListAppointments.model_validate(
        {
            "when": None if starts_from or starts_before else "upcoming",
            "starts_from": first_moment(starts_from, running(ctx)),
            "starts_before": last_moment(starts_before, running(ctx)),
            "practitioner": practitioner,
            "client": client,
            "statuses": status or None,
        }
    )
    appointments = collect(
        lambda cursor, size: portal.appointments.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(appointments, Appointment)


@app.command(cls=ShowsData)
def approve(ctx: typer.Context, appointment: AppointmentArgument) -> None:
    """Agree to a request; its time is checked again.

    \b
    Examples:
      portalctl practice approve apt_7k2m
    """
    from portalctl.models.appointments import Appointment, AppointmentReference

    portal, output = use(ctx, Appointment)
    output.done("Approved", portal.appointments.approve(AppointmentReference(id=appointment)))


@app.command(cls=ShowsData)
def decline(ctx: typer.Context, appointment: AppointmentArgument, reason: ReasonOption = None) -> None:
    """Decline a request.

    \b
    Examples:
      portalctl practice decline apt_7k2m --reason "we are closed that day"
    """
    from portalctl.models.appointments import Appointment, DeclineAppointment

    portal, output = use(ctx, Appointment)
    output.done("Declined", portal.appointments.decline(DeclineAppointment(id=appointment, reason=reason)))


@app.command(cls=ShowsData)
def attended(ctx: typer.Context, appointment: AppointmentArgument) -> None:
    """Record that the client came.

    \b
    Examples:
      portalctl practice attended apt_7k2m
    """
    from portalctl.models.appointments import Appointment, AppointmentReference

    portal, output = use(ctx, Appointment)
    output.done("Attended", portal.appointments.attended(AppointmentReference(id=appointment)))


@app.command(name="no-show", cls=ShowsData)
def no_show(ctx: typer.Context, appointment: AppointmentArgument) -> None:
    """Record that the client did not come.

    \b
    Examples:
      portalctl practice no-show apt_7k2m
    """
    from portalctl.models.appointments import Appointment, AppointmentReference

    portal, output = use(ctx, Appointment)
    output.done("No-show", portal.appointments.no_show(AppointmentReference(id=appointment)))
