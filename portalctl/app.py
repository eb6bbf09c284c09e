"""Where a command line begins and ends, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # nothing is loaded that a command given again would wait for
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from portalctl.context import Context
    from portalctl.errors import PortalError


def run(arguments: Sequence[str], context: Context) -> int:
    """Run one command line and say its exit code. Nothing is raised but, with --debug, what is unexpected."""
    return _ended(arguments, context, lambda: _invoke(list(arguments), context))


def _ended(arguments: Sequence[str], context: Context, work: Callable[[], int]) -> int:
    """The exit code of a command line that `work` carries out."""
    context.given = arguments
    try:
        code = work()
        context.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 141
    except Exception as error:  # noqa: BLE001  the one place that must know every error
        code = _fail(error, arguments, context)
    _let_go(context)
    return code


def _invoke(arguments: list[str], context: Context) -> int:
    """Run the command, or answer the shell that completes one.

    (Typer's own `main` would turn a broken pipe into exit code 1.)
    """
    import typer

    from portalctl.commands.root import program

    command = program()
    if "_PORTALCTL_COMPLETE" in os.environ:
        command.main(args=arguments, prog_name="portalctl")
    try:
        with command.make_context("portalctl", arguments, obj=context) as root:
            command.invoke(root)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _fail(error: Exception, arguments: Sequence[str], context: Context) -> int:
    from contextlib import suppress

    from portalctl.reporting import as_portal_error, report

    failure: PortalError = as_portal_error(error)
    if context.debug and failure.exit_code == 1:
        raise error
    _let_go(context)
    with suppress(OSError):
        report(failure, arguments, context)
    return failure.exit_code


def _let_go(context: Context) -> None:
    """Write what waits to be written; what nobody takes is dropped, so that the interpreter's end does not complain."""
    for stream in (context.stdout, context.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _told_again(arguments: list[str]) -> int | None:
    """The exit code of a command that had nothing left to do, has nothing to do now either, and has said so."""
    if arguments[:2] != ["docs", "upload"]:
        return None
    from portalctl.transfer.seals import told_again

    again = told_again(arguments, os.environ)
    if again is None or sys.stderr is None:
        return None
    if again.question:
        return _asked_again(arguments, again.question, again.said)
    try:
        sys.stderr.write(again.said)
        sys.stderr.flush()
    except OSError:
        return None
    return 0


def _asked_again(arguments: list[str], question: str, said: str) -> int | None:
    """The same, where the portal is asked first."""
    from portalctl.commands.sealed import still_standing, tell
    from portalctl.context import Context

    context = Context.of_process()
    standing = still_standing(context, question)
    return _ended(arguments, context, lambda: tell(context, standing, said)) if standing else None


def _run_in_process() -> int:
    from portalctl.context import Context

    return run(sys.argv[1:], Context.of_process())


def _leave_plugins_out() -> None:
    """Have pydantic search for no plugins: none sees clinical data, and what searches loads forty modules first."""
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") != "__all__":
        return
    name = "pydantic.plugin._loader"

    def otherwise(wanted: str) -> object:
        """What a pydantic that is written otherwise wants of it."""
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        from importlib import import_module

        del sys.modules[name]
        return getattr(import_module(name), wanted)

    searching = type(sys)(name)
    vars(searching).update(get_plugins=tuple, __getattr__=otherwise)
    sys.modules[name] = searching


def main() -> None:
    """The program `portalctl`."""
    gc.set_threshold(100_000, 50, 50)  # a command makes many objects and next to no garbage
    _leave_plugins_out()
    sys.modules.setdefault("trio", None)  # type: ignore[arg-type]  # httpcore loads it where it is: a quarter of it
    try:
        told = _told_again(sys.argv[1:])
        if told is not None:
            os._exit(told)  # it is said: to take apart what was found would take as long again as saying it
        code = _run_in_process()
    except KeyboardInterrupt:
        code = 130
    finally:
        gc.freeze()  # the process ends: what it holds need not be searched for garbage once more
    sys.exit(code)
