"""`portalctl settings language`: the language that you read dates and numbers in."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl settings language set de
  portalctl settings language set pt-BR
  portalctl settings language set en
"""
)


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """The language that tables write dates, times and numbers in.

    \b
    Examples:
      portalctl settings language show
    """
    from portalctl.models.settings import OwnLanguage

    portal, output = use(ctx)
    profile = portal.settings.show().profile
    output.show_one(OwnLanguage(person_id=profile.person_id, language=profile.language))


@group.command(cls=ShowsData)
def set(  # noqa: A001  the command's name
    ctx: typer.Context,
    tag: Annotated[str, typer.Argument(metavar="TAG", help="A language tag (BCP 47): de, pt-BR, zh-Hant; or en.")],
) -> None:
    """Read dates, times and numbers of tables as they are written in another language.

    What people wrote, names of columns, JSON and CSV stay as they are.

    \b
    Examples:
      portalctl settings language set de
      portalctl settings language set pt-BR
    """
    from portalctl.models.settings import OwnLanguage, SetProfile

    portal, output = use(ctx, OwnLanguage)
    profile = portal.settings.set_profile(SetProfile(language=tag))
    output.done("Set", OwnLanguage(person_id=profile.person_id, language=profile.language))
