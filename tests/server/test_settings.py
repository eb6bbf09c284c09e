"""What a server is started with: no secret is an argument, nothing wrong is ignored, nothing goes in the clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.server.limits import Limits
from portalctl.server.settings import Settings, read_settings

FULL = """
database = "postgresql://portal@db/rossi"
database_password = "canary"
public_url = "https://portal.example.com/"
behind_proxy = ["10.0.0.0/8"]
metrics_from = ["10.9.0.0/16"]
smtp = "smtp+starttls://mail.example.com"
smtp_user = "portal"
smtp_password = "canary"
key_file = "/etc/portalctl/portal.key"
documents = "s3://rossi/documents"
scan = "cat -u 'a file'"
host = "0.0.0.0"
port = 80
workers = 4

[limits]
session_rate = 50
session_burst = 60
"""


def _file(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "server.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def _read(given: dict[str, Any] | None = None, file: Path | None = None) -> Settings:
    return read_settings(given or {}, file, Path("/data"))


def test_without_anything_it_is_the_portal_file_for_this_machine() -> None:
    settings = _read()
    assert settings == Settings(database="sqlite:///data/portal.db")
    assert settings.address("127.0.0.1", 8420) == "http://127.0.0.1:8420"
    assert settings.address("::1", 8420) == "http://[::1]:8420"


def test_the_file_says_everything_and_the_command_line_wins(tmp_path: Path) -> None:
    file = _file(tmp_path, FULL)
    settings = _read({"workers": 2, "port": None, "behind_proxy": []}, file)
    assert (settings.workers, settings.port, settings.host) == (2, 80, "0.0.0.0")  # noqa: S104  text
    assert settings.key_file == Path("/etc/portalctl/portal.key")
    assert settings.documents == "s3://rossi/documents"
    assert settings.scanner == ("cat", "-u", "a file")
    assert settings.address(settings.host, settings.port) == "https://portal.example.com"
    assert settings.limits == Limits(session_rate=50, session_burst=60)
    assert [str(each) for each in (*settings.proxies, *settings.metrics_from)] == ["10.0.0.0/8", "10.9.0.0/16"]


def test_a_scanner_that_is_named_by_its_path_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "scan"
    script.touch(0o700)
    monkeypatch.chdir(tmp_path)
    assert _read({"scan": "./scan --quiet"}).scanner == (str(script), "--quiet")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        _read(file=_file(tmp_path, FULL, mode))
    assert "chmod 600" in (caught.value.hint or "")
    assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("databse = 'x'", "databse"),
        ("port = '80'", "port"),
        ("workers = true", "workers"),
        ("behind_proxy = '10.0.0.0/8'", "behind_proxy"),
        ("behind_proxy = [10]", "behind_proxy"),
        ("behind_proxy = ['10.0.0.0/99']", "10.0.0.0/99"),
        ("[limits]\nbody = 5", "limits.body"),
        ("[limits]\nsession_rate = 0", "limits.session_rate"),
        ("port = ", "server.toml"),
        ("smtp_password = 'ca\x00nary'", "server.toml"),
    ],
)
def test_a_file_that_is_not_in_order_is_refused_by_name(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        _read(file=_file(tmp_path, text))
    assert part in caught.value.message


def test_a_file_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidInput, match="cannot be read"):
        _read(file=tmp_path / "server.toml")


def test_a_password_in_a_database_url_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    url = "postgresql://portal:canary@db/rossi"
    for given, file in (({"database": url}, None), ({}, _file(tmp_path, f'database = "{url}"'))):
        with pytest.raises(errors.InvalidInput) as caught:
            _read(given, file)
        assert "canary" not in caught.value.message + (caught.value.hint or "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.example.com"])  # noqa: S104  text
def test_plain_http_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(errors.InvalidInput, match="plain HTTP"):
        _read().address(host, 80)
    with pytest.raises(errors.InvalidInput, match="links need"):
        _read({"behind_proxy": ["10.0.0.0/8"]}).address(host, 80)
    given = {"behind_proxy": ["10.0.0.0/8"], "public_url": "https://portal.example.com"}
    assert _read(given).address(host, 80) == "https://portal.example.com"
    given = {"tls_cert": "cert.pem", "tls_key": "key.pem", "public_url": "https://portal.example.com:8443"}
    assert _read(given).address(host, 8443) == "https://portal.example.com:8443"


@pytest.mark.parametrize(
    "url",
    [
        *("http://portal.example.com", "portal.example.com", "https://", "ftp://portal.example.com"),
        *("https://user@portal.example.com", "https://portal.example.com/path", "https://portal.example.com?x=1"),
        *("https://portal.example.com:99999", "https://[::1", ""),
    ],
)
def test_users_reach_a_portal_by_https_alone(url: str) -> None:
    with pytest.raises(errors.InvalidInput):
        Settings(database="sqlite:///x", public_url=url).address("127.0.0.1", 8420)


def test_a_certificate_needs_its_key() -> None:
    for name in ("tls_cert", "tls_key"):
        with pytest.raises(errors.InvalidInput, match="certificate needs its key"):
            _read({name: "file.pem"})


def test_a_portal_that_is_no_file_keeps_its_key_in_the_data_folder() -> None:
    assert _read({"database": "postgresql:///rossi"}).key_file == Path("/data/server.key")


def test_keys_to_stripe_come_from_a_table_of_the_file_and_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTALCTL_STRIPE_WEBHOOK_SECRET", "whsec_environment")
    file = _file(tmp_path, '[stripe]\nsecret_key = "sk_test_file"\napi_base = "http://127.0.0.1:12111"\n')
    found = _read(file=file).stripe
    assert found == ("sk_test_file", None, "whsec_environment", "http://127.0.0.1:12111")
    assert "sk_test_file" not in repr(_read(file=file))


@pytest.mark.parametrize(
    "line", ['secret = "sk_test_1"', "secret_key = 1", 'secret_key = "pk_test_1"', 'api_base = "http://example.com"']
)
def test_what_is_no_key_to_stripe_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(errors.InvalidInput, match=r"(?i)stripe"):
        _read(file=_file(tmp_path, f"[stripe]\n{line}\n"))
