"""What stands under `portalctl settings`, known by name before any of it is imported."""

from __future__ import annotations

from portalctl.commands.groups import Entry, group_in

_HERE = "portalctl.commands."

SUMMARY = "Your settings: profile, notices, sign-in."

SUBGROUPS: dict[str, Entry] = {
    "mfa": group_in(_HERE + "mfa", "mfa", "Your second factor."),
    "tokens": group_in(_HERE + "tokens", "tokens", "API tokens for scripts."),
}
