"""`portalctl practice quarantine`: files that nobody can read before a scanner has passed them."""

from __future__ import annotations

import typer

from portalctl.commands.docs import DocumentArgument
from portalctl.commands.options import LimitOption, ShowsData, YesOption
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice quarantine list
  portalctl practice quarantine release doc_7k2m
"""
)


@group.command(name="list", cls=ShowsData)
def list_(ctx: typer.Context, limit: LimitOption = None) -> None:
    """Files that wait for a scanner, and those in which one has found something; newest first.

    \b
    Examples:
      portalctl practice quarantine list
      portalctl practice quarantine list --json | jq '.[] | select(.quarantine == "infected")'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.documents import Document, ListDocuments

    portal, output = use(ctx)
    found = collect(
        lambda cursor, size: portal.documents.list(ListDocuments(quarantined=True, cursor=cursor, limit=size)),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(found, Document)


@group.command(cls=ShowsData)
def release(ctx: typer.Context, document: DocumentArgument, yes: YesOption = False) -> None:
    """Let a file out of quarantine, whatever a scanner found in it (owners only).

    \b
    Examples:
      portalctl practice quarantine release doc_7k2m
      portalctl practice quarantine release doc_7k2m --yes
    """
    from portalctl.models.documents import Document, DocumentReference

    portal, output = use(ctx, Document)
    if not yes and not running(ctx).prompt.confirm(f"Let everybody who sees {document} read it?"):
        output.say("Nothing was changed.")
        return
    output.done("Released", portal.documents.release(DocumentReference(id=document)))
