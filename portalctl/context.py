"""What a command may reach: portal, output, prompt, clock; each built when first asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from portalctl.clock import Clock, system_clock

if TYPE_CHECKING:
    import typer

    from portalctl.config import Config, Profile
    from portalctl.contract.portal import Portal
    from portalctl.models.sessions import Identity
    from portalctl.models.values import Record
    from portalctl.output.output import Format, Output
    from portalctl.prompt import Prompt


class Context:
    """One run of the program: the global options, the world around it, and what is made from them when needed.

    `given` is its command line.
    """

    def __init__(
        self,
        *,
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
        environment: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.environment = environment
        self.clock = clock
        self.given: Sequence[str] = ()
        self.profile_name: str | None = None
        self.portal_url: str | None = None
        self.ca_file: str | None = None
        self.no_input = False
        self.debug = False
        self.format: str | None = None
        self.json = False
        self.fields: str | None = None
        self.csv_raw = False

    @classmethod
    def of_process(cls) -> Context:
        """The context of a run in a real process."""
        return cls(
            stdin=_opened(sys.stdin, "r"),
            stdout=_opened(sys.stdout, "w"),
            stderr=_opened(sys.stderr, "w"),
            environment=os.environ,
            clock=system_clock,
        )

    @cached_property
    def config(self) -> Config:
        """The profiles and paths."""
        from portalctl.config import Config

        return Config.load(self.environment)

    @cached_property
    def profile(self) -> Profile:
        """The profile in use: flag, environment, then what `profiles use` chose."""
        from portalctl.backends.registry import normal_url

        found = self.config.profile(self.profile_name, portal=self.portal_url, ca_file=self.ca_file)
        return found._replace(portal=normal_url(found.portal))

    @cached_property
    def portal(self) -> Portal:
        """The portal of the profile, for whoever is signed in to it."""
        from portalctl.credentials import token_for

        return self.open_portal(self.profile.portal, token_for(self.profile, self.config, self.environment, self.say))

    def enter(self, profile: Profile, token: str) -> Portal:
        """From here on this run acts in the session that has just begun."""
        self.profile = profile
        self.portal = self.open_portal(profile.portal, token)
        return self.portal

    def open_portal(self, url: str, token: str | None = None, *, ca_file: str | None = None) -> Portal:
        """A portal by its URL. `ca_file` is its profile's; else that of the profile in use holds."""
        from portalctl.backends.registry import open_portal

        return open_portal(url, token, self.clock, self.say, ca_file or self.profile.ca_file, self._trace)

    @cached_property
    def output(self) -> Output:
        """Where results go, in the format asked for. Raises InvalidInput for an unknown format."""
        return self.output_as(self.chosen_format())

    def output_as(self, format: Format) -> Output:  # noqa: A002  the option's name
        """Where results go, in one format."""
        from portalctl.output.output import Output

        return Output(
            format=format,
            fields=tuple(name.strip() for name in self.fields.split(",")) if self.fields is not None else None,
            stdout=self.stdout,
            stderr=self.stderr,
            zone=lambda: self.zone,
            language=lambda: self.language,
            environment=self.environment,
            csv_raw=self.csv_raw,
        )

    @cached_property
    def zone(self) -> tzinfo:
        """The reader's time zone: their account's."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.identity.timezone)

    @property
    def language(self) -> str:
        """The reader's language: their account's; English where nobody has signed in."""
        from portalctl.errors import PortalError
        from portalctl.models.sessions import ENGLISH

        if "portal" not in self.__dict__:
            return ENGLISH
        try:
            return self.identity.language
        except PortalError:
            return ENGLISH

    @cached_property
    def identity(self) -> Identity:
        """Who reads."""
        return self.portal.sessions.who_am_i()

    @property
    def account(self) -> str:
        """Whose batches these are, as far as this machine knows: another account's are not gone on with."""
        token = self.environment.get("PORTALCTL_TOKEN")
        if token:
            from hashlib import sha256

            return f"token {sha256(token.encode()).hexdigest()[:16]}"
        return self.profile.email or self.profile.name

    @cached_property
    def prompt(self) -> Prompt:
        """Where answers come from."""
        from portalctl.prompt import Prompt

        return Prompt(self.stdin, self.stderr, allowed=not self.no_input)

    def chosen_format(self) -> Format:
        """Flag, then environment, then table. Raises InvalidInput, listing the formats."""
        from portalctl.errors import InvalidInput
        from portalctl.output.output import Format

        if self.json:
            return Format.JSON
        asked = self.format or self.environment.get("PORTALCTL_FORMAT") or Format.TABLE.value
        try:
            return Format(asked)
        except ValueError:
            raise InvalidInput(f"there is no format {asked!r}", f"choose one of: {', '.join(Format)}") from None

    def _trace(self, text: str) -> None:
        """A line for people who look for the reason of something."""
        if self.debug:
            self.say(text)

    def say(self, text: str) -> None:
        """A line for people, on stderr, safe to show."""
        from portalctl.output.safe import visible

        self.stderr.write(visible(text) + "\n")


def _opened(stream: TextIO | None, mode: Literal["r", "w"]) -> TextIO:
    """A standard stream; one that the caller closed is as empty as /dev/null."""
    return stream if stream is not None else Path(os.devnull).open(mode, encoding="utf-8")


def use(ctx: typer.Context, shows: type[Record] | None = None) -> tuple[Portal, Output]:
    """What nearly every command needs: the portal and where to show its answer.

    A command that changes something names the kind of record it `shows`, so that a wrong format or field is refused
    before anything happens. Raises InvalidInput.
    """
    context = running(ctx)
    output = context.output
    if shows is not None:
        output.check_fields(shows)
    return context.portal, output


def running(ctx: typer.Context) -> Context:
    """The context of this run."""
    context = ctx.obj
    assert isinstance(context, Context)  # noqa: S101  app.py makes it before any command runs
    return context
