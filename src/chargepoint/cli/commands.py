"""The command line: what each command is called and takes. The work is imported by the command that does it."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chargepoint.cli.board_commands import board
from chargepoint.cli.hal_commands import hal
from chargepoint.cli.meter_commands import meter
from chargepoint.cli.site_limit_commands import site_limit
from chargepoint.cli.token_commands import token
from chargepoint.model.errors import ChargePointError, ConfigurationError

EXIT_NOT_NOW = 1
EXIT_CONFIGURATION = 2
DEFAULT_CONFIG = Path("config/station.toml")

ConfigOption = Annotated[Path, typer.Option("--config", metavar="FILE", help="The station.toml.")]

application = typer.Typer(
    help="An AC charge point: IEC 61851 control pilot, meter, contactor, cards and OCPP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

application.add_typer(board, name="board")
application.add_typer(hal, name="hal")
application.add_typer(meter, name="meter")
application.add_typer(site_limit, name="site-limit")
application.add_typer(token, name="token")


def refuse(error: ConfigurationError) -> NoReturn:
    """Every problem on a line of its own, then exit code 2."""
    sys.stderr.write(f"{error}\n")
    raise typer.Exit(EXIT_CONFIGURATION)


@application.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    attach: Annotated[
        bool, typer.Option("--attach", help="Start neither safety process nor bench: somebody else does.")
    ] = False,
) -> None:
    """Run the station until it is told to stop."""
    from chargepoint.app.process import run as run_station

    try:
        exit_code = run_station(config, attach)
    except ConfigurationError as error:
        refuse(error)
    except ChargePointError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(EXIT_NOT_NOW) from error
    raise typer.Exit(exit_code)


@application.command("check-config")
def check_config(file: Annotated[Path, typer.Argument(metavar="FILE", help="A station.toml.")]) -> None:
    """Name every error in a station.toml at once; with none, say what the station would be."""
    from chargepoint.cli.configuration import checked_summary

    try:
        summary = checked_summary(file)
    except ConfigurationError as error:
        refuse(error)
    typer.echo(summary)


@application.command()
def status(
    url: Annotated[str | None, typer.Option(help="Of the station's local interface.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The station.toml that says where it is.")
    ] = None,
) -> None:
    """Print what the running station knows."""
    from chargepoint.cli.configuration import panel_url
    from chargepoint.cli.panel_client import PanelUnreachableError, fetch_dead_letters, fetch_status
    from chargepoint.cli.status_view import at, print_dead_letters, print_status

    try:
        asked = url or panel_url(config or DEFAULT_CONFIG)
    except ConfigurationError as error:
        refuse(error)
    try:
        answer = fetch_status(asked)
        letters = fetch_dead_letters(asked) if at(answer, "outbox", "dead") else []
    except PanelUnreachableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    print_status(answer)
    print_dead_letters(letters)


@application.command("dead-letters")
def dead_letters(
    resend: Annotated[int | None, typer.Option(metavar="ROW", min=0, help="Send this one again.")] = None,
    url: Annotated[str | None, typer.Option(help="Of the station's local interface.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The station.toml that says where it is.")
    ] = None,
) -> None:
    """List the reports that the CSMS never took, or send one again."""
    from chargepoint.cli.configuration import panel_url
    from chargepoint.cli.panel_client import PanelUnreachableError, fetch_dead_letters, send_again
    from chargepoint.cli.status_view import print_dead_letters

    try:
        asked = url or panel_url(config or DEFAULT_CONFIG)
    except ConfigurationError as error:
        refuse(error)
    try:
        if resend is not None:
            rows = ", ".join(map(str, send_again(asked, resend)))
            typer.echo(f"back in the queue: rows {rows}")
            return
        letters = fetch_dead_letters(asked)
    except PanelUnreachableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    print_dead_letters(letters)
    if not letters:
        typer.echo("no report is undeliverable")


@application.command("data-transfer")
def data_transfer(
    vendor: Annotated[str, typer.Argument(help="The vendorId.")],
    message: Annotated[str | None, typer.Argument(help="The messageId.")] = None,
    data: Annotated[str | None, typer.Argument(help="The data, as text.")] = None,
    url: Annotated[str | None, typer.Option(help="Of the station's local interface.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The station.toml that says where it is.")
    ] = None,
) -> None:
    """Send the CSMS a vendor's own message and print its answer."""
    from chargepoint.cli.configuration import panel_url
    from chargepoint.cli.panel_client import PanelUnreachableError, transfer_data

    given = {"vendor_id": vendor, "message_id": message, "data": data}
    try:
        asked = url or panel_url(config or DEFAULT_CONFIG)
    except ConfigurationError as error:
        refuse(error)
    try:
        answer = transfer_data(asked, {name: value for name, value in given.items() if value is not None})
    except PanelUnreachableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    typer.echo(f"{answer.get('status')}: {answer['data']}" if answer.get("data") else f"{answer.get('status')}")


@application.command()
def settings(
    word: Annotated[str | None, typer.Argument(help="Only settings with this word in a name or the text.")] = None,
) -> None:
    """List every setting: its names in both OCPP versions, default and range."""
    from chargepoint.cli.settings_view import print_settings

    if not print_settings(word):
        typer.echo(f"no setting has {word!r} in its names or its text: try a shorter word", err=True)
        raise typer.Exit(EXIT_NOT_NOW)


@application.command()
def safety(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the safety process alone, as its service does."""
    from chargepoint.safety.__main__ import main as run_safety

    raise typer.Exit(run_safety(["--config", str(config)]))


@application.command()
def bench(
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The bench.toml.")] = None,
    directory: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where wires and addresses are put.")] = Path(
        "run"
    ),
) -> None:
    """Run the simulated world alone."""
    from chargepoint_hal.bench.__main__ import main as run_bench

    chosen = [] if config is None else ["--config", str(config)]
    raise typer.Exit(run_bench([*chosen, "--directory", str(directory)]))


@application.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as version_of

    typer.echo(version_of("chargepoint"))
