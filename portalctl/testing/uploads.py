"""Bodies on their way to a portal, and on their way out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.policy import SetPolicy
from portalctl.models.uploads import AppendToUpload, OpenBody, StartUpload, Upload, UploadReference
from portalctl.testing.at_once import at_once
from portalctl.testing.samples import MISSING
from portalctl.testing.sending import sent, uploaded
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

LONG = bytes(range(256)) * 300
"""Longer than what is kept in a row, and no text."""

PDF = b"%PDF-1.7\n" + LONG


class Interrupted(Exception):
    """The sender was."""


def breaking_off(content: bytes) -> Iterator[bytes]:
    """Bytes whose sender dies after them."""
    yield content
    raise Interrupted


class TestUploads:
    """What `portal.uploads`, `append` and `open_body` do."""

    @shows("uploads.start")
    @shows("uploads.append")
    @shows("uploads.show")
    @pytest.mark.parametrize("content", [b"", b"x", LONG], ids=["empty", "small", "long"])
    def test_a_body_arrives_in_pieces_and_is_told_by_its_hash(self, studio: Studio, content: bytes) -> None:
        anna = studio.anna
        begun = anna.uploads.start(StartUpload(name="photo.jpg", bytes=len(content)))
        assert (begun.name, begun.bytes, begun.offset, begun.sha256) == ("photo.jpg", len(content), 0, None)
        assert begun.expires_at == studio.clock() + timedelta(days=1)
        middle = len(content) // 3
        for part in (content[:middle], content[middle:]) if middle else (content,):
            told = anna.append(AppendToUpload(id=begun.id, offset=begun.offset), [part])
            begun = anna.uploads.show(UploadReference(id=begun.id))
            assert told == begun
        assert (begun.offset, begun.sha256) == (len(content), hashlib.sha256(content).hexdigest())

    @shows("uploads.append")
    @shows("uploads.append", errors.UploadOffsetWrong)
    def test_what_arrived_stays_when_the_sender_breaks_off(self, studio: Studio) -> None:
        anna = studio.anna
        begun = anna.uploads.start(StartUpload(name="scan.pdf", bytes=len(PDF)))
        with pytest.raises((Interrupted, errors.NetworkFailure)):
            anna.append(AppendToUpload(id=begun.id, offset=0), breaking_off(PDF[:70_000]))
        offset = self._settled(studio, begun)
        for wrong in {0, offset - 1, offset + 1} - {offset, -1}:
            with pytest.raises(errors.UploadOffsetWrong):
                anna.append(AppendToUpload(id=begun.id, offset=wrong), [b"x"])
        whole = anna.append(AppendToUpload(id=begun.id, offset=offset), [PDF[offset:]])
        assert whole.sha256 == hashlib.sha256(PDF).hexdigest()

    @shows("uploads.start", errors.NotFound, errors.DocumentTooLarge, errors.KindNotTaken)
    def test_what_the_practice_does_not_take_is_refused_before_a_byte_is_sent(self, studio: Studio) -> None:
        for request, failure in (
            (StartUpload(name="letter.txt", bytes=1, client=MISSING["client"]), errors.NotFound),
            (StartUpload(name="letter.exe", bytes=1), errors.KindNotTaken),
        ):
            with pytest.raises(failure):
                studio.owner.uploads.start(request)
        studio.owner.policy.set(SetPolicy(document_max_bytes=10))
        with pytest.raises(errors.DocumentTooLarge):
            studio.anna.uploads.start(StartUpload(name="letter.txt", bytes=11))
        studio.owner.policy.set(SetPolicy(document_max_bytes=50_000_000))

    @shows("uploads.append", errors.DocumentTooLarge)
    def test_no_more_is_taken_than_was_announced(self, studio: Studio) -> None:
        begun = studio.anna.uploads.start(StartUpload(name="letter.txt", bytes=3))
        with pytest.raises(errors.DocumentTooLarge):
            studio.anna.append(AppendToUpload(id=begun.id, offset=0), [b"four"])

    @shows("uploads.show", errors.NotFound)
    @shows("uploads.drop", errors.NotFound)
    @shows("uploads.append", errors.NotFound)
    def test_an_upload_is_its_senders_alone(self, studio: Studio) -> None:
        mine = studio.anna.uploads.start(StartUpload(name="letter.txt", bytes=3)).id
        for portal, upload in ((studio.ben, mine), (studio.owner, mine), (studio.anna, MISSING["upload"])):
            asked = UploadReference(id=upload)
            with pytest.raises(errors.NotFound):
                portal.uploads.show(asked)
            with pytest.raises(errors.NotFound):
                portal.uploads.drop(asked)
            with pytest.raises(errors.NotFound):
                portal.append(AppendToUpload(id=upload, offset=0), [b"x"])

    @shows("uploads.drop")
    @shows("uploads.show", errors.NotFound)
    def test_an_upload_that_is_given_up_is_gone(self, studio: Studio) -> None:
        anna = studio.anna
        begun = UploadReference(id=anna.uploads.start(StartUpload(name="letter.txt", bytes=3)).id)
        anna.uploads.drop(begun)
        anna.uploads.drop(begun)
        with pytest.raises(errors.NotFound):
            anna.uploads.show(begun)

    @shows("uploads.start")
    @shows("uploads.start", errors.IdempotencyConflict)
    @shows("uploads.start", errors.IdempotencyRunning, certain=False)
    def test_one_upload_begins_by_one_intent(self, studio: Studio) -> None:
        anna, request = studio.anna, StartUpload(name="letter.txt", bytes=3, idempotency_key=studio.key())
        at_once(lambda: anna.uploads.start(request))
        with pytest.raises(errors.IdempotencyConflict):
            anna.uploads.start(request.model_copy(update={"bytes": 4}))

    @shows("documents.open_body")
    @pytest.mark.parametrize("content", [b"Dear Anna,\n", PDF], ids=["small", "long"])
    def test_a_body_is_read_whole_or_from_where_one_is(self, studio: Studio, content: bytes) -> None:
        name = "letter.txt" if content[:1] == b"D" else "scan.pdf"
        document, anna = sent(studio.anna, name, content), studio.anna
        for offset, sha256, begins in (
            (0, None, 0),
            (5, None, 5),
            (5, document.sha256, 5),
            (len(content), document.sha256, len(content)),
            (5, 64 * "0", 0),
        ):
            with anna.open_body(OpenBody(id=document.id, offset=offset, sha256=sha256)) as body:
                assert (body.offset, body.size, body.sha256) == (begins, len(content), document.sha256)
                assert b"".join(body.chunks) == content[begins:]

    @shows("documents.open_body", errors.NotFound, errors.AmbiguousId)
    def test_only_whoever_sees_a_document_reads_it(self, studio: Studio) -> None:
        mine = sent(studio.anna)
        for portal, document in ((studio.ben, mine.id), (studio.anna, MISSING["document"])):
            with pytest.raises(errors.NotFound), portal.open_body(OpenBody(id=document)):
                pass
        begins = [mine.id[:5]]
        while len(begins) == len(set(begins)):
            begins.append(sent(studio.anna).id[:5])
        with pytest.raises(errors.AmbiguousId), studio.anna.open_body(OpenBody(id=begins[-1])):
            pass

    @shows("documents.open_body")
    def test_the_same_file_of_two_people_is_two_documents(self, studio: Studio) -> None:
        """Whoever sends what somebody else has sent already learns nothing from it."""
        told = [uploaded(portal, content=b"the same") for portal in (studio.anna, studio.anna, studio.ben)]
        assert len({each.sha256 for each in told}) == 1
        assert len({each.id for each in told}) == 3
        mine, his = sent(studio.anna, content=b"the same"), sent(studio.ben, content=b"the same")
        with studio.anna.open_body(OpenBody(id=mine.id)) as body:
            assert b"".join(body.chunks) == b"the same"
        with pytest.raises(errors.NotFound), studio.anna.open_body(OpenBody(id=his.id)):
            pass

    @staticmethod
    def _settled(studio: Studio, begun: Upload) -> int:
        """How far an upload is once the portal has noticed that its sender is gone."""
        while True:
            offset = studio.anna.uploads.show(UploadReference(id=begun.id)).offset
            try:
                studio.anna.append(AppendToUpload(id=begun.id, offset=offset), [])
            except errors.UploadOffsetWrong:
                continue  # it was still being written
            return offset
