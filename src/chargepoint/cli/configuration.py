"""What the commands read out of a station.toml."""

from pathlib import Path

from chargepoint import system_clock
from chargepoint.csms.address import station_url
from chargepoint.model.errors import ConfigurationError
from chargepoint.panel.address import URL_FILE, url_of
from chargepoint.safety.plan import read_safety_plan
from chargepoint.security.provisioned_files import coming_ends, file_problems
from chargepoint.security.tls import TlsFiles
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_file import read_station_file
from chargepoint_hal.registry import BOARDS, ENERGY_METERS, TOKEN_READERS, driver_names


def checked_summary(path: Path) -> str:
    """What the station would be, in two lines, and one for each certificate that ends soon; ConfigurationError with
    every error of the file and of the certificates it names."""
    drivers = {
        "board": driver_names(BOARDS),
        "meter": driver_names(ENERGY_METERS),
        "reader": driver_names(TOKEN_READERS),
    }
    config = read_station_file(path, drivers)
    problems: list[str] = []
    url = ""
    try:
        url = station_url(config.csms.url, config.csms_identity)
    except ConfigurationError as error:
        problems.append(f"{path}: csms.url: {error}")
    try:
        read_safety_plan(path)
    except ConfigurationError as error:
        problems.append(str(error))
    files = TlsFiles(config.csms.ca_file, config.csms.client_certificate_file, config.csms.client_key_file)
    now = system_clock.utc_now()
    problems += [f"{path}: csms.{key}: {what}" for key, what in file_problems(files, now)]
    if problems:
        raise ConfigurationError("\n".join(problems))
    versions = ", then ".join(config.csms.subprotocols)
    lines = [
        f"{path}: no errors: {_described(config)}",
        f"the CSMS is asked for {url} ({versions}; security profile {config.csms.security_profile})",
        *(f"note: csms.{end}" for end in coming_ends(files, now)),
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
