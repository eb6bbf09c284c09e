"""`portalctl practice relationships`: who is close to a client, and what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import IdempotencyOption, LimitOption, ShowsData, VersionOption, YesOption
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.models.relationships import GrantedRelationship
    from portalctl.output.output import Output

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice relationships add anna@example.com --name Rosa --kind mother --email rosa@example.com
  portalctl practice relationships list anna@example.com
  portalctl practice relationships edit rel_7k2m --no-information-access
  portalctl practice relationships remove rel_7k2m
"""
)

_RelationshipArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The relationship's id, or enough of its beginning.")
]
_NAME = typer.Option("--name", metavar="NAME", help="The person's name.")
_KIND = typer.Option("--kind", metavar="WORD", help="What they are to the client: mother, guardian, partner.")
_EMAIL = typer.Option("--email", metavar="EMAIL", help="The person's address; they sign in with it.")


@group.command(cls=ShowsData)
def add(
    ctx: typer.Context,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, e-mail or name.")],
    name: Annotated[str, _NAME],
    kind: Annotated[str, _KIND],
    email: Annotated[str, _EMAIL],
    portal_access: Annotated[bool, typer.Option("--portal-access", help="They may sign in, as themselves.")] = False,
    information_access: Annotated[
        bool, typer.Option("--information-access", help="They see there what is shared with the client.")
    ] = False,
    emergency_contact: Annotated[bool, typer.Option("--emergency-contact", help="They are called first.")] = False,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Write down who is close to a client; prints the invite link of one who gets portal access and has no account.

    Somebody who has an account, as a client or as staff, uses that one.

    \b
    Examples:
      portalctl practice relationships add Anna --name Max --kind neighbour --email m@example.com --emergency-contact
      portalctl practice relationships add Anna --name Rosa --kind mother --email r@example.com --portal-access
    """
    from portalctl.models.relationships import AddRelationship, GrantedRelationship

    portal, output = use(ctx, GrantedRelationship)
    request = AddRelationship(
        client=client,
        name=name,
        kind=kind,
        email=email,
        portal_access=portal_access,
        information_access=information_access,
        emergency_contact=emergency_contact,
        idempotency_key=idempotency_key,
    )
    _show(output, "Added", portal.relationships.add(request))


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    client: Annotated[
        str | None, typer.Argument(metavar="[CLIENT]", help="Only this client's: id, e-mail or name.")
    ] = None,
    limit: LimitOption = None,
) -> None:
    """Relationships, newest first: all, or those of one client.

    \b
    Examples:
      portalctl practice relationships list anna@example.com
      portalctl practice relationships list --json | jq '.[] | select(.emergency_contact)'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.relationships import ListRelationships, Relationship

    portal, output = use(ctx)
    found = collect(
        lambda cursor, size: portal.relationships.list(ListRelationships(client=client, cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, Relationship)


@group.command(cls=ShowsData)
def edit(
    ctx: typer.Context,
    relationship: _RelationshipArgument,
    name: Annotated[str | None, _NAME] = None,
    kind: Annotated[str | None, _KIND] = None,
    email: Annotated[str | None, _EMAIL] = None,
    portal_access: Annotated[
        bool | None, typer.Option("--portal-access/--no-portal-access", help="Whether they may sign in.")
    ] = None,
    information_access: Annotated[
        bool | None,
        typer.Option("--information-access/--no-information-access", help="Whether they see what is shared."),
    ] = None,
    emergency_contact: Annotated[
        bool | None, typer.Option("--emergency-contact/--no-emergency-contact", help="Whether they are called first.")
    ] = None,
    if_version: VersionOption = None,
) -> None:
    """Change who somebody is and what they may. What is taken away is gone on their next request.

    Another address is another person. To invite again somebody who has not signed up yet, give --portal-access.

    \b
    Examples:
      portalctl practice relationships edit rel_7k2m --information-access
      portalctl practice relationships edit rel_7k2m --no-portal-access
    """
    from portalctl.commands.parsing import given
    from portalctl.models.relationships import EditRelationship, GrantedRelationship

    portal, output = use(ctx, GrantedRelationship)
    changes = given(
        name=name,
        kind=kind,
        email=email,
        portal_access=portal_access,
        information_access=information_access,
        emergency_contact=emergency_contact,
    )
    request = EditRelationship.model_validate({"id": relationship, "if_version": if_version, **changes})
    _show(output, "Changed", portal.relationships.edit(request))


@group.command()
def remove(ctx: typer.Context, relationship: _RelationshipArgument, yes: YesOption = False) -> None:
    """End a relationship and what it allows, at once.

    \b
    Examples:
      portalctl practice relationships remove rel_7k2m
      portalctl practice relationships remove rel_7k2m --yes
    """
    from portalctl.models.relationships import RemoveRelationship

    portal, output = use(ctx)
    request = RemoveRelationship(id=relationship)
    if not yes and not running(ctx).prompt.confirm(f"End the relationship {request.id} at once?"):
        output.say("Nothing was changed.")
        return
    portal.relationships.remove(request)
    output.say(f"Removed {request.id}.")


def _show(output: Output, verb: str, granted: GrantedRelationship) -> None:
    """What a change led to: the link where somebody is to be invited, else the relationship."""
    if granted.link is not None:
        explanation = f"{verb} {granted.id}, and invited {granted.name}. The link is shown this once"
        output.link(granted, granted.link, f"{explanation}; paste it to: portalctl signup -")
        return
    if granted.portal_access and not granted.signed_up:
        output.say(f"{granted.name} signs up by the invite that {granted.email} has already.")
    output.done(verb, granted)
