"""A hypothesis state machine that takes the same steps on several portals, and finds no difference.

    from portalctl.testing.side_by_side import compare

    def test_all_backends_answer_alike():
        compare(opened)

`opened` opens the portals for one example, each with a practice that has begun alike (see `begin`). What all of them
can do is tried, in an order that hypothesis chooses, by people of every role, with right and wrong references, keys and
versions; answers and failures are compared word by word. A failing example is printed step by step. Each step is also
written to the journal before it is taken, so that a run that ends without a word has left its last one there.

A test run takes the same few examples each time. For a longer one, with new examples, set PORTALCTL_SIDE_BY_SIDE to the
number of examples and of steps in each: PORTALCTL_SIDE_BY_SIDE=2000x60. It also makes an example that fails as short as
hypothesis can, which takes minutes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from portalctl import errors
from portalctl.contract.binding import every_operation
from portalctl.contract.portal import Portal
from portalctl.errors import PortalError
from portalctl.models.sessions import SignedIn
from portalctl.models.values import Page
from portalctl.testing.asked import ASKED, steps
from portalctl.testing.beginning import PEOPLE
from portalctl.testing.choices import FILED, SENT, Pick, in_terms_of
from portalctl.testing.likeness import Likeness
from portalctl.testing.questionnaires import HEALTH
from portalctl.testing.samples import PASSWORD
from portalctl.testing.sending import STREAMED
from portalctl.testing.under_test import UnderTest
from portalctl.testing.watching import operation_of

Opened = Callable[[], AbstractContextManager[Mapping[str, UnderTest]]]
"""Opens one portal of each backend, by its name, on which `begin` has set the same practice up at START.

It also closes the portals that were made.
"""

EXAMPLES, STEPS = 12, 25
LONGER = "PORTALCTL_SIDE_BY_SIDE"

AWAKE = timedelta(minutes=10)
STAYS = timedelta(minutes=25)
"""Whoever has not been seen for so long signs in again before the next step."""

Step = tuple[str, dict[str, Any]]
ANYBODY = st.sampled_from(["owner", *PEOPLE, *PEOPLE, "latest", "nobody"])
A_CLIENT = st.sampled_from([*4 * ("client", "other client"), "owner", "latest", "nobody"])
A_WRITER = st.sampled_from(["owner", "owner", "practitioner", "client", "client", "other client", "nobody"])
AN_OWNER = st.sampled_from([*6 * ("owner",), "practitioner", "staff", "client", "nobody"])


class SideBySide(RuleBasedStateMachine):
    """One example: the portals, and what each has told so far."""

    def __init__(self, opened: Opened, journal: Path | None = None) -> None:
        super().__init__()
        self._open = ExitStack()
        self._backends = self._open.enter_context(opened())
        self._portals: dict[tuple[str, str | None], Portal] = {}
        self._likenesses = {name: Likeness(each.portal(None).url) for name, each in self._backends.items()}
        self._tokens = {name: dict(each.tokens) for name, each in self._backends.items()}
        self._seen = dict.fromkeys(PEOPLE, self._now)
        self._lacks = frozenset().union(*(each.portal(None).lacks for each in self._backends.values()))
        self._has_signed_in = False
        self._journal = journal
        self._note("\na new example")
        self._ask("owner", "staff.list", {})
        self._ask("owner", "clients.list", {"limit": 1000})
        self._ask("owner", "services.list", {})
        self._ask("owner", "appointments.list", {"limit": 1000})
        self._ask("other client", "slots.find", {"limit": 6})

    def teardown(self) -> None:
        """Let go of the portals."""
        self._open.close()

    @rule(who=A_CLIENT, step=steps("slots.find", "appointments.book", "appointments.check_booking"))
    def book(self, who: str, step: Step) -> None:
        """Find a time and take it."""
        self._take(who, step)

    @rule(
        who=A_CLIENT,
        step=steps(
            "appointments.reschedule",
            "appointments.confirm",
            "appointments.cancel",
            "appointments.check_cancellation",
            "appointments.room",
        ),
    )
    def change(self, who: str, step: Step) -> None:
        """Do something with an appointment."""
        self._take(who, step)

    @rule(
        who=AN_OWNER,
        step=steps(
            "appointments.book_series",
            "appointments.approve",
            "appointments.decline",
            "appointments.attended",
            "appointments.no_show",
            "appointments.cancel",
        ),
    )
    def decide(self, who: str, step: Step) -> None:
        """Do what a practice does with appointments."""
        self._take(who, step)

    @rule(
        who=ANYBODY,
        step=steps(
            "appointments.list",
            "appointments.show",
            "dashboard.show",
            "services.list",
            "staff.practitioners",
            "clients.show",
            "practice.show",
        ),
    )
    def look(self, who: str, step: Step) -> None:
        """Read what there is."""
        self._take(who, step)

    @rule(
        who=AN_OWNER,
        step=steps(
            "services.add",
            "services.edit",
            "services.archive",
            "hours.show",
            "hours.set",
            "hours.add",
            "hours.override",
            "policy.show",
            "policy.set",
        ),
    )
    def arrange(self, who: str, step: Step) -> None:
        """Set what is offered, and when."""
        self._take(who, step)

    @rule(
        who=AN_OWNER,
        step=steps(
            "staff.list",
            "staff.add",
            "staff.edit",
            "staff.disable",
            "clients.list",
            "clients.reset_link",
            "invites.create",
            "invites.list",
            "invites.revoke",
        ),
    )
    def manage(self, who: str, step: Step) -> None:
        """Look after people."""
        self._take(who, step)

    @rule(
        who=ANYBODY,
        step=steps(
            "invites.preview",
            "sessions.sign_up",
            "sessions.sign_out",
            "sessions.who_am_i",
            "sessions.reset_password",
            "sessions.request_reset",
            "practice.set_up",
        ),
    )
    def enter(self, who: str, step: Step) -> None:
        """Come and go."""
        self._take(who, step)

    @rule(
        who=ANYBODY,
        step=steps(
            "settings.show",
            "settings.set_profile",
            "settings.confirm_email",
            "settings.set_notifications",
            "sessions.list",
        ),
    )
    def set_up(self, who: str, step: Step) -> None:
        """Look at one's settings and change them."""
        self._take(who, step)

    @precondition(lambda self: not self._has_signed_in)
    @rule(who=ANYBODY, step=steps("sessions.sign_in"))
    def sign_in(self, who: str, step: Step) -> None:
        """Come back; once an example, since passwords are slow on purpose."""
        self._has_signed_in = True
        self._take(who, step)

    @rule(
        who=A_CLIENT,
        step=steps("forms.share", "forms.given", "forms.show", "forms.save", "forms.submit", "forms.export"),
    )
    def fill_forms(self, who: str, step: Step) -> None:
        """Give forms, fill them and hand them in."""
        self._take("owner", ("forms.add", {"questionnaire": HEALTH}))
        self._take("owner" if step[0] == "forms.share" else who, step)

    @rule(
        who=A_WRITER,
        step=steps(
            "conversations.list",
            "conversations.show",
            "conversations.start",
            "conversations.start",
            "conversations.reply",
            "conversations.read",
            "conversations.unread",
            "conversations.close",
            "conversations.reopen",
            "conversations.broadcast",
            "conversations.news",
            "assignments.list",
            "assignments.add",
            "assignments.remove",
        ),
    )
    def write(self, who: str, step: Step) -> None:
        """Write and read messages, and say who cares for whom."""
        self._take(who, step)

    @rule(who=A_WRITER, step=steps(*FILED))
    def file(self, who: str, step: Step) -> None:
        """Write notes, and share, hide and delete them like all documents; say who is close to whom."""
        self._take(who, step)

    @rule(who=A_WRITER, step=steps(*SENT))
    def send(self, who: str, step: Step) -> None:
        """Send files and read them."""
        self._take(who, step)

    @rule(who=A_WRITER, step=steps(*(key for key in ASKED if key.startswith("invoices."))))
    def owe(self, who: str, step: Step) -> None:
        """Draft an invoice, issue, void, charge or pay it, give its money back, and look at them."""
        self._take(who, step)

    @rule(who=A_CLIENT, step=steps(*(key for key in ASKED if key.startswith("payment_methods."))))
    def keep_cards(self, who: str, step: Step) -> None:
        """Keep cards, say who may charge them, and forget them."""
        self._take(who, step)

    @rule(who=AN_OWNER, step=steps("outbox.list", "outbox.show", "audit.list"))
    def read_mail(self, who: str, step: Step) -> None:
        """Look at what is sent."""
        self._take(who, step)

    @rule(
        who=ANYBODY,
        step=steps(
            "tokens.create",
            "tokens.list",
            "tokens.revoke",
            "mfa.status",
            "mfa.verify",
            "mfa.renew_recovery_codes",
            "mfa.reset",
        ),
    )
    def guard(self, who: str, step: Step) -> None:
        """Let scripts in, and ask about second factors."""
        self._take(who, step)

    @precondition(lambda self: "devices.start" not in self._lacks)
    @rule(who=ANYBODY, step=steps("devices.start", "devices.poll", "devices.show", "devices.allow", "devices.refuse"))
    def use_device(self, who: str, step: Step) -> None:
        """Sign a device in."""
        self._take(who, step)

    @rule(minutes=st.sampled_from([1, 4, 4, 10, 10, 20, 20, 1440]))
    def wait(self, minutes: int) -> None:
        """Let time pass; whoever would have to sign in again for it does something."""
        self._pass(timedelta(minutes=minutes))
        for who in PEOPLE:
            if AWAKE < self._now - self._seen[who] < STAYS:
                self._take(who, ("sessions.who_am_i", {}))

    @property
    def _now(self) -> Any:
        return next(iter(self._backends.values())).clock()

    def _pass(self, length: timedelta) -> None:
        for each in self._backends.values():
            each.clock.move(length)

    def _take(self, who: str, step: Step) -> None:
        if who in PEOPLE:
            if self._now - self._seen[who] > STAYS:
                self._ask("nobody", "sessions.sign_in", {"email": PEOPLE[who], "password": PASSWORD}, as_person=who)
            self._seen[who] = self._now
        self._ask(who, *step)
        if step[0] == "sessions.sign_out" and who in PEOPLE:
            self._seen[who] = self._now - 2 * STAYS

    def _ask(self, who: str, operation: str, fields: dict[str, Any], as_person: str | None = None) -> None:
        """Ask the same of all portals, a second later than the step before, and compare what comes of it."""
        self._note(f"{who}: {operation} {fields}")
        self._pass(timedelta(seconds=1))
        told = {}
        for name in self._backends:
            outcome = self._outcome(name, who, operation, fields)
            if as_person and isinstance(outcome, SignedIn):
                self._tokens[name][as_person] = outcome.token
            told[name] = self._likenesses[name].of(outcome)
        (first, expected), *others = told.items()
        for name, found in others:
            if found != expected:
                pytest.fail(f"{who} asked {operation} {fields}\n{_difference(first, expected, name, found)}")

    def _outcome(self, name: str, who: str, operation: str, fields: dict[str, Any]) -> object:
        likeness = self._likenesses[name]
        token = Pick("token", 0).in_terms_of(likeness) if who == "latest" else self._tokens[name].get(who)
        if (name, token) not in self._portals:
            self._portals[name, token] = self._backends[name].portal(token)
        if operation in STREAMED:
            asked_of = partial(STREAMED[operation], self._portals[name, token])
            return _what_comes_of(asked_of, in_terms_of(likeness, fields))
        call = operation_of(self._portals[name, token], operation)
        request = every_operation()[operation].request
        if request is None:
            return _what_comes_of(call)
        asked = request.model_validate(in_terms_of(likeness, fields))
        if "cursor" not in request.model_fields:
            return _what_comes_of(call, asked)
        items: list[object] = []
        page = _what_comes_of(call, asked)
        while isinstance(page, Page):
            items += page.items
            if page.next is None:
                return items
            page = _what_comes_of(call, asked.model_copy(update={"cursor": page.next}))
        return page

    def _note(self, line: str) -> None:
        if self._journal is not None:
            with self._journal.open("a") as journal:
                journal.write(line + "\n")


def compare(opened: Opened, *, examples: int = EXAMPLES, journal: Path | None = None) -> None:
    """Take steps on the portals until all examples are done, or a difference is found."""
    asked = os.environ.get(LONGER)
    length, _, count = (asked or f"{examples}x{STEPS}").partition("x")
    run_state_machine_as_test(
        partial(SideBySide, opened, journal),  # type: ignore[arg-type]  # anything that makes one will do
        settings=settings(
            max_examples=int(length),
            stateful_step_count=int(count),
            derandomize=asked is None,
            database=None,
            phases=(Phase.generate, Phase.shrink) if asked else (Phase.generate,),
            deadline=None,
            print_blob=asked is not None,
            # real servers and databases are slow beside hypothesis's own pace, and many steps are refused on purpose
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )


def _what_comes_of(call: Callable[..., object], *arguments: object) -> object:
    """The answer or the failure; what would be trouble on any portal is raised, though all had it alike."""
    try:
        return call(*arguments)
    except (errors.Bug, errors.NetworkFailure, errors.NotAPortalServer, errors.StorageFailure):
        raise
    except PortalError as failure:
        return failure


def _difference(one: str, expected: object, other: str, found: object) -> str:
    before, after = (json.dumps(told, indent=1, ensure_ascii=False).splitlines() for told in (expected, found))
    return "\n".join(unified_diff(before, after, one, other, lineterm=""))
