"""`portalctl docs`: the documents of one's documentation."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from portalctl.commands.options import ClientOption, LimitOption, ShowsData, VersionOption, YesOption
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl docs list --new
  portalctl docs show doc_7k2m
  portalctl docs rename doc_7k2m --title "Blood test, March"
  portalctl docs share doc_7k2m anna@example.com
"""
)

DocumentArgument = Annotated[str, typer.Argument(metavar="ID", help="The document's id, or enough of its beginning.")]
_ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id, e-mail or name.")]
AppointmentOption = Annotated[
    str | None, typer.Option("--appointment", metavar="ID", help="Of this appointment: its id, or its beginning.")
]


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    kind: Annotated[
        Literal["file", "note", "form"] | None, typer.Option("--kind", help="Only documents of this kind.")
    ] = None,
    from_me: Annotated[bool, typer.Option("--from-me", help="Only what you made; for staff, the practice.")] = False,
    shared: Annotated[bool, typer.Option("--shared", help="Only what the other side made.")] = False,
    appointment: AppointmentOption = None,
    new: Annotated[bool, typer.Option("--new", help="Only what the client has not opened yet.")] = False,
    hidden: Annotated[bool, typer.Option("--hidden", help="What you have hidden too.")] = False,
    limit: LimitOption = None,
    client: ClientOption = None,
) -> None:
    """Documents, newest first. Listing them opens none.

    \b
    Examples:
      portalctl docs list
      portalctl docs list --new --json
      portalctl docs list --kind note --from-me
      portalctl docs list --client anna@example.com --shared
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.documents import Document, ListDocuments

    if from_me and shared:
        raise typer.BadParameter("--from-me and --shared exclude each other: give one, or none for both")
    portal, output = use(ctx)
    request = ListDocuments.model_validate(
        {
            "client": client,
            "kind": kind,
            "appointment": appointment,
            "from_me": from_me,
            "shared": shared,
            "new": new,
            "hidden": hidden,
        }
    )
    documents = collect(
        lambda cursor, size: portal.documents.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(documents, Document)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, document: DocumentArgument) -> None:
    """What is known of one document, without opening it.

    \b
    Examples:
      portalctl docs show doc_7k2m
      portalctl docs show doc_7k2m --json | jq -r .sha256
    """
    from portalctl.models.documents import DocumentReference

    portal, output = use(ctx)
    output.show_one(portal.documents.show(DocumentReference(id=document)))


@group.command(cls=ShowsData)
def rename(
    ctx: typer.Context,
    document: DocumentArgument,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="The new title.")] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="NAME", help="The folder it is to lie in; an empty name is none.")
    ] = None,
    if_version: VersionOption = None,
) -> None:
    """Give a document of your own another title or folder.

    \b
    Examples:
      portalctl docs rename doc_7k2m --title "Blood test, March"
      portalctl docs rename doc_7k2m --folder "Laboratory"
      portalctl docs rename doc_7k2m --folder ""
    """
    from portalctl.models.documents import Document, RenameDocument

    if title is None and folder is None:
        raise typer.BadParameter("say what it is to be: --title or --folder")
    portal, output = use(ctx, Document)
    request = RenameDocument(id=document, title=title, folder=folder, if_version=if_version)
    output.done("Renamed", portal.documents.rename(request))


@group.command(cls=ShowsData)
def hide(ctx: typer.Context, document: DocumentArgument) -> None:
    """Put a document out of your sight; it stays in your documentation.

    \b
    Examples:
      portalctl docs hide doc_7k2m
      portalctl docs list --hidden
    """
    from portalctl.models.documents import Document, DocumentReference

    portal, output = use(ctx, Document)
    output.done("Hidden", portal.documents.hide(DocumentReference(id=document)))


@group.command(cls=ShowsData)
def unhide(ctx: typer.Context, document: DocumentArgument) -> None:
    """Put a hidden document back into your sight.

    \b
    Examples:
      portalctl docs unhide doc_7k2m
    """
    from portalctl.models.documents import Document, DocumentReference

    portal, output = use(ctx, Document)
    output.done("Back in sight", portal.documents.unhide(DocumentReference(id=document)))


@group.command()
def delete(ctx: typer.Context, document: DocumentArgument, yes: YesOption = False) -> None:
    """Delete a document of your own, for everybody. A completed note or form stays.

    \b
    Examples:
      portalctl docs delete doc_7k2m
      portalctl docs delete doc_7k2m --yes
    """
    from portalctl.models.documents import DocumentReference

    portal, output = use(ctx)
    if not yes and not running(ctx).prompt.confirm(f"Delete {document} for everybody who sees it?"):
        output.say("Nothing was changed.")
        return
    portal.documents.delete(DocumentReference(id=document))
    output.say(f"Deleted {document}.")


@group.command(cls=ShowsData)
def share(
    ctx: typer.Context, document: DocumentArgument, client: _ClientArgument, appointment: AppointmentOption = None
) -> None:
    """Put a document of the practice into a client's documentation (staff only).

    \b
    Examples:
      portalctl docs share doc_7k2m anna@example.com
      portalctl docs share doc_7k2m anna@example.com --appointment apt_7k2m
    """
    from portalctl.models.documents import Document, ShareDocument

    portal, output = use(ctx, Document)
    request = ShareDocument(id=document, client=client, appointment=appointment)
    output.done("Shared", portal.documents.share(request))


@group.command(cls=ShowsData)
def unshare(ctx: typer.Context, document: DocumentArgument, client: _ClientArgument) -> None:
    """Take a document of the practice out of a client's documentation (staff only).

    \b
    Examples:
      portalctl docs unshare doc_7k2m anna@example.com
    """
    from portalctl.models.documents import Document, UnshareDocument

    portal, output = use(ctx, Document)
    output.done("No longer shared", portal.documents.unshare(UnshareDocument(id=document, client=client)))


@group.command(cls=ShowsData)
def views(ctx: typer.Context, document: DocumentArgument, limit: LimitOption = None) -> None:
    """Who has opened a document, and when.

    \b
    Examples:
      portalctl docs views doc_7k2m
      portalctl docs views doc_7k2m --format csv > views.csv
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.documents import ListViews, View

    portal, output = use(ctx)
    found = collect(
        lambda cursor, size: portal.documents.views(ListViews(id=document, cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, View)
