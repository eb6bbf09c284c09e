"""A plan carried out: what is pending of it is checked whole, confirmed, sent, and told file by file."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING

from portalctl.commands.interrupts import hearing
from portalctl.models.batch_words import FileStatus
from portalctl.transfer.items import Item, Result
from portalctl.transfer.journal import Ended, Journal
from portalctl.transfer.plain_files import told_path, told_size
from portalctl.transfer.seals import sent_before, there_already

if TYPE_CHECKING:
    from pathlib import Path

    from portalctl.commands.asked import Asked, Prepared
    from portalctl.context import Context
    from portalctl.models.batches import FileResult
    from portalctl.transfer.checking import Checked, Problem
    from portalctl.transfer.tally import Sums, Tally

FEW = 100
"""Files whose results are all shown in a table; of more only those that something is to be done about."""


class Delivery:
    """One run of `docs upload`."""

    def __init__(self, context: Context, asked: Asked, prepared: Prepared, results: str | None = None) -> None:
        self._context, self._output = context, context.output
        self._asked, self._prepared = asked, prepared
        self._plan = prepared.plan
        self._kept_in = results
        self._is_few = len(self._plan.items) + len(self._plan.skipped) <= FEW

    def show(self) -> None:
        """Show what would become of each file, and send nothing. Raises what is wrong with the whole."""
        from portalctl.models.batches import PlannedFile
        from portalctl.transfer.confirming import planned, summed_up

        self._output.check_fields(PlannedFile)
        pending = self._seen().pending(self._plan.items)
        checked = self._checked(pending)
        self._output.show(planned(self._plan, pending, checked), PlannedFile)
        if self._output.is_table:
            self._output.say(f"It would be {summed_up(self._plan, pending, checked)} Nothing was sent.")

    def carry_out(self, *, yes: bool) -> None:
        """Send what is pending. Raises what is wrong with the whole; PartlyFailed, or the failure of the only file."""
        if not self._output.is_plain:
            from portalctl.models.batches import FileResult

            self._output.check_fields(FileResult)
        with self._journal() as journal:
            pending = self._pending(journal)
            if self._has_nothing_to_tell(pending):
                self._output.say(there_already(len(self._plan.items)))
                journal.end(self._context.clock())
                self._seal(journal)
                return
            tally = self._carried_out(journal, pending, yes=yes)
            if tally is None:
                self._output.say("Nothing was sent.")
                return
            journal.end(self._context.clock())
            if len(self._plan.items) == 1 and tally.is_whole:
                journal.drop()  # there is nothing to go on with
            elif self._is_told_as_a_whole and tally.is_whole and journal.as_planned == len(pending):
                self._seal(journal)
        tally.settle()

    def _carried_out(self, journal: Journal, pending: Sequence[Item], *, yes: bool) -> Tally | None:
        """How the run ended; None where a person does not want it."""
        from portalctl.transfer.tally import Tally

        checked = self._checked_and_meant(journal, pending, yes=yes)
        if checked is None:
            return None
        tally = Tally(journal.batch, self._plan)
        try:
            with (
                hearing() as interrupt,
                closing(self._results(tally, journal, pending, checked)) as results,
                self._keeping(tally) as keep,
            ):
                self._tell(tally, map(keep, tally.counting(interrupt.heeded(results))))
        except KeyboardInterrupt:
            again = f"portalctl docs batches resume {journal.batch}"
            self._output.say(f"Stopped. The same command goes on where it was, and so does: {again}")
            raise
        return tally

    def _has_nothing_to_tell(self, pending: Sequence[Item]) -> bool:
        """Whether all was sent before, and a person reads that. It is told without any models: those take time."""
        return not pending and self._is_told_as_a_whole

    @property
    def _is_told_as_a_whole(self) -> bool:
        """Whether a person reads the results, and there is nothing to tell of any file that was sent before."""
        told_one_by_one = self._is_few or self._plan.skipped or self._prepared.problems or self._kept_in is not None
        return self._output.is_plain and not told_one_by_one

    def _seal(self, journal: Journal) -> None:
        """Have the same command answered at once, for as long as there is nothing to send."""
        from portalctl.commands.sealed import seal_many

        seal_many(self._context, self._asked, self._plan, journal)

    @contextmanager
    def _keeping(self, tally: Tally) -> Iterator[Callable[[Result], Result]]:
        """Keep each result in a file, where that is wanted, and at the end the summary."""
        if self._kept_in is None:
            yield lambda result: result
            return
        from portalctl.transfer.results import kept_in

        with kept_in(self._kept_in, {item.row: item for item in self._plan.items}) as kept:
            yield kept.add
            kept.end(tally.summary())

    def _pending(self, journal: Journal) -> list[Item]:
        """What is to be sent. Where nothing is, the portal is asked whether all still stands, unless it is too much."""
        items = self._plan.items
        if journal.is_anew:
            self._output.say(
                f"What was remembered of {journal.batch} cannot be read: it is kept beside the others"
                f" as {journal.batch}.jsonl.damaged, and the portal is asked what it has."
            )
        if journal.trouble is not None and not self._asked.is_one_file:
            self._output.say(f"This run is not remembered: {journal.trouble}")
        pending = journal.pending(items)
        if pending or not items:
            return pending
        if len(items) > FEW:
            self._output.say(sent_before(len(items), journal.batch))
            return pending
        from portalctl.transfer.recollecting import let_go_of_what_is_gone

        let_go_of_what_is_gone(self._context.portal, journal, items)
        return journal.pending(items)

    def _checked_and_meant(self, journal: Journal, pending: Sequence[Item], *, yes: bool) -> Checked | None:
        """What the portal says; None where a person does not want it. Nothing is remembered of what never began."""
        checked = None
        try:
            is_asked = not yes and self._is_to_be_confirmed(pending)
            if is_asked:
                self._context.prompt.require("--yes")
            checked = self._checked(pending)
            if is_asked and not self._is_meant(pending, checked):
                checked = None
        finally:
            if checked is None and len(pending) == len(self._plan.items):
                journal.drop()
        return checked

    def _checked(self, pending: Sequence[Item]) -> Checked:
        from portalctl.transfer.checking import Checked, check_again, check_files, check_folders, check_rows

        asked, prepared = self._asked, self._prepared
        if not pending and not prepared.problems:
            return Checked({})
        portal = self._context.portal
        if asked.manifest is not None:
            return check_rows(portal, pending, prepared.problems, prepared.others)
        if asked.by_client is not None:
            return check_folders(portal, pending)
        if asked.retry is not None:
            return check_again(portal, pending)
        return check_files(portal, pending, pending[0].purpose.recipient)

    def _is_to_be_confirmed(self, pending: Sequence[Item]) -> bool:
        """Whether several files go to clients."""
        if self._asked.is_one_file:
            return False
        recipients = {item.purpose.recipient for item in pending} - {None}
        if any(each.client is not None for each in recipients if each is not None):
            return True
        return bool(recipients) and self._context.identity.staff_id is not None

    def _is_meant(self, pending: Sequence[Item], checked: Checked) -> bool:
        """Ask whether it is to be sent. Raises InputNeeded where nobody can be asked."""
        from portalctl.transfer.confirming import summed_up

        return self._context.prompt.confirm(f"Send {summed_up(self._plan, pending, checked)} Go on?")

    def _results(self, tally: Tally, journal: Journal, pending: Sequence[Item], checked: Checked) -> Generator[Result]:
        """What became of each file, those first of which it is known before anything is sent.

        Of those that were sent before nothing is said one by one to a person, and it need not be looked up.
        """
        yield from self._plan.skipped
        if self._output.is_table and not self._is_few and self._kept_in is None:
            tally.count_there(len(self._plan.items) - len(pending))
        else:
            yield from journal.done(self._plan.items)
        refused = {problem.row: problem for problem in checked.refused}
        if refused:
            ended = [_refused(item, refused[item.row]) for item in pending if item.row in refused]
            journal.record(ended)
            yield from (each.result for each in ended)
        rest = [item for item in pending if item.row not in refused] if refused else pending
        if not rest:
            return
        from portalctl.transfer.bulk_progress import Bulk
        from portalctl.transfer.sharing import share

        with Bulk(self._context.stderr, rest) as progress:
            yield from share(
                self._context.portal,
                rest,
                checked.addressees,
                journal,
                progress=progress,
                clock=self._context.clock,
                follow=self._asked.follow_symlinks,
                strip=self._strip(),
            )

    def _tell(self, tally: Tally, results: Iterator[Result]) -> None:
        """Show the results: for scripts as they come, for people those that something is to be done about."""
        if not self._output.is_table:
            from portalctl.models.batches import FileResult

            FileResult.model_rebuild()  # while a model is being built, an interrupt is swallowed: not among the results
            self._output.stream(map(Result.told, results), FileResult, identity="document_id", last=tally.summary)
            return
        is_few = self._is_few
        shown: list[FileResult] = []
        try:
            wanted = (each for each in results if is_few or each.status in (FileStatus.FAILED, FileStatus.SKIPPED))
            shown.extend(map(Result.told, wanted))  # while others are under way: nobody waits for what this loads
        finally:
            shown.sort(key=attrgetter("row"))
            if shown:
                self._output.show(shown, type(shown[0]))
            if not self._asked.is_one_file:
                self._output.say(_told(tally.sums()))

    def _journal(self) -> AbstractContextManager[Journal]:
        profile = self._context.profile
        return Journal.of(
            self._folder,
            self._plan,
            portal=profile.portal,
            account=self._context.account,
            profile=profile.name,
            now=self._context.clock(),
        )

    def _seen(self) -> Journal:
        return Journal.seen(
            self._folder, self._plan, portal=self._context.profile.portal, account=self._context.account
        )

    @property
    def _folder(self) -> Path:
        return self._context.config.paths.state / "batches"

    def _strip(self) -> Callable[[bytes], bytes] | None:
        if not self._asked.strip_metadata:
            return None
        from portalctl.transfer.photos import stripped

        return stripped


def _refused(item: Item, problem: Problem) -> Ended:
    told = Result(
        row=item.row,
        path=told_path(item.path),
        status=FileStatus.FAILED,
        code=problem.code,
        message=problem.message,
        hint=problem.hint,
    )
    return Ended(item, item.signature, told)


def _told(sums: Sums) -> str:
    """`2,000 files: 1,990 sent (19.9 MB), 8 sent before, 2 failed.`"""
    parts = [
        (sums.sent, f"sent ({told_size(sums.bytes)})"),
        (sums.there, "there already"),
        (sums.skipped, "left out"),
        (sums.failed, "failed"),
    ]
    if not sums.files:
        return "There are no files."
    return f"{sums.files:,} files: {', '.join(f'{count:,} {what}' for count, what in parts if count)}."
