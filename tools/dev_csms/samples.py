"""The energy register read out of 1.6 and 2.0.1 meter values; both defaults of the specifications applied. Pure."""

from dev_csms.transactions import Reading
from dev_csms.wire import Json, Version, parse_timestamp

REGISTER = "Energy.Active.Import.Register"  # the default measurand of both versions
WH_PER_UNIT = {"Wh": 1.0, "kWh": 1000.0}


def register_readings(meter_values: list[Json], version: Version) -> tuple[Reading, ...]:
    """Readings of the total (phase-less, outlet) energy import register, in the order given; others are left out."""
    readings = []
    for meter_value in meter_values:
        at = parse_timestamp(meter_value.get("timestamp"))
        for sample in meter_value["sampledValue"]:
            energy_wh = _energy_wh(sample, version)
            if energy_wh is not None:
                readings.append(Reading(at, energy_wh, str(sample.get("context", "Sample.Periodic"))))
    return tuple(readings)


def _energy_wh(sample: Json, version: Version) -> float | None:
    is_register = sample.get("measurand", REGISTER) == REGISTER and "phase" not in sample
    if not is_register or sample.get("location", "Outlet") != "Outlet" or sample.get("format", "Raw") != "Raw":
        return None
    unit, multiplier = sample.get("unit", "Wh"), 0
    if version is Version.V201:
        of_measure = sample.get("unitOfMeasure", {})
        unit, multiplier = of_measure.get("unit", "Wh"), of_measure.get("multiplier", 0)
    if unit not in WH_PER_UNIT or not -12 <= multiplier <= 12:
        return None
    try:
        return float(sample["value"]) * WH_PER_UNIT[unit] * 10.0**multiplier
    except ValueError:
        return None
