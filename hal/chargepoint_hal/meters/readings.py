"""Makes a meter reading of decoded quantities. Pure; it adds up phases and turns directions, and invents nothing."""

from collections.abc import Mapping
from dataclasses import replace

from chargepoint_hal.contract import MeterReading


def reading_of(values: Mapping[str, float | str | None], at_monotonic: float, phases: int) -> MeterReading:
    """Total power is the sum of the phases where the model has no register for it and every phase is known."""

    def number(name: str) -> float | None:
        value = values.get(name)
        return value if isinstance(value, float) else None

    def each_phase(pattern: str) -> tuple[float | None, ...]:
        names = [pattern.format(phase) for phase in range(1, phases + 1)]
        return tuple(number(name) for name in names) if any(name in values for name in names) else ()

    serial_number, powers = values.get("serial_number"), each_phase("power_l{}_watts")
    return MeterReading(
        at_monotonic=at_monotonic,
        energy_import_wh=number("energy_import_wh"),
        energy_export_wh=number("energy_export_wh"),
        power_watts=number("power_watts") if "power_watts" in values else _sum_of_known(powers),
        currents_amps=each_phase("current_l{}_amps"),
        voltages_volts=each_phase("voltage_l{}_volts"),
        powers_watts=powers,
        frequency_hertz=number("frequency_hertz"),
        power_factor=number("power_factor"),
        temperature_celsius=number("temperature_celsius"),
        serial_number=serial_number if isinstance(serial_number, str) else None,
    )


def turned_round(reading: MeterReading) -> MeterReading:
    """The same flow seen from the other side: for a meter whose current runs through it the other way."""
    return replace(
        reading,
        energy_import_wh=reading.energy_export_wh,
        energy_export_wh=reading.energy_import_wh,
        power_watts=_negated(reading.power_watts),
        currents_amps=tuple(map(_negated_sign, reading.currents_amps)),
        powers_watts=tuple(map(_negated, reading.powers_watts)),
    )


def _negated(value: float | None) -> float | None:
    return None if value is None else 0.0 - value


def _negated_sign(amps: float | None) -> float | None:
    """Many meters give a current without direction: that one stays as it is."""
    return amps if amps is None or amps >= 0 else -amps


def _sum_of_known(powers: tuple[float | None, ...]) -> float | None:
    known = [power for power in powers if power is not None]
    return sum(known) if known and len(known) == len(powers) else None
