"""The scripts in examples/ run as they stand, with the installed program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from portalctl.gateways.keys import StripeKeys

EXAMPLES = Path(__file__).parent.parent / "examples"
PROGRAMS = Path(sys.executable).parent


def run(script: str, tmp_path: Path, *, errors_too: bool = False, **variables: str) -> str:
    """What a script prints; also what it says of failures, if that is asked for."""
    environment = {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        **variables,
    }
    done = subprocess.run(
        ["bash", EXAMPLES / script],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if errors_too else subprocess.PIPE,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + (done.stderr or "")
    assert "Traceback" not in (done.stdout if errors_too else done.stderr)
    return done.stdout


def test_first_visit_goes_from_an_empty_folder_to_a_cancelled_appointment(tmp_path: Path) -> None:
    shown = run("first_visit.sh", tmp_path)
    assert "/invite/inv_" in shown
    assert "(refused with exit code 5)" in shown
    assert "I am travelling" in shown
    assert not [left for left in tmp_path.iterdir() if left.name.startswith("tmp.")]


def test_second_visit_walks_a_client_through_every_page(tmp_path: Path) -> None:
    shown = run("second_visit.sh", tmp_path)
    pages = {part.partition("\n")[0].partition(":")[0].partition(",")[0]: part for part in shown.split("\n\n# ")}
    assert "(refused with exit code 5)" in pages["Inbox"]
    assert "Blood test" in pages["Documentation"]
    assert "Six hours, once awake." in pages["Notes"]
    assert "Total: 8" in pages["Forms"]
    for title in ("How I slept", "Insurance card", "Blood test", "Mood scale"):
        assert title in pages["Dashboard"]
    assert "Blood test" in pages["Relationships"]
    assert "Mood scale" not in pages["Relationships"]
    assert re.search(r"\b(lun|mar|mer|gio|ven|sab|dom) \d+ [a-z]{3} \d{4}, \d\d:00 (GMT|BST)", pages["Settings"])
    assert "Recovery codes left  9" in pages["A second factor"]
    assert "apt_" in pages["A token for a script"]
    assert "(refused with exit code 4)" in pages["Account"]
    assert "Whole   yes" in pages["Account"]


def test_bulk_share_goes_on_after_a_kill_refuses_a_manifest_whole_and_gives_each_client_exactly_their_own(
    tmp_path: Path,
) -> None:
    """With few clients, as each of them is three processes."""
    shown = run("bulk_share.sh", tmp_path, CLIENTS="3")
    killed, _, resumed = shown.partition("(ended with 137)")
    assert '"status":"sent"' in killed
    found = re.search(r"1,000 files: (\d+) sent \([^)]+\), (\d+) there already", resumed)
    assert found
    assert int(found[1]) + int(found[2]) == 1000
    assert min(int(found[1]), int(found[2])) > 0
    wrong = resumed.partition("3 things are wrong, and nothing was sent")[2]
    assert [re.findall(r"row (\d+), (\w+):", wrong)] == [[("4", "name"), ("7", "client"), ("9", "path")]]
    assert "(refused with exit code 2)" in wrong
    assert wrong.rstrip().endswith("all 3 clients see exactly their own, 2000 files in all")
    assert not [left for left in tmp_path.iterdir() if left.name.startswith("tmp.")]


def test_json_and_jq_reads_fields_repeats_an_intent_and_acts_on_a_refusal(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("needs the system program jq")
    shown = run("json_and_jq.sh", tmp_path)
    assert "booked once: apt_" in shown
    assert "exit 5: slot_taken" in shown


def check_paid(shown: str) -> None:
    """What get_paid.sh comes to, whoever takes the payments."""
    parts = {part.partition("\n")[0]: part for part in shown.split("\n\n# ")}
    charges = re.findall(
        r"^ID +(chg_\w+)", parts["She books a visit, which the practice invoices and charges"], re.MULTILINE
    )
    assert (len(charges), len(set(charges))) == (2, 1)
    assert re.search(r"-45\.00 EUR +visa 4242", parts["Half of it goes back"])
    assert re.search(r"Refunded +45\.00 EUR", parts["Half of it goes back"])
    for title, why in (
        ("A card that is declined", "declined"),
        ("A limit that is too low", "60.00 EUR is more than Anna Bianchi lets be charged at once from visa 4242"),
        ("An authorization that was revoked", "Anna Bianchi does not let Dr Rossi charge visa 4242"),
    ):
        assert why in parts[title]
        assert parts[title].endswith("(refused with exit code 5)")
    assert "60.00 EUR  visa 4242  succeeded  Anna Bianchi" in shown
    assert re.search(r"Compared +4\nDifferences +none", shown)


def test_get_paid_charges_refunds_and_is_refused_on_a_portal_file_as_a_trial(tmp_path: Path) -> None:
    check_paid(run("get_paid.sh", tmp_path, errors_too=True))


def test_get_paid_does_the_same_with_stripe_through_a_server(tmp_path: Path, localstripe: StripeKeys) -> None:
    keys = {f"PORTALCTL_STRIPE_{name.upper()}": value for name, value in localstripe._asdict().items()}
    check_paid(run("get_paid.sh", tmp_path, errors_too=True, **keys))


def test_practice_server_serves_mail_a_browser_and_shells_with_two_processes_of_which_one_stops() -> None:
    """In a folder with a short name: a browser has sockets there, and the path of one has 108 bytes at most."""
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("needs the system program chromium")
    with tempfile.TemporaryDirectory(prefix="example-") as folder:
        shown = run("practice_server.sh", Path(folder))
        left = [each.name for each in Path(folder).iterdir() if each.name.startswith("tmp.")]
    assert "anna@example.com: Studio Rossi invites you to its portal" in shown
    assert "Your account is made" in shown
    before, _, after = shown.partition("# The first server is stopped")
    assert "cancelled" not in before
    assert "cancelled" in after
    assert "Anna Bianchi" in after.partition("# The practice sees it all")[2]
    assert not left
