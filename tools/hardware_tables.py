"""Tables about the hardware that the project knows, for the documents: written from the register maps themselves."""

from chargepoint_hal.meters.map_files import available_register_maps, load_register_map
from chargepoint_hal.meters.register_map import RegisterMap

HEAD = """# Energy meters: register maps

Options of the driver `modbus` name one of these as `map`. `chargepoint meter scan` finds out which one fits. A map of
your own is a TOML file: take the nearest of `hal/chargepoint_hal/meters/register_maps` as its model, or say
`like = "…"` and only what differs. What is printed as a doubt no device or no second source has confirmed to the
project: compare the meter's display before you bill by it.

| map | for | phases | line as it leaves the factory | unit | steps of energy | doubts |
|---|---|---|---|---|---|---|
"""


def meters() -> str:
    """Every packaged map in a row."""
    return HEAD + "\n".join(_row(load_register_map(name)) for name in available_register_maps()) + "\n"


def _row(register_map: RegisterMap) -> str:
    serial = register_map.serial
    line = f"{serial.baud_rate} 8{serial.parity}{serial.stop_bits}"
    if register_map.sunspec_models:
        line = "by the maker"
    cells = (
        f"`{register_map.name}`",
        register_map.models,
        str(register_map.phases),
        line,
        str(serial.unit),
        _steps(register_map),
        "; ".join(filter(None, (*register_map.doubts, register_map.blind_spot()))),
    )
    return f"| {' | '.join(cells)} |"


def _steps(register_map: RegisterMap) -> str:
    energy = register_map.quantities["energy_import_wh"]
    if energy.type.value == "f32":
        return "as a 32-bit float has them"
    return "by its own power of ten" if energy.exponent_address is not None else f"{energy.scale.normalize():f} Wh"
