"""What stands under `portalctl docs`, known by name before any of it is imported."""

from __future__ import annotations

from portalctl.commands.groups import Entry, command_in, group_in

_HERE = "portalctl.commands."

SUMMARY = "Your documentation: files, notes and forms."

SUBGROUPS: dict[str, Entry] = {
    "upload": command_in(_HERE + "uploading", "upload", "Send files to the portal."),
    "download": command_in(
        _HERE + "transfers", "download", "Save documents: files as they were sent, notes as Markdown, forms as JSON."
    ),
    "pull": command_in(_HERE + "pulling", "pull", "Have all documents that you see in a folder here."),
    "view": command_in(_HERE + "transfers", "view", "Read a document."),
    "batches": group_in(_HERE + "batches", "batches", "Runs of upload that this machine remembers, to go on with."),
    "note": group_in(_HERE + "notes", "note", "Write, change and complete notes."),
    "form": group_in(_HERE + "forms", "form", "Fill in the forms you were given."),
}
