"""`portalctl docs pull`: a folder that holds what one may see of the portal's documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from portalctl.commands.options import ClientOption, ShowsData
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.models.transfers import PulledFile
    from portalctl.transfer.pulling import Mirror

app = typer.Typer()


@app.command(cls=ShowsData)
def pull(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is made where there is none.")],
    client: ClientOption = None,
    kind: Annotated[
        Literal["file", "note", "form"] | None, typer.Option("--kind", help="Only documents of this kind.")
    ] = None,
) -> None:
    """Have all documents that you see in a folder here; only what is missing is fetched.

    Each is proved by its hash. Staff and relatives get a folder for each client. A file that you have changed is left
    as it is, and so is one whose document is gone; both are told. What is fetched counts as opened.

    \b
    Examples:
      portalctl docs pull ~/Documents/portal
      portalctl docs pull records --client anna@example.com --kind file
      portalctl docs pull records --format jsonl | jq -r 'select(.status == "changed").file'
    """
    from portalctl.models.documents import DocumentKind
    from portalctl.models.transfers import PulledFile
    from portalctl.transfer.listing import Listing
    from portalctl.transfer.progress import Progress
    from portalctl.transfer.pulling import Mirror

    context = running(ctx)
    portal, output = use(ctx, PulledFile)
    listing = Listing.of_caller(portal, client, DocumentKind(kind) if kind is not None else None)
    mirror = Mirror(listing, folder, context.clock(), context.say, Progress(context.stderr))
    failed: list[PulledFile] = []
    told = _telling(mirror, failed)
    if not output.is_table:
        output.show(told, PulledFile)
    elif rows := list(told):
        output.show(rows, PulledFile)
    else:
        output.say("Nothing was missing.")
    _settle(failed)


def _telling(mirror: Mirror, failed: list[PulledFile]) -> Iterator[PulledFile]:
    """What became of each document, noting those that failed."""
    from portalctl.models.transfers import PulledStatus

    for each in mirror.pull():
        if each.status == PulledStatus.FAILED:
            failed.append(each)
        yield each


def _settle(failed: list[PulledFile]) -> None:
    """Raise PartlyFailed where something failed."""
    from portalctl.errors import PartlyFailed

    if failed:
        raise PartlyFailed(
            f"{len(failed):,} {'document was' if len(failed) == 1 else 'documents were'} not saved",
            "see above why; give the same command again to fetch them",
        )
