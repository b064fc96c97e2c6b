"""What the commands read out of a station.toml."""

from pathlib import Path

from chargepoint import system_clock
from chargepoint.app.configuration_check import checked_station
from chargepoint.model.errors import ConfigurationError
from chargepoint.panel.address import URL_FILE, url_of
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_file import read_station_file


def checked_summary(path: Path) -> str:
    """What the station would be, in two lines, and one for each thing worth knowing, such as a certificate that ends
    soon; ConfigurationError with every error of the file and of what it names."""
    station = checked_station(path, system_clock.utc_now())
    csms = station.config.csms
    versions = ", then ".join(csms.subprotocols)
    lines = [
        f"{path}: no errors: {_described(station.config)}",
        f"the CSMS is asked for {station.url} ({versions}; security profile {csms.security_profile})",
        *(f"note: {note}" for note in station.notes),
    ]
    return "\n".join(lines)


def _described(config: StationConfig) -> str:
    counts = ", ".join(
        _counted(len(rows), word)
        for rows, word in ((config.evse, "EVSE"), (config.meter, "meter"), (config.reader, "reader"))
    )
    panel = f"local interface on {config.panel.host} port {config.panel.port or 'any'}"
    return f"station {config.station.identity}, board {config.board.driver}, {counts}, {panel}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count or 'no'} {word}s"


def panel_url(path: Path) -> str:
    """Where the station of this file has its local interface: as it says itself, else as configured."""
    config = read_station_file(path)
    url_file = Path(config.station.run_dir) / URL_FILE
    try:
        return url_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        if config.panel.port == 0:
            raise ConfigurationError(
                f"{url_file}: can not be read, and {path} gives the local interface any free port: "
                "start the station, or give its address with --url"
            ) from error
    return url_of(config.panel.host, config.panel.port)
