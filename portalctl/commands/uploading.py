"""`portalctl docs upload`: files of this machine to the portal, one or a hundred thousand, each to the right client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import ClientOption, ShowsData, YesOption
from portalctl.context import Context, running

if TYPE_CHECKING:
    from portalctl.commands.asked import Asked

app = typer.Typer()


@app.command(cls=ShowsData)
def upload(
    ctx: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH…]", help="The files to send.")] = None,
    from_file: Annotated[
        str | None, typer.Option("--from-file", metavar="FILE|-", help="More paths, one on each line; - is stdin.")
    ] = None,
    null: Annotated[
        bool, typer.Option("-0", "--null", help="With --from-file: each ends with NUL, as find -print0 writes.")
    ] = False,
    client: ClientOption = None,
    by_client: Annotated[
        str | None,
        typer.Option("--by-client", metavar="FOLDER", help="It has a folder for each client, named by e-mail or id."),
    ] = None,
    manifest: Annotated[
        str | None,
        typer.Option("--manifest", metavar="FILE|-", help="A CSV or JSONL file says which file is for which client."),
    ] = None,
    template: Annotated[bool, typer.Option("--template", help="Write an empty manifest, and do nothing else.")] = False,
    trust_ids: Annotated[
        bool, typer.Option("--trust-ids", help="With --manifest: its rows need no name or birth date of the client.")
    ] = False,
    retry: Annotated[
        str | None, typer.Option("--retry", metavar="FILE", help="The files that failed, in what --results wrote.")
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="What lies in folders, too.")] = False,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="The document's title: the file's name.")
    ] = None,
    folder: Annotated[str | None, typer.Option("--folder", metavar="NAME", help="The folder it lies in.")] = None,
    appointment: Annotated[
        str | None, typer.Option("--appointment", metavar="ID", help="Of this appointment: its id, or its beginning.")
    ] = None,
    notify: Annotated[bool, typer.Option("--notify", help="Tell the clients by e-mail, each once.")] = False,
    strip_metadata: Annotated[
        bool, typer.Option("--strip-metadata", help="Take out of photos where, when and with what they were taken.")
    ] = False,
    follow_symlinks: Annotated[
        bool, typer.Option("--follow-symlinks", help="Send what a link in its own folder points at, too.")
    ] = False,
    results: Annotated[
        str | None,
        typer.Option("--results", metavar="FILE", help="Keep what became of each file there, as JSON Lines."),
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="The same as --format jsonl.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent to whom, and send nothing.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Send files to the portal: a client to the practice, staff into the documentation of clients.

    Everything is checked before the first byte is sent: a manifest with one wrong row sends nothing, and all that is
    wrong with it is told at once, by row and column. What breaks off goes on where it was when the same command is
    given again, and a file that has arrived is not sent twice. What is no plain file is left out. Before staff send
    several files to clients they are asked, unless --yes says so.

    A manifest has the columns path (within the manifest's folder), client (e-mail or id) and name or birth_date, and
    where they are wanted appointment, title, folder, kind (file or note), shared_at and notify (yes or no).

    \b
    Examples:
      portalctl docs upload insurance-card.jpg
      portalctl docs upload letter.pdf --title "Letter of Dr Bruno" --appointment apt_7k2m
      portalctl docs upload report.pdf --client anna@example.com --folder "Laboratory"
      portalctl docs upload --by-client results --dry-run
      portalctl docs upload --template > march.csv
      portalctl docs upload --manifest march.csv --yes --json
      portalctl docs upload --manifest march.csv --results march.jsonl
      portalctl docs upload --retry march.jsonl
      portalctl docs upload -- --odd-name.pdf
      find scans -name '*.pdf' -print0 | portalctl docs upload --from-file - -0 --client anna@example.com --yes
    """
    from portalctl.commands.asked import Asked

    context = running(ctx)
    if template:
        from portalctl.transfer.manifest import template as empty

        context.output.line(empty())
        return
    if jsonl:
        if context.json or context.format not in (None, "jsonl"):
            raise typer.BadParameter("--jsonl, --json and --format ask for several formats: give one")
        context.format = "jsonl"
    if dry_run and yes:
        raise typer.BadParameter("--dry-run and --yes exclude each other: give one")
    asked = Asked(
        paths=paths or [],
        from_file=from_file,
        null=null,
        client=client,
        by_client=by_client,
        manifest=manifest,
        retry=retry,
        trust_ids=trust_ids,
        recursive=recursive,
        title=title,
        folder=folder,
        appointment=appointment,
        notify=notify,
        strip_metadata=strip_metadata,
        follow_symlinks=follow_symlinks,
    )
    _carry_out(context, asked, results, dry_run=dry_run, yes=yes)


def _carry_out(context: Context, asked: Asked, results: str | None, *, dry_run: bool, yes: bool) -> None:
    from portalctl.commands.asked import check, prepare
    from portalctl.commands.delivering import Delivery

    check(asked)
    prepared = prepare(context, asked)
    delivery = Delivery(context, asked, prepared, results)
    if dry_run:
        delivery.show()
        return
    delivery.carry_out(yes=yes)
    if results is None:
        from portalctl.commands.sealed import seal_few

        seal_few(context, asked, prepared.plan)
