"""`portalctl account`: show, log, export, verify, delete."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import ANNA_PASSWORD, Cli

WORDS = "Yes, delete"


def rebuilt(file: Path, change: dict[str, bytes | None], more: dict[str, bytes] | None = None) -> Path:
    """The same zip with some members replaced (or left out, for None), and some added."""
    other = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            content = change.get(name, before.read(name))
            if content is not None:
                after.writestr(name, content)
        for name, content in (more or {}).items():
            after.writestr(name, content)
    return other


def exported(cli: Cli) -> Path:
    """Anna's copy, with an appointment in it."""
    slot = cli.ok("appointments", "slots", "--json", profile="anna").data[0]["id"]
    cli.ok("appointments", "book", slot, profile="anna")
    file = cli.home / "anna.zip"
    cli.ok("account", "export", str(file), profile="anna")
    return file


def test_an_account_shows_whose_it_is(cli: Cli) -> None:
    shown = cli.ok("account", "show", "--json", profile="anna").data
    assert (shown["email"], shown["role"], shown["sessions"]) == ("anna@example.com", "client", 1)
    assert "Anna Bianchi" in cli.ok("account", "show", profile="anna").out


def test_the_log_tells_who_read_the_record(cli: Cli) -> None:
    cli.ok("practice", "clients", "show", "anna@example.com", profile="practice")
    latest = cli.ok("account", "log", "--json", "--limit", "1", profile="anna").data[0]
    assert (latest["actor"], latest["role"], latest["action"]) == ("Dr Rossi", "owner", "clients.show")
    assert "clients show" in cli.ok("account", "log", profile="anna").out
    whole = cli.ok("account", "log", "--prove", "--json", profile="anna").data
    assert (whole["whole"], whole["chains"]) == (True, 1)


def test_an_owner_proves_every_chain_and_reads_each(cli: Cli) -> None:
    report = cli.ok("practice", "audit", "verify", "--json", profile="practice").data
    assert (report["whole"], report["faults"], report["chains"]) == (True, [], 3)
    assert report["rows"] > report["chains"]
    log = cli.ok("practice", "audit", "log", "--client", "anna@example.com", "--json", profile="practice")
    assert {entry["chain"][:4] for entry in log.data} == {"cli_"}
    own = cli.ok("practice", "audit", "verify", "--json", profile="anna").data
    assert own["chains"] == 1


def test_an_audit_that_was_altered_is_told_and_ends_with_8(cli: Cli) -> None:
    import apsw

    connection = apsw.Connection(str(cli.home / "data" / "portal.db"))
    connection.execute("UPDATE audit SET actor = 'stf_zzzzzzzzzzzz' WHERE chain = 'practice' AND position = 2")
    connection.close()
    found = cli("practice", "audit", "verify", "--json", profile="practice")
    assert found.code == 8
    assert found.error["code"] == "audit_broken"
    assert [fault["chain"] for fault in found.data["faults"]] == ["practice"]


def test_a_copy_holds_every_noun_and_is_whole(cli: Cli) -> None:
    file = exported(cli)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        names = packed.namelist()
        visits = [json.loads(line) for line in packed.read("appointments.jsonl").splitlines()]
        calendar = packed.read("appointments.ics")
    assert {"account.json", "settings.json", "messages.jsonl", "documents.jsonl", "log.jsonl"} <= set(names)
    assert {"invoices.jsonl", "receipts.jsonl"} <= set(names)
    assert names[-1] == "manifest.json"
    assert [visit["client"] for visit in visits] == ["Anna Bianchi"]
    assert visits[0]["id"].encode() in calendar
    checked = cli.ok("account", "verify", str(file), "--json").data
    assert (checked["whole"], checked["faults"], checked["files"]) == (True, [], len(names) - 1)


@pytest.mark.parametrize(
    ("change", "more", "fault"),
    [
        ({"account.json": b"{}"}, {}, "account.json: is not what was exported"),
        ({"log.jsonl": None}, {}, "log.jsonl: is missing"),
        ({}, {"extra.txt": b"hello"}, "extra.txt: is not in the manifest"),
    ],
)
def test_a_copy_that_is_not_what_was_exported_is_named(
    cli: Cli, change: dict[str, bytes | None], more: dict[str, bytes], fault: str
) -> None:
    found = cli("account", "verify", str(rebuilt(exported(cli), change, more)), "--json")
    assert (found.code, found.error["code"]) == (8, "export_damaged")
    assert found.data["faults"] == [fault]


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut short"])
def test_what_is_no_copy_is_refused(cli: Cli, content: bytes) -> None:
    file = cli.home / "other.zip"
    file.write_bytes(content)
    assert cli("account", "verify", str(file), "--json").error["code"] == "invalid_input"
    assert cli("account", "verify", str(cli.home / "missing.zip")).code == 2


def test_a_file_that_is_there_is_only_replaced_when_told(cli: Cli) -> None:
    file = cli.home / "anna.zip"
    file.write_text("something else")
    refused = cli("account", "export", str(file), profile="anna")
    assert (refused.code, file.read_text()) == (2, "something else")
    cli.ok("account", "export", str(file), "--force", profile="anna")
    cli.ok("account", "verify", str(file))
    assert [left.name for left in cli.home.glob(".*.part")] == []


def test_staff_take_a_backup_instead(cli: Cli) -> None:
    refused = cli("account", "export", str(cli.home / "x.zip"), "--json", profile="practice")
    assert (refused.code, refused.error["code"]) == (5, "not_permitted")
    assert not (cli.home / "x.zip").exists()


def test_deleting_says_before_what_goes_and_changes_nothing(cli: Cli) -> None:
    foreseen = cli.ok("account", "delete", "--dry-run", "--json", profile="anna").data
    assert (foreseen["deleted_at"], foreseen["coming_appointments"]) == (None, 0)
    cli.ok("whoami", profile="anna")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--password-stdin"], "input_needed"),
        (["--password-stdin", "--confirm", "yes"], "invalid_input"),
        (["--password-stdin", "--confirm", "yes, delete"], "invalid_input"),
        (["--confirm", WORDS], "input_needed"),
    ],
)
def test_without_the_words_or_the_password_nothing_is_deleted(cli: Cli, arguments: list[str], code: str) -> None:
    refused = cli("account", "delete", *arguments, "--json", stdin=ANNA_PASSWORD, profile="anna")
    assert (refused.code, refused.error["code"]) == (2, code)
    cli.ok("whoami", profile="anna")


def test_a_wrong_password_deletes_nothing(cli: Cli) -> None:
    refused = cli("account", "delete", "--confirm", WORDS, "--password-stdin", stdin="a guess", profile="anna")
    assert refused.code == 4
    cli.ok("whoami", profile="anna")


def test_the_end_of_an_account_is_shown_as_a_table_too(cli: Cli) -> None:
    """In the zone that the account had."""
    done = cli.ok("account", "delete", "--confirm", WORDS, "--password-stdin", stdin=ANNA_PASSWORD, profile="anna")
    assert "Mon 2 Mar 2026 09:00 CET" in done.out


def test_a_deleted_account_is_gone_here_and_there(cli: Cli) -> None:
    done = cli.ok(
        *("account", "delete", "--confirm", WORDS, "--password-stdin", "--json"), stdin=ANNA_PASSWORD, profile="anna"
    )
    assert done.data["deleted_at"] == "2026-03-02T08:00:00Z"
    assert cli("whoami", profile="anna").code == 4
    assert cli("login", "--password-stdin", stdin=ANNA_PASSWORD, profile="anna").code == 4
    kept = cli.ok("practice", "clients", "show", "anna@example.com", "--json", profile="practice").data
    assert kept["signed_up"] is False
