"""Every model has a declared look, and what people see of it is readable."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import portalctl.models
import portalctl.output.looks
from portalctl.models.clients import ResetLink
from portalctl.models.dashboard import Dashboard, HistoryEntry, Notice, NoticeKind
from portalctl.models.documents import Document
from portalctl.models.hours import DayOverride, PractitionerHours, WeeklyHours
from portalctl.models.invites import IssuedInvite
from portalctl.models.money import Money
from portalctl.models.policy import Policy
from portalctl.models.services import Service
from portalctl.models.values import Record
from portalctl.output.columns import Column, Look, looks
from tests.output.appointment_samples import START, Shown, appointment

PARTS = {
    "Choice",
    "Question",
    "SignatureShown",
    "Record",
    "Page",
    "Money",
    "WeeklyHours",
    "DayOverride",
    "BookingTerms",
    "Attachment",
    "Arrival",
    "SharedWithAppointment",
    "HistoryEntry",
    "Difference",
    "InvoiceItem",
    "Authorization",
}
"""What only ever appears within another record."""

ELSEWHERE = {
    *("Dashboard", "Upload", "News", "FormResponse", "DeviceCode", "InvitePreview", "SignedIn"),
    *("AddedFile", "BatchSummary", "IdentifiedClient", "IdentityProblem", "KnownDocument", "InvoiceEntry"),
    *("Gateway", "PaymentSetup"),
}
"""What has a view of its own, or is never shown."""

NAMES = Path(__file__).parent / "json_names.json"


def all_models() -> dict[str, type[Record]]:
    """Every kind of record by name."""
    modules = [import_module(f"portalctl.models.{found.name}") for found in iter_modules(portalctl.models.__path__)]
    return {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Record) and kind.__module__ == module.__name__
    }


def all_looks() -> dict[str, Look]:
    """Every look by the name of its model."""
    nouns = [found.name for found in iter_modules(portalctl.output.looks.__path__)]
    return {name: look for noun in nouns for name, look in looks(noun).items()}


LOOKS = all_looks()


def test_every_model_that_is_shown_declares_its_columns() -> None:
    assert {name for name in all_models() if "[" not in name} - PARTS - ELSEWHERE <= set(LOOKS)


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_every_declared_field_exists(name: str) -> None:
    kind = all_models()[name]
    look = LOOKS[name]
    details = look.detail if isinstance(look.detail, tuple) else ()
    fields = {column.value for column in (*look.columns, *details) if isinstance(column.value, str)}
    assert fields <= set(kind.model_fields)


def test_no_json_name_that_scripts_rely_on_is_gone() -> None:
    relied_on: dict[str, list[str]] = json.loads(NAMES.read_text())
    models = all_models()
    gone = {name: sorted(set(fields) - set(models[name].model_fields)) for name, fields in relied_on.items()}
    assert not {name: fields for name, fields in gone.items() if fields}


def test_a_model_without_a_declaration_shows_every_field() -> None:
    class Unheard(Record):
        id: str
        starts_at: date
        price: Money

    record = Unheard(id="x_1", starts_at=START.date(), price=Money(amount=8050, currency="EUR"))
    shown, listed, none = Shown(), Shown(), Shown()
    shown.output.show_one(record)
    listed.output.show([record], Unheard)
    none.output.show([], Unheard)
    assert shown.out.splitlines() == ["ID         x_1", "Starts at  Mon 2 Mar 2026", "Price      80.50 EUR"]
    assert listed.out.splitlines()[0].split() == ["ID", "Starts", "at", "Price"]
    assert none.err == "No results.\n"


def test_hours_are_a_line_per_weekday_and_per_exceptional_date() -> None:
    hours = PractitionerHours(
        practitioner_id="stf_1",
        practitioner="Anna",
        timezone="Europe/Berlin",
        weekly=[WeeklyHours(weekday=1, windows=["09:00-12:30", "14:00-18:00"]), WeeklyHours(weekday=7, windows=[])],
        overrides=[
            DayOverride(date=date(2026, 12, 24), windows=[]),
            DayOverride(date=date(2026, 12, 31), windows=["09:00-12:00"]),
        ],
    )
    one, several = Shown(), Shown()
    one.output.show_one(hours)
    several.output.show([hours], PractitionerHours)
    lines = [" ".join(line.split()) for line in one.out.splitlines()]
    assert lines[3:5] == ["Mon 09:00-12:30, 14:00-18:00", "Tue closed"]
    assert lines[-2:] == ["Thu 24 Dec 2026 closed", "Thu 31 Dec 2026 09:00-12:00"]
    assert "Mon 09:00-12:30, 14:00-18:00" in several.out


def test_a_services_policy_tells_which_terms_are_its_own() -> None:
    shown = Shown()
    policy = Policy(
        service_id="svc_1", service="Visit", cancellation_notice_minutes=90, overridden=["cancellation_notice_minutes"]
    )
    shown.output.show_one(policy)
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "Minimum notice 2h" in lines
    assert "Cancellation notice 1h30m (set for this service)" in lines
    assert not [line for line in lines if line.startswith("Session")]


def test_the_practices_policy_says_how_long_sessions_last() -> None:
    shown = Shown()
    shown.output.show_one(Policy(reminder_minutes=[1440, 45]))
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert {"Session idle 30m", "Session lifetime 12h", "Reminders 24h, 45m", "Daily limit none"} <= set(lines)


def test_a_service_shows_its_length_its_price_and_who_gives_it() -> None:
    service = Service(
        id="svc_1",
        name="Visit",
        duration_minutes=50,
        buffer_before_minutes=0,
        buffer_after_minutes=10,
        price=Money(amount=8050, currency="JPY"),
        place="phone",
        practitioners=["Anna", "Bo"],
        archived=False,
        created_at=START,
    )
    listed, one = Shown(), Shown()
    listed.output.show([service], Service)
    one.output.show_one(service)
    assert listed.out.splitlines()[-1].split("  ") == ["svc_1", "Visit", "50m", "", " 8050 JPY", "phone", "Anna, Bo"]
    assert "Archived       no" in one.out


@pytest.mark.parametrize("terminal", [True, False])
def test_a_link_is_shown_whole_so_that_it_can_be_sent_on(terminal: bool) -> None:
    link = "portalctl://invite/" + "x" * 300
    for record in (
        IssuedInvite(
            id="inv_1",
            kind="client",
            person_id="cli_1",
            name="Max",
            email="max@example.com",
            state="pending",
            created_at=START,
            expires_at=START,
            link=link,
        ),
        ResetLink(person_id="cli_1", link=link, expires_at=START),
    ):
        shown = Shown(terminal=terminal, environment={"COLUMNS": "40"})
        shown.output.show_one(record)
        assert link in shown.out


def document(kind: str, title: str, **more: Any) -> Document:
    """A document of the first appointment, shared by the practice."""
    fields: dict[str, Any] = {
        "id": f"doc_{kind}",
        "kind": kind,
        "title": title,
        "name": "x",
        "media_type": "text/plain",
    }
    fields |= {"state": "completed", "author_id": "stf_1", "author": "Anna"}
    fields |= {"created_at": START, "updated_at": START}
    return Document(**{**fields, "appointment_id": "apt_7k2m9x4qv3bd", **more})


def entry(**fields: Any) -> HistoryEntry:
    """An appointment with nothing that belongs to it."""
    return HistoryEntry(**dict(appointment(**fields)))


def sample_dashboard() -> Dashboard:
    """One to come with a note, two past, a form that waits, one piece of news from the practice."""
    note = document("note", "Before\rYou come", new=True)
    first = entry(client="Max").model_copy(update={"notes": [note]})
    return Dashboard(
        client_id="cli_1",
        client="Max \x1b[2J",
        practice="Sonnenhof",
        next=first,
        coming=[first],
        past=[entry(id="apt_000000000001"), entry(id="apt_000000000002", status="no_show")],
        unread_messages=2,
        waiting_forms=[document("form", "Mood", state="waiting", appointment_id=None)],
        new_documents=[note],
        news=[
            Notice(
                id="ntc_1",
                kind=NoticeKind.NO_SHOW,
                appointment_id="apt_000000000002",
                service="First visit",
                practitioner="Anna",
                starts_at=START,
                at=START + timedelta(hours=2),
                by="Bo\nPaid",
            )
        ],
    )


def test_the_dashboard_has_a_section_for_each_thing_there_is() -> None:
    shown = Shown()
    shown.output.show_dashboard(sample_dashboard())
    lines = shown.out.splitlines()
    assert lines[0] == "Max \\x1b[2J at Sonnenhof"
    assert lines[2] == "2 unread messages: portalctl inbox list --unread"
    titles = ["Next", "Coming", "Past", "Notes, documents and forms", "Forms to fill", "New documents", "New"]
    places = [lines.index(title) for title in titles]
    assert places == sorted(places)
    assert lines[places[1] + 1] == "none"
    belonging = lines[places[3] + 3]
    assert "Before\\rYou come" in belonging
    assert "Mon 2 Mar 2026" in belonging
    assert belonging.endswith("*")
    assert "Mood" in lines[places[4] + 3]
    assert "no show" in lines[-1]
    assert "Bo\\nPaid" in lines[-1]


def test_a_dashboard_with_nothing_on_it_says_so_in_few_lines() -> None:
    empty = Dashboard(client_id="cli_1", client="Max", practice="Sonnenhof", coming=[], past=[], news=[])
    shown = Shown()
    shown.output.show_dashboard(empty)
    told = [line for line in shown.out.splitlines() if line]
    assert told[:2] == ["Max at Sonnenhof", "No unread messages"]
    assert told[2:] == ["Next", "none", "Coming", "none", "Past", "none", "New", "none"]


def test_the_dashboard_is_one_object_for_scripts_and_the_appointments_ids() -> None:
    as_json, as_ids, chosen = Shown("json"), Shown("ids"), Shown(fields="client_id")
    for shown in (as_json, as_ids, chosen):
        shown.output.show_dashboard(sample_dashboard())
    assert json.loads(as_json.out)["next"]["id"] == "apt_7k2m9x4qv3bd"
    assert as_ids.out.split() == ["apt_7k2m9x4qv3bd", "apt_000000000001", "apt_000000000002"]
    assert chosen.out == "Client id  cli_1\n"


def test_a_column_reads_a_field_or_asks_a_getter() -> None:
    assert Column("ID", "id").of(appointment()) == "apt_7k2m9x4qv3bd"
    assert Column("ID", lambda record: record.id[:4]).of(appointment()) == "apt_"
