"""What scripts read stays: no field of the JSON of any command goes or changes its type; one may be added.

The golden files hold what was promised. What was added is promised too with: python -m tests.cli.test_output_stability
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pyotp
import pytest

import portalctl.models
from portalctl.domain.devices import Devices
from portalctl.domain.office import Office
from portalctl.models.devices import StartDevice
from portalctl.models.values import Page, Record
from portalctl.storage.sqlite import SqliteStore
from portalctl.testing.questionnaires import questionnaire, scored
from tests.cli.conftest import ANNA_PASSWORD, BEN_PASSWORD, OWNER_PASSWORD, Cli, copied
from tests.mail.relay import mail_server
from tests.surface import commands, options_of

GOLDEN = Path(__file__).parent / "golden"
RECORDS, COMMANDS = GOLDEN / "records.json", GOLDEN / "commands.json"

Shape = Any
"""`string`, `string | null`, `date-time` …; the name of a record; a list of one shape; `{"or null": shape}`."""

ANSWERS: dict[str, Shape] = {
    "signup": "Identity",
    "login": "Identity",
    "whoami": "Identity",
    "profiles list": ["ProfileRow"],
    "profiles use": "ProfileRow",
    "dashboard": "Dashboard",
    "devices show": "Device",
    "devices allow": "Device",
    "devices refuse": "Device",
    "appointments services": ["Service"],
    "appointments practitioners": ["Practitioner"],
    "appointments slots": ["Slot"],
    "appointments book": "Appointment",
    "appointments book --dry-run": "Verdict",
    "appointments book --weekly": ["Appointment"],
    "appointments list": ["Appointment"],
    "appointments show": "Appointment",
    "appointments reschedule": "Appointment",
    "appointments confirm": "Appointment",
    "appointments cancel": "Appointment",
    "appointments cancel --dry-run": "Verdict",
    "appointments join": "Room",
    "inbox list": ["Conversation"],
    "inbox show": "WrittenConversation",
    "inbox send": "Conversation",
    "inbox send --all-clients": "Broadcast",
    "inbox reply": "Message",
    "inbox read": "Conversation",
    "inbox unread": "Conversation",
    "inbox close": "Conversation",
    "inbox reopen": "Conversation",
    "docs upload": ["FileResult", "BatchSummary"],
    "docs upload --dry-run": ["PlannedFile"],
    "docs batches list": ["Batch"],
    "docs batches show": "Batch",
    "docs batches resume": ["FileResult", "BatchSummary"],
    "docs download": ["SavedFile"],
    "docs pull": ["PulledFile"],
    "docs list": ["Document"],
    "docs show": "Document",
    "docs rename": "Document",
    "docs hide": "Document",
    "docs unhide": "Document",
    "docs share": "Document",
    "docs unshare": "Document",
    "docs views": ["View"],
    "settings show": "Settings",
    "settings profile show": "Profile",
    "settings profile set": "Profile",
    "settings profile set --email": "EmailChange",
    "settings profile confirm-email": "Profile",
    "settings timezone show": "OwnTimezone",
    "settings timezone set": "OwnTimezone",
    "settings language show": "OwnLanguage",
    "settings language set": "OwnLanguage",
    "settings notifications show": "Notifications",
    "settings notifications set": "Notifications",
    "settings sessions list": ["Session"],
    "settings sessions revoke": "Session",
    "settings sessions revoke --others": "SessionsEnded",
    "settings password change": "SessionsEnded",
    "settings mfa status": "MfaStatus",
    "settings mfa setup": "MfaSetup",
    "settings mfa verify": "RecoveryCodes",
    "settings mfa recovery-codes": "RecoveryCodes",
    "settings mfa recovery-codes --renew": "RecoveryCodes",
    "settings mfa disable": "MfaStatus",
    "settings payment add": "PaymentMethod",
    "settings payment list": ["PaymentMethod"],
    "settings payment show": "PaymentMethod",
    "settings payment default": "PaymentMethod",
    "settings payment authorize": "PaymentMethod",
    "settings payment revoke": "PaymentMethod",
    "settings tokens create": "IssuedToken",
    "settings tokens list": ["ApiToken"],
    "settings tokens revoke": "ApiToken",
    "practice clients reset-mfa": "MfaReset",
    "docs note add": "Note",
    "docs note edit": "Note",
    "docs note complete": "Note",
    "docs note list": ["Document"],
    "docs note show": "Note",
    "relationships list": ["Relationship"],
    "relationships show": "Relationship",
    "relationships docs": ["Document"],
    "relationships dashboard": "SharedDashboard",
    "practice relationships add": "GrantedRelationship",
    "practice relationships list": ["Relationship"],
    "practice relationships edit": "GrantedRelationship",
    "docs form list": ["GivenForm"],
    "docs form show": "FilledForm",
    "docs form fill": "FilledForm",
    "docs form save": "FilledForm",
    "docs form submit": "FilledForm",
    "practice init": "Practice",
    "practice show": "Practice",
    "practice backup": "BackupReport",
    "practice restore": "RestoreReport",
    "practice invite": "IssuedInvite",
    "practice invites list": ["Invite"],
    "practice invites revoke": "Invite",
    "practice form import": "Form",
    "practice form list": ["Form"],
    "practice form share": "GivenForm",
    "practice clients list": ["Client"],
    "practice clients show": "Client",
    "practice reset-link": "ResetLink",
    "practice quarantine list": ["Document"],
    "practice quarantine release": "Document",
    "practice staff add": "IssuedInvite",
    "practice staff list": ["StaffMember"],
    "practice staff edit": "StaffMember",
    "practice staff disable": "StaffMember",
    "practice services add": "Service",
    "practice services list": ["Service"],
    "practice services edit": "Service",
    "practice services archive": "Service",
    "practice hours show": "PractitionerHours",
    "practice hours set": "PractitionerHours",
    "practice hours add": "PractitionerHours",
    "practice hours override": "PractitionerHours",
    "practice policy show": "Policy",
    "practice policy set": "Policy",
    "practice invoices create": "Invoice",
    "practice invoices list": ["Invoice"],
    "practice invoices show": "Invoice",
    "practice invoices issue": "Invoice",
    "practice invoices void": "Invoice",
    "practice invoices import": ["ImportedInvoice"],
    "practice invoices charge": "Charge",
    "practice invoices refund": "Refund",
    "practice invoices reconcile": "Reconciliation",
    "invoices pay": "Charge",
    "invoices charges": ["Charge"],
    "invoices receipts": ["Receipt"],
    "invoices list": ["Invoice"],
    "invoices show": "Invoice",
    "invoices download": "SavedFile",
    "practice outbox list": ["Letter"],
    "practice outbox show": "WrittenLetter",
    "practice outbox send": "Delivery",
    "practice assign": "Assignment",
    "practice assigned": ["Assignment"],
    "practice audit log": ["AuditEntry"],
    "practice audit verify": "AuditReport",
    "account show": "Account",
    "account log": ["AuditEntry"],
    "account log --prove": "AuditReport",
    "account export": "ExportReport",
    "account verify": "ExportCheck",
    "account delete": "Deletion",
    "account delete --dry-run": "Deletion",
    "practice calendar": ["Appointment"],
    "practice approve": "Appointment",
    "practice decline": "Appointment",
    "practice attended": "Appointment",
    "practice no-show": "Appointment",
}
"""What each command answers, as it is now."""


@cache
def records() -> dict[str, dict[str, Shape]]:
    """Every record that a portal or the program answers: its fields with their types, as they are now."""
    modules = [import_module(f"portalctl.models.{each.name}") for each in iter_modules(portalctl.models.__path__)]
    kinds = {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Record) and kind not in (Record, Page)
    }
    schemas = {name: kind.model_json_schema(mode="serialization") for name, kind in sorted(kinds.items())}
    return {
        name: {field: shape(part, schema) for field, part in schema["properties"].items()}
        for name, schema in schemas.items()
    }


def shape(part: dict[str, Any], schema: dict[str, Any]) -> Shape:
    """The shape of one field of a JSON schema."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        target = schema["$defs"][name]
        return name if target["type"] == "object" else target["type"]
    if "anyOf" in part:
        inner = [shape(each, schema) for each in part["anyOf"] if each.get("type") != "null"]
        assert len(inner) == 1, part
        return {"or null": inner[0]} if len(inner) < len(part["anyOf"]) else inner[0]
    if part["type"] == "array":
        return [shape(part["items"], schema)]
    return part.get("format", part["type"])


def promised(file: Path) -> Any:
    """What a golden file says."""
    return json.loads(file.read_text())


TYPES: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": float}
TEXTS = {"date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "date": r"\d{4}-\d\d-\d\d"}


def check(value: Any, wanted: Shape, place: str) -> None:
    """Hold a value of real output to the shape that was promised."""
    if isinstance(wanted, dict):
        if value is not None:
            check(value, wanted["or null"], place)
    elif isinstance(wanted, list):
        assert isinstance(value, list), place
        if len(wanted) > 1:
            *value, last = value
            check(last, wanted[1], f"{place}[-1]")
        for number, each in enumerate(value):
            check(each, wanted[0], f"{place}[{number}]")
    elif wanted in TYPES:
        assert type(value) is TYPES[wanted], f"{place}: {value!r} is no {wanted}"
    elif wanted in TEXTS:
        assert re.fullmatch(TEXTS[wanted], value), f"{place}: {value!r} is no {wanted}"
    else:
        for name, part in promised(RECORDS)[wanted].items():
            assert name in value, f"{place}: {name} is gone"
            check(value[name], part, f"{place}.{name}")


class Story:
    """Runs every command that shows data, and keeps the JSON that each of them printed."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.printed: dict[str, Any] = {}

    def run(self, name: str, *rest: str, profile: str = "practice", stdin: str = "", code: int = 0) -> Any:
        """Run the command that a key of ANSWERS names."""
        done = self.cli(*name.split(), *rest, "--json", profile=profile, stdin=stdin)
        assert done.code == code, (name, done)
        self.printed[name] = done.data
        return done.data

    def told(self) -> dict[str, Any]:
        """The whole story."""
        self._the_practice_sets_up()
        self._people_come_and_go()
        self._anna_signs_in()
        self._anna_books()
        self._the_practice_decides()
        self._they_write()
        self._anna_adds_a_card()
        self._the_practice_invoices()
        self._money_moves()
        self._documents_are_filed()
        self._notes_are_written_and_shared()
        self._forms_are_filled()
        self._programs_ask()
        self._carla_sets_things()
        self._letters_are_sent()
        self._the_day_comes()
        self._ben_guards_himself()
        self._carla_leaves()
        self._all_is_kept()
        return self.printed

    def _ben_guards_himself(self) -> None:
        ben: dict[str, Any] = {"profile": "ben"}
        self.cli.ok("login", "--password-stdin", stdin=BEN_PASSWORD, **ben)
        made = self.run("settings mfa setup", "--show-secret", "--password-stdin", stdin=BEN_PASSWORD, **ben)
        codes = self.run("settings mfa verify", pyotp.TOTP(made["secret"]).at(self.cli.now), **ben)["codes"]
        self.run("settings mfa status", **ben)
        self.run("settings mfa recovery-codes", **ben)
        codes = self.run("settings mfa recovery-codes --renew", "--code", codes[0], **ben)["codes"]
        self.run("settings mfa disable", "--password-stdin", "--code", codes[0], stdin=BEN_PASSWORD, **ben)
        self.run("settings tokens create", "calendar", "--scope", "appointments:read", **ben)
        token = self.run("settings tokens list", **ben)[0]
        self.run("settings tokens revoke", token["id"], **ben)
        self.cli.ok("settings", "mfa", "setup", "--show-secret", "--password-stdin", stdin=BEN_PASSWORD, **ben)
        self.run("practice clients reset-mfa", "ben@example.com", "--yes")

    def _the_practice_sets_up(self) -> None:
        other = ("--name", "Other", "--email", "other@example.com", "--timezone", "Asia/Kathmandu")
        where = ("--portal", f"sqlite://{self.cli.home}/other/portal.db", "--password-stdin", "--store", "file")
        self.run("practice init", *other, *where, profile="other", stdin=ANNA_PASSWORD)
        self.run("practice show")
        self.run("practice services add", "Talk", "--duration", "30m", "--price", "80.50 EUR")
        self.run("practice services edit", "Talk", "--buffer-before", "5m")
        self.run("practice services list")
        self.run("practice policy set", "--service", "Talk", "--approval-required")
        self.run("practice policy show")

    def _people_come_and_go(self) -> None:
        verdi = "verdi@example.com"
        self.run("practice staff add", verdi, "--name", "Dr Verdi")
        self.run("practice staff edit", verdi, "--timezone", "America/New_York")
        self.run("practice staff list")
        self.run("practice hours set", verdi, "--days", "mon", "--windows", "09:00-12:00")
        self.run("practice hours add", verdi, "--days", "mon", "--windows", "14:00-15:00")
        self.run("practice hours override", verdi, "2026-12-24", "--closed")
        self.run("practice hours show", verdi)
        self.run("practice staff disable", verdi, "--yes")
        link = self.run("practice invite", "carla@example.com", "--name", "Carla")["link"]
        self.run("signup", link, "--password-stdin", "--store", "file", profile="carla", stdin=ANNA_PASSWORD)
        invited = self.run("practice invite", "dora@example.com", "--name", "Dora")["id"]
        self.run("practice invites list")
        self.run("practice invites revoke", invited)
        self.run("practice clients list")
        self.run("practice clients show", "anna@example.com")
        self.run("practice reset-link", "ben@example.com")

    def _anna_signs_in(self) -> None:
        self.run("login", "--password-stdin", profile="anna", stdin=ANNA_PASSWORD)
        self.run("whoami", profile="anna")
        self.run("profiles use", "anna")
        self.run("profiles list")

    def _slot(self, service: str, day: str) -> str:
        slots = self.run("appointments slots", "--service", service, "--from", day, "--limit", "2", profile="anna")
        return str(slots[0]["id"])

    def _anna_books(self) -> None:
        self.run("appointments services", profile="anna")
        self.run("appointments practitioners", profile="anna")
        slot = self._slot("First visit", "2026-03-04")
        booked = self.run("appointments book", slot, "--note", "hello", profile="anna")["id"]
        self.run("appointments book --dry-run", slot, profile="anna", code=5)
        self.run("appointments reschedule", booked, self._slot("First visit", "2026-03-10"), profile="anna")
        self.run("appointments confirm", booked, profile="anna")
        self.run("appointments show", booked, profile="anna")
        self.run("appointments cancel --dry-run", booked, profile="anna")
        self.run("appointments cancel", booked, "--reason", "ill", profile="anna")

    def _the_practice_decides(self) -> None:
        for decision in ("approve", "decline"):
            asked = self.run("appointments book", self._slot("Talk", "2026-03-05"), profile="anna")["id"]
            self.run(f"practice {decision}", asked)
        slot, client = self._slot("Video call", "2026-03-06"), ("--client", "anna@example.com")
        self.printed["appointments book --weekly"] = self.cli.ok(
            "appointments", "book", slot, "--weekly", "2", *client, "--json", profile="practice"
        ).data
        self.run("practice calendar")
        self.run("appointments list", "--all", profile="anna")
        self.run("dashboard", profile="anna")

    def _they_write(self) -> None:
        text = ("--subject", "Your visit", "--body", "How are you?")
        begun = self.run("inbox send", "--to", "anna@example.com", *text)["id"]
        self.printed["inbox send --all-clients"] = self.cli.ok(
            "inbox", "send", "--all-clients", *text, "--json", profile="practice"
        ).data
        self.run("inbox reply", begun, "--body", "Well.", profile="anna")
        self.run("inbox list", profile="anna")
        for command in ("show", "unread", "read"):
            self.run(f"inbox {command}", begun, profile="anna")
        for command in ("close", "reopen"):
            self.run(f"inbox {command}", begun)
        self.run("practice assign", "anna@example.com", "Dr Rossi")
        self.run("practice assigned")

    def _anna_adds_a_card(self) -> None:
        self.run("practice policy set", "--gateway", "test")
        anna: dict[str, Any] = {"profile": "anna"}
        terms = ("--authorize", "Dr Rossi", "--limit", "100 EUR", "--until", "2026-12-31")
        card = "4242 4242 4242 4242\n12/30\n123\n"
        method = self.run("settings payment add", "--country", "IT", *terms, "--card-stdin", stdin=card, **anna)["id"]
        self.run("settings payment list", **anna)
        for command in ("show", "default"):
            self.run(f"settings payment {command}", method, **anna)
        self.run("settings payment authorize", method, "practice", **anna)
        self.run("settings payment revoke", method, "Dr Rossi", **anna)

    def _the_practice_invoices(self) -> None:
        owed = ("anna@example.com", "--item", "Visit", "--amount", "80.50 EUR", "--due", "2026-12-31", "--tax", "22")
        draft = self.run("practice invoices create", *owed)["id"]
        self.run("practice invoices issue", draft)
        table = self.cli.home / "table.csv"
        table.write_text("client,item,amount\nben@example.com,Visit,80 EUR\n")
        self.run("practice invoices import", str(table))
        self.run("practice invoices list")
        self.run("practice invoices show", "1")
        self.run("invoices list", profile="anna")
        self.run("invoices show", draft, profile="anna")
        self.run("invoices download", draft, "-o", str(self.cli.home / "invoice.pdf"), profile="anna")
        self.run("practice invoices void", draft, "--yes")

    def _money_moves(self) -> None:
        self.cli.ok("practice", "policy", "set", "--gateway", "test", profile="practice")
        card = ("settings", "payment", "add", "--card-stdin", "--authorize", "practice")
        self.cli.ok(*card, profile="anna", stdin="4242 4242 4242 4242\n12/35\n123\n")
        owed = ("practice", "invoices", "create", "anna@example.com", "--item", "Visit", "--amount", "80.50 EUR")
        first, second = [self.cli.ok(*owed, "--format", "ids", profile="practice").out.strip() for _ in range(2)]
        for draft in (first, second):
            self.cli.ok("practice", "invoices", "issue", draft, profile="practice")
        self.run("practice invoices charge", first)
        self.run("practice invoices refund", first, "--amount", "40", "--yes")
        self.run("practice invoices reconcile")
        self.run("invoices pay", second, "--yes", profile="anna")
        self.run("invoices charges", second, profile="anna")
        self.run("invoices receipts", profile="anna")

    def _documents_are_filed(self) -> None:
        letter = self.cli.home / "letter.txt"
        letter.write_text("Dear Anna,\n")
        self.printed["docs upload --dry-run"] = self.cli.ok(
            "docs", "upload", str(letter), "--dry-run", "--json", profile="practice"
        ).data
        filed = self.run("docs upload", str(letter))[0]["document_id"]
        (self.cli.home / "other.txt").write_text("Dear Ben,\n")
        self.cli.ok("docs", "upload", str(letter), str(self.cli.home / "other.txt"), profile="practice")
        batch = self.run("docs batches list")[0]["id"]
        self.run("docs batches show", batch)
        self.run("docs batches resume", batch)
        self.run("docs download", filed, "-o", str(self.cli.home / "saved.txt"))
        self.run("docs pull", str(self.cli.home / "mirror"))
        self.run("practice quarantine release", filed, "--yes")
        self.run("practice quarantine list")
        self.run("docs share", filed, "anna@example.com")
        self.cli.ok("docs", "view", filed, profile="anna")
        self.run("docs views", filed)
        self.run("docs rename", filed, "--title", "Plan")
        for command in ("hide", "unhide", "show"):
            self.run(f"docs {command}", filed, profile="anna")
        self.run("docs list", profile="anna")
        self.run("docs unshare", filed, "anna@example.com")

    def _forms_are_filled(self) -> None:
        self.run("practice form import", "-", stdin=questionnaire(scored("mood", "Well", "Unwell"), title="Mood"))
        self.run("practice form list")
        given = self.run("practice form share", "Mood", "anna@example.com")["id"]
        self.run("docs form list", profile="anna")
        self.run("docs form fill", given, "--answers", "-", profile="anna", stdin='{"mood": "Well"}')
        self.run("docs form save", given, "mood=Unwell", profile="anna")
        self.run("docs form submit", given, "--sign", "Anna", "--relationship", "self", profile="anna")
        self.run("docs form show", given)

    def _notes_are_written_and_shared(self) -> None:
        week = ("--title", "Week 12", "--body", "Slept better.")
        note = self.run("docs note add", *week, "--client", "anna@example.com")["id"]
        self.run("docs note edit", note, "--title", "Week 13")
        self.run("docs note complete", note)
        for command in ("list", "show"):
            self.run(f"docs note {command}", *([note] if command == "show" else []), profile="anna")
        close = ("--name", "Carla", "--kind", "sister", "--email", "carla@example.com", "--portal-access")
        made = self.run("practice relationships add", "anna@example.com", *close)["id"]
        self.run("practice relationships edit", made, "--information-access")
        self.run("practice relationships list", "anna@example.com")
        self.run("relationships list", profile="carla")
        for command in ("show", "docs", "dashboard"):
            self.run(f"relationships {command}", "Anna Bianchi", profile="carla")

    def _programs_ask(self) -> None:
        store = SqliteStore(self.cli.home / "data" / "portal.db")
        served = Office(store, lambda: self.cli.now, None, lambda: b"k" * 32, "https://portal.example.com")
        codes = [Devices(served).start(StartDevice(name="portalctl on laptop")).user_code for _ in range(2)]
        store.close()
        self.run("devices show", codes[0], profile="anna")
        self.run("devices allow", codes[0], "--yes", profile="anna")
        self.run("devices refuse", codes[1], profile="anna")

    def _carla_sets_things(self) -> None:
        her: dict[str, Any] = {"profile": "carla"}
        own = ("--phone", "+39 06 698 12345", "--birth-date", "1985-04-12", "--address", "Via Roma 1")
        self.run("settings profile set", *own, "--preferred-name", "Carlotta", "--pronouns", "she/her", **her)
        self.run("settings profile show", **her)
        self.run("settings timezone set", "Asia/Kathmandu", **her)
        self.run("settings timezone show", **her)
        self.run("settings language set", "pt-br", **her)
        self.run("settings language show", **her)
        self.run("settings notifications set", "--off", "booked", "--reminders", "24h,2h", **her)
        self.run("settings notifications show", **her)
        self.run("settings show", **her)
        for _ in range(2):
            self.cli.ok("login", "--password-stdin", "--profile", "carla", stdin=ANNA_PASSWORD)
        other = next(each for each in self.run("settings sessions list", **her) if not each["current"])
        self.run("settings sessions revoke", other["id"], **her)
        self.run("settings sessions revoke --others", **her)
        self.run("settings password change", "--password-stdin", stdin=f"{ANNA_PASSWORD}\n{BEN_PASSWORD}", **her)
        email = ("carla@new.example.com", "--password-stdin")
        self.run("settings profile set --email", *email, stdin=BEN_PASSWORD, **her)

    def _letters_are_sent(self) -> None:
        letter = self.run("practice outbox list")[0]
        self.run("practice outbox show", letter["id"])
        with mail_server() as relay:
            self.run("practice outbox send", "--smtp", relay.url)
        (mail,) = [text for text in map(str, relay.to("carla@new.example.com")) if "emc_" in text]
        (code,) = re.findall(r"emc_[\w.-]+", mail)
        self.run("settings profile confirm-email", code, profile="carla")

    def _the_day_comes(self) -> None:
        first = self.printed["appointments book --weekly"][0]
        self.cli.now = datetime.fromisoformat(first["starts_at"])
        self.run("login", "--password-stdin", profile="anna", stdin=ANNA_PASSWORD)
        self.run("login", "--password-stdin", profile="practice", stdin=OWNER_PASSWORD)
        self.run("appointments join", first["id"], profile="anna")
        self.run("practice attended", first["id"])
        self.run("practice no-show", first["id"])
        self.run("practice services archive", "Talk")

    def _carla_leaves(self) -> None:
        copy = str(self.cli.home / "carla.zip")
        email = ("--email", "carla@new.example.com")
        self.run("login", *email, "--password-stdin", profile="carla", stdin=BEN_PASSWORD)
        for command in ("show", "log", "log --prove", "delete --dry-run"):
            self.run(f"account {command}", profile="carla")
        self.run("account export", copy, profile="carla")
        self.run("account verify", copy)
        words = ("--confirm", "Yes, delete", "--password-stdin")
        self.run("account delete", *words, profile="carla", stdin=BEN_PASSWORD)
        self.run("practice audit log")
        self.run("practice audit verify")

    def _all_is_kept(self) -> None:
        file = str(self.cli.home / "backup.zip")
        self.run("practice backup", file)
        self.run("practice restore", file, "--replace", "--yes")


@pytest.fixture(scope="module")
def shown(_practice_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON that each command printed in a story that runs them all."""
    return Story(Cli(copied(_practice_home, tmp_path_factory.mktemp("story") / "home"))).told()


EVERY_COMMAND = pytest.mark.parametrize("name", ANSWERS)


@EVERY_COMMAND
def test_a_command_prints_what_was_promised(name: str, shown: dict[str, Any]) -> None:
    """Real output has every field, of its type."""
    check(shown[name], promised(COMMANDS)[name], name)


def test_every_command_with_json_is_promised() -> None:
    """Who adds a command adds what it answers."""
    showing = {" ".join(path) for path, command in commands().items() if "--json" in options_of(command)}
    assert {name.partition(" --")[0] for name in ANSWERS} == showing


def test_no_command_answers_something_else_than_was_promised() -> None:
    """A list stays a list."""
    now = {name: ANSWERS.get(name) for name in promised(COMMANDS)}
    assert now == promised(COMMANDS)


@pytest.mark.parametrize("name", promised(RECORDS))
def test_no_field_is_gone_or_has_another_type(name: str) -> None:
    """Whether a story shows it or not."""
    fields = promised(RECORDS)[name]
    now = records()[name]
    assert {field: now.get(field) for field in fields} == fields


def test_a_failure_stays_one_object_of_known_fields(cli: Cli) -> None:
    """Its code is for scripts, message and hint are for people."""
    failure = cli("appointments", "show", "apt_zzzzzzzzzzzz", "--json", profile="anna").error
    assert {"code", "message", "hint", "exit_code"} <= failure.keys()
    assert [type(failure[name]) for name in ("code", "message", "hint", "exit_code")] == [str, str, str, int]


if __name__ == "__main__":
    for file, content in ((RECORDS, records()), (COMMANDS, ANSWERS)):
        file.write_text(json.dumps(content, indent=1) + "\n")
