"""What stands under `portalctl settings`, known by name before any of it is imported."""

from __future__ import annotations

from portalctl.commands.groups import Entry, group_in

_HERE = "portalctl.commands."

SUMMARY = "Your settings: profile, notices, sign-in."

SUBGROUPS: dict[str, Entry] = {
    "profile": group_in(_HERE + "own_profile", "profile", "Who you are, and the address you sign in with."),
    "timezone": group_in(_HERE + "own_timezone", "timezone", "The time zone that you read times in."),
    "language": group_in(_HERE + "own_language", "language", "The language that you read dates and numbers in."),
    "notifications": group_in(_HERE + "notifications", "notifications", "Which notices come by e-mail, and when."),
    "sessions": group_in(_HERE + "sessions", "sessions", "Where you are signed in."),
    "password": group_in(_HERE + "own_password", "password", "Your password."),
    "mfa": group_in(_HERE + "mfa", "mfa", "Your second factor."),
    "payment": group_in(_HERE + "payment_methods", "payment_methods", "Your cards, and who may charge them."),
    "tokens": group_in(_HERE + "tokens", "tokens", "API tokens for scripts."),
}
