"""Meters that sign keep the contract of every meter, and sign as the contract says."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from chargepoint_hal.conformance_devices import EnergyMeterConformance, Silence
from chargepoint_hal.contract import EnergyMeter, IntervalSigningMeter, SigningMeter, SigningOrder
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.meters.signing import bauer_bsm, carlo_gavazzi_em580, iskra_wm3m4
from chargepoint_hal.registry import Options
from unit.meters.signing_meters import Device, FakeBsm, FakeEm580, FakeWm3m4
from unit.meters.tcp_meter import tcp_server

KINDS: dict[str, tuple[Callable[[], Device], int, Callable[[Options], SigningMeter]]] = {
    "bauer-bsm": (FakeBsm, 42, bauer_bsm.open_meter),
    "iskra-wm3m4": (FakeWm3m4, 33, iskra_wm3m4.open_meter),
    "carlo-gavazzi-em580": (FakeEm580, 1, carlo_gavazzi_em580.open_meter),
}
ORDER = SigningOrder(1, "04A2B3C4", "ISO14443", datetime(2026, 11, 21, tzinfo=UTC))


class TestSigningMeters(EnergyMeterConformance):
    @pytest.fixture(params=KINDS)
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def device(self, kind: str) -> Device:
        return KINDS[kind][0]()

    @pytest.fixture
    async def meter(self, kind: str, device: Device) -> AsyncIterator[EnergyMeter]:
        _, unit, open_meter = KINDS[kind]
        async with tcp_server(device.device(unit), is_a_bus=True) as port:
            meter = open_meter({"host": "127.0.0.1", "port": port, "timeout_seconds": 2.0})
            yield meter
            await meter.close()

    @pytest.fixture
    def silence(self, device: Device) -> Silence:
        return lambda: setattr(device, "is_silent", True)

    async def test_it_signs_and_tells_its_key(self, meter: EnergyMeter) -> None:
        assert isinstance(meter, SigningMeter)
        begin, end = await meter.sign_begin(ORDER), await meter.sign_end(ORDER)
        assert begin is None or begin.signed_text != end.signed_text
        assert end.signed_text.startswith(f"{end.encoding}|")
        assert end.public_key_hex == await meter.public_key_hex()

    async def test_a_silent_meter_signs_nothing(self, meter: EnergyMeter, silence: Silence) -> None:
        assert isinstance(meter, SigningMeter)
        silence()
        with pytest.raises(HardwareError):
            await meter.sign_end(ORDER)

    async def test_what_it_signs_in_between_is_neither_its_begin_nor_its_end(self, meter: EnergyMeter) -> None:
        if not isinstance(meter, IntervalSigningMeter):
            pytest.skip("signs begin and end alone")
        begin = await meter.sign_begin(ORDER)
        between, again = await meter.sign_between(ORDER), await meter.sign_between(ORDER)
        end = await meter.sign_end(ORDER)
        assert begin is not None
        assert len({each.signed_text for each in (begin, between, again, end)}) == 4
