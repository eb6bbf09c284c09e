"""Hours as text: local windows such as `09:00-12:30,13:00-17:00`; an empty text is closed."""

from __future__ import annotations

from datetime import date

from portalctl.storage.engine import Transaction


def of(tx: Transaction, staff_id: str) -> tuple[dict[int, str], dict[date, str]]:
    """A practitioner's windows by ISO weekday, and by date where a date has its own."""
    weekly = tx.all("SELECT weekday, windows FROM weekly_hours WHERE staff_id = :staff_id", staff_id=staff_id)
    overrides = tx.all(
        "SELECT day, windows FROM override_hours WHERE staff_id = :staff_id ORDER BY day", staff_id=staff_id
    )
    return (
        {row["weekday"]: row["windows"] for row in weekly},
        {date.fromisoformat(row["day"]): row["windows"] for row in overrides},
    )


def set_weekday(tx: Transaction, staff_id: str, weekday: int, windows: str) -> None:
    """Replace the windows of one weekday."""
    tx.run(
        "INSERT INTO weekly_hours (staff_id, weekday, windows) VALUES (:staff_id, :weekday, :windows)"
        " ON CONFLICT (staff_id, weekday) DO UPDATE SET windows = excluded.windows",
        staff_id=staff_id,
        weekday=weekday,
        windows=windows,
    )


def set_date(tx: Transaction, staff_id: str, day: date, windows: str) -> None:
    """Give one date windows of its own."""
    tx.run(
        "INSERT INTO override_hours (staff_id, day, windows) VALUES (:staff_id, :day, :windows)"
        " ON CONFLICT (staff_id, day) DO UPDATE SET windows = excluded.windows",
        staff_id=staff_id,
        day=day.isoformat(),
        windows=windows,
    )


def clear_date(tx: Transaction, staff_id: str, day: date) -> None:
    """Return one date to its weekday's windows."""
    tx.run(
        "DELETE FROM override_hours WHERE staff_id = :staff_id AND day = :day", staff_id=staff_id, day=day.isoformat()
    )
