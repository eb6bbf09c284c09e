"""`portalctl practice policy`: the rules of booking."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from portalctl.commands.options import ServiceOption, ShowsData, VersionOption
from portalctl.context import use

group = typer.Typer(
    epilog="""Examples:

\b
  portalctl practice policy show
  portalctl practice policy set --minimum-notice 2h --horizon 90d --cancellation-notice 24h
  portalctl practice policy set --service "First visit" --approval-required
  portalctl practice policy set --service "First visit" --inherit approval-required
"""
)

TERMS = {
    "minimum-notice": "minimum_notice_minutes",
    "horizon": "horizon_days",
    "cancellation-notice": "cancellation_notice_minutes",
    "reschedule-notice": "reschedule_notice_minutes",
    "reason-required": "reason_required",
    "late-cancellation": "late_cancellation",
    "approval-required": "approval_required",
    "slot-interval": "slot_interval_minutes",
    "daily-limit": "daily_limit",
    "reminders": "reminder_minutes",
    "late-cancellation-fee": "late_cancellation_fee",
    "no-show-fee": "no_show_fee",
}
"""The terms that a service may inherit, as options name them, and as the policy does."""


def _length(flag: str, meaning: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(flag, metavar="LENGTH", help=meaning)
    return option


@group.command(cls=ShowsData)
def show(ctx: typer.Context, service: ServiceOption = None) -> None:
    """The policy in force, for the practice or for one service.

    \b
    Examples:
      portalctl practice policy show
      portalctl practice policy show --service "First visit" --json
    """
    from portalctl.models.policy import PolicyQuery

    portal, output = use(ctx)
    output.show_one(portal.policy.show(PolicyQuery(service=service)))


@group.command(cls=ShowsData)
def set(  # noqa: A001  the command's name
    ctx: typer.Context,
    service: ServiceOption = None,
    minimum_notice: Annotated[
        str | None, _length("--minimum-notice", "Clients book at least so long before: 2h.")
    ] = None,
    horizon: Annotated[str | None, _length("--horizon", "Clients book at most so far ahead: 90d.")] = None,
    cancellation_notice: Annotated[
        str | None, _length("--cancellation-notice", "Clients cancel until so long before: 24h.")
    ] = None,
    reschedule_notice: Annotated[
        str | None, _length("--reschedule-notice", "Clients move until so long before: 24h.")
    ] = None,
    reason_required: Annotated[
        bool | None, typer.Option("--reason-required/--no-reason-required", help="A cancellation needs a reason.")
    ] = None,
    late_cancellation: Annotated[
        Literal["refused", "recorded"] | None, typer.Option("--late-cancellation", help="What becomes of a late one.")
    ] = None,
    approval_required: Annotated[
        bool | None,
        typer.Option("--approval-required/--no-approval-required", help="The practice agrees to each time."),
    ] = None,
    slot_interval: Annotated[str | None, _length("--slot-interval", "Slots start every so often: 30m.")] = None,
    daily_limit: Annotated[
        str | None, typer.Option("--daily-limit", metavar="N", help="Appointments per client and day; 0 is no limit.")
    ] = None,
    reminders: Annotated[
        str | None, typer.Option("--reminders", metavar="LENGTHS", help="So long before: 24h,1h; or none.")
    ] = None,
    session_idle: Annotated[
        str | None, _length("--session-idle", "A session ends when unused so long: at most 30m.")
    ] = None,
    session_lifetime: Annotated[
        str | None, _length("--session-lifetime", "A session ends after so long: at most 12h.")
    ] = None,
    document_size: Annotated[
        str | None, typer.Option("--document-size", metavar="SIZE", help="No document is longer: 50M, 2GB.")
    ] = None,
    document_kinds: Annotated[
        str | None,
        typer.Option("--document-kinds", metavar="KINDS", help="Only files of these kinds: pdf,png,image/*."),
    ] = None,
    client_documents: Annotated[
        str | None,
        typer.Option("--client-documents", metavar="N", help="Documents kept for each client; 0 is no limit."),
    ] = None,
    client_quota: Annotated[
        str | None,
        typer.Option("--client-quota", metavar="SIZE", help="All documents of each client: 5G; 0 is no limit."),
    ] = None,
    practice_quota: Annotated[
        str | None,
        typer.Option("--practice-quota", metavar="SIZE", help="All documents together: 1T; 0 is no limit."),
    ] = None,
    communication: Annotated[
        Literal["reply-only", "never-initiate", "assigned-only", "all-clients"] | None,
        typer.Option("--communication", help="What clients may write, and to whom."),
    ] = None,
    late_cancellation_fee: Annotated[
        str | None,
        typer.Option("--late-cancellation-fee", metavar="MONEY", help="Invoiced when late: 30.00 EUR; 0 EUR is none."),
    ] = None,
    no_show_fee: Annotated[
        str | None,
        typer.Option("--no-show-fee", metavar="MONEY", help="Invoiced when missed: 50.00 EUR; 0 EUR is none."),
    ] = None,
    gateway: Annotated[
        Literal["none", "test", "stripe"] | None,
        typer.Option("--gateway", help="Who takes payments; test moves no money."),
    ] = None,
    typed_cards: Annotated[
        bool | None,
        typer.Option("--typed-cards/--no-typed-cards", help="Stripe lets this practice's programs take typed cards."),
    ] = None,
    inherit: Annotated[
        list[str] | None,
        typer.Option("--inherit", metavar="TERM", help="With --service: follow the practice again. May be repeated."),
    ] = None,
    if_version: VersionOption = None,
) -> None:
    """Change the policy, for the practice or for one service.

    Appointments already booked keep the notices they were booked with. Communication: with reply-only clients answer
    in what the practice began, until 48 hours have gone by; with never-initiate they answer without that limit; with
    assigned-only clients and staff write to each other where they are assigned; with all-clients any client may begin.

    \b
    Examples:
      portalctl practice policy set --minimum-notice 2h --horizon 90d --cancellation-notice 24h
      portalctl practice policy set --service "First visit" --approval-required --daily-limit 1
      portalctl practice policy set --service "First visit" --inherit daily-limit
      portalctl practice policy set --communication all-clients
      portalctl practice policy set --gateway test --no-show-fee "50.00 EUR"
    """
    from portalctl.commands.parsing import durations, given, money, number, size
    from portalctl.models.policy import Policy, SetPolicy

    portal, output = use(ctx, Policy)
    changes = given(
        minimum_notice_minutes=_minutes(minimum_notice),
        horizon_days=_days(horizon),
        cancellation_notice_minutes=_minutes(cancellation_notice),
        reschedule_notice_minutes=_minutes(reschedule_notice),
        reason_required=reason_required,
        late_cancellation=late_cancellation,
        approval_required=approval_required,
        slot_interval_minutes=_minutes(slot_interval),
        daily_limit=number(daily_limit) if daily_limit is not None else None,
        reminder_minutes=durations(reminders) if reminders is not None else None,
        session_idle_minutes=_minutes(session_idle),
        session_lifetime_minutes=_minutes(session_lifetime),
        document_max_bytes=size(document_size) if document_size is not None else None,
        document_kinds=_kinds(document_kinds) if document_kinds is not None else None,
        client_documents=number(client_documents) if client_documents is not None else None,
        client_bytes=size(client_quota) if client_quota is not None else None,
        practice_bytes=size(practice_quota) if practice_quota is not None else None,
        late_cancellation_fee=money(late_cancellation_fee) if late_cancellation_fee is not None else None,
        no_show_fee=money(no_show_fee) if no_show_fee is not None else None,
        communication=communication,
        payment_gateway=gateway,
        typed_cards=typed_cards,
        inherit=[_term(name) for name in inherit] if inherit else None,
    )
    request = SetPolicy.model_validate({"service": service, "if_version": if_version, **changes})
    output.done("Set", portal.policy.set(request))


def _minutes(text: str | None) -> int | None:
    from portalctl.commands.parsing import duration

    return duration(text) if text is not None else None


def _days(text: str | None) -> int | None:
    from portalctl.errors import InvalidInput

    minutes = _minutes(text)
    if minutes is None:
        return None
    if minutes % 1440:
        raise InvalidInput(f"the horizon counts whole days, {text!r} is not", "write days: 90d")
    return minutes // 1440


def _kinds(text: str) -> list[str]:
    return [part.strip().lower().removeprefix(".") for part in text.split(",") if part.strip()]


def _term(name: str) -> str:
    from portalctl.errors import InvalidInput

    if name not in TERMS:
        raise InvalidInput(f"there is no term {name!r} to inherit", f"choose from: {', '.join(TERMS)}")
    return TERMS[name]
