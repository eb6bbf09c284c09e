"""The statements of an operation, noted while it runs, and run again later for somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from portalctl.domain.ids import new_id
from portalctl.storage import audit
from portalctl.storage.engine import Lasts, Row, Store, Transaction

_ID = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{12}")
_NEAR = 3 * 86_400
"""Seconds around the recorded start within which a number is a moment that moves along with it."""


class Step(NamedTuple):
    """One statement with its parameters, or, where there is no text, names that are held."""

    kind: str
    sql: str
    parameters: dict[str, Any]


class Recording(Store):
    """A store that notes what is done in it."""

    def __init__(self, store: Store) -> None:
        self.steps: list[Step] = []
        self._store = store

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction of the store."""
        with self._store.reading() as transaction, self._recorded(transaction) as recorded:
            yield recorded

    @contextmanager
    def writing(self, lasts: Lasts = Lasts.BEFORE_SEEN) -> Iterator[Transaction]:
        """A transaction of the store."""
        with self._store.writing(lasts) as transaction, self._recorded(transaction) as recorded:
            yield recorded

    def check(self) -> None:
        """As the store has it."""
        self._store.check()

    def close(self) -> None:
        """The store stays open."""

    @contextmanager
    def _recorded(self, transaction: Transaction) -> Iterator[Transaction]:
        """The transaction with ears; what it has for the audit is chained through them too."""
        recorded = _Recorded(transaction, self.steps)
        yield recorded
        audit.seal(recorded)
        transaction.awaited += recorded.awaited


class _Recorded(Transaction):
    def __init__(self, transaction: Transaction, steps: list[Step]) -> None:
        super().__init__()
        self._transaction = transaction
        self._steps = steps

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""
        self._steps.append(Step("all", sql, parameters))
        return self._transaction.all(sql, **parameters)

    def run(self, sql: str, **parameters: Any) -> int:
        """Execute, and say how many rows changed."""
        self._steps.append(Step("run", sql, parameters))
        return self._transaction.run(sql, **parameters)

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Execute for each row's values, noted as a statement for each."""
        self._steps += [Step("run", sql, row) for row in rows]
        return self._transaction.run_many(sql, rows)

    def hold(self, *names: str) -> None:
        """Hold these names alone."""
        self._steps.append(Step("hold", "", {name: name for name in names}))
        self._transaction.hold(*names)

    def try_hold(self, name: str) -> bool:
        """Hold the name, or say that another has it."""
        self._steps.append(Step("try_hold", "", {name: name}))
        return self._transaction.try_hold(name)

    @property
    def skipping_held(self) -> str:
        """As the store has it."""
        return self._transaction.skipping_held


class _Part(NamedTuple):
    """A step of a replay: what stays of its parameters, and the names of those that are another each time."""

    kind: str
    sql: str
    stays: dict[str, Any]
    texts: list[str]
    moments: list[str]


class Replay:
    """Recorded steps for other values: `was` are texts of the recording by their meaning, and `start` its one moment.

    Ids that nobody knew before are new each time.
    """

    def __init__(self, steps: list[Step], was: Mapping[str, str], start: int = 0) -> None:
        self._was = was
        self._start = start
        found = {each for step in steps for value in step.parameters.values() for each in _ID.findall(str(value))}
        known = {each for value in was.values() for each in _ID.findall(value)}
        inserted = {step.parameters.get("id") for step in steps if step.sql.startswith("INSERT")}
        self._fresh = sorted((found - known) & inserted)
        self._parts = [self._part(step) for step in steps]

    def run(self, transaction: Transaction, now: Mapping[str, str], start: int = 0) -> list[Row]:
        """Run the steps with the values of `now` in place of those that were; the appointments that they found."""
        texts = {was: now[meaning] for meaning, was in self._was.items()}
        texts.update((was, new_id(was[:3])) for was in self._fresh)
        later = start - self._start
        position = 0
        appointments: list[Row] = []
        for kind, sql, stays, textual, moments in self._parts:
            parameters = stays.copy()
            for name in textual:
                value = stays[name]
                parameters[name] = texts[value] if value in texts else _replaced(value, texts)
            for name in moments:
                parameters[name] += later
            if "position0" in parameters:
                parameters["position0"] = position + 1
            if kind == "run":
                transaction.run(sql, **parameters)
            elif kind == "all":
                rows = transaction.all(sql, **parameters)
                if rows and "position" in rows[0]:
                    position = rows[0]["position"]
                elif rows and "cancellable_until" in rows[0]:
                    appointments = rows
            elif kind == "hold":
                transaction.hold(*parameters.values())
            else:
                transaction.try_hold(next(iter(parameters.values())))
        return appointments

    def _part(self, step: Step) -> _Part:
        changing = [*self._was.values(), *self._fresh]
        texts = [
            name
            for name, value in step.parameters.items()
            if isinstance(value, str) and any(was in value for was in changing)
        ]
        moments = [
            name
            for name, value in step.parameters.items()
            if isinstance(value, int) and self._start and abs(value - self._start) < _NEAR
        ]
        return _Part(step.kind, step.sql, step.parameters, texts, moments)


def _replaced(value: str, texts: Mapping[str, str]) -> str:
    for was, now in texts.items():
        value = value.replace(was, now)
    return value
