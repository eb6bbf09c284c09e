"""The least that such a command can cost over HTTP: `floor` with httpx in place of apsw. It asks once, checks the
answer with one pydantic model and dumps a row as JSON. `http_startup` compares with it.

httpx's own command line, which loads click, rich and pygments where they happen to be installed, is left out of both.
"""

from __future__ import annotations

import json
import ssl
import sys
from datetime import datetime

import typer
from pydantic import BaseModel

sys.modules["httpx._main"] = None  # type: ignore[assignment]  # as in an environment that has portalctl alone
import httpx  # noqa: E402  it must come after that

app = typer.Typer()


class Row(BaseModel):
    """Some of an appointment."""

    id: str
    status: str
    starts_at: datetime


class Page(BaseModel):
    """Some appointments."""

    items: list[Row]


@app.command()
def show(url: str, token: str, ca_file: str) -> None:
    """Print the first appointment of a portal server as JSON."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with httpx.Client(verify=context, trust_env=False, headers={"Authorization": f"Bearer {token}"}) as client:
        page = Page.model_validate_json(client.get(f"{url}/appointments", params={"limit": 20}).content)
    typer.echo(json.dumps(page.items[0].model_dump(mode="json")))


if __name__ == "__main__":
    app()
