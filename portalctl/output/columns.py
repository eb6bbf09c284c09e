"""What people see of each model, declared once, by noun, in `looks/`.

Models are named there, not imported, and a noun that is not shown costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NamedTuple


class Column(NamedTuple):
    """A header, and the field or getter whose value stands below it. A `whole` one is never shortened."""

    header: str
    value: str | Callable[[Any], object]
    whole: bool = False

    def of(self, record: object) -> object:
        """The record's value in this column."""
        return getattr(record, self.value) if isinstance(self.value, str) else self.value(record)


class Look(NamedTuple):
    """How a model looks: the name of several, a list's columns, and the rows of one in detail (else the columns')."""

    plural: str
    columns: tuple[Column, ...]
    detail: tuple[Column, ...] | Callable[[Any], Iterable[tuple[object, object]]] | None = None


ID = Column("ID", "id", whole=True)
WHEN = Column("When", "starts_at", whole=True)
SERVICE = Column("Service", "service")
PRACTITIONER = Column("Practitioner", "practitioner")
PLACE = Column("Place", "place", whole=True)
NAME = Column("Name", "name")
EMAIL = Column("E-mail", "email")
ZONE = Column("Time zone", "timezone")
STATUS = Column("Status", lambda appointment: appointment.status.replace("_", " "), whole=True)
SIGNED_UP = Column("Signed up", "signed_up", whole=True)
CREATED = Column("Since", "created_at", whole=True)


LINK = Column("Link", "link", whole=True)
EXPIRES = Column("Expires", "expires_at", whole=True)


def look_of(kind: type) -> Look:
    """How records of this model look; one without a declaration shows every field."""
    noun = kind.__module__.rpartition(".")[2]
    declared = looks(noun).get(kind.__name__) if kind.__module__ == f"portalctl.models.{noun}" else None
    return declared or Look("results", tuple(field_column(name) for name in getattr(kind, "model_fields", {})))


def looks(noun: str) -> dict[str, Look]:
    """The looks of the models of one noun by their names; none where its records are never shown."""
    try:
        module = import_module(f"portalctl.output.looks.{noun}")
    except ModuleNotFoundError as missing:
        if missing.name != f"portalctl.output.looks.{noun}":
            raise
        return {}
    found: dict[str, Look] = module.LOOKS
    return found


def field_column(name: str) -> Column:
    """A column of one field, under the field's own name."""
    label = name.replace("_", " ")
    return Column("ID" if name == "id" else label[:1].upper() + label[1:], name, whole=name.endswith(("id", "_at")))


def detail_of(record: object) -> list[tuple[object, object]]:
    """Label and value of each row of the record's detail view."""
    look = look_of(type(record))
    if callable(look.detail):
        return list(look.detail(record))
    return [(column.header, column.of(record)) for column in look.detail or look.columns]
