"""What is listed is bookable and what is bookable is listed, and both are what hours and policy say.

A test run takes the same few worlds of each zone each time. For a longer one, with new worlds, set PORTALCTL_WORLDS to
the number of worlds of each zone: PORTALCTL_WORLDS=100.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, seed, settings

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import BookAppointment
from portalctl.models.hours import OverrideHours
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService
from portalctl.models.slots import FindSlots, Slot
from portalctl.models.staff import EditStaff
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.domain.booking_setup import ANNA, ROSSI, SESSION, asked, book, cancel, colleague, give_hours
from tests.domain.booking_worlds import HOURS_SEEN, ZONES, Existing, World, instants, offered, worlds
from tests.domain.conftest import FakeClock, Template, query

WORLDS = 2
"""So many of each zone; the first one is open around the clock."""

LONGER = "PORTALCTL_WORLDS"

BOOKED_OF_EACH = 2
"""So many of the slots of each world are really booked."""


class Scene:
    """A world in a portal file."""

    def __init__(self, file: Path, template: Template, world: World) -> None:
        """Make it with what the practice's own commands can do; requests and zones of the practice by SQL."""
        portal = EmbeddedPortal(f"sqlite://{file}", file, None, FakeClock(world.now), lambda _: None)
        self.owner, self.anna = portal.with_token(template.owner), portal.with_token(template.client)
        self.file, self.world = file, world
        self._write("UPDATE practice SET timezone = :zone", zone=world.practice_zone)
        elsewhere = colleague(self.owner)
        self.owner.services.add(AddService(name="Elsewhere", duration_minutes=40, practitioners=[elsewhere]))
        self._open()
        for existing in world.existing:
            self._add(existing)

    def close(self) -> None:
        """Let go of the file."""
        self.owner.close()
        self.anna.close()

    def find(self) -> list[Slot]:
        """What Anna is offered in the hours that are looked at."""
        first, hours = self.world.first, timedelta(hours=HOURS_SEEN)
        return self.anna.slots.find(
            FindSlots(service=SESSION, starts_from=first, starts_before=first + hours, limit=1000)
        )

    def rows(self) -> list[Row]:
        """The stored appointments."""
        return query(self.file, "SELECT * FROM appointments")

    def _open(self) -> None:
        world = self.world
        self.owner.staff.edit(EditStaff(staff=ROSSI, timezone=world.zone))
        give_hours(self.owner, windows=world.windows)
        for day, hours in world.overrides.items():
            self.owner.hours.override(OverrideHours(practitioner=ROSSI, date=day, windows=hours))
        self.owner.services.add(
            AddService(
                name=SESSION,
                duration_minutes=world.duration,
                buffer_before_minutes=world.before,
                buffer_after_minutes=world.after,
                practitioners=[ROSSI],
            )
        )
        self.owner.policy.set(
            SetPolicy(
                minimum_notice_minutes=world.notice,
                horizon_days=world.horizon,
                slot_interval_minutes=world.interval,
                daily_limit=world.daily_limit,
            )
        )

    def _add(self, existing: Existing) -> None:
        start = self.world.first + timedelta(minutes=existing.minutes)
        practitioner = ROSSI if existing.service == SESSION else "Miller"
        try:
            made = book(self.owner, start, service=existing.service, practitioner=practitioner, client=existing.client)
        except (errors.SlotTaken, errors.ClientBusy, errors.SlotPast):
            return
        if existing.status == "cancelled":
            cancel(self.owner, made)
        elif existing.status == "requested":
            self._write("UPDATE appointments SET status = 'requested', holds = 0 WHERE id = :id", id=made.id)

    def _write(self, sql: str, **values: str) -> None:
        with closing(SqliteStore(self.file)) as store, store.writing() as tx:
            tx.run(sql, **values)


@contextmanager
def scene_of(template: Template, world: World) -> Iterator[Scene]:
    """The world in a file of its own, which is gone afterwards."""
    with TemporaryDirectory() as folder:
        copy = Path(folder, "portal")
        shutil.copytree(template.file.parent, copy)
        with closing(Scene(copy / template.file.name, template, world)) as scene:
            yield scene


@pytest.fixture(scope="module")
def template(_template: Template) -> Template:
    """A practice with two clients."""
    return _template


MIDNIGHT_TWICE = World(
    zone="America/St_Johns",
    practice_zone="UTC",
    first=datetime(2010, 11, 7, tzinfo=UTC),
    now=datetime(2010, 11, 6, tzinfo=UTC),
    windows=["00:00-02:00"],
    overrides={},
    duration=30,
    before=0,
    after=0,
    interval=15,
    notice=0,
    horizon=30,
    daily_limit=0,
    existing=[],
)
"""At 00:01 on a Sunday the clocks went back to 23:01 on Saturday: a window of Sunday holds instants of Saturday."""


@pytest.mark.parametrize("zone", ZONES)
def test_listed_and_bookable_are_one_and_are_what_the_rules_give(template: Template, zone: str) -> None:
    """In each zone around changes of clocks, under random hours, policies and bookings, every five minutes."""
    longer = os.environ.get(LONGER)

    @settings(max_examples=int(longer or WORLDS), deadline=None, database=None)
    @given(world=worlds(zone))
    def holds(world: World) -> None:
        assert_one(template, world)

    (holds if longer else seed(zone)(holds))()


def test_a_window_that_begins_on_the_day_before_is_listed_and_bookable(template: Template) -> None:
    """Where clocks go back over midnight."""
    assert_one(template, MIDNIGHT_TWICE)


def assert_one(template: Template, world: World) -> None:
    """What is listed, what may be booked and what the rules give are the same."""
    with scene_of(template, world) as scene:
        listed = scene.find()
        starts = [int(slot.starts_at.timestamp()) for slot in listed]
        anna = query(scene.file, f"SELECT id FROM clients WHERE name = '{ANNA}'")[0]["id"]  # noqa: S608  our own name
        rossi = query(scene.file, f"SELECT id FROM staff WHERE name = '{ROSSI}'")[0]["id"]  # noqa: S608  our own name
        assert starts == offered(world, scene.rows(), anna, rossi)
        moments = [datetime.fromtimestamp(second, UTC) for second in instants(world)]
        allowed = [at for at in moments if scene.anna.appointments.check_booking(asked(at)).allowed]
        assert [slot.starts_at for slot in listed] == allowed

        for slot in listed[:: len(listed) // BOOKED_OF_EACH + 1]:
            booked = scene.anna.appointments.book(BookAppointment(slot=slot.id))
            assert (booked.starts_at, booked.ends_at) == (slot.starts_at, slot.ends_at)
            assert slot not in scene.find()
            cancel(scene.owner, booked)
            assert scene.find() == listed
