"""What stands under `portalctl practice`, known by name before any of it is imported."""

from __future__ import annotations

from portalctl.commands.groups import Entry, command_in, group_in

_HERE = "portalctl.commands."

SUMMARY = "The practice's side: invites, services, hours, policy, calendar."

SUBGROUPS: dict[str, Entry] = {
    "backup": command_in(
        _HERE + "backups", "backup", "Copy the live portal to one file, its documents with it, and prove the copy."
    ),
    "restore": command_in(_HERE + "backups", "restore", "Bring a portal back from a backup."),
    "invite": command_in(_HERE + "invites", "invite", "Invite a client; prints the link once."),
    "invites": group_in(_HERE + "invites", "invites", "See and revoke invites."),
    "clients": group_in(_HERE + "clients", "clients", "See the practice's clients."),
    "reset-link": command_in(
        _HERE + "clients", "reset-link", "Make a one-time link with which somebody sets a new password."
    ),
    "relationships": group_in(
        _HERE + "practice_relationships", "relationships", "Who is close to a client, and what they may."
    ),
    "staff": group_in(_HERE + "staff", "staff", "The practice's people."),
    "form": group_in(_HERE + "practice_forms", "form", "The questionnaires that clients are given to fill in."),
    "services": group_in(_HERE + "services", "services", "What the practice offers."),
    "hours": group_in(_HERE + "hours", "hours", "When practitioners give appointments."),
    "policy": group_in(_HERE + "policy", "policy", "The rules of booking."),
    "quarantine": group_in(
        _HERE + "quarantine", "quarantine", "Files that nobody can read before a scanner passed them."
    ),
    "invoices": group_in(_HERE + "practice_invoices", "invoices", "What clients owe, singly and from tables."),
    "outbox": group_in(_HERE + "outbox", "outbox", "The mail that the portal sends."),
    "audit": group_in(_HERE + "audit", "audit", "Who read or changed what, and the proof that it is whole."),
    "assign": command_in(_HERE + "assignments", "assign", "Assign somebody of the practice to a client."),
    "unassign": command_in(_HERE + "assignments", "unassign", "Take an assignment away, which counts at once."),
    "assigned": command_in(_HERE + "assignments", "assigned", "Who is assigned to whom."),
    "calendar": command_in(_HERE + "calendar", "calendar", "Everybody's appointments."),
    "approve": command_in(_HERE + "calendar", "approve", "Agree to a request."),
    "decline": command_in(_HERE + "calendar", "decline", "Decline a request."),
    "attended": command_in(_HERE + "calendar", "attended", "Record that the client came."),
    "no-show": command_in(_HERE + "calendar", "no-show", "Record that the client did not come."),
}
