"""`portalctl inbox`: what clients and the practice write to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import IdempotencyOption, LimitOption, ShowsData
from portalctl.commands.writing import BodyOption, text_of
from portalctl.context import running, use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portalctl.context import Context
    from portalctl.contract.portal import Portal
    from portalctl.models.conversations import Broadcast, ConversationReference, Message, SendBroadcast

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl inbox list --unread
  portalctl inbox show cnv_7k2m
  portalctl inbox reply cnv_7k2m --body "Thank you, I will come."
  portalctl inbox send --to "Dr Rossi" --subject "A question" --body -
  portalctl inbox watch --jsonl
"""
)

ConversationArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The conversation's id, or enough of its beginning.")
]
AttachOption = Annotated[
    list[str] | None, typer.Option("--attach", metavar="FILE", help="Send this file with it. May be repeated.")
]


@group.command(name="list", cls=ShowsData)
def list_(
    ctx: typer.Context,
    unread: Annotated[bool, typer.Option("--unread", help="Only those with messages you have not read.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Only open ones.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All of them, without a limit.")] = False,
    limit: LimitOption = None,
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="All of this client's (staff only).")
    ] = None,
    practice: Annotated[bool, typer.Option("--practice", help="Everybody's, not only yours (staff only).")] = False,
) -> None:
    """Your conversations, latest message first. Listing marks nothing as read.

    Staff see those they take part in, unless told otherwise.

    \b
    Examples:
      portalctl inbox list
      portalctl inbox list --unread --json | jq '.[].subject'
      portalctl inbox list --client anna@example.com --open
    """
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.conversations import Conversation, ListConversations

    if client is not None and practice:
        raise typer.BadParameter("--client and --practice exclude each other: give one")
    if everything and limit is not None:
        raise typer.BadParameter("--all and --limit exclude each other: give one")
    portal, output = use(ctx)
    request = ListConversations(client=client, practice=practice, unread=unread, open=open_)
    conversations = collect(
        lambda cursor, size: portal.conversations.list(request.model_copy(update={"cursor": cursor, "limit": size})),
        None if everything else limit or SHOWN,
        output,
        "more with --limit, or --all",
    )
    output.show(conversations, Conversation)


@group.command(cls=ShowsData)
def show(
    ctx: typer.Context,
    conversation: ConversationArgument,
    peek: Annotated[bool, typer.Option("--peek", help="Leave unread what you have not read.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="From the first message on, not only the latest 50.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the texts, control characters too: they may draw on a terminal.")
    ] = False,
) -> None:
    """One conversation with its messages, which are read by that.

    \b
    Examples:
      portalctl inbox show cnv_7k2m
      portalctl inbox show cnv_7k2m --peek
      portalctl inbox show cnv_7k2m --all --json | jq -r '.messages[].body'
      portalctl inbox show cnv_7k2m --raw > messages.txt
    """
    from portalctl.models.conversations import ReadConversation, ShowConversation, WrittenConversation

    portal, output = use(ctx, WrittenConversation)
    shown = portal.conversations.show(ShowConversation(id=conversation))
    while everything and shown.has_earlier:
        earlier = portal.conversations.show(ShowConversation(id=shown.id, before=shown.messages[0].number))
        both = [*earlier.messages, *shown.messages]
        shown = shown.model_copy(update={"messages": both, "has_earlier": earlier.has_earlier})
    if raw:
        output.say("As it was written: what others wrote may draw on a terminal.")
        output.raw("".join(f"{message.body}\n\n" for message in shown.messages).encode())
    else:
        output.show_conversation(shown)
    if shown.has_earlier and (raw or output.is_table):
        output.say(f"Showing the latest {len(shown.messages)} messages: more with --all")
    if shown.unread and not peek:
        portal.conversations.read(ReadConversation(id=shown.id, up_to=shown.messages[-1].number))


@group.command(cls=ShowsData)
def send(
    ctx: typer.Context,
    subject: Annotated[str, typer.Option("--subject", metavar="TEXT", help="What it is about.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="WHOM", help="A practitioner, or for staff a client: id, e-mail or name."),
    ] = None,
    all_clients: Annotated[
        bool, typer.Option("--all-clients", help="To each client, in a conversation of its own (staff only).")
    ] = False,
    body: BodyOption = None,
    attach: AttachOption = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Write to somebody in a new conversation.

    What clients may write, and to whom, is the practice's communication policy. A text may have 64 KiB. What is sent
    to all clients and interrupted goes on where it was with the same --idempotency-key.

    \b
    Examples:
      portalctl inbox send --to "Dr Rossi" --subject "A question" --body "May I run again?"
      portalctl inbox send --to anna@example.com --subject "Your results" --body - --attach results.pdf < letter.txt
      portalctl inbox send --all-clients --subject "We move" --body - < move.txt
    """
    from portalctl.models.conversations import Broadcast, Conversation, SendBroadcast, StartConversation

    if (to is None) is not all_clients:
        raise typer.BadParameter("give either --to WHOM or --all-clients")
    portal, output = use(ctx, Broadcast if all_clients else Conversation)
    context = running(ctx)
    with text_of(context, body) as text:
        if to is None:
            key = idempotency_key or _new_key()
            broadcast = SendBroadcast(subject=subject, body=text, documents=_sent(context, attach), idempotency_key=key)
            output.done("Sent", _broadcast(portal, broadcast, output.say))
            return
        request = StartConversation(to=to, subject=subject, body=text, idempotency_key=idempotency_key)
        documents = _sent(context, attach)
        output.done("Sent", portal.conversations.start(request.model_copy(update={"documents": documents})))


@group.command(cls=ShowsData)
def reply(
    ctx: typer.Context,
    conversation: ConversationArgument,
    body: BodyOption = None,
    attach: AttachOption = None,
    idempotency_key: IdempotencyOption = None,
) -> None:
    """Write in a conversation. What the practice writes opens it again.

    \b
    Examples:
      portalctl inbox reply cnv_7k2m --body "Thank you, I will come."
      portalctl inbox reply cnv_7k2m --body - --attach referral.pdf < letter.txt
    """
    from portalctl.models.conversations import Message, ReplyToConversation

    portal, output = use(ctx, Message)
    with text_of(running(ctx), body) as text:
        request = ReplyToConversation(id=conversation, body=text, idempotency_key=idempotency_key)
        documents = _sent(running(ctx), attach)
        output.done("Sent", portal.conversations.reply(request.model_copy(update={"documents": documents})))


@group.command(cls=ShowsData)
def read(ctx: typer.Context, conversation: ConversationArgument) -> None:
    """Mark a conversation as read, without showing it.

    \b
    Examples:
      portalctl inbox read cnv_7k2m
    """
    from portalctl.models.conversations import Conversation, ReadConversation

    portal, output = use(ctx, Conversation)
    output.done("Read", portal.conversations.read(ReadConversation(id=conversation)))


@group.command(cls=ShowsData)
def unread(ctx: typer.Context, conversation: ConversationArgument) -> None:
    """Mark the latest message of somebody else as unread.

    \b
    Examples:
      portalctl inbox unread cnv_7k2m
    """
    from portalctl.models.conversations import Conversation

    portal, output = use(ctx, Conversation)
    output.done("Unread", portal.conversations.unread(_named(conversation)))


@group.command(cls=ShowsData)
def close(ctx: typer.Context, conversation: ConversationArgument) -> None:
    """Close a conversation (staff only): the client cannot answer until it is open again.

    \b
    Examples:
      portalctl inbox close cnv_7k2m
    """
    from portalctl.models.conversations import Conversation

    portal, output = use(ctx, Conversation)
    output.done("Closed", portal.conversations.close(_named(conversation)))


@group.command(cls=ShowsData)
def reopen(ctx: typer.Context, conversation: ConversationArgument) -> None:
    """Open a closed conversation (staff only), with the whole time to answer.

    \b
    Examples:
      portalctl inbox reopen cnv_7k2m
    """
    from portalctl.models.conversations import Conversation

    portal, output = use(ctx, Conversation)
    output.done("Opened", portal.conversations.reopen(_named(conversation)))


@group.command()
def watch(
    ctx: typer.Context,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="A JSON object per message, each on a line.")] = False,
) -> None:
    """New messages as they come, until you stop it with Ctrl-C. They stay unread.

    \b
    Examples:
      portalctl inbox watch
      portalctl inbox watch --jsonl | jq -r .subject
    """
    from portalctl.output.output import Format

    context = running(ctx)
    is_table = not jsonl and context.chosen_format() is Format.TABLE
    output = context.output_as(Format.TABLE if is_table else Format.JSONL)
    output.follow(_coming(context.portal, output.say))


def _named(conversation: str) -> ConversationReference:
    from portalctl.models.conversations import ConversationReference

    return ConversationReference(id=conversation)


def _new_key() -> str:
    import secrets

    return secrets.token_urlsafe(18)


def _sent(context: Context, files: list[str] | None) -> list[str]:
    """The ids of documents that are made of files of this machine, in order."""
    if not files:
        return []
    from portalctl.transfer.plain_files import as_failure
    from portalctl.transfer.progress import Progress
    from portalctl.transfer.sending import send_file

    progress, found = Progress(context.stderr), []
    for file in files:
        try:
            found.append(send_file(context.portal, file, progress=progress).id)
        except OSError as error:
            raise as_failure(file, error) from error
    return found


def _broadcast(portal: Portal, request: SendBroadcast, say: Callable[[str], None]) -> Broadcast:
    """Send until every client has it, telling how far it is."""
    say(f"If this is interrupted, go on with: --idempotency-key {request.idempotency_key}")
    while True:
        told = portal.conversations.broadcast(request)
        if told.sent >= told.clients:
            return told
        say(f"{told.sent:,} of {told.clients:,} clients have it")


def _coming(portal: Portal, say: Callable[[str], None]) -> Iterator[Message]:
    """Messages as they reach whoever is signed in, from now on."""
    import time

    from portalctl.models.conversations import LONGEST_WAIT, AskForNews, ShowConversation

    cursor = portal.conversations.news(AskForNews()).cursor
    say("Watching for new messages; Ctrl-C ends it.")
    while True:
        began = time.monotonic()
        news = portal.conversations.news(AskForNews(since=cursor, wait_seconds=LONGEST_WAIT))
        cursor = news.cursor
        for arrival in news.arrivals:
            behind = ShowConversation(id=arrival.conversation_id, before=arrival.number + 1, limit=1)
            yield from portal.conversations.show(behind).messages
        if not news.arrivals and time.monotonic() - began < _PAUSE:
            time.sleep(_PAUSE)


_PAUSE = 0.5
"""Seconds between two questions to a portal that does not wait for news itself."""
