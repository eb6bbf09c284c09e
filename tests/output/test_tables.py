"""Tables stay tables, whatever people write into them."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from zoneinfo import ZoneInfo

import pytest
from wcwidth import iter_graphemes, wcswidth

from portalctl.models.appointments import Appointment
from portalctl.output.output import Format, Output
from portalctl.output.table import shortened
from tests.output.appointment_samples import Shown, appointment

HOSTILE = ["\x1b[2J", "x\r\x1b[2Kpaid", "a\nb\n\nc\td", "[/2026]", "\u202eevil", "\x9b", "a\u2028b\x0b\x0c\x1c\x85c"]
WIDE = [
    "plain",
    "日本太郎",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 Ada",
    "Z" + "\u0301" * 40,
    "❤\ufe0f x",
    "🇮🇹",
    "naïve",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_each_record_is_one_row_whatever_its_text(text: str) -> None:
    shown = Shown()
    shown.output.show([appointment(service=text), appointment(client=text)], Appointment)
    assert len(shown.out.splitlines()) == 4
    assert not [character for character in shown.out if character < " " and character != "\n"]


@pytest.mark.parametrize("text", HOSTILE)
def test_each_field_is_one_line_of_the_detail_view_whatever_its_text(text: str) -> None:
    plain, hostile = Shown(), Shown()
    plain.output.show_one(appointment(note="x"))
    hostile.output.show_one(appointment(note=text))
    assert len(hostile.out.splitlines()) == len(plain.out.splitlines())


@pytest.mark.parametrize("text", ["[/2026]", "[bold]", "[link=https://x]", ":smile:", "1e5", "007", "-3", "**x**"])
def test_text_that_looks_like_markup_or_a_number_is_shown_literally(text: str) -> None:
    shown = Shown(fields="service")
    shown.output.show([appointment(service=text)], Appointment)
    assert shown.out.splitlines()[-1] == text


def test_columns_stay_aligned_with_wide_joined_and_stacked_characters() -> None:
    shown = Shown(fields="service,client")
    shown.output.show([appointment(service=text, client="|") for text in WIDE], Appointment)
    before_bar = {wcswidth(line.partition("|")[0]) for line in shown.out.splitlines()[2:]}
    assert len(before_bar) == 1


@pytest.mark.parametrize("text", WIDE)
@pytest.mark.parametrize("width", range(1, 8))
def test_shortening_fits_and_never_splits_a_character(text: str, width: int) -> None:
    short = shortened(text, width)
    assert wcswidth(short) <= width
    whole = list(iter_graphemes(text))
    assert list(iter_graphemes(short.removesuffix("…"))) == whole[: len(list(iter_graphemes(short.removesuffix("…"))))]
    assert short == text or short.endswith("…")


def test_on_a_terminal_long_cells_are_shortened_to_its_width_and_ids_are_not() -> None:
    shown = Shown(terminal=True, environment={"COLUMNS": "100"})
    shown.output.show([appointment(service="Psychotherapy " * 20, client="Ł" * 90)], Appointment)
    lines = shown.out.splitlines()
    assert max(map(wcswidth, lines)) <= 100
    assert "apt_7k2m9x4qv3bd" in lines[2]
    assert "Mon 2 Mar 2026 09:00 CET" in lines[2]
    assert lines[2].count("…") == 2


def test_a_piped_table_is_never_shortened() -> None:
    shown = Shown(environment={"COLUMNS": "40"})
    shown.output.show([appointment(service="x" * 500)], Appointment)
    assert "x" * 500 in shown.out


@pytest.mark.parametrize("columns", ["0", "1", "19", "-80", "1001", "1000000000", "\uff19\uff19", "", "wide"])
def test_a_senseless_width_is_ignored(columns: str) -> None:
    shown = Shown(terminal=True, environment={"COLUMNS": columns})
    shown.output.show([appointment(service="x" * 500)], Appointment)
    assert max(map(wcswidth, shown.out.splitlines())) <= 100


def test_the_width_of_a_real_terminal_is_used() -> None:
    main, reader = os.openpty()
    fcntl.ioctl(reader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    with os.fdopen(reader, "w") as stdout:
        output = Output(
            format=Format.TABLE, fields=None, stdout=stdout, stderr=stdout, zone=lambda: ZoneInfo("UTC"), environment={}
        )
        output.show([appointment(service="x" * 500)], Appointment)
        stdout.flush()
        lines = os.read(main, 65536).decode().splitlines()
    os.close(main)
    assert max(map(wcswidth, lines)) == 120


def test_instants_are_in_the_readers_zone_with_its_abbreviation() -> None:
    shown = Shown(fields="starts_at", zone="America/New_York")
    shown.output.show([appointment()], Appointment)
    assert shown.out.splitlines()[-1] == "Mon 2 Mar 2026 03:00 EST"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Kathmandu", "Mon 2 Mar 2026 13:45 +0545"), ("Asia/Dubai", "Mon 2 Mar 2026 12:00 +0400")],
)
def test_a_zone_without_letters_shows_its_offset(zone: str, expected: str) -> None:
    shown = Shown(fields="starts_at", zone=zone)
    shown.output.show([appointment()], Appointment)
    assert shown.out.splitlines()[-1] == expected


def test_a_missing_value_is_blank() -> None:
    shown = Shown(fields="note,id")
    shown.output.show([appointment()], Appointment)
    assert shown.out.splitlines()[-1].split() == ["apt_7k2m9x4qv3bd"]
    assert "None" not in shown.out


def test_an_empty_table_is_a_line_for_people_and_no_data() -> None:
    shown = Shown()
    shown.output.show([], Appointment)
    assert (shown.out, shown.err) == ("", "No appointments.\n")


def test_what_was_done_is_said_on_stderr_before_the_record() -> None:
    shown = Shown()
    shown.output.done("Cancelled", appointment())
    assert shown.err == "Cancelled apt_7k2m9x4qv3bd.\n"
    assert shown.out.startswith("ID            apt_7k2m9x4qv3bd\n")


def test_scripts_are_not_told_what_was_done() -> None:
    shown = Shown("json")
    shown.output.done("Cancelled", appointment())
    assert shown.err == ""


@pytest.mark.parametrize(
    ("terminal", "environment", "bold"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
    ],
)
def test_headers_are_bold_only_on_a_terminal_that_wants_it(
    terminal: bool, environment: dict[str, str], bold: bool
) -> None:
    shown = Shown(terminal=terminal, environment=environment)
    shown.output.show([appointment()], Appointment)
    assert shown.out.startswith("\x1b[1m") == bold
    assert ("\x1b" in shown.out) == bold


def test_a_name_that_pretends_to_be_a_log_entry_stays_one_line() -> None:
    shown = Shown()
    shown.output.say('Signed in as \n{"action":"login ok"}')
    assert shown.err == 'Signed in as \\n{"action":"login ok"}\n'


def test_a_line_of_data_is_made_safe_on_a_terminal_and_kept_in_a_pipe() -> None:
    terminal, pipe = Shown(terminal=True), Shown()
    for shown in (terminal, pipe):
        shown.output.line("https://x/\x1b[2J")
    assert terminal.out == "https://x/\\x1b[2J\n"
    assert pipe.out == "https://x/\x1b[2J\n"
