"""`portalctl docs download` and `view`: documents on their way here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import ShowsData
from portalctl.context import Context, running, use

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal
    from portalctl.models.documents import Document
    from portalctl.models.transfers import SavedFile
    from portalctl.transfer.fetching import Names
    from portalctl.transfer.landing import Folder

app = typer.Typer()

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@app.command(cls=ShowsData)
def download(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="The documents' ids, or enough of their beginnings.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE|DIR|-", help="Save it there; - writes it to stdout.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every document that you see.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    skip_existing: Annotated[bool, typer.Option("--skip-existing", help="Leave files that exist as they are.")] = False,
) -> None:
    """Save documents: files as they were sent, notes as Markdown, forms as JSON.

    Each is proved by its hash before it gets its name, and readable by you alone. Nothing that exists is replaced
    unless you say so. What breaks off is kept as NAME.part, and goes on when the same command is given again.

    \b
    Examples:
      portalctl docs download doc_7k2m
      portalctl docs download doc_7k2m -o ~/Documents/
      portalctl docs download --all -o records --skip-existing
      portalctl docs download doc_7k2m -o - | sha256sum
    """
    from portalctl.commands.outcome import Outcome
    from portalctl.models.documents import DocumentReference
    from portalctl.models.transfers import SavedFile
    from portalctl.transfer.fetching import Names, destination
    from portalctl.transfer.landing import Folder

    context = running(ctx)
    portal, output = use(ctx, SavedFile)
    if bool(ids) == everything:
        raise typer.BadParameter("say which documents: their ids, or --all")
    if force and skip_existing:
        raise typer.BadParameter("--force and --skip-existing exclude each other: give one")
    asked = list(ids or [])
    if to == "-":
        _pour(context, portal, asked, force=force)
        return
    path, name = destination(to, many=everything or len(asked) > 1)
    names = Names()
    outcome = Outcome(context.say, "saved")
    with Folder(path) as folder:

        def fetch(document: Document) -> SavedFile | None:
            return _fetch(
                context,
                portal,
                document,
                folder,
                _chosen(context, document, name, to, names, asked),
                force,
                skip_existing,
            )

        if everything:
            oldest_first = reversed(list(_every(portal)))  # so that what is added later takes no name from these
            saved = outcome.of_each(oldest_first, fetch, lambda document: document.id)
        else:
            saved = outcome.of_each(asked, lambda each: fetch(portal.documents.show(DocumentReference(id=each))))
        output.show([each for each in saved if each is not None], SavedFile)
    outcome.settle()


@app.command()
def view(
    ctx: typer.Context,
    document: Annotated[str, typer.Argument(metavar="ID", help="The document's id, or enough of its beginning.")],
) -> None:
    """Read a document: text, notes and forms here or in your pager ($PAGER), other kinds in the system's viewer.

    A viewer is given a copy that only you can read, and that is deleted when you have seen it.

    \b
    Examples:
      portalctl docs view doc_7k2m
      PAGER="less -S" portalctl docs view doc_7k2m
    """
    from portalctl.commands import viewing
    from portalctl.models.documents import DocumentKind, DocumentReference
    from portalctl.output.form_text import response_lines

    context = running(ctx)
    portal = context.portal
    found = portal.documents.show(DocumentReference(id=document))
    if found.kind is DocumentKind.FILE and not viewing.is_text(found.media_type):
        _show_elsewhere(context, portal, found)
        return
    content = _read(portal, found)
    lines = response_lines(content) if found.kind is DocumentKind.FORM else viewing.lines_of(content)
    viewing.page(lines, context.stdout, context.environment)


def _show_elsewhere(context: Context, portal: Portal, document: Document) -> None:
    from portalctl.commands import viewing
    from portalctl.transfer.fetching import pour
    from portalctl.transfer.progress import Progress

    with viewing.Screening(document.media_type) as file:
        context.prompt.require("portalctl docs download")
        with os.fdopen(os.open(file, _NEW, 0o600), "wb") as target:
            pour(portal, document, target, Progress(context.stderr))
        viewing.open_viewer(file, context.environment)
        context.prompt.wait("Press Enter when you have seen it; then the copy is deleted.")


def _pour(context: Context, portal: Portal, ids: Sequence[str], *, force: bool) -> None:
    """One document on standard output, and nothing else. Raises Refused for what would upset a terminal."""
    from portalctl.commands import viewing
    from portalctl.errors import Refused
    from portalctl.models.documents import DocumentReference
    from portalctl.transfer.fetching import pour
    from portalctl.transfer.progress import Progress

    if len(ids) != 1:
        raise typer.BadParameter("-o - writes one document: name one")
    document = portal.documents.show(DocumentReference(id=ids[0]))
    is_seen = context.stdout.isatty()
    if is_seen and not force:
        if not viewing.is_text(document.media_type):
            raise Refused(
                f"{document.name!r} is no text, and would upset this terminal",
                "save it with -o FILE, or insist: --force",
            )
        content = _read(portal, document)
        context.stdout.writelines(f"{line}\n" for line in viewing.lines_of(content))
        return
    context.stdout.flush()
    pour(portal, document, context.stdout.buffer, Progress(context.stderr))


def _read(portal: Portal, document: Document) -> bytes:
    """A text, whole and proved. Raises Refused for one that is too long to be shown."""
    from io import BytesIO

    from portalctl.commands import viewing
    from portalctl.errors import Refused
    from portalctl.transfer.fetching import pour
    from portalctl.transfer.progress import Progress

    if (document.bytes or 0) > viewing.LONGEST_TEXT:
        raise Refused(f"{document.name!r} is too long to be shown here", "save it with: portalctl docs download")
    content = BytesIO()
    pour(portal, document, content, Progress(None))
    return content.getvalue()


def _every(portal: Portal) -> Iterator[Document]:
    from portalctl.models.documents import ListDocuments

    cursor: str | None = None
    while True:
        page = portal.documents.list(ListDocuments(cursor=cursor, limit=1000))
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _chosen(
    context: Context, document: Document, given: str | None, to: str | None, names: Names, asked: Sequence[str]
) -> str:
    """The file's name: as it was given, else as the document's, which a person at a terminal may change."""
    from portalctl.transfer.file_names import safe_name

    if given is not None:
        return given
    proposed = names.of(document.name)
    if to is None and len(asked) == 1 and context.prompt.possible and context.stdout.isatty():
        from portalctl.output.safe import visible

        return safe_name(context.prompt.text("Save as", "-o", default=visible(proposed)))
    return proposed


def _fetch(
    context: Context, portal: Portal, document: Document, folder: Folder, name: str, force: bool, skip_existing: bool
) -> SavedFile | None:
    from portalctl.transfer.fetching import save
    from portalctl.transfer.progress import Progress

    if skip_existing and folder.has(name):
        context.say(f"Left {folder.path / name} as it is.")
        return None
    return save(portal, document, folder, name, force=force, now=context.clock(), progress=Progress(context.stderr))
