"""Filling a form in on a terminal: one question at a time, each answer kept as it is given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from portalctl import errors
from portalctl.models.forms import FilledForm, GivenFormReference, Question, SaveAnswers
from portalctl.output.form_text import heading_of
from portalctl.output.safe import visible

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.contract.portal import Portal
    from portalctl.output.output import Output

FLAG = "--answers"
_HELP = (
    "Enter keeps what is there, < goes back, ! takes an answer back, ? tells this again; Ctrl-C stops and keeps all."
)
_HINTS = {
    "boolean": "y or n",
    "decimal": "a number",
    "integer": "a whole number",
    "date": "2026-03-02, 2026-03 or 2026",
    "dateTime": "2026-03-02T09:00, in your zone",
    "time": "09:00",
    "text": "an empty line ends it",
    "url": "https://example.com",
    "attachment": "a file to send, or the id of one you have sent, doc_…",
    "quantity": "a number with its unit",
}


class Filling:
    """One person at one form."""

    def __init__(self, portal: Portal, context: Context, output: Output, form: str) -> None:
        context.prompt.require(FLAG)
        self._portal = portal
        self._context = context
        self._output = output
        self._form: FilledForm = portal.forms.show(GivenFormReference(id=form))
        self._told: set[str] = set()

    def run(self) -> FilledForm:
        """Ask what is left to ask. Raises NotChangeable for a form that was handed in."""
        if self._form.state == "completed":
            raise errors.NotChangeable(
                "this form was handed in and does not change any more", "ask the practice for another one"
            )
        self._say(f"{self._form.title}. {_HELP}")
        if self._form.state == "begun":
            self._say("You go on where you left off.")
        try:
            self._ask_all()
        except KeyboardInterrupt:
            self._say(f"\nKept. Go on with: portalctl docs form fill {self._form.id}")
            raise
        return self._form

    def wants_to_hand_in(self) -> bool:
        """Whether to hand it in now."""
        return self._context.prompt.confirm("Hand it in now?", FLAG)

    def _ask_all(self) -> None:
        asked = self._questions()
        at = next((place for place, each in enumerate(asked) if not each.answers), len(asked))
        if self._form.state == "waiting":
            at = 0
        while at < len(asked):
            question = asked[at]
            self._tell_headings(question)
            step = self._ask(question)
            asked = self._questions()
            keys = [each.key for each in asked]
            here = keys.index(question.key) if question.key in keys else min(at, len(asked)) - 1
            at = max(0, here + step)
            if step > 0 and self._wants_another(question):
                asked = self._questions()
                at = here + 1

    def _questions(self) -> list[Question]:
        return [item for item in self._form.items if item.type not in ("group", "display") and not item.read_only]

    def _tell_headings(self, question: Question) -> None:
        """What stands above a question, the first time that it is passed."""
        keys = [item.key for item in self._form.items]
        for item in self._form.items[: keys.index(question.key)]:
            if item.type in ("group", "display") and item.key not in self._told:
                self._told.add(item.key)
                self._say(("\n" if item.type == "group" else "") + "  " * item.depth + heading_of(item))

    def _ask(self, question: Question) -> int:
        """Ask one question until its answer is taken; how many questions to go on."""
        self._tell(question)
        while True:
            line = self._context.prompt.line(_prompt(question), FLAG)
            if line == "":
                return 1
            if line == "<":
                return -1
            if line == "?":
                self._say(_HELP)
                continue
            try:
                self._save({question.key: None if line == "!" else self._answer(question, line)})
            except (errors.UsageFailure, errors.Refused, errors.PartlyFailed, errors.StorageFailure) as failure:
                for problem in failure.problems or [failure.message]:
                    self._say(f"  {problem}")
                continue
            return 1

    def _tell(self, question: Question) -> None:
        margin = "  " * question.depth
        self._say(f"{margin}{heading_of(question)}")
        for line in question.help:
            self._say(f"{margin}  {line}")
        for number, choice in enumerate(question.choices, 1):
            self._say(f"{margin}  {number}. {choice.label}")
        hint = [_HINTS.get(question.type, "") if not question.choices else "the number of one of these"]
        hint += [f"up to {question.max_length} characters"] if question.max_length else []
        hint += [f"from {question.lowest}"] if question.lowest else []
        hint += [f"to {question.highest}"] if question.highest else []
        hint += [f"in {' or '.join(question.units)}"] if question.units else []
        hint += ["or words of your own"] if question.type == "open-choice" else []
        hint += ["several with ; between them"] if question.repeats else []
        told = ", ".join(part for part in hint if part)
        if told:
            self._say(f"{margin}  ({told})")

    def _answer(self, question: Question, line: str) -> str | list[str]:
        """What a line means: the numbers of choices, several answers, or words."""
        if question.type == "text":
            lines = [line]
            while more := self._context.prompt.line("", FLAG):
                lines.append(more)
            return "\n".join(lines)
        parts = [part.strip() for part in line.split(";")] if question.repeats else [line]
        attached = question.type == "attachment"
        found = [self._attached(part) if attached else _chosen(question, part) for part in parts if part]
        return found if question.repeats else found[0]

    def _attached(self, word: str) -> str:
        """The id of a file that was sent before, or is sent now. Raises what it is refused for."""
        if word.startswith("doc_"):
            return word
        from portalctl.transfer.plain_files import as_failure
        from portalctl.transfer.progress import Progress
        from portalctl.transfer.sending import send_file

        try:
            return send_file(self._portal, word, progress=Progress(self._context.stderr)).id
        except OSError as error:
            raise as_failure(word, error) from None

    def _save(self, answers: dict[str, object]) -> None:
        request = SaveAnswers(id=self._form.id, answers=json.dumps(answers), if_version=self._form.version)
        try:
            self._form = self._portal.forms.save(request)
        except errors.ChangedMeanwhile:
            self._say("  (somebody answered questions of this form elsewhere meanwhile; theirs are kept, too)")
            self._form = self._portal.forms.show(GivenFormReference(id=self._form.id))
            again = request.model_copy(update={"if_version": self._form.version})
            self._form = self._portal.forms.save(again)

    def _wants_another(self, question: Question) -> bool:
        """Behind the last question of the last turn of a group: whether to fill it in once more."""
        items = self._form.items
        keys = [item.key for item in items]
        if question.key not in keys:
            return False
        at = keys.index(question.key)
        for place in range(at, -1, -1):
            group = items[place]
            if group.next_key is None or group.depth >= question.depth:
                continue
            end = next((n for n in range(place + 1, len(items)) if items[n].depth <= group.depth), len(items))
            inside = [item for item in items[place + 1 : end] if item.type not in ("group", "display")]
            asked = [item for item in inside if not item.read_only]
            if not asked or asked[-1].key != question.key or not any(item.answers for item in inside):
                continue
            if self._context.prompt.confirm(visible(f"Another: {group.text or group.link_id}?"), FLAG):
                self._save({group.next_key: {}})
                return True
        return False

    def _say(self, text: str) -> None:
        for line in text.split("\n"):
            self._context.say(line)


def _prompt(question: Question) -> str:
    margin = "  " * question.depth
    now = "; ".join(visible(answer) for answer in question.answers)
    return f"{margin}  [{now}] > " if now else f"{margin}  > "


def _chosen(question: Question, word: str) -> str:
    """The code of the choice of that number; else the word as it was written."""
    if (
        question.choices
        and word.isascii()
        and word.isdigit()
        and len(word) < 6
        and 1 <= int(word) <= len(question.choices)
    ):
        return question.choices[int(word) - 1].code
    return word
