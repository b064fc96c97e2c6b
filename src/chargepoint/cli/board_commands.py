"""`chargepoint board …`: what each command is called and takes. The work is imported by the command that does it."""

from pathlib import Path
from typing import Annotated

import typer

from chargepoint.model.errors import ChargePointError, ConfigurationError

EXIT_NOT_NOW = 1
EXIT_CONFIGURATION = 2

board = typer.Typer(help="Boards.", no_args_is_help=True)


@board.callback()
def boards() -> None:
    """Boards."""


@board.command()
def check(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The station.toml.")] = Path(
        "config/station.toml"
    ),
    evse: Annotated[int, typer.Option(min=1, help="Which EVSE.")] = 1,
    bench: Annotated[
        str | None, typer.Option(metavar="URL", help="A bench that drives the states; without it a person is asked.")
    ] = None,
    output: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where the report is put.")] = Path(),
    conformance: Annotated[bool, typer.Option(help="Run the conformance classes first.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out most sequences: a look, not a proof.")] = False,
) -> None:
    """Prove a board: the contract, and the sequences of IEC 61851-1 with their times. The outlet will be live."""
    from chargepoint.cli.board_check import BoardCheck, run_board_check, write_report
    from chargepoint.cli.board_drivers import BenchDriver, PersonDriver

    driver = PersonDriver(input_line) if bench is None else BenchDriver(bench, evse)
    try:
        report = run_board_check(BoardCheck(config, evse, conformance, quick), driver, typer.echo)
        data, page = write_report(report, output)
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    except ChargePointError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    typer.echo(f"{report.verdict}: {data}, {page}")
    raise typer.Exit(EXIT_NOT_NOW if report.has_failed else 0)


@board.command()
def calibrate(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The station.toml.")] = Path(
        "config/station.toml"
    ),
    evse: Annotated[int, typer.Option(min=1, help="Which EVSE.")] = 1,
) -> None:
    """Measure the line from the converter's counts to the pilot's volts, and print it for the station.toml. Nothing may
    be plugged in; the contactor stays open."""
    from chargepoint.cli.board_calibrate import run_calibration

    try:
        lines = run_calibration(config, evse, input_line, typer.echo)
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    except ChargePointError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    typer.echo(f"Into table {evse} of [[board.options.evse]], in place of what is there:")
    for line in lines:
        typer.echo(line)


def input_line(prompt: str) -> str:
    """What a person answers; an empty line is an answer too."""
    answer: str = typer.prompt(prompt, default="", show_default=False)
    return answer
