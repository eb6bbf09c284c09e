"""An appointment to show, with whatever a test wants changed in it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portalctl.models.appointments import Appointment
from portalctl.output.output import Format, Output

if TYPE_CHECKING:
    from collections.abc import Mapping

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def appointment(**changes: Any) -> Appointment:
    """An hour in Berlin; the changes are not validated, as if a hostile portal had answered."""
    return Appointment(
        id="apt_7k2m9x4qv3bd",
        status="booked",
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        service_id="svc_4qv3bd7k2m9x",
        service="First visit",
        practitioner_id="stf_9x4qv3bd7k2m",
        practitioner="Anna Weber",
        practitioner_timezone="Europe/Berlin",
        client_id="cli_m9x4qv3bd7k2",
        client="Max",
        place="in-person",
        cancellable_until=START - timedelta(hours=24),
        reschedulable_until=START - timedelta(hours=24),
        reason_required=False,
        late_cancellation_recorded=False,
        sequence=0,
        created_at=START - timedelta(days=9),
        updated_at=START - timedelta(days=9),
    ).model_copy(update=changes)


class Terminal(io.StringIO):
    """Output that a person reads as it comes."""

    def isatty(self) -> bool:
        """A terminal says so."""
        return True


class Shown:
    """An Output with what it wrote."""

    def __init__(
        self,
        form: str = "table",
        fields: str | None = None,
        *,
        terminal: bool = False,
        zone: str = "Europe/Rome",
        environment: Mapping[str, str] | None = None,
        csv_raw: bool = False,
    ) -> None:
        """Arguments as on the command line; `terminal` says whether stdout is one."""
        self.stdout = Terminal() if terminal else io.StringIO()
        self.stderr = io.StringIO()
        self.output = Output(
            format=Format(form),
            fields=tuple(fields.split(",")) if fields is not None else None,
            stdout=self.stdout,
            stderr=self.stderr,
            zone=lambda: ZoneInfo(zone),
            environment=environment or {},
            csv_raw=csv_raw,
        )

    @property
    def out(self) -> str:
        """Everything on stdout."""
        return self.stdout.getvalue()

    @property
    def err(self) -> str:
        """Everything on stderr."""
        return self.stderr.getvalue()
