"""What `docs upload` was asked for, and the plan that this is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import typer

from portalctl.errors import InvalidInput
from portalctl.transfer.items import Plan, Purpose, Recipient

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.transfer.checking import Problem


class Asked(NamedTuple):
    """The options that say what is sent to whom; those of one name mean the same."""

    paths: Sequence[str] = ()
    from_file: str | None = None
    null: bool = False
    client: str | None = None
    by_client: str | None = None
    manifest: str | None = None
    retry: str | None = None
    trust_ids: bool = False
    recursive: bool = False
    title: str | None = None
    folder: str | None = None
    appointment: str | None = None
    notify: bool = False
    strip_metadata: bool = False
    follow_symlinks: bool = False

    @property
    def is_one_file(self) -> bool:
        """Whether one file is named, and nothing else could be meant."""
        one_path = len(self.paths) == 1 and not self.from_file and not self.recursive
        return one_path and not self.manifest and not self.by_client and not self.retry

    @property
    def is_paths_alone(self) -> bool:
        """Whether the paths of the command line say what is sent, and no list or folder of clients does."""
        return not (self.from_file or self.by_client or self.manifest or self.retry)

    def words(self) -> list[str]:
        """The command again."""
        told = ["docs", "upload"]
        for name, value in zip(self._fields[1:], self[1:], strict=True):
            flag = "--" + name.replace("_", "-")
            if value is True:
                told.append(flag)
            elif isinstance(value, str):
                told.append(f"{flag}={value}")
        return [*told, "--", *self.paths] if self.paths else told


class Prepared(NamedTuple):
    """A plan, and what is wrong with the manifest that it comes from.

    `others` are the recipients, by row, of files that are wrong themselves.
    """

    plan: Plan
    problems: Sequence[Problem] = ()
    others: Sequence[tuple[int, Recipient]] = ()


def check(asked: Asked) -> None:
    """Let pass options that go together. Raises BadParameter."""
    sources = (asked.paths or asked.from_file, asked.by_client, asked.manifest, asked.retry)
    if asked.null and asked.from_file is None:
        raise typer.BadParameter("--null says how the list of --from-file is written: give both")
    if sum(source is not None and source != () and source != [] for source in sources) > 1:
        raise typer.BadParameter("paths, --by-client, --manifest and --retry exclude each other: give one of them")
    if asked.manifest is not None and (asked.title or asked.folder or asked.appointment or asked.notify):
        raise typer.BadParameter("with --manifest its columns say title, folder, appointment and notify")
    if asked.retry is not None and (asked.client or asked.title or asked.folder or asked.appointment or asked.notify):
        raise typer.BadParameter("with --retry the file says what each was to become, and for whom")
    if asked.client is not None and (asked.by_client or asked.manifest):
        raise typer.BadParameter("--client says for whom all files are: leave --by-client and --manifest out")
    if asked.by_client is not None and asked.appointment is not None:
        raise typer.BadParameter("--appointment is one client's: name them with --client")
    if asked.trust_ids and asked.manifest is None:
        raise typer.BadParameter("--trust-ids is about the rows of --manifest: give both")


def prepare(context: Context, asked: Asked) -> Prepared:
    """The plan of what was asked for. Raises BadParameter, InvalidInput, and what a file that is named alone raises."""
    if asked.manifest is not None:
        from portalctl.transfer.manifest import read

        manifest = read(
            asked.manifest,
            context.stdin,
            now=context.clock(),
            trust_ids=asked.trust_ids,
            follow=asked.follow_symlinks,
        )
        return Prepared(manifest.found.plan(asked.words(), manifest.stdin), manifest.problems, manifest.others)
    if asked.retry is not None:
        from portalctl.transfer.plan import of_rows
        from portalctl.transfer.results import failed_in

        return Prepared(of_rows(failed_in(asked.retry), follow=asked.follow_symlinks).plan(asked.words()))
    purpose = _purpose(asked)
    if asked.by_client is not None:
        from portalctl.transfer.plan import of_folders

        found = of_folders(asked.by_client, purpose, follow=asked.follow_symlinks, recursive=asked.recursive)
        return Prepared(found.plan(asked.words()))
    return Prepared(_of_paths(context, asked, purpose))


def _of_paths(context: Context, asked: Asked, purpose: Purpose) -> Plan:
    from portalctl.transfer.plan import of_one, of_paths

    if asked.is_one_file:
        return of_one(asked.paths[0], purpose, follow=asked.follow_symlinks).plan(asked.words())
    paths = _named(context, asked)
    if asked.title is not None and len(paths) > 1:
        raise typer.BadParameter("--title names one document: give one file with it")
    found = of_paths(paths, purpose, follow=asked.follow_symlinks, recursive=asked.recursive)
    listed = "\0".join(paths) if asked.from_file == "-" else ""
    return found.plan(asked.words(), listed.encode("utf-8", "surrogateescape"))


def _named(context: Context, asked: Asked) -> list[str]:
    """All paths that a command was given. Raises BadParameter where there are none."""
    from portalctl.transfer.path_lists import read_paths

    listed = read_paths(context.stdin, asked.from_file, ends_with_nul=asked.null) if asked.from_file is not None else []
    if not asked.paths and not listed:
        raise typer.BadParameter("say which files: their paths, a list of them with --from-file, or --manifest")
    return [*asked.paths, *listed]


def _purpose(asked: Asked) -> Purpose:
    title = None if asked.title is None else _line("--title", asked.title)
    folder = None if asked.folder is None else _line("--folder", asked.folder)
    recipient = None
    if asked.client is not None or asked.appointment is not None:
        recipient = Recipient(asked.client, appointment=asked.appointment)
    return Purpose(recipient, title, folder, notify=asked.notify)


def _line(flag: str, text: str) -> str:
    from portalctl.transfer.cells import as_line

    try:
        return as_line(text)
    except InvalidInput as problem:
        raise typer.BadParameter(f"{flag}: {problem.message}") from None
