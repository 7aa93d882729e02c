"""`maillage demo`: a small federation on this machine, with simulated data."""

from typing import Annotated

import typer

from node.cli.options import AsJson


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="One round, then the view; fails unless all of it held.")
    ] = False,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            envvar="MAILLAGE_HTTP_HOST",
            help="Address at which the pages are shown; empty for none.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            envvar="MAILLAGE_HTTP_PORT",
            min=0,
            max=65535,
            help="Its port; 0 for any free one.",
        ),
    ] = 8080,
    as_json: AsJson = False,
) -> int:
    """Run a small federation on this machine, with simulated data, until stopped.

    Exit status 0 only if every publication was verified, every receipt came and every figure
    equals the one computed directly from the simulated rows.
    """
    from node.demo import run_demo  # noqa: PLC0415 - the whole demo is loaded by nobody else

    # one round is a check: it must not fail because somebody uses the port
    return int(run_demo(once=once, json=as_json, host="" if once else host, port=port))
