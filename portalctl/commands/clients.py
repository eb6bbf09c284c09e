"""`portalctl practice clients` and `practice reset-link`."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import IdempotencyOption, LimitOption, ShowsData, YesOption
from portalctl.context import running, use

app = typer.Typer()
group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice clients list
  portalctl practice clients show anna@example.com
  portalctl practice clients reset-mfa anna@example.com
  portalctl practice reset-link anna@example.com
"""
)

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, e-mail or name.")]


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context, limit: LimitOption = None) -> None:
    """The practice's clients, by name.

    \b
    Examples:
      portalctl practice clients list
      portalctl practice clients list --limit 1000 --format csv > clients.csv
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.clients import Client, ListClients

    portal, output = use(ctx)
    clients = collect(
        lambda cursor, size: portal.clients.list(ListClients(cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(clients, Client)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, client: ClientArgument) -> None:
    """One client.

    \b
    Examples:
      portalctl practice clients show anna@example.com
      portalctl practice clients show "Anna Bianchi" --json
    """
    from portalctl.models.clients import ClientReference

    portal, output = use(ctx)
    output.show_one(portal.clients.show(ClientReference(client=client)))


@group.command(name="reset-mfa", cls=ShowsData)
def reset_mfa(ctx: typer.Context, client: ClientArgument, yes: YesOption = False) -> None:
    """Take the second factor of somebody away who has lost it, once you are sure that it is them who asks.

    Their sessions and API tokens end, and they are told by mail. Owners do so for staff too.

    \b
    Examples:
      portalctl practice clients reset-mfa anna@example.com
      portalctl practice clients reset-mfa anna@example.com --yes
    """
    from portalctl.models.mfa import MfaReset, ResetMfa

    portal, output = use(ctx, MfaReset)
    request = ResetMfa(client=client)
    if not yes and not running(ctx).prompt.confirm(f"Have you made sure that it is {client} who asks for this?"):
        output.say("Nothing was changed.")
        return
    output.done("The second factor is off", portal.mfa.reset(request))


@app.command(name="reset-link", cls=ShowsData)
def reset_link(ctx: typer.Context, client: ClientArgument, idempotency_key: IdempotencyOption = None) -> None:
    """Make a one-time link with which somebody sets a new password; prints it once.

    It is valid for a day, and an earlier one is revoked. Owners make them for staff too.

    \b
    Examples:
      portalctl practice reset-link anna@example.com
    """
    from portalctl.models.clients import MakeResetLink, ResetLink

    portal, output = use(ctx, ResetLink)
    made = portal.clients.reset_link(MakeResetLink(client=client, idempotency_key=idempotency_key))
    output.link(made, made.link, "Shown this once, works for a day; paste it to: portalctl password reset -")
