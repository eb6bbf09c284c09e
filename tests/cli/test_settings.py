"""`portalctl settings`: who one is, where and in which language one reads, which mail comes, where one is signed in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from portalctl.domain import links
from portalctl.domain.links import LinkKind
from tests.cli.conftest import ANNA_PASSWORD, BEN_PASSWORD, Cli
from tests.cli.live import Program, ended
from tests.domain.conftest import query

ANNA: dict[str, Any] = {"profile": "anna"}
NEW = "anna@new.example.com"


def rows(shown: str) -> dict[str, str]:
    """A detail view as label and value."""
    return {found[1]: found[2] for found in re.finditer(r"^(\S+(?: \S+)*)  +(\S.*)$", shown, re.MULTILINE)}


def test_a_profile_is_set_piece_by_piece_and_forgotten_likewise(cli: Cli) -> None:
    """For people a list of what there is."""
    given = (
        "--preferred-name",
        "Annie",
        "--pronouns",
        "she/her",
        "--birth-date",
        "1965-04-12",
        "--phone",
        "06 69812345",
    )
    cli.ok("settings", "profile", "set", *given, "--address", "Via Roma 1\n00100 Roma", **ANNA)
    shown = rows(cli.ok("settings", "profile", "show", **ANNA).out)
    assert shown["Called"] == "Annie"
    assert shown["Born"] == "Mon 12 Apr 1965"
    assert shown["Phone"] == "+390669812345"
    assert shown["Address"] == "Via Roma 1, 00100 Roma"
    assert rows(cli.ok("practice", "clients", "show", "anna@example.com", profile="practice").out)["Called"] == "Annie"
    cleared = cli.ok("settings", "profile", "set", "--clear", "phone", "--clear", "birth-date", "--json", **ANNA).data
    assert (cleared["phone"], cleared["birth_date"], cleared["pronouns"]) == (None, None, "she/her")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing to change"),
        (("--birth-date", "12.04.1985"), "not a day"),
        (("--birth-date", "1985-02-30"), "no day"),
        (("--birth-date", "1700-01-01"), "1880"),
        (("--birth-date", "2199-01-01"), "nobody was born"),
        (("--phone", "112"), "telephone number"),
        (("--clear", "name"), "preferred-name"),
        (("--email", "no address"), "@-sign"),
        (("--email", NEW, "--name", "Anna"), "--email alone"),
        (("--email", NEW), "--password-stdin"),
        (("--name", "a\x1b[2Jb"), "control characters"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(cli: Cli, words: tuple[str, ...], told: str) -> None:
    """Exit 2, and the profile stays as it was."""
    before = cli.ok("settings", "profile", "show", "--json", **ANNA).out
    refused = cli("settings", "profile", "set", *words, **ANNA)
    assert refused.code == 2
    assert told in refused.err.lower() or told in refused.err
    assert cli.ok("settings", "profile", "show", "--json", **ANNA).out == before


def test_two_who_edit_at_once_do_not_undo_each_other(cli: Cli) -> None:
    """The version is the one that --json shows."""
    version = cli.ok("settings", "profile", "show", "--json", **ANNA).data["version"]
    cli.ok("settings", "profile", "set", "--pronouns", "she/her", "--if-version", version, **ANNA)
    refused = cli("settings", "profile", "set", "--pronouns", "they/them", "--if-version", version, "--json", **ANNA)
    assert (refused.code, refused.error["code"]) == (5, "changed_meanwhile")


def test_a_new_address_is_used_once_its_code_is_given(cli: Cli) -> None:
    """Signing in again goes by the new one by itself."""
    asked = cli.ok("settings", "profile", "set", "--email", NEW, "--password-stdin", stdin=ANNA_PASSWORD, **ANNA)
    assert "confirm-email -" in asked.err
    assert rows(cli.ok("settings", "show", **ANNA).out)["To be confirmed"] == NEW
    file = next(cli.home.rglob("portal.db"))
    (change,) = query(file, "SELECT id FROM email_changes")
    key = next(cli.home.rglob("*.key")).read_bytes()
    code = links.code(LinkKind.EMAIL, change["id"], key)
    wrong = cli("settings", "profile", "confirm-email", "-", stdin=code[:-1] + "☂\n", **ANNA)
    assert (wrong.code, "not valid" in wrong.err) == (4, True)
    cli.ok("settings", "profile", "confirm-email", "-", stdin=f"{code}\n", **ANNA)
    assert cli.ok("profiles", "list", "--json").data[0]["email"] == NEW
    cli.ok("login", "--password-stdin", stdin=ANNA_PASSWORD, **ANNA)
    assert cli.ok("whoami", "--json", **ANNA).data["email"] == NEW


def test_a_wrong_password_asks_for_no_code(cli: Cli) -> None:
    """Exit 4, and nothing waits to be confirmed."""
    words = ("settings", "profile", "set", "--email", NEW, "--password-stdin")
    assert cli(*words, stdin=BEN_PASSWORD, **ANNA).code == 4
    assert cli.ok("settings", "show", "--json", **ANNA).data["profile"]["new_email"] is None


def test_another_time_zone_shows_at_once_in_tables_and_never_in_json(cli: Cli) -> None:
    """Until the practice's is wished for again."""
    slots = ("appointments", "slots", "--limit", "1")
    before, json = cli.ok(*slots, **ANNA).out, cli.ok(*slots, "--json", **ANNA).out
    cli.ok("settings", "timezone", "set", "Asia/Kathmandu", **ANNA)
    there = cli.ok(*slots, **ANNA).out
    assert "+0545" in there
    assert cli.ok(*slots, "--json", **ANNA).out == json
    assert rows(cli.ok("settings", "timezone", "set", "practice", **ANNA).out) == {"Time zone": "Europe/Rome"}
    assert cli.ok(*slots, **ANNA).out == before
    assert cli("settings", "timezone", "set", "Europe/Rom", **ANNA).code == 2


def test_another_language_writes_dates_times_and_numbers_of_tables_and_nothing_else(cli: Cli) -> None:
    """JSON and CSV are the same to the byte."""
    cli.ok("practice", "services", "add", "Course", "--duration", "60m", "--price", "1234.50 EUR", profile="practice")
    slots, offers = ("appointments", "slots", "--limit", "1"), ("appointments", "services")
    machine = [cli.ok(*words, "--format", kind, **ANNA).out for words in (slots, offers) for kind in ("json", "csv")]
    assert "1234.50 EUR" in cli.ok(*offers, **ANNA).out
    cli.ok("settings", "language", "set", "de", **ANNA)
    assert "Mo., 2. März 2026, 11:00 CET" in cli.ok(*slots, **ANNA).out
    assert "1.234,50 EUR" in cli.ok(*offers, **ANNA).out
    cli.ok("settings", "language", "set", "pt-br", **ANNA)
    assert "2 de mar. de 2026" in cli.ok(*slots, **ANNA).out
    again = [cli.ok(*words, "--format", kind, **ANNA).out for words in (slots, offers) for kind in ("json", "csv")]
    assert again == machine
    refused = cli("settings", "language", "set", "de_DE", **ANNA)
    assert (refused.code, "pt-BR" in refused.err) == (2, True)
    assert cli.ok("settings", "language", "show", "--json", **ANNA).data["language"] == "pt-BR"


def test_english_is_as_it_ever_was_of_whatever_country(cli: Cli) -> None:
    """A week and a month have the same names there."""
    before = cli.ok("appointments", "slots", "--limit", "3", **ANNA).out
    cli.ok("settings", "language", "set", "en-US", **ANNA)
    assert cli.ok("appointments", "slots", "--limit", "3", **ANNA).out == before


def test_notices_are_turned_off_and_on_by_their_kinds_or_all(cli: Cli) -> None:
    """And reminders come when one likes."""
    chosen = cli.ok(
        "settings", "notifications", "set", "--off", "booked,moved", "--reminders", "24h,2h", "--json", **ANNA
    )
    assert (chosen.data["turned_off"], chosen.data["reminder_minutes"]) == (["booked", "moved"], [1440, 120])
    shown = rows(cli.ok("settings", "notifications", "show", **ANNA).out)
    assert (shown["Turned off"], shown["Reminders"]) == ("booked, moved", "24h, 2h")
    every = cli.ok("settings", "notifications", "set", "--off", "all", "--json", **ANNA).data
    assert (every["by_email"], "reminder" in every["turned_off"]) == ([], True)
    usual = cli.ok("settings", "notifications", "set", "--on", "all", "--reminders", "practice", "--json", **ANNA).data
    assert (usual["turned_off"], usual["reminder_minutes"]) == ([], None)
    for words in (("--off", "new-sign-in"), ("--off", "everything"), ("--reminders", "soon"), ()):
        assert cli("settings", "notifications", "set", *words, **ANNA).code == 2
    assert cli("settings", "notifications", "set", "--off", "reminder", profile="practice").code == 2
    assert "Reminders" not in cli.ok("settings", "show", profile="practice").out


def test_sessions_are_listed_and_ended(cli: Cli) -> None:
    """The one in use is marked, and may end itself."""
    where = ("--portal", _portal(cli), "--store", "file", "--email", "anna@example.com", "--password-stdin")
    cli.ok("login", *where, profile="elsewhere", stdin=ANNA_PASSWORD)
    table = cli.ok("settings", "sessions", "list", **ANNA).out
    assert [line.split()[1] == "*" for line in table.splitlines()[2:]] == [True, False]
    current, other = cli.ok("settings", "sessions", "list", "--json", **ANNA).data
    assert cli("settings", "sessions", "revoke", **ANNA).code == 2
    assert cli("settings", "sessions", "revoke", other["id"], "--others", **ANNA).code == 2
    assert cli("settings", "sessions", "revoke", "ses_zzzzzzzzzzzz", **ANNA).code == 3
    cli.ok("settings", "sessions", "revoke", other["id"][:12], **ANNA)
    assert cli("whoami", profile="elsewhere").code == 4
    assert "this session" in cli.ok("settings", "sessions", "revoke", current["id"], **ANNA).err
    assert cli("whoami", **ANNA).code == 4


def _portal(cli: Cli) -> str:
    return str(next(row["portal"] for row in cli.ok("profiles", "list", "--json").data if row["name"] == "anna"))


def test_a_password_is_changed_by_files_and_lines(cli: Cli, tmp_path: Path) -> None:
    """A weak or wrong one changes nothing."""
    change = ("settings", "password", "change")
    assert cli(*change, "--password-stdin", stdin=f"{BEN_PASSWORD}\n{BEN_PASSWORD}\n", **ANNA).code == 4
    assert cli(*change, "--password-stdin", stdin=f"{ANNA_PASSWORD}\nshort\n", **ANNA).code == 5
    assert cli(*change, "--password-stdin", stdin=f"{ANNA_PASSWORD}\n", **ANNA).code == 2
    assert cli(*change, **ANNA).code == 2
    cli.ok(*change, "--password-stdin", stdin=f"{ANNA_PASSWORD}\n{BEN_PASSWORD}\n", **ANNA)
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(BEN_PASSWORD)
    new.write_text(ANNA_PASSWORD)
    assert cli.ok(*change, "--password-file", str(old), "--new-password-file", str(new), "--json", **ANNA).data == {
        "ended": 0
    }
    cli.ok("login", "--password-stdin", stdin=ANNA_PASSWORD, **ANNA)


def test_on_a_terminal_no_password_is_shown(live: Program) -> None:
    """Neither the one that one has nor the new one, which is asked for twice."""
    terminal = live.on_terminal("--profile", "anna", "settings", "password", "change")
    for question, answer in (
        ("Password that you have: ", ANNA_PASSWORD),
        ("Password: ", BEN_PASSWORD),
        ("Password again: ", BEN_PASSWORD),
    ):
        terminal.expect_exact(question)
        terminal.waitnoecho()
        terminal.sendline(answer)
    shown = terminal.read()
    assert ended(terminal) == 0
    assert "The new password is set." in shown
    assert ANNA_PASSWORD not in shown
    assert BEN_PASSWORD not in shown


def test_nobody_without_a_session_has_settings(cli: Cli) -> None:
    """Exit 4, for each of them."""
    cli.ok("logout", **ANNA)
    for words in ("settings show", "settings sessions list", "settings language show", "settings timezone set UTC"):
        assert cli(*words.split(), **ANNA).code == 4
