"""`portalctl practice staff`: the practice's people."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from portalctl.commands.options import IdempotencyOption, ShowsData, VersionOption, YesOption
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice staff add verdi@example.com --name "Dr Verdi"
  portalctl practice staff list
  portalctl practice staff edit verdi@example.com --timezone America/New_York
  portalctl practice staff disable verdi@example.com
"""
)

StaffArgument = Annotated[str, typer.Argument(metavar="STAFF", help="The person's id, e-mail or name.")]
ZoneOption = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Their own zone, such as Europe/Rome.")
]
RoleName = Literal["owner", "practitioner", "staff"]


@group.command(cls=ShowsData)
def add(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Where they are reached; they sign in with it.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="As clients see it.")],
    role: Annotated[
        RoleName, typer.Option("--role", help="Owners and practitioners give appointments; owners also manage.")
    ] = "practitioner",
    timezone: ZoneOption = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Add a person; prints their invite link once.

    Adding again somebody who has not signed up yet makes a new link.

    \b
    Examples:
      portalctl practice staff add verdi@example.com --name "Dr Verdi"
      portalctl practice staff add desk@example.com --name "Front desk" --role staff
    """
    from portalctl.models.invites import IssuedInvite
    from portalctl.models.staff import AddStaff

    portal, output = use(ctx, IssuedInvite)
    issued = portal.staff.add(
        AddStaff(email=email, name=name, role=role, timezone=timezone, idempotency_key=idempotency_key)
    )
    output.link(
        issued, issued.link, f"Invited {issued.name}. The link is shown this once; paste it to: portalctl signup -"
    )


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context) -> None:
    """Everyone of the practice.

    \b
    Examples:
      portalctl practice staff list
      portalctl practice staff list --json | jq '.[] | select(.active)'
    """
    from portalctl.models.staff import StaffMember

    portal, output = use(ctx)
    output.show(portal.staff.list(), StaffMember)


@group.command(cls=ShowsData)
def edit(
    ctx: typer.Context,
    staff: StaffArgument,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="As clients see it.")] = None,
    role: Annotated[RoleName | None, typer.Option("--role", help="What they may do from now on.")] = None,
    timezone: ZoneOption = None,
    if_version: VersionOption = None,
) -> None:
    """Change a person's name, role or time zone.

    Weekly hours are wall-clock times: they move with the zone. Appointments already booked keep their instant.

    \b
    Examples:
      portalctl practice staff edit verdi@example.com --role owner
    """
    from portalctl.commands.parsing import given
    from portalctl.models.staff import EditStaff, StaffMember

    portal, output = use(ctx, StaffMember)
    changes = given(name=name, role=role, timezone=timezone)
    request = EditStaff.model_validate({"staff": staff, "if_version": if_version, **changes})
    output.done("Changed", portal.staff.edit(request))


@group.command(cls=ShowsData)
def disable(ctx: typer.Context, staff: StaffArgument, yes: YesOption = False) -> None:
    """End a person's access at once; their appointments stay.

    \b
    Examples:
      portalctl practice staff disable verdi@example.com
      portalctl practice staff disable verdi@example.com --yes
    """
    from portalctl.models.staff import StaffMember, StaffReference

    portal, output = use(ctx, StaffMember)
    request = StaffReference(staff=staff)
    if not yes and not running(ctx).prompt.confirm(f"End the access of {staff} at once?"):
        output.say("Nothing was changed.")
        return
    output.done("Disabled", portal.staff.disable(request))
