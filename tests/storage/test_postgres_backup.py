"""A portal in PostgreSQL is backed up and restored with PostgreSQL's own programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from portalctl import errors
from portalctl.models.appointments import ListAppointments
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer
from tests.storage.on_postgres import CLIENTS, booking, insert, made, seen_by


def test_a_dump_restores_to_a_working_portal(
    postgres_url: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """As the page on operations says it: pg_dump of the practice's schema, pg_restore into an empty database."""
    store = made(postgres_url)
    seen_by(store, CLIENTS[0]).appointments.book(booking())
    store.close()
    schema, dump = postgres_url.rpartition("%3D")[2], tmp_path / "portal.dump"
    pg_dump, pg_restore = postgres_server.program("pg_dump"), postgres_server.program("pg_restore")
    subprocess.run([pg_dump, "-Fc", "-n", schema, "-f", dump, postgres_server.url], check=True)
    with psycopg.connect(postgres_server.url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {schema}")
        try:
            elsewhere = postgres_server.url.replace("/postgres?", f"/{schema}?")
            subprocess.run([pg_restore, "--exit-on-error", "--single-transaction", "-d", elsewhere, dump], check=True)
            restored = open_store(postgres_url.replace("/postgres?", f"/{schema}?"))
            restored.check()
            assert len(seen_by(restored, CLIENTS[0]).appointments.list(ListAppointments()).items) == 1
            with pytest.raises(errors.SlotTaken):
                seen_by(restored, CLIENTS[1]).appointments.book(booking())
            with pytest.raises(errors.SlotTaken):
                insert(restored, "apt_000000000002", client_id=CLIENTS[1])
            seen_by(restored, CLIENTS[1]).appointments.book(booking(practitioner="stf_000000000002"))
            restored.close()
        finally:
            owner.execute(f"DROP DATABASE {schema}")
