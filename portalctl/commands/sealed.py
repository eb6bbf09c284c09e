"""Uploads that are given again when all was sent: sealed, and of a few files, asked of the portal and told.

As long as that is all there is to do, neither the parser nor the models are loaded for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from portalctl.errors import PortalError
from portalctl.models.batch_words import FileStatus
from portalctl.transfer import seals
from portalctl.transfer.items import Result

if TYPE_CHECKING:
    from portalctl.commands.asked import Asked
    from portalctl.context import Context
    from portalctl.transfer.items import Plan
    from portalctl.transfer.journal import Journal

_SERVERS = ("https://", "http://")
"""Portals that answer sooner than what asks them is loaded; a portal file is opened by the domain's rules."""


def seal_many(context: Context, asked: Asked, plan: Plan, journal: Journal) -> None:
    """Seal an upload of many files, of which nothing is left to send: it need not be asked whether they stand."""
    if journal.trouble is not None:
        return
    with suppress(OSError, LookupError, PortalError):
        given = _given(context, asked)
        if given is not None and context.config.is_up_to_date():
            seals.seal(given, journal.path, asked.paths, plan.items)


def seal_few(context: Context, asked: Asked, plan: Plan) -> None:
    """Seal an upload that has just been carried out, if all of its few files are sent and were told in a table."""
    from portalctl.commands.delivering import FEW
    from portalctl.transfer.journal import Journal, locked

    config, portal = context.config, context.profile.portal
    if not 1 < len(plan.items) <= FEW or plan.skipped or not context.output.is_plain or not portal.startswith(_SERVERS):
        return

    def remembered() -> Journal:
        return Journal.seen(config.paths.state / "batches", plan, portal=portal, account=context.account)

    with suppress(OSError, LookupError, PortalError):
        given, path = _given(context, asked), remembered().path
        if given is None or not path.exists():
            return
        with locked(path):
            results = sorted(remembered().done(plan.items))
            if len(results) == len(plan.items) and config.is_up_to_date():
                seals.seal(given, path, asked.paths, plan.items, _question(context, results))


def _given(context: Context, asked: Asked) -> seals.Given | None:
    """What decides about a command whose words are the whole of it, if its seal would be found again."""
    if list(context.given[:2]) != ["docs", "upload"] or not asked.is_paths_alone or context.debug:
        return None
    given, paths = seals.Given(context.given, context.environment), context.config.paths
    kept = (paths.config_file, paths.state / "batches")
    return given if (Path(given.config_file), Path(given.folder)) == kept else None


def still_standing(context: Context, question: str) -> list[Result]:
    """What became of the files of a sealed upload; nothing where the portal does not say that all of them stand."""
    try:
        return _still_standing(context, question)
    except Exception:  # noqa: BLE001  whatever it is: the command itself comes upon it, and says what it means
        return []


def tell(context: Context, results: Sequence[Result], said: str) -> int:
    """Say what such an upload says again. The exit code."""
    from portalctl.output.columns import looks
    from portalctl.output.output import Format

    output = context.output_as(Format.TABLE)
    output.show_as(looks("batches")["FileResult"], results)
    context.stderr.write(said)
    return 0


def _question(context: Context, results: Sequence[Result]) -> str:
    chosen = (context.profile_name, context.portal_url, context.ca_file)
    told = [[each.row, each.path, each.client_id, each.client, each.document_id, each.sha256] for each in results]
    return json.dumps([chosen, told])


def _still_standing(context: Context, question: str) -> list[Result]:
    from portalctl.backends.standing import do_all_stand
    from portalctl.credentials import token_for

    chosen, told = json.loads(question)
    context.profile_name, context.portal_url, context.ca_file = chosen
    results = [Result(row, path, FileStatus.THERE, *rest) for row, path, *rest in told]
    (client_id,) = {each.client_id for each in results}
    hashes = {each.document_id or "": each.sha256 or "" for each in results}
    profile = context.profile
    token = token_for(profile, context.config, context.environment, context.say)
    stands = do_all_stand(profile.portal, token, context.clock, profile.ca_file, client_id, hashes)
    return results if stands else []
