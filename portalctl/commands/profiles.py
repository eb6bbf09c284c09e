"""`portalctl profiles`: the portals you use, and who you are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import ShowsData, YesOption
from portalctl.context import running

if TYPE_CHECKING:
    from portalctl.config import Config, Profile
    from portalctl.models.profiles import ProfileRow

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl profiles list
  portalctl profiles use anna
  portalctl --profile anna dashboard         only this once
  portalctl profiles remove anna
"""
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The profile's name.")]


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context) -> None:
    """Your profiles; the one in use is marked.

    \b
    Examples:
      portalctl profiles list
      portalctl profiles list --json | jq -r '.[].name'
    """
    from portalctl.models.profiles import ProfileRow

    context = running(ctx)
    output, config = context.output, context.config
    output.show([_row(config, profile) for _, profile in sorted(config.profiles.items())], ProfileRow)


@group.command(cls=ShowsData)
def use(ctx: typer.Context, name: NameArgument) -> None:
    """Use this profile from now on, where no --profile says otherwise.

    \b
    Examples:
      portalctl profiles use anna
    """
    from portalctl.models.profiles import ProfileRow

    context = running(ctx)
    output, config = context.output, context.config
    output.check_fields(ProfileRow)
    output.done("Changed", _row(config, config.use(name)))


@group.command()
def remove(ctx: typer.Context, name: NameArgument, yes: YesOption = False) -> None:
    """Sign a profile out and forget it. The account at the portal stays.

    \b
    Examples:
      portalctl profiles remove anna
      portalctl profiles remove anna --yes
    """
    from portalctl.commands.leaving import leave
    from portalctl.errors import CredentialStoreFailure, NotFound

    context = running(ctx)
    profile = context.config.profiles.get(name)
    if profile is None:
        known = ", ".join(sorted(context.config.profiles)) or "none yet"
        raise NotFound(f"there is no profile {name!r}", f"known: {known}")
    if not yes and not context.prompt.confirm(f"Sign out of {profile.portal} and forget the profile {name}?"):
        context.say("Nothing was changed.")
        return
    try:
        leave(context, profile)
    except CredentialStoreFailure as failure:
        context.say(f"The session could not be wiped ({failure.message}): it ends when its time is over.")
    context.config.remove(name)
    context.say(f"Forgot the profile `{name}`.")


def _row(config: Config, profile: Profile) -> ProfileRow:
    from portalctl.models.profiles import ProfileRow

    return ProfileRow(
        name=profile.name,
        current=profile.name == config.current,
        portal=profile.portal,
        email=profile.email,
        store=profile.store,
    )
