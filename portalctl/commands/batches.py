"""`portalctl docs batches`: runs of `docs upload` that this machine remembers, so that they can be gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import ShowsData, YesOption
from portalctl.context import Context, running

if TYPE_CHECKING:
    from pathlib import Path

    from portalctl.transfer.remembered import Run

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl docs batches list
  portalctl docs batches resume bat_7k2m
"""
)

BatchArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The batch's id, or enough of its beginning.", show_default=False)
]


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context) -> None:
    """The batches that this machine remembers, the latest first.

    \b
    Examples:
      portalctl docs batches list
      portalctl docs batches list --json | jq -r '.[] | select(.finished | not) | .id'
    """
    from portalctl.models.batches import Batch
    from portalctl.transfer.remembered import batches

    context = running(ctx)
    context.output.check_fields(Batch)
    found = batches(_folder(context))
    if found:
        _find_zone(context)
    context.output.show(found, Batch)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, batch: BatchArgument) -> None:
    """How far one batch is, and the command that it is.

    \b
    Examples:
      portalctl docs batches show bat_7k2m
      portalctl docs batches show bat_7k2m --json | jq .done
    """
    from portalctl.transfer.remembered import recall

    context = running(ctx)
    found = recall(_folder(context), batch)
    _find_zone(context)
    context.output.show_one(found)


@group.command(cls=ShowsData)
def resume(ctx: typer.Context, batch: BatchArgument, yes: YesOption = False) -> None:
    """Go on with a batch: its command is given again, in the folder in which it was given.

    What was sent is not sent twice; what failed is tried again. A command that read standard input reads it again.

    \b
    Examples:
      portalctl docs batches resume bat_7k2m
      portalctl docs batches resume bat_7k2m --yes --json
    """
    from contextlib import chdir

    from portalctl.commands.docs_group import SUBGROUPS
    from portalctl.errors import InvalidInput
    from portalctl.transfer.remembered import run_of

    context = running(ctx)
    run = run_of(_folder(context), batch)
    _choose_profile(context, run)
    words = ["--yes", *run.words[2:]] if yes else run.words[2:]
    upload = SUBGROUPS["upload"].build()
    try:
        with chdir(run.folder), upload.make_context("upload", words, parent=ctx) as again:
            upload.invoke(again)
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidInput(f"there is no folder {run.folder} any more", "give its command again elsewhere") from None


@group.command()
def forget(
    ctx: typer.Context,
    batches: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="The batches.")] = None,
    finished: Annotated[bool, typer.Option("--finished", help="Every batch that is finished.")] = False,
) -> None:
    """Remember nothing of batches; their documents stay. The same command then begins as if it were new.

    \b
    Examples:
      portalctl docs batches forget bat_7k2m
      portalctl docs batches forget --finished
    """
    from portalctl.transfer import remembered

    context = running(ctx)
    if bool(batches) == finished:
        raise typer.BadParameter("say which batches: their ids, or --finished")
    folder = _folder(context)
    named = batches or [each.id for each in remembered.batches(folder) if each.finished and not each.running]
    for batch in named:
        context.output.say(f"Forgot {remembered.forget(folder, batch)}.")
    if not named:
        context.output.say("No batch is finished.")


def _folder(context: Context) -> Path:
    return context.config.paths.state / "batches"


def _find_zone(context: Context) -> None:
    """Batches are of this machine, and shown too while the portal that knows the reader's zone is out of reach."""
    from datetime import UTC

    from portalctl.errors import PortalError

    try:
        _ = context.output.is_table and context.zone
    except PortalError:
        context.zone = UTC


def _choose_profile(context: Context, run: Run) -> None:
    """Be who began the batch. Raises Refused where somebody else is named, or their portal is another now."""
    from portalctl.errors import Refused

    if context.profile_name not in (None, run.profile):
        raise Refused(f"the batch was begun under the profile {run.profile!r}", "leave --profile out")
    context.profile_name = run.profile
    if context.profile.portal != run.portal:
        raise Refused(
            f"the batch is of the portal {run.portal}, and that of the profile is {context.profile.portal} now",
            f"give its command again with: --portal {run.portal}",
        )
