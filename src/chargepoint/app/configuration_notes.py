"""What is no error in a station.toml without errors, but what the installer should know of the protections. Pure, but
for reading the register maps that it names."""

from collections.abc import Iterator

from chargepoint.settings.station_config import StationConfig
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.register_map_errors import RegisterMapError


def over_current_notes(config: StationConfig) -> Iterator[str]:
    """Of each EVSE whose over-current nobody sees, or not all of it."""
    for index, evse in enumerate(config.evse):
        meter = config.meter_of(evse.id)
        if meter is None:
            yield f"evse[{index}]: no [[meter]] measures it: the station sees no over-current, a fuse must end it"
            continue
        name = meter.options.get("map")
        if not isinstance(name, str):
            continue
        try:
            blind_spot = load_register_map(name).blind_spot(evse.phases)
        except RegisterMapError:
            continue  # no map of this kind: its driver has judged the option
        if blind_spot:
            yield f"meter[{config.meter.index(meter)}].options.map: {name}: {blind_spot}"
