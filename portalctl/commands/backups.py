"""`portalctl practice backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portalctl.commands.options import ShowsData, YesOption
from portalctl.context import running, use

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.models.backups import RestoreReport

app = typer.Typer()


@app.command(cls=ShowsData)
def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file to write.")]
) -> None:
    """Copy the live portal to one file, its documents with it, and prove the copy.

    Others may go on working meanwhile. The portal's key is not in the file, so that the file alone opens no link. A
    document whose body is lost or damaged is named, and everything else is backed up all the same.

    \b
    Examples:
      portalctl practice backup rossi-2026-03-02.portal
      portalctl practice backup /media/usb/rossi.portal --json | jq -r .sha256
    """
    from portalctl.backends.embedded import portal_path
    from portalctl.backends.portal_key import key_path
    from portalctl.errors import PartlyFailed
    from portalctl.models.backups import BackupReport

    portal, output = use(ctx, BackupReport)
    report = portal.backup(file.absolute())
    output.say(
        f"The portal key is not in it: keep a copy of {key_path(portal_path(portal.url))} apart from the backup."
    )
    output.done("Backed up and read back", report)
    if report.damaged:
        raise PartlyFailed(
            f"the bodies of {len(report.damaged)} documents were lost or damaged already: {', '.join(report.damaged)}",
            "everything else is in the backup; an older backup may have them",
        )


@app.command(cls=ShowsData)
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the portal that is there.")
    ] = False,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Put this copy of the portal key back, too.")
    ] = None,
    yes: YesOption = False,
) -> None:
    """Bring a portal back from a backup.

    The whole file is proved before anything changes. A portal that is replaced is kept beside the new one. Nobody stays
    signed in, and invites and reset links end; a password or an access that was changed since stays changed.

    \b
    Examples:
      portalctl practice restore rossi-2026-03-02.portal --portal sqlite:///srv/rossi.db --key rossi.key
      portalctl practice restore rossi-2026-03-02.portal --replace
    """
    from datetime import UTC

    from portalctl.backends import backups
    from portalctl.models.backups import RestoreReport

    context = running(ctx)
    context.zone = UTC  # nobody is signed in whose zone it could be
    output = context.output
    output.check_fields(RestoreReport)
    url = context.profile.portal
    if replace and not yes and not _agreed(context, file, url):
        output.say("Nothing was changed.")
        return
    report = backups.restore(file, url, key=key, replace=replace, clock=context.clock)
    for line in _news(report):
        output.say(line)
    output.done("Restored", report)


def _agreed(context: Context, file: Path, url: str) -> bool:
    """Whether there is nothing to replace, or the person agrees to lose what is told."""
    from portalctl.backends import backups

    found = backups.compare(file, url)
    if not found.is_occupied:
        return True
    return context.prompt.confirm(f"Replace {url}? Mind that {found.consequence}.")


def _news(report: RestoreReport) -> list[str]:
    """What to know after a restore: what was rolled back, where the old file is, and what to do next."""
    from portalctl.backends.embedded import portal_path
    from portalctl.backends.portal_key import key_path

    lines = []
    if report.is_earlier and report.changes_lost:
        lines.append(f"Rolled back: changes made since the backup and lost with it: {report.changes_lost}.")
    elif report.changes_lost:
        lines.append(f"The portal that was there went its own way; changes that only it had: {report.changes_lost}.")
    if report.replaced is not None:
        lines.append(f"What was there is kept as {report.replaced}; delete it when nobody needs it.")
    if report.damaged:
        lines.append(f"Lost or damaged before the backup was taken: {', '.join(report.damaged)}.")
    path = key_path(portal_path(report.portal))
    if not path.exists():
        lines.append(f"There is no portal key at {path}: a new one is made when needed, or restore again with --key.")
    lines.append("All sessions have ended: sign in with portalctl login.")
    return lines
