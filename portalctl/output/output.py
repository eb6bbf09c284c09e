"""Where results go: data on stdout in the format asked for, messages on stderr."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from portalctl.errors import InvalidInput

if TYPE_CHECKING:
    from portalctl.models.conversations import Message, WrittenConversation
    from portalctl.models.dashboard import Dashboard
    from portalctl.models.values import Record
    from portalctl.output.cells import Reading
    from portalctl.output.columns import Column, Look


class Format(StrEnum):
    """How results look."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    IDS = "ids"


class Output:
    """Shows records. `fields` chooses which of their fields, in order.

    `zone` says where the reader is, and `language` what they read, when needed.
    """

    def __init__(
        self,
        *,
        format: Format,  # noqa: A002  the name of the flag
        fields: tuple[str, ...] | None,
        stdout: TextIO,
        stderr: TextIO,
        zone: Callable[[], tzinfo],
        language: Callable[[], str] = lambda: "en",
        environment: Mapping[str, str],
        csv_raw: bool = False,
    ) -> None:
        if isinstance(stdout, io.TextIOWrapper):
            stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        self._format = format
        self._fields = fields
        self._stdout = stdout
        self._stderr = stderr
        self._zone, self._language = zone, language
        self._environment = environment
        self._csv_raw = csv_raw

    @property
    def is_table(self) -> bool:
        """Whether a person reads the results."""
        return self._format is Format.TABLE

    @property
    def is_plain(self) -> bool:
        """Whether a person reads the results, and has not chosen any fields of them."""
        return self.is_table and self._fields is None

    def check_fields(self, kind: type[Record]) -> None:
        """Raise InvalidInput for a field asked for that this kind of record lacks, or for ids where it has none."""
        self._names(kind)
        if self._format is Format.IDS and not _id_fields(kind):
            raise _no_ids()

    def show(self, records: Iterable[Record], kind: type[Record]) -> None:
        """A list of records of one kind. Raises InvalidInput for a field that they lack.

        As JSON Lines, CSV or ids each is written as it comes, so that a list of any length takes no more memory.
        """
        names = self._names(kind)
        if self._format is Format.JSON:
            self.line(self._json([self._chosen(record) for record in records], indent=2))
        elif self._format is Format.JSONL:
            self._lines(self._json(self._chosen(record)) for record in records)
        elif self._format is Format.CSV:
            self._csv(records, names)
        elif self._format is Format.IDS:
            self._lines(_id(record) for record in records)
        elif rows := list(records):
            self._lines(self._table(rows, self._columns(kind)))
        else:
            from portalctl.output.columns import look_of

            self.say(f"No {look_of(kind).plural}.")

    def show_as(self, look: Look, rows: Sequence[object]) -> None:
        """A table of what looks so, and need not be records."""
        self._lines(self._table(rows, look.columns))

    def stream(
        self, results: Iterable[Record], kind: type[Record], *, identity: str, last: Callable[[], Record]
    ) -> None:
        """What became of each of many, for scripts, each written out as it comes.

        As JSON and JSON Lines `last`, whole, ends them; as ids they are those in the field `identity`, where there are.
        """
        names = self._names(kind)
        if self._format is Format.CSV:
            self._csv(results, names)
        elif self._format is Format.IDS:
            for record in results:
                if found := getattr(record, identity):
                    self._flushed(f"{found}\n")
        else:
            before = "[\n  "
            try:
                for record in results:
                    self._element(before, self._chosen(record))
                    before = ",\n  "
            finally:  # also where a run is broken off: what is written is whole
                self._element(before, last(), "\n]\n")

    def _element(self, before: str, value: object, behind: str = "") -> None:
        """One element of a JSON array, or one line."""
        if self._format is Format.JSON:
            self._flushed(before + self._json(value, indent=2).replace("\n", "\n  ") + behind)
        else:
            self._flushed(self._json(value) + "\n")

    def _flushed(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()

    def show_one(self, record: Record) -> None:
        """One record in detail. Raises InvalidInput for a field that it lacks."""
        kind = type(record)
        names = self._names(kind)
        if self._format is Format.JSON:
            self.line(self._json(self._chosen(record), indent=2))
        elif self._format is Format.JSONL:
            self.line(self._json(self._chosen(record)))
        elif self._format is Format.CSV:
            self._csv([record], names)
        elif self._format is Format.IDS:
            self.line(_id(record))
        else:
            self._lines(self._detail(record))

    def done(self, verb: str, record: Record) -> None:
        """What a change led to. For people a line before says what was done."""
        self._names(type(record))
        if self.is_table:
            identity = getattr(record, "id", None)
            self.say(f"{verb} {identity}." if identity else f"{verb}.")
        self.show_one(record)

    def link(self, record: Record, link: str, explanation: str) -> None:
        """A link that is shown once: for people and pipes alone on stdout, for scripts within its record."""
        self.once(record, [link], explanation)

    def once(self, record: Record, lines: Iterable[str], explanation: str) -> None:
        """What is shown once, line by line: for people and pipes alone on stdout, for scripts within its record."""
        if self.is_plain:
            self.say(explanation)
            self._lines(self._seen(line) for line in lines)
        else:
            self.show_one(record)

    def picture(self, lines: Iterable[str]) -> None:
        """A picture of ours, as it is: its lines hold colours, and nothing that anybody wrote."""
        self._stderr.flush()
        self._lines(lines)

    def show_with_text(self, record: Record, text: str) -> None:
        """One record in detail; for people its text of several lines stands below, as it is but safe to show."""
        self.show_one(record)
        if self.is_plain:
            from portalctl.output.safe import visible

            self._lines(["", *(visible(line) for line in text.rstrip("\n").split("\n"))])

    def show_conversation(self, conversation: WrittenConversation) -> None:
        """One conversation: for people its facts, then what was written; for scripts one object."""
        self.show_one(conversation)
        if self.is_plain:
            for message in conversation.messages:
                self._lines(["", *self._message(message, f"#{message.number}")])

    def follow(self, messages: Iterable[Message]) -> None:
        """Messages as they come, each written out at once: for people as lines, for scripts as JSON Lines."""
        for message in messages:
            if self.is_table:
                self._lines(self._message(message, f"{message.conversation_id}  {message.subject}"))
            else:
                self.line(self._json(message))
            self._stdout.flush()

    def _message(self, message: Message, place: str) -> Iterable[str]:
        from portalctl.output.cells import cell, instant
        from portalctl.output.correspondence import message_lines
        from portalctl.output.table import terminal_width

        told = f"{place}  {message.sender}"
        heading = f"{cell(told, self._reading)}  {instant(message.sent_at, self._reading)}"
        return message_lines(message, self._bold(heading), terminal_width(self._stdout, self._environment))

    def show_dashboard(self, dashboard: Dashboard) -> None:
        """A client's history: sections for people, one object for scripts, the appointments' ids."""
        if self._format is Format.IDS:
            coming = [dashboard.next] if dashboard.next else []
            self._lines(dict.fromkeys(record.id for record in (*coming, *dashboard.coming, *dashboard.past)))
        elif self.is_table and self._fields is None:
            from portalctl.output.dashboard import dashboard_lines
            from portalctl.output.safe import visible

            self._lines(dashboard_lines(dashboard, self._table, lambda title: self._bold(visible(title))))
        else:
            self.show_one(dashboard)

    def say(self, text: str) -> None:
        """A line for people, on stderr, safe to show."""
        from portalctl.output.safe import visible

        self._stderr.write(visible(text) + "\n")

    def line(self, text: str) -> None:
        """A line of data, on stdout; made safe to show where a terminal reads it."""
        self._lines([self._seen(text)])

    def raw(self, content: bytes) -> None:
        """A file, on stdout."""
        buffer = getattr(self._stdout, "buffer", None)
        if buffer is None:
            self._stdout.write(content.decode())
            return
        self._stdout.flush()
        buffer.write(content)
        buffer.flush()

    def _lines(self, lines: Iterable[str]) -> None:
        self._stdout.writelines(f"{line}\n" for line in lines)

    def _seen(self, text: str) -> str:
        if not self._stdout.isatty() or self._format in (Format.JSON, Format.JSONL):
            return text
        from portalctl.output.safe import visible

        return visible(text)

    def _names(self, kind: type[Record]) -> Sequence[str]:
        """The fields to show. Raises InvalidInput for one that the kind lacks, listing those it has."""
        known = tuple(kind.model_fields)
        for name in self._fields or ():
            if name not in known:
                raise InvalidInput(f"there is no field {name!r} here", f"choose from: {', '.join(known)}")
        return self._fields if self._fields is not None else known

    def _chosen(self, record: Record) -> object:
        return record if self._fields is None else {name: getattr(record, name) for name in self._fields}

    @staticmethod
    def _json(value: object, indent: int | None = None) -> str:
        from portalctl.output.json_text import json_text

        return json_text(value, indent)

    def _csv(self, records: Iterable[Record], names: Sequence[str]) -> None:
        from portalctl.output.csv_text import csv_lines

        rows = (record.model_dump(mode="json", include=set(names)) for record in records)
        values = ([row[name] for name in names] for row in rows)
        self._stdout.writelines(csv_lines(names, values, raw=self._csv_raw, shown=self._seen))

    def _columns(self, kind: type[Record]) -> Sequence[Column]:
        from portalctl.output.columns import field_column, look_of

        return look_of(kind).columns if self._fields is None else [field_column(name) for name in self._fields]

    def _table(self, records: Sequence[object], columns: Sequence[Column]) -> Iterable[str]:
        from portalctl.output.cells import cell
        from portalctl.output.table import table, terminal_width

        rows = [[cell(column.of(record), self._reading) for column in columns] for record in records]
        width = terminal_width(self._stdout, self._environment)
        header, *rest = table(
            [column.header for column in columns], rows, width=width, whole=[column.whole for column in columns]
        )
        return [self._bold(header), *rest]

    def _detail(self, record: Record) -> Iterable[str]:
        from portalctl.output.cells import cell
        from portalctl.output.columns import detail_of
        from portalctl.output.table import pairs

        if self._fields is None:
            rows = detail_of(record)
        else:
            rows = [(column.header, column.of(record)) for column in self._columns(type(record))]
        return pairs([(cell(label, self._reading), cell(value, self._reading)) for label, value in rows])

    @cached_property
    def _reading(self) -> Reading:
        from portalctl.output.cells import Reading

        return Reading(self._zone, self._language)

    def _bold(self, text: str) -> str:
        plain = self._environment.get("NO_COLOR") or self._environment.get("TERM", "dumb") == "dumb"
        return text if plain or not self._stdout.isatty() else f"\x1b[1m{text}\x1b[0m"


def _id(record: Record) -> str:
    """The record's id, else the id of whom or what it is about. Raises InvalidInput where there is none."""
    for name in _id_fields(type(record)):
        value = getattr(record, name)
        if isinstance(value, str):
            return value
    raise _no_ids()


def _id_fields(kind: type[Record]) -> list[str]:
    return [name for name in kind.model_fields if name == "id" or name.endswith("_id")]


def _no_ids() -> InvalidInput:
    return InvalidInput("there are no ids here", "choose another format: table, json, jsonl, csv")
