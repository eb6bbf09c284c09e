"""The name of somebody else's file stays in its folder, is seen whole, and is nobody's device."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalctl.transfer.fetching import Names
from portalctl.transfer.file_names import LONGEST, NAMELESS, safe_name

NAMES = {
    "letter.pdf": "letter.pdf",
    "Befund März (2).pdf": "Befund März (2).pdf",
    "../../.ssh/authorized_keys": "authorized_keys",
    "/etc/cron.d/x": "x",
    "..\\..\\x": "x",
    "C:\\x": "x",
    "C:x": "C_x",
    "\\\\host\\share": "share",
    "//host/share": "share",
    "a/b\\c/d.txt": "d.txt",
    "..": NAMELESS,
    ".": NAMELESS,
    "/": NAMELESS,
    "": NAMELESS,
    " ": NAMELESS,
    "...": NAMELESS,
    "folder/": NAMELESS,
    ".bashrc": "_bashrc",
    "..hidden": "_.hidden",
    "-rf": "_rf",
    "--help": "_-help",
    "~root": "_root",
    "x.pdf. .": "x.pdf",
    "a\x00b.pdf": "ab.pdf",
    "a\nb\x1b[2J.pdf": "ab[2J.pdf",
    "exe\u202efdp.exe": "exefdp.exe",
    "a\u200b\ufeff.pdf": "a.pdf",
    "a\ud800.pdf": "a.pdf",
    "CON": "_CON",
    "con.txt": "_con.txt",
    "Aux.tar.gz": "_Aux.tar.gz",
    "COM1.pdf": "_COM1.pdf",
    "LPT9": "_LPT9",
    "console.txt": "console.txt",
    'a<b>c"d|e?f*g.pdf': "a_b_c_d_e_f_g.pdf",
    "file:stream.txt": "file_stream.txt",
    "A\u0308.pdf": "Ä.pdf",
}


@pytest.mark.parametrize(("given_name", "plain"), NAMES.items(), ids=[repr(name) for name in NAMES])
def test_a_name_is_made_plain(given_name: str, plain: str) -> None:
    assert safe_name(given_name) == plain


@given(st.text(max_size=400))
def test_no_name_leaves_its_folder_or_is_longer_than_a_file_may_be_called(name: str) -> None:
    plain = safe_name(name)
    assert plain not in ("", ".", "..")
    assert not set(plain) & set('/\\<>:"|?*')
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in plain)
    assert plain[0] not in ".-~ "
    assert len(f"{plain} (1000).part".encode()) <= 255
    assert unicodedata.is_normalized("NFC", plain)


def test_a_long_name_keeps_its_ending() -> None:
    plain = safe_name("ä" * 500 + ".pdf")
    assert plain.endswith("ä.pdf")
    assert len(plain.encode()) <= LONGEST


def test_names_of_one_run_differ_on_every_file_system() -> None:
    """In capitals, in how letters are composed, and in what is left out of them."""
    names = Names()
    told = [names.of(each) for each in ("Ä.pdf", "A\u0308.pdf", "ä.PDF", "a/Ä.pdf", "ﬁ.pdf", "fi.pdf", "x", "X")]
    assert told == ["Ä.pdf", "Ä (2).pdf", "ä (3).PDF", "Ä (4).pdf", "ﬁ.pdf", "fi (2).pdf", "x", "X (2)"]
