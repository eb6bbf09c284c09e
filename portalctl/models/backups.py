"""What a backup or a restore did."""

from pydantic import Field

from portalctl.models.values import Instant, Record


class BackupReport(Record):
    """A finished backup, read back and found whole. `bytes` and `sha256` are the file's, `audit_rows` is in it.

    `documents` counts the bodies beside the portal that are in it too; `damaged` names the documents whose bodies were
    lost or damaged already.
    """

    file: str
    practice: str
    taken_at: Instant
    bytes: int
    sha256: str
    audit_rows: int
    documents: int = 0
    damaged: list[str] = Field(default_factory=list)


class RestoreReport(Record):
    """A finished restore. Sessions and API tokens are ended and open links revoked, so that nothing taken back since
    lives again; no code of a second factor that was used works again.

    `changes_lost` counts the audit rows that the replaced portal had and the backup has not; it is None where nothing
    was replaced, or nothing that could be read. `is_earlier` says that the replaced portal had gone on from the backup:
    it was rolled back. `replaced` is where the file that was there is now.
    """

    portal: str
    practice: str
    taken_at: Instant
    audit_rows: int
    changes_lost: int | None
    is_earlier: bool
    sessions_ended: int
    links_revoked: int
    replaced: str | None
    documents: int = 0
    damaged: list[str] = Field(default_factory=list)
