"""A slot's id: service, practitioner and start in one word, so that nothing needs to be stored."""

from __future__ import annotations

from typing import NamedTuple

from portalctl import errors
from portalctl.domain.ids import ALPHABET, LENGTH

_START_LENGTH = 6
"""Six base32 characters count minutes until the year 4011."""


class SlotKey(NamedTuple):
    """What a slot's id says. `start` is epoch seconds, on a whole minute."""

    service_id: str
    practitioner_id: str
    start: int


def encode(key: SlotKey) -> str:
    """`slot_` and 30 characters."""
    minutes = key.start // 60
    start = "".join(ALPHABET[(minutes >> (5 * place)) & 31] for place in reversed(range(_START_LENGTH)))
    return f"slot_{key.service_id.removeprefix('svc_')}{key.practitioner_id.removeprefix('stf_')}{start}"


def decode(slot: str) -> SlotKey:
    """The key that an id encodes. Raises InvalidInput for another kind of word."""
    body = slot.removeprefix("slot_")
    if len(body) != 2 * LENGTH + _START_LENGTH or body == slot or not set(body) <= set(ALPHABET):
        raise errors.InvalidInput(f"{slot!r} is not a slot", "list free times with: portalctl appointments slots")
    minutes = 0
    for character in body[2 * LENGTH :]:
        minutes = minutes * 32 + ALPHABET.index(character)
    return SlotKey(f"svc_{body[:LENGTH]}", f"stf_{body[LENGTH : 2 * LENGTH]}", minutes * 60)
