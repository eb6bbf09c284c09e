"""`portalctl demo`: the main job in one command, on a sample practice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from portalctl.context import running

if TYPE_CHECKING:
    from portalctl.context import Context
    from portalctl.contract.portal import Portal
    from portalctl.models.appointments import Appointment
    from portalctl.models.sessions import SignedIn
    from portalctl.models.slots import Slot
    from portalctl.output.output import Output

PROFILE = "demo"

app = typer.Typer()


@app.command()
def demo(
    ctx: typer.Context,
    reset: Annotated[bool, typer.Option("--reset", help="Throw the sample away and make it anew.")] = False,
) -> None:
    """Try everything on a sample practice; nothing to set up.

    The sample lives in a portal file of its own and uses the profile `demo`; nothing else is touched.

    \b
    Examples:
      portalctl demo
      portalctl demo --reset
    """
    from portalctl.errors import Unsupported

    context = running(ctx)
    if context.portal_url is not None:
        raise Unsupported("the sample is a portal file of its own", "leave --portal away: portalctl demo")
    context.profile_name = PROFILE
    context.portal_url = f"sqlite://{quote(str(context.config.paths.data / 'demo' / 'portal.db'))}"
    portal = _signed_in(context, reset)
    _show(context, portal)


def _signed_in(context: Context, reset: bool) -> Portal:
    """The sample client's portal: made when missing, and made anew when asked or when it does not open."""
    from portalctl.config import Profile
    from portalctl.credentials import open_store
    from portalctl.errors import InUse, PortalError

    url = context.portal_url
    assert url is not None  # noqa: S101  set by the caller
    mine = context.config.profiles.get(PROFILE)
    if mine is not None and mine.portal != url:
        raise InUse(
            f"the profile {PROFILE!r} is yours already", "rename it, or remove it with: portalctl profiles remove demo"
        )
    try:
        signed_in = None if reset else _sign_in(context, url)
    except PortalError:
        signed_in = None
    if signed_in is None:
        _make(context, url)
        signed_in = _sign_in(context, url)
    profile = Profile(PROFILE, url, signed_in.identity.email, "file")
    context.config.save(profile)
    open_store(profile, context.config, context.say).set(PROFILE, url, signed_in.token)
    return context.enter(profile, signed_in.token)


def _sign_in(context: Context, url: str) -> SignedIn:
    from portalctl.models.sessions import SignIn
    from portalctl.sample import CLIENT_EMAIL, PASSWORD

    return context.open_portal(url).sessions.sign_in(SignIn(email=CLIENT_EMAIL, password=PASSWORD))


def _make(context: Context, url: str) -> None:
    import shutil

    from portalctl.backends.registry import open_portal
    from portalctl.sample import make_sample

    shutil.rmtree(context.config.paths.data / "demo", ignore_errors=True)
    context.say("Making a sample practice …")
    make_sample(lambda clock: open_portal(url, None, clock, context.say), context.clock())


def _show(context: Context, portal: Portal) -> None:
    from portalctl.models.dashboard import ShowDashboard
    from portalctl.models.slots import FindSlots, Slot
    from portalctl.output.output import Format
    from portalctl.sample import CLIENT_EMAIL, OWNER_EMAIL, PASSWORD

    context.say("Payments are on trial: the card is a test card, and no money is moved.")
    table, json = context.output_as(Format.TABLE), context.output_as(Format.JSON)
    context.say(
        f"Signed in as {CLIENT_EMAIL} under the profile `{PROFILE}`; its session is kept in a file (--store file)."
    )
    context.say(f"The practice's side: sign in as {OWNER_EMAIL} with the password: {PASSWORD}")
    _title(table, "Dashboard", "portalctl --profile demo dashboard")
    table.show_dashboard(portal.dashboard.show(ShowDashboard(past=3)))
    soon = context.clock() + timedelta(days=3)
    slots = portal.slots.find(FindSlots(service="Follow-up", starts_from=soon, limit=5))
    _title(table, "Free times", "portalctl --profile demo appointments slots --service Follow-up --limit 5")
    table.show(slots, Slot)
    _title(table, "Booking the first of them", f"portalctl --profile demo appointments book {slots[0].id}")
    booked = _book(portal, slots)
    table.done("Booked", booked)
    _title(table, "The same for scripts", f"portalctl --profile demo appointments show {booked.id} --json")
    json.show_one(booked)
    _title(table, "Try next")
    for command in _commands(portal, booked):
        table.line(f"  portalctl --profile demo {command}")


def _book(portal: Portal, slots: list[Slot]) -> Appointment:
    from portalctl.models.appointments import BookAppointment

    return portal.appointments.book(BookAppointment(slot=slots[0].id, note="Booked by the demo"))


def _commands(portal: Portal, booked: Appointment) -> list[str]:
    """Five commands that work as they stand, also one after the other."""
    from portalctl.models.slots import FindSlots

    later = booked.starts_at + timedelta(days=1)
    other = portal.slots.find(FindSlots(service=booked.service_id, starts_from=later, limit=1))[0]
    return [
        f"appointments show {booked.id}",
        f"appointments reschedule {booked.id} {other.id}",
        f'appointments cancel {booked.id} --reason "only trying"',
        "inbox list --unread",
        "appointments ics --upcoming",
    ]


def _title(table: Output, title: str, command: str = "") -> None:
    table.line("")
    table.line(f"# {title}" + (f"   ({command})" if command else ""))
    table.line("")
