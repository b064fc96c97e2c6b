"""`chargepoint meter …`: what each command is called and takes. The work is imported by the command that does it."""

from pathlib import Path
from typing import Annotated

import typer

EXIT_NOTHING_FOUND = 1
EXIT_USAGE = 2

meter = typer.Typer(help="Energy meters.", no_args_is_help=True)


@meter.command()
def scan(
    port: Annotated[list[str] | None, typer.Argument(metavar="PORT", help="Serial ports; without any, all.")] = None,
    tcp: Annotated[
        list[str] | None, typer.Option("--tcp", metavar="HOST[:PORT]", help="A meter or a gateway on Modbus TCP.")
    ] = None,
    units: Annotated[
        str | None, typer.Option(metavar="1-10,33", help="Numbers on the bus; without it the usual ones.")
    ] = None,
    line: Annotated[
        list[str] | None, typer.Option(metavar="9600-8N1", help="A setting of the line; without it the usual ones.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.02, max=10, help="Seconds that an answer is waited for.")] = 0.6,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was found as meter tables of a station.toml.")
    ] = None,
) -> None:
    """Find meters by walking ports, settings and numbers; nothing is changed in any of them."""
    from chargepoint.cli.meter_scan import ScanWishError, planned, run_scan

    try:
        plan = planned(port or [], tcp or [], units, line or [], timeout)
    except ScanWishError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_USAGE) from error
    if not run_scan(plan, write):
        raise typer.Exit(EXIT_NOTHING_FOUND)
