"""`portalctl relationships`: the people close to a client, and what they see of each other."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import LimitOption, ShowsData
from portalctl.context import use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl relationships list
  portalctl relationships docs "Anna Bianchi"
  portalctl relationships dashboard "Anna Bianchi"
"""
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Whom it is with: their name or e-mail, or the relationship's id.")
]


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context, limit: LimitOption = None) -> None:
    """Who is close to you and what they may, and whose documentation you may see.

    \b
    Examples:
      portalctl relationships list
      portalctl relationships list --json | jq '.[] | select(.readable) | .client'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.relationships import ListRelationships, Relationship

    portal, output = use(ctx)
    found = collect(
        lambda cursor, size: portal.relationships.list(ListRelationships(cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, Relationship)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, name: NameArgument) -> None:
    """One relationship, and what it allows.

    \b
    Examples:
      portalctl relationships show "Anna Bianchi"
      portalctl relationships show rel_7k2m --json
    """
    from portalctl.models.relationships import RelationshipReference

    portal, output = use(ctx)
    output.show_one(portal.relationships.show(RelationshipReference(relationship=name)))


@group.command(cls=ShowsData)
def docs(ctx: typer.Context, name: NameArgument, limit: LimitOption = None) -> None:
    """What the practice has shared with a client whose documentation you may see, newest first.

    It is read as any document: portalctl docs view ID. For somebody close to you it is what they see of yours.

    \b
    Examples:
      portalctl relationships docs "Anna Bianchi"
      portalctl relationships docs "Anna Bianchi" --format ids
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.documents import Document
    from portalctl.models.relationships import ListShared

    portal, output = use(ctx)
    found = collect(
        lambda cursor, size: portal.relationships.docs(ListShared(relationship=name, cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, Document)


@group.command(cls=ShowsData)
def dashboard(ctx: typer.Context, name: NameArgument) -> None:
    """An overview of the same: what is new to you, what belongs to which appointment, and the rest.

    \b
    Examples:
      portalctl relationships dashboard "Anna Bianchi"
      portalctl relationships dashboard "Anna Bianchi" --json | jq '.new | length'
    """
    from portalctl.models.relationships import RelationshipReference

    portal, output = use(ctx)
    output.show_one(portal.relationships.dashboard(RelationshipReference(relationship=name)))
