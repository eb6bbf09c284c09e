"""Notes as files: under which name, and as what, a note is downloaded."""

from __future__ import annotations

import re

MEDIA_TYPE = "text/markdown"
"""What a note is downloaded as."""

_LONGEST_NAME = 100
"""Characters of a title that its file name keeps."""


def file_name(title: str) -> str:
    """The name under which a note of that title is downloaded."""
    return re.sub(r"[/\\:*?\"<>|]", "-", title)[:_LONGEST_NAME].strip(" .") + ".md"
