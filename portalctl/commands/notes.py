"""`portalctl docs note`: write, change, complete and read notes."""

from __future__ import annotations

from typing import Annotated

import typer

from portalctl.commands.docs import AppointmentOption, DocumentArgument
from portalctl.commands.options import ClientOption, IdempotencyOption, LimitOption, ShowsData, VersionOption
from portalctl.commands.writing import BodyOption, text_of
from portalctl.context import running, use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl docs note add --title "Week 12"
  portalctl docs note edit doc_7k2m
  portalctl docs note complete doc_7k2m
  portalctl docs note list
"""
)


@group.command(cls=ShowsData)
def add(
    ctx: typer.Context,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TITLE", help="One line; with --amends else the other note's.")
    ] = None,
    body: BodyOption = None,
    client: ClientOption = None,
    appointment: AppointmentOption = None,
    amends: Annotated[
        str | None, typer.Option("--amends", metavar="ID", help="The completed note that this one corrects or adds to.")
    ] = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Write a note: a draft, until you complete it.

    Without --body your editor opens (VISUAL, else EDITOR). A note has up to 64 KiB of text. One that staff write for a
    client is shared with them when it is completed; a client's own is seen by the practice from then on.

    \b
    Examples:
      portalctl docs note add --title "Week 12"
      portalctl docs note add --title "Week 12" --body "Slept better." --appointment apt_7k2m
      portalctl docs note add --title "Visit of 2 March" --client anna@example.com --body - < visit.md
      portalctl docs note add --amends doc_7k2m --body "The dose was 5 mg."
    """
    from portalctl.errors import InvalidInput
    from portalctl.models.notes import AddNote, Note

    if title is None and amends is None:
        raise InvalidInput("a note has a title", "give it with --title, or the note to amend with --amends")
    portal, output = use(ctx, Note)
    with text_of(running(ctx), body) as text:
        request = AddNote(
            title=title,
            text=text,
            client=client,
            appointment=appointment,
            amends=amends,
            idempotency_key=idempotency_key,
        )
        note = portal.notes.add(request)
    output.done("Saved the draft", note)


@group.command(cls=ShowsData)
def edit(
    ctx: typer.Context,
    note: DocumentArgument,
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help="Another title.")] = None,
    body: BodyOption = None,
    if_version: VersionOption = None,
) -> None:
    """Change a draft of yours. Without --title and --body your editor opens with what it says.

    What somebody changed meanwhile, in another window of yours, is not overwritten.

    \b
    Examples:
      portalctl docs note edit doc_7k2m
      portalctl docs note edit doc_7k2m --title "Week 13"
      portalctl docs note edit doc_7k2m --body - < note.md
    """
    from portalctl.models.notes import EditNote, Note, NoteReference

    portal, output = use(ctx, Note)
    if title is not None and body is None:
        output.done("Changed", portal.notes.edit(EditNote(id=note, title=title, if_version=if_version)))
        return
    before = portal.notes.show(NoteReference(id=note)) if body is None else None
    with text_of(running(ctx), body, before.text if before is not None else "") as text:
        version = if_version or (before.version if before is not None else None)
        changed = portal.notes.edit(EditNote(id=note, title=title, text=text, if_version=version))
    output.done("Changed", changed)


@group.command(cls=ShowsData)
def complete(ctx: typer.Context, note: DocumentArgument) -> None:
    """Complete a draft of yours: the other side has it from now on, and nobody can change it any more.

    \b
    Examples:
      portalctl docs note complete doc_7k2m
    """
    from portalctl.models.notes import Note, NoteReference

    portal, output = use(ctx, Note)
    output.done("Completed", portal.notes.complete(NoteReference(id=note)))


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context, appointment: AppointmentOption = None, limit: LimitOption = None, client: ClientOption = None
) -> None:
    """Notes, newest first, your drafts among them.

    \b
    Examples:
      portalctl docs note list
      portalctl docs note list --json | jq '.[] | select(.state == "draft") | .id'
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.documents import Document
    from portalctl.models.notes import ListNotes

    portal, output = use(ctx)
    request = ListNotes(client=client, appointment=appointment)
    notes = collect(
        lambda cursor, size: portal.notes.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(notes, Document)


@group.command(cls=ShowsData)
def show(ctx: typer.Context, note: DocumentArgument) -> None:
    """Read a note. It is on record who has opened it.

    \b
    Examples:
      portalctl docs note show doc_7k2m
      portalctl docs note show doc_7k2m --json | jq -r .text
    """
    from portalctl.models.notes import NoteReference

    portal, output = use(ctx)
    found = portal.notes.show(NoteReference(id=note))
    output.show_with_text(found, found.text)
