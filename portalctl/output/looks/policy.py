"""How the booking policy looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl.output.cells import minutes, size
from portalctl.output.columns import Column, Look


def _policy(policy: Any) -> Iterable[tuple[str, object]]:
    def term(name: str, value: object) -> object:
        return f"{value} (set for this service)" if name in policy.overridden else value

    if policy.service is not None:
        yield "Service", policy.service
    for label, name, value in (
        ("Minimum notice", "minimum_notice_minutes", minutes(policy.minimum_notice_minutes)),
        ("Horizon", "horizon_days", f"{policy.horizon_days} days"),
        ("Cancellation notice", "cancellation_notice_minutes", minutes(policy.cancellation_notice_minutes)),
        ("Reschedule notice", "reschedule_notice_minutes", minutes(policy.reschedule_notice_minutes)),
        ("Reason required", "reason_required", "yes" if policy.reason_required else "no"),
        ("Late cancellation", "late_cancellation", policy.late_cancellation),
        ("Approval required", "approval_required", "yes" if policy.approval_required else "no"),
        ("Slot interval", "slot_interval_minutes", minutes(policy.slot_interval_minutes)),
        ("Daily limit", "daily_limit", policy.daily_limit or "none"),
        ("Reminders", "reminder_minutes", ", ".join(map(minutes, policy.reminder_minutes)) or "none"),
        ("Late cancellation fee", "late_cancellation_fee", _fee(policy.late_cancellation_fee)),
        ("No-show fee", "no_show_fee", _fee(policy.no_show_fee)),
    ):
        yield label, term(name, value)
    if policy.service is None:
        yield "Communication", policy.communication
        yield "Payments", _GATEWAYS.get(policy.payment_gateway, policy.payment_gateway)
        yield "Typed cards", "yes" if policy.typed_cards else "no"
        yield "Session idle", minutes(policy.session_idle_minutes)
        yield "Session lifetime", minutes(policy.session_lifetime_minutes)
        yield "Document size", size(policy.document_max_bytes)
        yield "Document kinds", ", ".join(policy.document_kinds)
        yield "Client documents", policy.client_documents or "no limit"
        yield "Client quota", size(policy.client_bytes) if policy.client_bytes else "no limit"
        yield "Practice quota", size(policy.practice_bytes) if policy.practice_bytes else "no limit"


def _fee(fee: Any) -> str:
    return str(fee) if fee is not None and fee.amount else "none"


_GATEWAYS = {"none": "not taken", "test": "test: no money moves", "stripe": "Stripe"}

LOOKS: dict[str, Look] = {
    "Policy": Look(
        "policies",
        (
            Column("Service", lambda policy: policy.service or "(practice)"),
            Column("Notice", lambda policy: minutes(policy.minimum_notice_minutes)),
            Column("Horizon", lambda policy: f"{policy.horizon_days} days"),
            Column("Cancel", lambda policy: minutes(policy.cancellation_notice_minutes)),
            Column("Move", lambda policy: minutes(policy.reschedule_notice_minutes)),
        ),
        _policy,
    ),
}
