"""What a terminal shows, painted as its user sees it, and two readers of QR codes that look at the picture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Literal

import pyte
import pytest
import zxingcpp
from PIL import Image, ImageDraw

ROWS, COLUMNS = 24, 80
CELL = 8
"""Pixels that a cell is wide; it is twice as high."""

Ground = Literal["dark", "light"]
_COLOURS = {"dark": ("white", "black"), "light": ("black", "white")}
_PARTS = {" ": (), "█": (0, 1), "▀": (0,), "▄": (1,)}
"""Which halves of a cell a character of ours fills."""


def painted(sent: str, ground: Ground) -> Image.Image:
    """The screen of 80 by 24 once a program has sent this; other characters than blocks are lines in their cells."""
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(screen).feed(sent)
    writing, paper = _COLOURS[ground]
    image = Image.new("L", (COLUMNS * CELL, ROWS * 2 * CELL), paper)
    draw = ImageDraw.Draw(image)
    for row in range(ROWS):
        for column in range(COLUMNS):
            cell = screen.buffer[row][column]
            left, top = column * CELL, row * 2 * CELL
            draw.rectangle((left, top, left + CELL - 1, top + 2 * CELL - 1), fill=_shade(cell.bg, paper))
            for half in _PARTS.get(cell.data, ()):
                part = (left, top + half * CELL, left + CELL - 1, top + (half + 1) * CELL - 1)
                draw.rectangle(part, fill=_shade(cell.fg, writing))
            if cell.data not in _PARTS:
                draw.rectangle((left + 1, top + CELL, left + CELL - 2, top + CELL + 1), fill=_shade(cell.fg, writing))
    return image


def _shade(colour: str, default: str) -> str:
    if colour == "default":
        return default
    return "white" if "white" in colour else "black"


def read_by_zxing(image: Image.Image) -> list[str]:
    """The codes that zxing-cpp finds."""
    return [found.text for found in zxingcpp.read_barcodes(image)]


def read_by_zbar(image: Image.Image, folder: Path) -> list[str]:
    """The codes that zbarimg finds."""
    if shutil.which("zbarimg") is None:
        pytest.skip("needs the system program zbarimg")
    file = folder / "screen.png"
    image.save(file)
    done = subprocess.run(
        ["zbarimg", "--raw", "-q", str(file)], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout.splitlines()


def code_of(secret: str, moment: str = "now") -> str:
    """The code that oathtool, another implementation of RFC 6238, makes of a secret."""
    if shutil.which("oathtool") is None:
        pytest.skip("needs the system program oathtool")
    done = subprocess.run(
        ["oathtool", "--totp", "-b", secret, "--now", moment], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()
