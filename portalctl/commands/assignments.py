"""`portalctl practice assign`, `unassign` and `assigned`: who cares for which client."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import LimitOption, ShowsData
from portalctl.context import use

app = typer.Typer()

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, e-mail or name.")]
StaffArgument = Annotated[str, typer.Argument(metavar="STAFF", help="The person's id, e-mail or name.")]


@app.command(cls=ShowsData)
def assign(ctx: typer.Context, client: ClientArgument, staff: StaffArgument) -> None:
    """Assign somebody of the practice to a client.

    Where the communication policy is assigned-only, the two may write to each other from now on.

    \b
    Examples:
      portalctl practice assign anna@example.com "Dr Rossi"
    """
    from portalctl.models.assignments import Assignment, AssignmentReference

    portal, output = use(ctx, Assignment)
    output.done("Assigned", portal.assignments.add(AssignmentReference(client=client, staff=staff)))


@app.command()
def unassign(ctx: typer.Context, client: ClientArgument, staff: StaffArgument) -> None:
    """Take an assignment away, which counts at once.

    \b
    Examples:
      portalctl practice unassign anna@example.com "Dr Rossi"
    """
    from portalctl.models.assignments import AssignmentReference

    portal, output = use(ctx)
    portal.assignments.remove(AssignmentReference(client=client, staff=staff))
    output.say(f"{staff} is not assigned to {client} now.")


@app.command(cls=ShowsData)
def assigned(
    ctx: typer.Context,
    client: Annotated[str | None, typer.Option("--client", metavar="CLIENT", help="Who is assigned to them.")] = None,
    staff: Annotated[str | None, typer.Option("--staff", metavar="STAFF", help="Their roster.")] = None,
    limit: LimitOption = None,
) -> None:
    """Who is assigned to whom.

    \b
    Examples:
      portalctl practice assigned
      portalctl practice assigned --staff "Dr Rossi" --json | jq -r '.[].client'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.assignments import Assignment, ListAssignments

    portal, output = use(ctx)
    request = ListAssignments(client=client, staff=staff)
    found = collect(
        lambda cursor, size: portal.assignments.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, Assignment)
