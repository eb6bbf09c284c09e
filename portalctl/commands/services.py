"""`portalctl practice services`: what the practice offers."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import IdempotencyOption, ShowsData, VersionOption
from portalctl.context import use
from portalctl.models.place import Place

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice services add "First visit" --duration 50m --buffer-after 10m --price "80.00 EUR"
  portalctl practice services add "Video call" --duration 30m --place video --room https://meet.example.com/rossi
  portalctl practice services edit "First visit" --duration 1h
  portalctl practice services archive "Video call"
"""
)

ServiceArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="The service's id or name.")]
BufferBeforeOption = Annotated[
    str | None, typer.Option("--buffer-before", metavar="LENGTH", help="Kept free before it, such as 10m.")
]
BufferAfterOption = Annotated[
    str | None, typer.Option("--buffer-after", metavar="LENGTH", help="Kept free after it, such as 10m.")
]
PriceOption = Annotated[str | None, typer.Option("--price", metavar="AMOUNT", help="Such as '80.00 EUR'.")]
RoomOption = Annotated[
    str | None, typer.Option("--room", metavar="URL", help="The https address of the video room, where `join` leads.")
]
OfferedByOption = Annotated[
    list[str] | None,
    typer.Option("--practitioner", metavar="PRACTITIONER", help="Who offers it: id, e-mail or name. May be repeated."),
]


@group.command(cls=ShowsData)
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As clients see it.")],
    length: Annotated[str, typer.Option("--duration", metavar="LENGTH", help="Such as 50m or 1h30m.")],
    buffer_before: BufferBeforeOption = None,
    buffer_after: BufferAfterOption = None,
    price: PriceOption = None,
    place: Annotated[Place, typer.Option("--place", help="Where it happens.")] = Place.IN_PERSON,
    room: RoomOption = None,
    practitioner: OfferedByOption = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Offer a new service; by everybody who gives appointments now, unless you say who.

    \b
    Examples:
      portalctl practice services add "First visit" --duration 50m --buffer-after 10m --price "80.00 EUR"
      portalctl practice services add "Video call" --duration 30m --place video --room https://meet.example.com/rossi
    """
    from portalctl.commands.parsing import duration, money
    from portalctl.models.services import AddService, Service

    portal, output = use(ctx, Service)
    request = AddService(
        name=name,
        duration_minutes=duration(length),
        buffer_before_minutes=duration(buffer_before) if buffer_before is not None else 0,
        buffer_after_minutes=duration(buffer_after) if buffer_after is not None else 0,
        price=money(price) if price is not None else None,
        place=place,
        room_url=room,
        practitioners=practitioner or [],
        idempotency_key=idempotency_key,
    )
    output.done("Added", portal.services.add(request))


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help="Show those no longer offered too.")] = False,
) -> None:
    """What the practice offers.

    \b
    Examples:
      portalctl practice services list
      portalctl practice services list --archived --json
    """
    from portalctl.models.services import ListServices, Service

    portal, output = use(ctx)
    output.show(portal.services.list(ListServices(archived=archived)), Service)


@group.command(cls=ShowsData)
def edit(
    ctx: typer.Context,
    service: ServiceArgument,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="As clients see it.")] = None,
    length: Annotated[str | None, typer.Option("--duration", metavar="LENGTH", help="Such as 50m or 1h30m.")] = None,
    buffer_before: BufferBeforeOption = None,
    buffer_after: BufferAfterOption = None,
    price: PriceOption = None,
    place: Annotated[Place | None, typer.Option("--place", help="Where it happens.")] = None,
    room: RoomOption = None,
    practitioner: OfferedByOption = None,
    if_version: VersionOption = None,
) -> None:
    """Change a service; appointments already booked keep their times.

    The practitioners given take the place of those who offered it.

    \b
    Examples:
      portalctl practice services edit "First visit" --duration 1h --price "95.00 EUR"
      portalctl practice services edit "First visit" --practitioner verdi@example.com
    """
    from portalctl.commands.parsing import duration, given, money
    from portalctl.models.services import EditService, Service

    portal, output = use(ctx, Service)
    changes = given(
        name=name,
        duration_minutes=duration(length) if length is not None else None,
        buffer_before_minutes=duration(buffer_before) if buffer_before is not None else None,
        buffer_after_minutes=duration(buffer_after) if buffer_after is not None else None,
        price=money(price) if price is not None else None,
        place=place,
        room_url=room,
        practitioners=practitioner or None,
    )
    request = EditService.model_validate({"service": service, "if_version": if_version, **changes})
    output.done("Changed", portal.services.edit(request))


@group.command(cls=ShowsData)
def archive(ctx: typer.Context, service: ServiceArgument) -> None:
    """Stop offering a service; its appointments stay.

    \b
    Examples:
      portalctl practice services archive "Video call"
    """
    from portalctl.models.services import Service, ServiceReference

    portal, output = use(ctx, Service)
    output.done("Archived", portal.services.archive(ServiceReference(service=service)))
