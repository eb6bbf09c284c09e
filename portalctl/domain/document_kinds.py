"""Which documents the practice takes: how long, and of which kinds, by what is in them as well as by their names."""

from __future__ import annotations

from portalctl.contract.kinds import ALIASES, MEDIA_TYPES, UNKNOWN, check_name, is_taken, kind_of_name, not_taken
from portalctl.domain.file_content import PROGRAM, Content, content_of
from portalctl.models.sharing import DocumentTerms


def check(name: str, head: bytes, terms: DocumentTerms, tail: bytes = b"") -> str:
    """The media type of a file whose beginning and end (up to 64 KiB each) these are.

    Its content has to be of the kind that its name says, and that kind one of those taken. Raises KindNotTaken.
    """
    return check_content(name, content_of(head, tail), terms)


def check_content(name: str, content: Content, terms: DocumentTerms) -> str:
    """The same where it is known what is in the file."""
    named = kind_of_name(name)
    if named is not None and named in content.kinds and named in MEDIA_TYPES and is_taken(named, terms.document_kinds):
        return MEDIA_TYPES[named]
    check_name(name, terms)
    kinds = [ALIASES.get(kind, kind) for kind in content.kinds]
    if named is None:
        kind = next((each for each in kinds if each in MEDIA_TYPES and is_taken(each, terms.document_kinds)), None)
        if kind is None:
            raise not_taken(f"{name!r} is {content.described}", terms)
        return MEDIA_TYPES[kind]
    if named in kinds or (named not in MEDIA_TYPES and not _is_told_apart(content, kinds)):
        return MEDIA_TYPES.get(named, UNKNOWN)
    raise not_taken(f"{name!r} is named .{named}, but it is {content.described}", terms)


def _is_told_apart(content: Content, kinds: list[str]) -> bool:
    """Whether the content is of a kind that is told by its content, and so not of one that is not."""
    return content.described == PROGRAM or any(kind in MEDIA_TYPES for kind in kinds)
