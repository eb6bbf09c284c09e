"""What stands under `portalctl docs`, known by name before any of it is imported."""

from __future__ import annotations

from portalctl.commands.groups import Entry, group_in

_HERE = "portalctl.commands."

SUMMARY = "Your documentation: files, notes and forms."

SUBGROUPS: dict[str, Entry] = {
    "note": group_in(_HERE + "notes", "note", "Write, change and complete notes."),
    "form": group_in(_HERE + "forms", "form", "Fill in the forms you were given."),
}
