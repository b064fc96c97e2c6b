"""What every token reader and every energy meter must pass; used as `conformance` is."""

import math
from collections.abc import Callable

import pytest

from chargepoint_hal.contract import EnergyMeter, MeterReading, TokenReader, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError

Silence = Callable[[], None]
Present = Callable[[str, str], None]


class TokenReaderConformance:
    """A reader with no card in its field.

    Give the fixtures `reader`, `present` (hold a card, by value and kind) and `silence` (cut the reader off, such
    that its next wait must say so). A subclass that can not present a card marks those tests as skipped.
    """

    def test_is_a_reader(self, reader: TokenReader) -> None:
        assert isinstance(reader, TokenReader)
        assert reader.name

    def test_no_card_is_none(self, reader: TokenReader) -> None:
        assert reader.wait_for_token(0.05) is None

    def test_a_card_is_seen_with_its_canonical_value(self, reader: TokenReader, present: Present) -> None:
        reader.wait_for_token(0.2)
        present("04A2B3C4", "ISO14443")
        assert first_sighting(reader) == TokenSighting("04A2B3C4", "ISO14443")

    def test_a_reader_that_is_gone_says_so(self, reader: TokenReader, silence: Silence) -> None:
        silence()
        with pytest.raises(HardwareError) as raised:
            reader.wait_for_token(0.05)
        assert raised.value.fault is Fault.READER_SILENT

    def test_close_may_be_called_again(self, reader: TokenReader) -> None:
        reader.close()
        reader.close()


class EnergyMeterConformance:
    """A meter that answers. Give the fixtures `meter` and `silence` (from now on it does not answer)."""

    async def test_a_reading_carries_its_time_and_the_energy(self, meter: EnergyMeter) -> None:
        reading = await meter.read()
        assert isinstance(meter, EnergyMeter)
        assert isinstance(reading, MeterReading)
        assert math.isfinite(reading.at_monotonic)
        assert reading.energy_import_wh is not None
        assert reading.energy_import_wh >= 0

    async def test_time_goes_on_from_reading_to_reading(self, meter: EnergyMeter) -> None:
        first, second = await meter.read(), await meter.read()
        assert second.at_monotonic >= first.at_monotonic

    async def test_the_unknown_is_none_and_never_not_a_number(self, meter: EnergyMeter) -> None:
        reading = await meter.read()
        single = (
            reading.energy_import_wh,
            reading.energy_export_wh,
            reading.power_watts,
            reading.frequency_hertz,
            reading.power_factor,
            reading.temperature_celsius,
        )
        for value in (*single, *reading.currents_amps, *reading.voltages_volts, *reading.powers_watts):
            assert value is None or math.isfinite(value)
        assert reading.serial_number is None or reading.serial_number.strip()

    async def test_silence_is_a_timeout_with_its_fault(self, meter: EnergyMeter, silence: Silence) -> None:
        silence()
        with pytest.raises(HardwareTimeoutError) as raised:
            await meter.read()
        assert raised.value.fault is Fault.METER_SILENT

    async def test_close_may_be_called_again(self, meter: EnergyMeter) -> None:
        await meter.close()
        await meter.close()


def first_sighting(reader: TokenReader) -> TokenSighting | None:
    """The first card within a few waits."""
    for _ in range(20):
        if sighting := reader.wait_for_token(0.5):
            return sighting
    return None
