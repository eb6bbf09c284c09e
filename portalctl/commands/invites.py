"""`portalctl practice invite` and `practice invites`: the one way to an account."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import IdempotencyOption, LimitOption, ShowsData
from portalctl.context import use

app = typer.Typer()
group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice invite anna@example.com --name "Anna Bianchi"
  portalctl practice invites list
  portalctl practice invites revoke inv_7k2m
"""
)


@app.command(cls=ShowsData)
def invite(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The client's address; they sign in with it.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The client's name; they may correct it.")],
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="How long the link is valid: 12h, 3d; else 7d.")
    ] = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Invite a client; prints the link once.

    A new invite for the address revokes the earlier one.

    \b
    Examples:
      portalctl practice invite anna@example.com --name "Anna Bianchi"
      portalctl practice invite anna@example.com --name "Anna Bianchi" --expires 24h --json
    """
    from portalctl.commands.parsing import duration
    from portalctl.models.invites import InviteClient, IssuedInvite

    portal, output = use(ctx, IssuedInvite)
    length = {} if expires is None else {"expires_minutes": duration(expires)}
    request = InviteClient.model_validate({"email": email, "name": name, "idempotency_key": idempotency_key, **length})
    issued = portal.invites.create(request)
    if issued.state == "redeemed":
        output.say(f"{issued.email} has an account already, which is a client's from now on.")
        output.done("Invited", issued)
        return
    output.link(
        issued, issued.link, f"Invited {issued.name}. The link is shown this once; paste it to: portalctl signup -"
    )


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context, limit: LimitOption = None) -> None:
    """Invites, newest first, without their links.

    \b
    Examples:
      portalctl practice invites list
      portalctl practice invites list --json | jq '.[] | select(.state == "pending")'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.invites import Invite, ListInvites

    portal, output = use(ctx)
    invites = collect(
        lambda cursor, size: portal.invites.list(ListInvites(cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(invites, Invite)


@group.command(cls=ShowsData)
def revoke(
    ctx: typer.Context,
    invite_id: Annotated[str, typer.Argument(metavar="ID", help="The invite's id, or enough of its beginning.")],
) -> None:
    """Make an invite's link worthless.

    \b
    Examples:
      portalctl practice invites revoke inv_7k2m
    """
    from portalctl.models.invites import Invite, InviteReference

    portal, output = use(ctx, Invite)
    output.done("Revoked", portal.invites.revoke(InviteReference(id=invite_id)))
