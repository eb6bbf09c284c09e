"""What a record was when it was read, as one word: a change can be refused when somebody changed it meanwhile."""

import hashlib
from typing import TypeVar

from portalctl.models.values import Record

Versioned = TypeVar("Versioned", bound=Record)
"""A record with a field `version`."""


def stamped(record: Versioned) -> Versioned:
    """The record with the version that follows from everything else in it."""
    content = record.model_dump_json(exclude={"version"})
    return record.model_copy(update={"version": hashlib.sha256(content.encode()).hexdigest()[:16]})
