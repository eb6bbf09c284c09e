"""`portalctl serve` as far as it comes without serving: what it refuses, and its two tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.fixture
def bare(tmp_path: Path) -> Cli:
    """Commands where nobody has been yet."""
    return Cli(tmp_path / "new")


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["nonsense"], "nonsense"),
        (["--port", "70000"], "70000"),
        (["--workers", "0"], "0"),
        (["--host", "0.0.0.0"], "plain HTTP"),  # noqa: S104  text
        (["--database", "postgresql://portal:canary@db/rossi"], "password"),
        (["--database", "mysql://db/rossi"], "database"),
        (["--public-url", "http://portal.example.com"], "https://"),
        (["--behind-proxy", "10.0.0.0/99"], "10.0.0.0/99"),
        (["--tls-cert", "cert.pem"], "certificate"),
        (["--smtp", "smtp://user:canary@mail.example.com"], "password"),
        (["--documents", "s3://"], "bucket"),
        (["--documents", "s3://key:canary@bucket"], "bucket"),
        (["--fd", "99"], "99"),
        (["--scan", "'"], "no command"),
        (["--scan", " "], "no command"),
        (["--scan", "no-such-scanner --quiet"], "no-such-scanner"),
        (["--config", "/nowhere/server.toml"], "server.toml"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_opened(bare: Cli, options: list[str], part: str) -> None:
    done = bare("serve", *options)
    assert done.code == 2, done.err
    assert part in done.err
    assert "canary" not in done.err
    assert not (bare.home / "data" / "portal.db.key").exists()


def test_migrating_makes_a_portal_that_is_then_in_order(bare: Cli) -> None:
    missing = bare("serve", "check")
    assert missing.code == 8
    assert "database and schema: there is no portal" in missing.err
    assert bare("serve", "migrate").code == 0
    checked = bare("serve", "check")
    assert checked.code == 0
    assert "database and schema: in order" in checked.err
    assert "documents: none yet" in checked.err
    assert "Stripe: no key" in checked.err


def test_it_is_said_which_keys_to_stripe_are_there_and_none_is_shown(
    bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bare("serve", "migrate").code == 0
    monkeypatch.setenv("PORTALCTL_STRIPE_SECRET_KEY", "sk_test_canary")
    checked = bare("serve", "check")
    assert "Stripe: https://api.stripe.com, without publishable_key and webhook_secret" in checked.err
    monkeypatch.setenv("PORTALCTL_STRIPE_PUBLISHABLE_KEY", "pk_test_canary")
    monkeypatch.setenv("PORTALCTL_STRIPE_WEBHOOK_SECRET", "whsec_canary")
    checked = bare("serve", "check")
    assert "Stripe: in order: https://api.stripe.com" in checked.err
    assert "canary" not in checked.err
    monkeypatch.setenv("PORTALCTL_STRIPE_SECRET_KEY", "canary")
    wrong = bare("serve", "check")
    assert (wrong.code, "canary" in wrong.err, "secret_key" in wrong.err) == (2, False, True)
