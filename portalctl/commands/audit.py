"""`portalctl practice audit`: who read or changed what, and the proof that the record is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import LimitOption, ShowsData
from portalctl.context import use

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal
    from portalctl.models.audit import AuditReport
    from portalctl.output.output import Output

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice audit log --client anna@example.com
  portalctl practice audit verify
"""
)


@group.command(cls=ShowsData)
def log(
    ctx: typer.Context,
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="What concerns this client; else the practice.")
    ] = None,
    limit: LimitOption = None,
) -> None:
    """Who read or changed what, newest first: what concerns a client, or the practice itself.

    \b
    Examples:
      portalctl practice audit log
      portalctl practice audit log --client anna@example.com --json
    """
    portal, output = use(ctx)
    show_log(portal, output, client, limit)


@group.command(cls=ShowsData)
def verify(ctx: typer.Context) -> None:
    """Prove the audit whole: every hash of every chain is computed again.

    A row that was altered, or taken out before the last, is a fault, and the exit code 8. Backups keep the last hash
    of each chain, and `practice restore` says what a copy is short of.

    \b
    Examples:
      portalctl practice audit verify
      portalctl practice audit verify --json | jq .whole
    """
    portal, output = use(ctx)
    prove(portal, output)


def show_log(portal: Portal, output: Output, client: str | None, limit: int | None) -> None:
    """A chain's rows, as far as asked."""
    from portalctl.commands.paging import SHOWN, collect
    from portalctl.models.audit import AuditEntry, ListAudit

    asked = {} if client is None else {"client": client}
    entries = collect(
        lambda cursor, size: portal.audit.list(ListAudit.model_validate({"cursor": cursor, "limit": size, **asked})),
        limit or SHOWN,
        output,
        "more with --limit",
    )
    output.show(entries, AuditEntry)


def prove(portal: Portal, output: Output) -> None:
    """Follow what the caller may follow, and show what it came to. Raises AuditBroken."""
    from portalctl.errors import AuditBroken
    from portalctl.models.audit import AuditReport

    output.check_fields(AuditReport)
    report = _followed(portal)
    output.show_one(report)
    if not report.whole:
        first = report.faults[0]
        raise AuditBroken(
            f"the audit is not whole: chain {first.chain}, {first.fault}",
            "keep the portal's file as it is, and compare it with a backup",
        )


def _followed(portal: Portal) -> AuditReport:
    from portalctl.models.audit import AuditReport, VerifyAudit

    chains, rows, faults, cursor = 0, 0, [], None
    while True:
        page = portal.audit.verify(VerifyAudit(cursor=cursor))
        chains += len(page.items)
        rows += sum(chain.rows for chain in page.items)
        faults += [chain for chain in page.items if chain.fault is not None]
        cursor = page.next
        if cursor is None:
            return AuditReport(chains=chains, rows=rows, whole=not faults, faults=faults)
