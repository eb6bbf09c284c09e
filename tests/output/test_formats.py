"""Data for scripts: JSON, JSON lines, CSV and ids."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from portalctl.errors import InvalidInput
from portalctl.models.appointments import Appointment, Verdict
from portalctl.models.money import Money
from portalctl.models.policy import Policy
from portalctl.models.services import Service
from tests.output.appointment_samples import Shown, appointment

ROOT = Path(__file__).parents[2]


def test_a_list_is_a_json_array_also_when_empty() -> None:
    empty, one = Shown("json"), Shown("json")
    empty.output.show([], Appointment)
    one.output.show([appointment()], Appointment)
    assert json.loads(empty.out) == []
    assert [record["id"] for record in json.loads(one.out)] == ["apt_7k2m9x4qv3bd"]
    assert empty.err == one.err == ""


def test_json_reads_back_as_the_very_same_record() -> None:
    original = appointment(note='日本 \u202e \x7f \x9b \u2028 "quoted" \\ \n')
    shown = Shown("json")
    shown.output.show_one(original)
    assert Appointment.model_validate_json(shown.out) == original


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_holds_no_control_bidi_or_line_breaking_character(form: str) -> None:
    note = "\x00\x1b[2J\x7f\x9b\u202e\u2066\u2028\u2029\ufeff\u200b"
    shown = Shown(form)
    shown.output.show_one(appointment(note=note))
    assert not set(note[:1] + note[1:2] + note[5:]) & set(shown.out)
    assert json.loads(shown.out)["note"] == note


def test_a_lone_surrogate_is_valid_utf_8_json() -> None:
    shown = Shown("json")
    shown.output.show([appointment(note="a\udc9bb", client="ü")], Appointment)
    assert "\\udc9b" in shown.out.encode().decode()
    assert json.loads(shown.out)[0]["note"] == "a\udc9bb"
    assert json.loads(shown.out)[0]["client"] == "ü"


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [(2**53, 2**53), (2**53 + 1, str(2**53 + 1)), (2**63 + 1, str(2**63 + 1)), (-(2**63), str(-(2**63))), (7, 7)],
)
def test_an_integer_that_a_double_cannot_hold_is_a_string(form: str, number: int, expected: object) -> None:
    shown = Shown(form)
    shown.output.show_one(appointment(sequence=number, service="1234567890123456789"))
    assert json.loads(shown.out)["sequence"] == expected
    assert json.loads(shown.out)["service"] == "1234567890123456789"


def test_json_lines_are_one_compact_object_each() -> None:
    shown, none = Shown("jsonl"), Shown("jsonl")
    shown.output.show([appointment(note="a\nb\u2028c"), appointment()], Appointment)
    none.output.show([], Appointment)
    assert [json.loads(line)["sequence"] for line in shown.out.splitlines()] == [0, 0]
    assert shown.out.startswith('{"id":"apt_7k2m9x4qv3bd","status":"booked","starts_at":"2026-03-02T08:00:00Z",')
    assert none.out == ""


def test_ids_are_one_per_line() -> None:
    shown = Shown("ids")
    shown.output.show([appointment(), appointment(id="apt_000000000000")], Appointment)
    assert shown.out == "apt_7k2m9x4qv3bd\napt_000000000000\n"


def test_asking_for_ids_where_there_are_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no ids"):
        Shown("ids").output.show_one(Verdict(allowed=True))


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_fields_are_chosen_and_ordered(form: str) -> None:
    shown = Shown(form, "status,id,starts_at")
    shown.output.show([appointment()], Appointment)
    if form == "csv":
        assert shown.out == "status,id,starts_at\r\nbooked,apt_7k2m9x4qv3bd,2026-03-02T08:00:00Z\r\n"
        return
    record = json.loads(shown.out)[0] if form == "json" else json.loads(shown.out)
    assert list(record.items()) == [
        ("status", "booked"),
        ("id", "apt_7k2m9x4qv3bd"),
        ("starts_at", "2026-03-02T08:00:00Z"),
    ]


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "ids"])
@pytest.mark.parametrize("field", ["colour", "", "model_fields", "__class__"])
def test_an_unknown_field_lists_those_there_are_also_for_an_empty_list(form: str, field: str) -> None:
    shown = Shown(form, field)
    with pytest.raises(InvalidInput) as refused:
        shown.output.show([], Appointment)
    assert refused.value.exit_code == 2
    assert "practitioner_timezone" in (refused.value.hint or "")
    assert shown.out == ""


CELLS = ["a,b", 'say "hi"', "two\nlines", "two\r\nlines", "a;b", "\ufeffx", " x ", "", "日本", "'x", "a\tb"]


@pytest.mark.parametrize("text", CELLS)
def test_csv_reads_back_cell_by_cell(text: str) -> None:
    shown = Shown("csv", "note,id")
    shown.output.show([appointment(note=text)], Appointment)
    assert shown.out.endswith("\r\n")
    rows = list(csv.reader(io.StringIO(shown.out, newline=""), strict=True))
    assert rows == [["note", "id"], [text, "apt_7k2m9x4qv3bd"]]


FORMULAS = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "a\0b"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_a_spreadsheet_would_run_is_quoted_unless_raw(text: str) -> None:
    for raw, expected in ((False, "'" + text), (True, text)):
        shown = Shown("csv", "note", csv_raw=raw)
        shown.output.show([appointment(note=text)], Appointment)
        assert list(csv.reader(io.StringIO(shown.out, newline="")))[1] == [expected]


def test_csv_on_a_terminal_shows_terminal_commands_and_does_not_send_them() -> None:
    shown = Shown("csv", "note", terminal=True)
    shown.output.show([appointment(note="\x1b[2J")], Appointment)
    assert "\x1b" not in shown.out


def test_numbers_of_ours_stay_numbers_in_csv() -> None:
    shown = Shown("csv", "sequence,reason_required,note")
    shown.output.show([appointment(sequence=-5)], Appointment)
    assert shown.out.splitlines()[1] == "-5,false,"


def test_what_nests_is_json_in_a_cell() -> None:
    service = Service(
        id="svc_1",
        name="Visit",
        duration_minutes=50,
        buffer_before_minutes=0,
        buffer_after_minutes=10,
        price=Money(amount=8050, currency="EUR"),
        place="video",
        practitioners=["Anna"],
        archived=False,
        created_at=appointment().created_at,
    )
    shown = Shown("csv", "price,practitioners")
    shown.output.show([service], Service)
    cells = list(csv.reader(io.StringIO(shown.out, newline="")))[1]
    assert [json.loads(cell) for cell in cells] == [{"amount": 8050, "currency": "EUR"}, ["Anna"]]


def test_a_record_without_an_id_of_its_own_gives_the_id_it_is_about() -> None:
    shown = Shown("ids")
    shown.output.show_one(Policy(service_id="svc_1"))
    assert shown.out == "svc_1\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_data_is_utf_8_whatever_the_locale_says(encoding: str) -> None:
    program = (
        "import sys\n"
        "from tests.output.appointment_samples import *\n"
        "for form in ('table', 'json', 'csv'):\n"
        "    Output(format=Format(form), fields=('client',), stdout=sys.stdout, stderr=sys.stderr, environment={},\n"
        "           zone=lambda: ZoneInfo('UTC')).show([appointment(client='日本 \\udc9b')], Appointment)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env={"PYTHONIOENCODING": encoding}, cwd=ROOT, check=False
    )
    assert done.stderr == b""
    assert done.stdout.decode().count("日本") == 3


def test_a_file_goes_to_stdout_byte_by_byte(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    program = (
        "import sys\n"
        "from portalctl.output.output import *\n"
        "out = Output(format=Format.TABLE, fields=None, stdout=sys.stdout, stderr=sys.stderr, zone=None,\n"
        "             environment={})\n"
        "out.line('first')\n"
        "out.raw(b'\\x00\\xff\\r\\n')\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert capfdbinary.readouterr().out == b"first\n\x00\xff\r\n"
