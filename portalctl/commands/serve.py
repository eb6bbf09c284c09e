"""`portalctl serve`: the portal for many, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portalctl.commands.options import whole
from portalctl.context import running

app = typer.Typer()


@app.command()
def serve(
    ctx: typer.Context,
    task: Annotated[
        str | None, typer.Argument(metavar="[migrate|check]", help="Only bring the schema up to date, or look.")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help="Listen here: 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", parser=whole(0, 65535), help="And here: 8420.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", parser=whole(1, 64), help="Processes; one that ends is replaced."),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="sqlite:///path/portal.db or postgresql://user@host/database."),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option("--public-url", metavar="URL", help="Where users reach it: https://portal.example.com."),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="The certificate with its chain, PEM.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key, PEM.")] = None,
    behind_proxy: Annotated[
        list[str] | None,
        typer.Option("--behind-proxy", metavar="CIDR", help="Take plain HTTP from the proxies of this network."),
    ] = None,
    smtp: Annotated[
        str | None, typer.Option("--smtp", metavar="URL", help="Send mail through this relay: smtp://localhost:25.")
    ] = None,
    documents: Annotated[
        str | None,
        typer.Option("--documents", metavar="DIR|URL", help="Keep documents there: a folder, or s3://bucket/prefix."),
    ] = None,
    scan: Annotated[
        str | None,
        typer.Option("--scan", metavar="COMMAND", help="Nobody reads a file before this passed it: 0 passes, 1 finds."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings and passwords (TOML, mode 0600)."),
    ] = None,
    fd: Annotated[
        int | None,
        typer.Option("--fd", metavar="N", parser=whole(0, 65535), help="Listen on this inherited socket instead."),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Serve with another portal key than before: links sent until now end.")
    ] = False,
) -> None:
    """Serve the portal to many over HTTP, until SIGTERM or Ctrl-C.

    Without options it serves the portal file in your data folder to this machine. `migrate` brings the database's
    schema up to date, `check` says whether database, key, documents, mail relay, scanner and Stripe's keys are in
    order. Those keys stand in the configuration file, under [stripe], or in PORTALCTL_STRIPE_SECRET_KEY,
    PORTALCTL_STRIPE_PUBLISHABLE_KEY and PORTALCTL_STRIPE_WEBHOOK_SECRET.

    \b
    Examples:
      portalctl serve
      portalctl serve --database postgresql://portal@db/rossi --workers 4 --behind-proxy 10.0.0.0/8 --config server.toml
      portalctl serve --scan 'clamdscan --fdpass -'
      portalctl serve migrate --config server.toml
    """
    from portalctl.errors import UsageFailure

    try:
        from portalctl.server import starting
        from portalctl.server.settings import read_settings
    except ImportError as error:
        if (error.name or "").startswith("portalctl"):
            raise
        raise UsageFailure(
            f"serving needs {error.name or 'a library'}, which is not installed",
            "install it with: pip install 'portalctl[server]'",
        ) from None
    context = running(ctx)
    given = {
        "host": host,
        "port": port,
        "workers": workers,
        "database": database,
        "public_url": public_url,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "behind_proxy": behind_proxy,
        "smtp": smtp,
        "documents": documents,
        "scan": scan,
        "fd": fd,
    }
    settings = read_settings(given, config, context.config.paths.data)
    if task is None:
        starting.serve(settings, context.clock, context.say, new_key=new_key)
    elif task == "migrate":
        starting.migrate(settings, context.say)
    elif task == "check":
        starting.check(settings, context.say)
    else:
        raise UsageFailure(f"there is no task {task!r}", "serve, serve migrate, or serve check")
