"""The letters that papers are written in."""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files

from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]  # it ships no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # likewise
from fpdf import FPDF
from fpdf.fonts import TTFFont

_FILES = {"": "Roboto-Regular.ttf", "B": "Roboto-Medium.ttf"}

_USUAL = frozenset([*range(0x20, 0x180), *range(0x2010, 0x2030), 0x20AC, 0xFFFD])
"""Latin letters and punctuation: a font of these alone is read ten times as fast as the whole one."""


def add_fonts(paper: FPDF, family: str, text: str) -> None:
    """Make the regular and the bold font known to a paper, with the letters that the text needs, as far as there are.

    Papers of usual letters share what is read once in a process, the way the fonts are for all of them.
    """
    is_usual = _USUAL.issuperset(map(ord, text))
    for style, name in _FILES.items():
        if is_usual:
            key = family.lower() + style
            # fontTools, which reads it, takes an open file for a path
            paper.fonts[key] = TTFFont(paper, io.BytesIO(_usual(name)), key, style)  # type: ignore[arg-type]
        else:
            paper.add_font(family, style, _place(name))


@cache
def _usual(name: str) -> bytes:
    file = io.BytesIO()
    with TTFont(_place(name), recalcTimestamp=False, lazy=True) as font:
        for table in ("GDEF", "GPOS", "GSUB"):  # of layout, which papers do not use
            del font[table]
        subsetter = Subsetter(Options(notdef_outline=True, recommended_glyphs=True))
        subsetter.populate(unicodes=_USUAL)
        subsetter.subset(font)
        font.save(file)
    return file.getvalue()


def _place(name: str) -> str:
    return str(files("font_roboto") / "files" / name)
