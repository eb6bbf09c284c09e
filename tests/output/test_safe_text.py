"""Text from people cannot do anything to the terminal that shows it."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalctl.output.safe import visible

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;bank\x07", "\\x1b]0;bank\\x07"),
        ("\x1b]52;c;cm0=\x07", "\\x1b]52;c;cm0=\\x07"),
        (
            "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
            "\\x1b]8;;https://evil.example\\x1b\\click\\x1b]8;;\\x1b\\",
        ),
        ("\x1bPq\x1b\\", "\\x1bPq\\x1b\\"),
        ("\x9b2J", "\\x9b2J"),
        ("\x7f", "\\x7f"),
    ],
)
def test_terminal_commands_are_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_carriage_return_cannot_overwrite_the_row_above() -> None:
    assert visible("x\r\x1b[1A\x1b[2Kpaid") == "x\\r\\x1b[1A\\x1b[2Kpaid"


def test_newlines_and_tabs_stay_within_their_row() -> None:
    assert visible("a\nb\tc\u2028d\u2029e\x85f") == "a\\nb\\tc\\u2028d\\u2029e\\x85f"


def test_bidi_controls_are_shown_and_do_not_reorder() -> None:
    assert visible("\u202efdp.exe\u2066\u200f") == "\\u202efdp.exe\\u2066\\u200f"


def test_invisible_characters_are_shown() -> None:
    assert visible("pay\u200bpal\ufeff\u00ad\U000e0041") == "pay\\u200bpal\\ufeff\\xad\\U000e0041"


def test_a_lone_surrogate_is_shown_by_its_number() -> None:
    assert visible("a\udc9bb") == "a\\udc9bb"


def test_of_a_stack_of_combining_marks_four_stay() -> None:
    assert visible("Z" + "\u0301" * 50 + "o") == "Z" + "\u0301" * 4 + "o"


def test_a_mark_without_a_character_of_its_own_does_not_climb_on_the_neighbour() -> None:
    assert visible("\u0301a") == "\u25cc\u0301a"


@pytest.mark.parametrize(
    "text",
    [
        "Zoë",
        "Müller-Łęcki",
        "日本語",
        FAMILY,
        "❤\ufe0f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्ष",
        "[bold]:smile:",
    ],
)
def test_names_of_all_scripts_and_emoji_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_comes_is_one_line_of_utf_8_without_controls(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert not [character for character in shown if category(character) in ("Cc", "Cs", "Zl", "Zp")]
    assert visible(shown) == shown
