"""Which mail people do without, and when they are reminded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from portalctl.storage.engine import Transaction


class Wishes(NamedTuple):
    """The kinds of letters somebody does without, and their own reminder times in minutes, if they have any."""

    muted: tuple[str, ...] = ()
    reminder_minutes: tuple[int, ...] | None = None


def get(tx: Transaction, person_id: str) -> Wishes:
    """What somebody has wished; who has wished nothing gets everything, when the practice sends it."""
    row = tx.one(
        "SELECT muted, reminder_minutes FROM notification_settings WHERE person_id = :person_id", person_id=person_id
    )
    if row is None:
        return Wishes()
    reminders = row["reminder_minutes"]
    return Wishes(tuple(json.loads(row["muted"])), tuple(json.loads(reminders)) if reminders is not None else None)


def put(tx: Transaction, person_id: str, *, muted: Sequence[str], reminder_minutes: Sequence[int] | None) -> None:
    """Write down all that somebody wishes."""
    tx.run(
        "INSERT INTO notification_settings (person_id, muted, reminder_minutes)"
        " VALUES (:person_id, :muted, :reminder_minutes)"
        " ON CONFLICT (person_id) DO UPDATE SET muted = excluded.muted, reminder_minutes = excluded.reminder_minutes",
        person_id=person_id,
        muted=json.dumps(list(muted)),
        reminder_minutes=json.dumps(list(reminder_minutes)) if reminder_minutes is not None else None,
    )
