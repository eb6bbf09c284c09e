"""Bodies in buckets: in parts that any server of the portal goes on with, verified, and swept as in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import obstore
import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.sweeping import Sweep
from portalctl.models.documents import Document, DocumentReference
from portalctl.models.uploads import AppendToUpload, OpenBody, StartUpload
from portalctl.storage import blobs_s3
from portalctl.storage.blobs_s3 import S3Bodies
from portalctl.testing.sending import sent, together
from tests.buckets import BucketServer, bucket_server, variables
from tests.domain.conftest import (  # noqa: F401  fixtures
    FakeClock,
    PortalFor,
    _template,
    client,
    clock,
    portal_file,
    portal_for,
    query,
    said,
)

PART = 100_000
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 1200
"""Four parts, the last one short."""

TEXT = b"The same as before, and so on. " * 3000
"""What several letters are cut from."""

DAY = timedelta(days=1)
YEARS = timedelta(days=36_500)
"""Objects have the machine's time."""


@pytest.fixture(scope="session", params=["rclone", "moto"])
def bucket(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """A server of S3 with an empty bucket."""
    with bucket_server(request.param, tmp_path_factory.mktemp("buckets")) as server:
        yield server


@pytest.fixture
def bodies(bucket: BucketServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3Bodies:
    """A place in it for this test alone, with short parts."""
    monkeypatch.setattr(blobs_s3, "PART", PART)
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return S3Bodies(f"s3://portal/{tmp_path.name}")


@pytest.fixture
def anna(client: EmbeddedPortal, bodies: S3Bodies) -> EmbeddedPortal:  # noqa: F811  the fixture
    """Anna, whose portal keeps its bodies there."""
    client._kept = bodies
    return client


def keys(bodies: S3Bodies) -> list[str]:
    """All that is there."""
    return [each.key for each in bodies.some("")]


def read(portal: EmbeddedPortal, document: Document, offset: int = 0) -> bytes:
    with portal.open_body(OpenBody(id=document.id, offset=offset)) as body:
        return b"".join(body.chunks)


def test_a_body_is_kept_in_parts_and_read_from_anywhere(anna: EmbeddedPortal, bodies: S3Bodies) -> None:
    document = sent(anna, "scan.pdf", PDF)
    assert len(keys(bodies)) == 4
    for offset in (0, 1, PART - 1, PART, 3 * PART + 5, len(PDF)):
        assert read(anna, document, offset) == PDF[offset:]


def test_another_server_of_the_portal_goes_on_with_an_upload(
    anna: EmbeddedPortal,
    portal_for: PortalFor,  # noqa: F811  the fixture
    bodies: S3Bodies,
    tmp_path: Path,
) -> None:
    upload = anna.uploads.start(StartUpload(name="scan.pdf", bytes=len(PDF)))
    for number, (begin, end) in enumerate(((0, 150_000), (150_000, 150_001), (150_001, len(PDF)))):
        server = portal_for(anna._token)
        server._kept = S3Bodies(f"s3://portal/{tmp_path.name}")
        told = server.append(AppendToUpload(id=upload.id, offset=begin), [PDF[begin:end]])
        assert told.offset == end, number
    assert told.sha256 == hashlib.sha256(PDF).hexdigest()
    assert len(keys(bodies)) == 5


@pytest.mark.parametrize("part", [0, 3], ids=["the first part", "the last part"])
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_part_ends_the_reading_before_it_is_whole(
    anna: EmbeddedPortal, bodies: S3Bodies, part: int, damage: str
) -> None:
    document = sent(anna, "scan.pdf", PDF)
    key = keys(bodies)[part]
    if damage == "gone":
        bodies.remove(key)
    else:
        length = len(bytes(obstore.get(bodies._bucket, key).bytes()))
        bodies.put(key, b"x" * length)
    with pytest.raises(errors.BodyDamaged):
        read(anna, document)
    assert sent(anna, "scan.pdf", PDF, title="Again").sha256 == document.sha256
    assert read(anna, document) == PDF


def test_bodies_and_what_was_left_behind_are_swept(
    anna: EmbeddedPortal,
    bodies: S3Bodies,
    clock: FakeClock,  # noqa: F811  the fixture
) -> None:
    document, stays = sent(anna, "scan.pdf", PDF), sent(anna, "other.pdf", PDF + b"x")
    bodies.put("cli_stray/upl_1/0000000000000000-00000000", b"x")
    anna.documents.delete(DocumentReference(id=document.id))
    sweeping = Sweep(anna._office)
    assert sweeping.round() == 0
    clock.advance(YEARS)
    anna._store.close()
    assert sum(sweeping.round() for _ in range(3)) == 2
    assert len(keys(bodies)) == 4
    with anna._store.reading() as tx:
        (place,) = tx.all("SELECT place FROM bodies")
    assert all(key.startswith(place["place"]) for key in keys(bodies)), stays


def test_bodies_that_come_together_are_one_object_that_is_written_anew_when_one_is_let_go_of(
    anna: EmbeddedPortal,
    bodies: S3Bodies,
    clock: FakeClock,  # noqa: F811  the fixture
) -> None:
    contents = [TEXT[:number] for number in (60_000, 50_000, 40_000)]
    ids = [each.document_id or "" for each in together(anna, None, *contents)]
    (pack,) = keys(bodies)
    for document_id, content in zip(ids, contents, strict=True):
        for offset in (0, 7, len(content)):
            with anna.open_body(OpenBody(id=document_id, offset=offset)) as body:
                assert b"".join(body.chunks) == content[offset:]
    anna.documents.delete(DocumentReference(id=ids[1]))
    sweeping = Sweep(anna._office)
    assert sweeping.round() == 0
    clock.advance(YEARS)
    anna._store.close()
    assert sum(sweeping.round() for _ in range(3)) == 1
    assert pack in keys(bodies), "whoever was told of it finds it a day longer"
    clock.advance(DAY)
    assert sum(sweeping.round() for _ in range(3)) == 0
    (rewritten,) = keys(bodies)
    assert rewritten != pack
    with anna.open_body(OpenBody(id=ids[2])) as body:
        assert b"".join(body.chunks) == contents[2]


@pytest.mark.parametrize("damage", ["changed", "cut short", "empty", "gone"])
def test_a_damaged_pack_is_told_and_swept(
    anna: EmbeddedPortal,
    bodies: S3Bodies,
    clock: FakeClock,  # noqa: F811  the fixture
    damage: str,
) -> None:
    ids = [each.document_id or "" for each in together(anna, None, TEXT[:60_000], TEXT[:50_000])]
    (pack,) = keys(bodies)
    if damage == "gone":
        bodies.remove(pack)
    else:
        bodies.put(pack, {"changed": b"x" * 110_000, "cut short": TEXT[:1000], "empty": b""}[damage])
    for document_id in ids:
        with pytest.raises(errors.BodyDamaged), anna.open_body(OpenBody(id=document_id)) as body:
            list(body.chunks)
    anna.documents.delete(DocumentReference(id=ids[0]))
    sweeping = Sweep(anna._office)
    sweeping.round()
    clock.advance(YEARS)
    anna._store.close()
    assert sum(sweeping.round() for _ in range(3)) == 1
    clock.advance(DAY)
    assert sum(sweeping.round() for _ in range(3)) == 0
    assert pack not in keys(bodies)


def test_whoever_has_not_the_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with bucket_server("rclone", tmp_path) as server:
        for name, value in variables(server.url, secret="another").items():
            monkeypatch.setenv(name, value)
        with pytest.raises(errors.StorageFailure, match="refuses access"):
            S3Bodies(server.documents).check()


def test_a_bucket_that_is_not_there_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(errors.Retryable):
        S3Bodies("s3://portal").check()


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "s3://key:secret@bucket", "s3://bucket?x=1"])
def test_what_names_no_bucket_is_wrong_input(url: str) -> None:
    with pytest.raises(errors.InvalidInput):
        S3Bodies(url)


def test_plain_http_goes_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables("http://storage.example.com").items():
        monkeypatch.setenv(name, value)
    with pytest.raises((errors.Retryable, errors.InvalidInput), match="http"):
        S3Bodies("s3://portal").check()
