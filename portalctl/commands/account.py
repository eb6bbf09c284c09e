"""`portalctl account`: your account, who read your record, and the account's end."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.entering import PasswordFileOption, PasswordStdinOption
from portalctl.commands.options import DryRunOption, LimitOption, ShowsData
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.models.account import Deletion

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl account show
  portalctl account log
  portalctl account export anna.zip
  portalctl account delete --dry-run
"""
)


@group.command(cls=ShowsData)
def show(ctx: typer.Context) -> None:
    """Your account: whose it is, since when, and how many sessions are open.

    \b
    Examples:
      portalctl account show
      portalctl account show --json | jq -r .email
    """
    portal, output = use(ctx)
    output.show_one(portal.account.show())


@group.command(cls=ShowsData)
def log(
    ctx: typer.Context,
    limit: LimitOption = None,
    is_proved: Annotated[
        bool, typer.Option("--prove", help="Prove instead that no row of it was altered or taken out.")
    ] = False,
) -> None:
    """Who read or changed your record, newest first.

    \b
    Examples:
      portalctl account log
      portalctl account log --json | jq -r '.[] | select(.role != "client") | .actor' | sort | uniq -c
      portalctl account log --prove
    """
    from portalctl.commands.audit import prove, show_log

    portal, output = use(ctx)
    if is_proved:
        prove(portal, output)
    else:
        show_log(portal, output, None, limit)


@group.command(cls=ShowsData)
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where the copy goes.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Take a copy of all that you may see: JSON Lines for each noun, your documents, a calendar.

    Its manifest has the SHA-256 of every file. Documents in it count as opened.

    \b
    Examples:
      portalctl account export anna.zip
      portalctl account export anna.zip --json | jq -r .sha256
      portalctl account verify anna.zip
    """
    from portalctl.commands.exporting import export as write
    from portalctl.models.account import ExportReport

    context = running(ctx)
    portal, output = use(ctx, ExportReport)
    report = write(portal, file, context.clock(), replace=force)
    output.done("Exported", report)


@group.command(cls=ShowsData)
def verify(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What `export` made.")]
) -> None:
    """Check that a copy is whole: every file is there and is what was exported.

    \b
    Examples:
      portalctl account verify anna.zip
    """
    from portalctl.commands.export_file import check
    from portalctl.errors import ExportDamaged
    from portalctl.models.account import ExportCheck

    context = running(ctx)
    context.zone = UTC  # whoever checks need not be signed in
    output = context.output
    output.check_fields(ExportCheck)
    manifest, faults = check(file)
    output.show_one(
        ExportCheck(
            file=str(file),
            account_id=manifest.account_id,
            exported_at=manifest.exported_at,
            files=len(manifest.files),
            whole=not faults,
            faults=faults,
        )
    )
    if faults:
        raise ExportDamaged(f"{file} is not whole: {faults[0]}", "export again, if the account is still there")


@group.command(cls=ShowsData)
def delete(
    ctx: typer.Context,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="WORDS", help='The words "Yes, delete"; else they are asked for.')
    ] = None,
    password_stdin: PasswordStdinOption = False,
    password_file: PasswordFileOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Delete your account: says what goes and what the practice has to keep, and asks.

    Coming appointments are cancelled; sessions and tokens end; your password, drafts and settings are erased. The
    practice's record stays, without the account. Take a copy before: portalctl account export.

    \b
    Examples:
      portalctl account delete --dry-run
      portalctl account delete
      pass show portal | portalctl account delete --confirm "Yes, delete" --password-stdin
    """
    from portalctl.commands.entering import given_password
    from portalctl.commands.leaving import forget
    from portalctl.models.account import DeleteAccount, Deletion

    context = running(ctx)
    portal, output = use(ctx, Deletion)
    if dry_run:
        output.show_one(portal.account.check_deletion())
        return
    if confirm is None:
        context.prompt.require('--confirm "Yes, delete"')
        _explain(context, portal.account.check_deletion())
    _require_words(context, confirm)
    password = given_password(context, password_stdin, password_file)
    if password is None:
        password = context.prompt.hidden("Your password", "--password-stdin or --password-file")
    if output.is_table:
        _ = context.zone  # asked while there still is an account
    deletion = portal.account.delete(DeleteAccount(password=password, confirm="Yes, delete"))
    forget(context, context.profile)
    output.done("Deleted", deletion)


def _explain(context: Context, deletion: Deletion) -> None:
    """Say what goes and what stays."""
    context.say(
        f"Deleting your account cancels {_count(deletion.coming_appointments, 'coming appointment')}, ends"
        f" {_count(deletion.sessions, 'session')} and erases {_count(deletion.drafts, 'draft')}."
    )
    for title, things in (("It erases", deletion.erased), ("The practice keeps", deletion.kept)):
        context.say(f"{title}:")
        for thing in things:
            context.say(f"  {thing}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _require_words(context: Context, confirm: str | None) -> None:
    """Raise InvalidInput unless the words that delete are given, as they are."""
    from portalctl.errors import InvalidInput
    from portalctl.models.account import CONFIRMATION

    words = confirm
    if words is None:
        words = context.prompt.text(f'Type "{CONFIRMATION}" to delete your account', f'--confirm "{CONFIRMATION}"')
    if words != CONFIRMATION:
        raise InvalidInput("nothing was deleted: those are not the words", f'they are exactly: "{CONFIRMATION}"')
