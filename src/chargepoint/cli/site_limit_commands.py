"""`chargepoint site-limit …`: the site's own limit for the whole station, at the station's local interface."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chargepoint.model.errors import ConfigurationError

EXIT_NOT_NOW = 1
EXIT_CONFIGURATION = 2
DEFAULT_CONFIG = Path("config/station.toml")

UrlOption = Annotated[str | None, typer.Option("--url", help="Of the station's local interface.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The station.toml that says where it is.")
]

site_limit = typer.Typer(help="What the building or the grid allows the whole station.", no_args_is_help=True)


class SiteUnit(StrEnum):
    A = "A"
    W = "W"


class SiteSource(StrEnum):
    EMS = "EMS"
    SO = "SO"
    OTHER = "Other"


@site_limit.callback()
def site_limits() -> None:
    """What the building or the grid allows the whole station."""


@site_limit.command()
def show(url: UrlOption = None, config: ConfigOption = None) -> None:
    """Print the site's limits, and who lowers the current at each EVSE."""
    _at_the_station(url, config, lambda _asked: None)


@site_limit.command("set")
def impose(
    limit: Annotated[float, typer.Argument(min=0.0, help="0 lets nothing charge.")],
    unit: Annotated[SiteUnit, typer.Option(help="A: amps per phase. W: watts of all phases.")] = SiteUnit.A,
    source: Annotated[
        SiteSource, typer.Option(help="Who sets it: EMS, the system operator, another.")
    ] = SiteSource.EMS,
    phases: Annotated[
        int | None, typer.Option(min=1, max=3, help="1: an EVSE that can be switched charges by one phase; or 3.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(min=1, help="It ends by itself after so many.")] = None,
    url: UrlOption = None,
    config: ConfigOption = None,
) -> None:
    """Limit the station until the limit is released."""
    from chargepoint.cli.panel_client import impose_site_limit

    named = {"phases": phases, "duration_seconds": seconds}
    wanted = {"source": source.value, "unit": unit.value, "limit": limit}
    wanted |= {name: value for name, value in named.items() if value is not None}
    _at_the_station(url, config, lambda asked: impose_site_limit(asked, wanted))


@site_limit.command()
def release(
    source: Annotated[SiteSource | None, typer.Option(help="Only this one's; all without it.")] = None,
    url: UrlOption = None,
    config: ConfigOption = None,
) -> None:
    """Take the limit away."""
    from chargepoint.cli.panel_client import release_site_limit

    _at_the_station(url, config, lambda asked: release_site_limit(asked, None if source is None else source.value))


def _at_the_station(url: str | None, config: Path | None, order: Callable[[str], object]) -> None:
    """Give the order, then print what holds."""
    from chargepoint.cli.configuration import panel_url
    from chargepoint.cli.panel_client import PanelUnreachableError, fetch_status
    from chargepoint.cli.site_limit_view import site_limit_lines

    try:
        asked = url or panel_url(config or DEFAULT_CONFIG)
        order(asked)
        lines = site_limit_lines(fetch_status(asked))
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from error
    except PanelUnreachableError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_NOW) from error
    typer.echo("\n".join(lines))
