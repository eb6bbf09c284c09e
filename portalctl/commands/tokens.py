"""`portalctl settings tokens`: API tokens for scripts."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings tokens create calendar --scope appointments:read --expires 30d
  portalctl settings tokens list
  portalctl settings tokens revoke tok_7k2m9x4qv3bd
"""
)


@group.command(cls=ShowsData)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, as the list shows it.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", metavar="NOUN:read|write", help="What it may do; give the option again for more."),
    ],
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="In whole days, 90d at most; else 30d.")
    ] = None,
) -> None:
    """Make a token for a script; prints it once. It acts as you, within its scopes, until it expires.

    Give it to the script as PORTALCTL_TOKEN. `appointments:read` looks at appointments, `appointments:write` does the
    rest; a wrong scope lists them all. No token reaches passwords, sessions, the second factor, tokens or the account.

    \b
    Examples:
      portalctl settings tokens create calendar --scope appointments:read
      portalctl settings tokens create booking --scope slots:read --scope appointments:write --expires 7d
    """
    from portalctl.models.tokens import CreateToken, IssuedToken

    portal, output = use(ctx, IssuedToken)
    length = {} if expires is None else {"expires_days": _days(expires)}
    made = portal.tokens.create(CreateToken(name=name, scopes=scope, **length))
    output.once(made, [made.token], f"Made {made.id}. It is shown this once; give it to the script as PORTALCTL_TOKEN:")


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context) -> None:
    """Your tokens: what each may do, when it was last used, and when it expires.

    \b
    Examples:
      portalctl settings tokens list
      portalctl settings tokens list --json | jq -r '.[] | select(.last_used_at == null) | .id'
    """
    from portalctl.models.tokens import ApiToken

    portal, output = use(ctx)
    output.show(portal.tokens.list(), ApiToken)


@group.command(cls=ShowsData)
def revoke(
    ctx: typer.Context,
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, or enough of its beginning.")],
) -> None:
    """End a token at once.

    \b
    Examples:
      portalctl settings tokens revoke tok_7k2m9x4qv3bd
    """
    from portalctl.models.tokens import ApiToken, TokenReference

    portal, output = use(ctx, ApiToken)
    output.done("Revoked", portal.tokens.revoke(TokenReference(id=token)))


def _days(text: str) -> int:
    """Whole days in `30d`. Raises InvalidInput."""
    from portalctl.commands.parsing import duration
    from portalctl.errors import InvalidInput

    minutes = duration(text)
    if minutes % 1440 or not 1440 <= minutes <= 90 * 1440:
        raise InvalidInput(f"a token lives from 1 to 90 whole days, not {text}", "write days: 30d")
    return minutes // 1440
