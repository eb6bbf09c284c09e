"""The time zones to choose from: one for each place that people know theirs by, without the names of old."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Zone(NamedTuple):
    """An IANA time zone, and the place by which it is listed in its region."""

    name: str
    place: str


@cache
def regions() -> dict[str, list[Zone]]:
    """Zones by region, as a list to choose from shows them."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    names = sorted(line.split("\t")[2] for line in lines if not line.startswith("#"))
    found: dict[str, list[Zone]] = {}
    for name in names:
        region, _, place = name.partition("/")
        found.setdefault(region, []).append(Zone(name, place.replace("_", " ").replace("/", ", ")))
    found["Other"] = [Zone("UTC", "UTC")]
    return found


def is_listed(name: str) -> bool:
    """Whether a zone can be chosen from the list."""
    return any(zone.name == name for zones in regions().values() for zone in zones)
