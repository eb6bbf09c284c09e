"""How a failure is told: one line and a hint for people, one JSON object with --json; never a traceback unasked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from portalctl import errors

if TYPE_CHECKING:
    from typer import TyperException

    from portalctl.context import Context


def as_portal_error(error: Exception) -> errors.PortalError:
    """The portal error that an exception means to a user."""
    import typer

    if isinstance(error, errors.PortalError):
        return error
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, typer.Abort):
        return errors.InputNeeded("stopped: an answer was needed", "give it with the flag, see --help")
    if type(error).__module__.startswith("pydantic"):
        return _invalid(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return errors.StorageFailure(f"{place}{error.strerror or error}", "check the file, its folder and the disk")
    return errors.Bug(
        f"unexpected {type(error).__name__}: {error}",
        "this is a bug: run it again with --debug and report what it prints",
    )


def report(failure: errors.PortalError, arguments: Sequence[str], context: Context) -> None:
    """Tell a failure on stderr."""
    if isinstance(failure, errors.SignInNeeded) and failure.hint:
        failure.hint = failure.hint.replace("portalctl login", f"portalctl{_chosen_profile(context)} login")
    if _format(arguments, context) in ("json", "jsonl"):
        context.stderr.write(json.dumps(as_json(failure)) + "\n")
        return
    context.say(f"Error: {failure.message}")
    for problem in failure.problems:
        context.say(f"  {problem}")
    if failure.hint:
        context.say(f"Hint: {failure.hint}")


def _chosen_profile(context: Context) -> str:
    """The option that chooses the profile of this run, where it is not the one in use anyway."""
    profile = context.__dict__.get("profile")
    return "" if profile is None or profile.name == context.config.current else f" --profile {profile.name}"


def _format(arguments: Sequence[str], context: Context) -> str | None:
    """The format asked for: by the words themselves, where the command line was too wrong to be read to its end."""
    if context.json:
        return "json"
    if context.format:
        return context.format
    words = list(takewhile(lambda word: word != "--", arguments))
    if "--json" in words:
        return "json"
    told = [word.removeprefix("--format=") for word in words if word.startswith("--format=")]
    told += [word for flag, word in pairwise(words) if flag == "--format"]
    return told[0] if told else context.environment.get("PORTALCTL_FORMAT")


def as_json(failure: errors.PortalError) -> dict[str, object]:
    """The failure as a JSON object: code, message, hint, exit code, and when the step would be allowed."""
    found: dict[str, object] = {
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "exit_code": failure.exit_code,
    }
    for name, moment in (("allowed_from", failure.allowed_from), ("allowed_until", failure.allowed_until)):
        if moment is not None:
            found[name] = _rfc3339(moment)
    if failure.problems:
        found["problems"] = failure.problems
    return {"error": found}


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _usage(error: TyperException) -> errors.UsageFailure:
    message = " ".join(error.format_message().split())
    at = getattr(error, "ctx", None)
    command = at.command_path if at is not None else "portalctl"
    if "--password" in message and "No such option" in message:
        return errors.UsageFailure(
            "a password is never an argument: other users could read it",
            "pipe it with --password-stdin, or name a file with --password-file",
        )
    return errors.UsageFailure(message, f"see {command} --help")


def _invalid(error: Exception) -> errors.PortalError:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return errors.Bug(f"unexpected {type(error).__name__}", "run it again with --debug and report what it prints")
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(part for part in first["loc"] if isinstance(part, str)).replace("_", "-")
    place = place.removesuffix("-minutes").removesuffix("-days")
    message = first["msg"].removeprefix("Value error, ")
    return errors.InvalidInput(f"{place}: {message}" if place else message, "see --help")
