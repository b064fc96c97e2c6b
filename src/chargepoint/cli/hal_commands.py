"""`chargepoint hal …`: what each command is called and takes. The work is imported by the command that does it."""

from pathlib import Path
from typing import Annotated

import typer

from chargepoint.model.errors import ChargePointError, ConfigurationError

EXIT_NOT_NOW = 1
EXIT_CONFIGURATION = 2

hal = typer.Typer(help="What the hardware says: record it, and play it again.", no_args_is_help=True)

RecordingFile = Annotated[Path, typer.Argument(metavar="FILE", help="The recording, in JSON lines.")]


@hal.command()
def record(
    file: RecordingFile,
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The station.toml.")] = Path(
        "config/station.toml"
    ),
    attach: Annotated[bool, typer.Option("--attach", help="Start neither safety process nor bench.")] = False,
    keep_cards: Annotated[bool, typer.Option("--keep-cards", help="Write card ids as they are.")] = False,
) -> None:
    """Run the station and write down what board, meters and readers say, until it is told to stop."""
    from chargepoint.app.hal_tap import RecordingWish
    from chargepoint.app.process import run

    try:
        exit_code = run(config, attach, RecordingWish(file, keep_cards))
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    except ChargePointError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    raise typer.Exit(exit_code)


@hal.command()
def replay(file: RecordingFile) -> None:
    """Play a recording to this release's safety loop, on a clock of its own, and print what it does."""
    from chargepoint.cli.hal_replay import replayed_lines
    from chargepoint_hal.recording.events import RecordingError, read_recording

    try:
        recording = read_recording(file.read_text(encoding="utf-8"))
    except OSError as error:
        typer.echo(f"{file}: can not be read ({error.strerror})", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    except (RecordingError, UnicodeDecodeError) as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    for line in replayed_lines(recording):
        typer.echo(line)
