"""`chargepoint token …`: what each command is called and takes. The work is imported by the command that does it."""

from pathlib import Path
from typing import Annotated

import typer

from chargepoint.model.errors import ConfigurationError

EXIT_NOT_NOW = 1
EXIT_CONFIGURATION = 2

token = typer.Typer(help="Cards and their readers.", no_args_is_help=True)


@token.callback()
def cards() -> None:
    """Cards and their readers."""


@token.command()
def learn(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The station.toml.")] = Path(
        "config/station.toml"
    ),
    reader: Annotated[str | None, typer.Option(metavar="NAME", help="One reader; without it the first.")] = None,
    count: Annotated[int, typer.Option(min=0, help="End after so many cards; 0: go on until interrupted.")] = 0,
    seconds: Annotated[float, typer.Option(min=0, help="End after so long; 0: never.")] = 0.0,
) -> None:
    """Show every reading of each card that is held to a reader. The station must not run: a reader has one listener."""
    from chargepoint.cli.token_learn import learn_cards

    try:
        learned = learn_cards(config, reader, count, seconds)
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    if not learned:
        typer.echo("no card was read", err=True)
        raise typer.Exit(EXIT_NOT_NOW)
