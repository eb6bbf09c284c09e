"""The least that a command of this kind can cost: a Typer app with one command that opens apsw, defines one pydantic
model, reads one row and dumps it as JSON. `startup` compares with it.
"""

from __future__ import annotations

import json
from datetime import datetime

import apsw
import typer
from pydantic import BaseModel

app = typer.Typer()


class Row(BaseModel):
    """Some of an appointment."""

    id: str
    status: str
    starts_at: datetime


@app.command()
def show(file: str) -> None:
    """Print the first appointment of a portal file as JSON."""
    connection = apsw.Connection(file, flags=apsw.SQLITE_OPEN_READONLY)
    query = "SELECT id, status, starts_at FROM appointments ORDER BY starts_at LIMIT 1"
    (found,) = connection.execute(query)
    row = Row.model_validate(dict(zip(Row.model_fields, found, strict=True)))
    typer.echo(json.dumps(row.model_dump(mode="json")))


if __name__ == "__main__":
    app()
