"""A meter on a serial line, over a pty, whose far end answers well and badly."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from chargepoint_hal.faults import Fault, HardwareError, HardwareTimeoutError, HardwareValueError
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.modbus import ModbusMeter, open_meter
from unit.meters.rtu_slave import (
    Behaviour,
    RtuLine,
    crc_broken,
    exception,
    from_unit,
    half_frame,
    noise_before,
    rtu_line,
    silent,
)

SDM630 = load_register_map("eastron-sdm630")


def words(energy_import_wh: float, serial_number: str = "42") -> dict[int, dict[int, int]]:
    return SDM630.encode(
        {"energy_import_wh": energy_import_wh, "voltage_l1_volts": 230.0, "serial_number": serial_number}
    )


def meter_on(line: RtuLine, **options: Any) -> ModbusMeter:
    settings = {"map": "eastron-sdm630", "serial_port": line.path, "baud_rate": 115200, "inter_frame_seconds": 0.0}
    meter = open_meter({**settings, "timeout_seconds": 0.3, **options})
    line.readers.append(meter)
    return meter


async def test_a_meter_on_a_serial_line_is_read() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line)
        reading = await meter.read()
        await meter.close()
    assert reading.energy_import_wh == 1000.0
    assert reading.serial_number == "42"
    probe, energy, serial_number = line.asked
    assert probe == (1, 4, 0x0000, 2), "the probe is read first and alone"
    assert energy == (1, 4, 0x0000, 0x4C)
    assert serial_number == (1, 3, 0xFC00, 2)


async def test_after_the_first_cycle_one_request_is_enough() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line)
        await meter.read()
        line.asked.clear()
        await meter.read()
        assert line.asked == [(1, 4, 0x0000, 0x4C)]
        await meter.close()


@pytest.mark.parametrize(
    ("behaviour", "error_type", "text", "counter"),
    [
        (silent, HardwareTimeoutError, "no answer", "timeouts"),
        (crc_broken, HardwareValueError, "without a right checksum", "broken_frames"),
        (half_frame, HardwareValueError, "without a right checksum", "broken_frames"),
        (noise_before, HardwareValueError, "without a right checksum", "broken_frames"),
        (from_unit(5), HardwareValueError, "unit 5 answered", "wrong_units"),
        (exception(6), HardwareValueError, "device busy", "exceptions"),
    ],
)
async def test_a_bad_answer_is_an_error_ends_the_cycle_and_the_next_cycle_is_right(
    behaviour: Behaviour, error_type: type[HardwareError], text: str, counter: str
) -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line)
        await meter.read()
        line.behaviours.append(behaviour)
        line.asked.clear()
        with pytest.raises(error_type, match=text) as error:
            await meter.read()
        assert len(line.asked) == 1
        assert error.value.fault is Fault.METER_SILENT
        assert getattr(meter.counters, counter) == 1
        line.meters[1] = words(1001.0)
        assert (await meter.read()).energy_import_wh == 1001.0
        await meter.close()


async def test_an_answer_that_comes_after_its_timeout_is_not_taken_for_the_next() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line)
        await meter.read()
        line.behaviours.append(line.too_late)
        with pytest.raises(HardwareTimeoutError):
            await meter.read()
        line.meters[1] = words(2000.0)

        # The old answer (same unit, same function, same length) arrives while the next cycle's request is out.
        line.behaviours.append(lambda _answer: line.late)
        energies = [await energy_or_none(meter) for _ in range(3)]
        assert 1000.0 not in energies
        assert energies[-1] == 2000.0
        await meter.close()


async def test_a_meter_that_is_always_one_answer_behind_never_gives_an_old_value() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line)
        await meter.read()
        behind: list[bytes] = []

        def one_behind(answer: bytes) -> list[bytes]:
            behind.append(answer)
            return [behind.pop(0)] if len(behind) > 1 else []

        line.behaviours.extend([one_behind] * 12)
        line.meters[1] = words(2000.0)
        energies = [await energy_or_none(meter) for _ in range(5)]
        assert energies == [None] * 5
        assert meter.counters.wrong_shapes > 0
        line.behaviours.clear()
        assert 1000.0 not in [await energy_or_none(meter) for _ in range(2)]
        assert await energy_or_none(meter) == 2000.0
        await meter.close()


async def energy_or_none(meter: ModbusMeter) -> float | None:
    try:
        return (await meter.read()).energy_import_wh
    except HardwareError:
        return None


async def test_a_cancelled_cycle_leaves_nothing_that_the_next_could_take() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line, timeout_seconds=2.0)
        await meter.read()
        asked = asyncio.Event()

        def late_and_told(answer: bytes) -> list[bytes]:
            asked.set()
            return line.too_late(answer)

        line.behaviours.append(late_and_told)
        cycle = asyncio.create_task(meter.read())
        await asked.wait()
        cycle.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cycle
        line.meters[1] = words(2000.0)
        line.send_late_answers()
        assert 1000.0 not in [await energy_or_none(meter), await energy_or_none(meter)]
        assert await energy_or_none(meter) == 2000.0
        await meter.close()


async def test_two_meters_on_one_line_share_its_owner_and_a_dead_one_does_not_harm_the_other(tmp_path: Path) -> None:
    async with rtu_line({1: words(1000.0), 2: words(2000.0, "43")}) as line:
        by_id = tmp_path / "usb-adapter"
        by_id.symlink_to(line.path)
        first, second = meter_on(line, unit=1), meter_on(line, unit=2, serial_port=str(by_id))
        assert first._registers._bus is second._registers._bus
        readings = await asyncio.gather(first.read(), second.read())
        assert [reading.energy_import_wh for reading in readings] == [1000.0, 2000.0]
        del line.meters[1]
        outcomes = await asyncio.gather(first.read(), second.read(), return_exceptions=True)
        assert isinstance(outcomes[0], HardwareTimeoutError)
        assert getattr(outcomes[1], "energy_import_wh", None) == 2000.0
        assert first.counters.timeouts == 1
        assert second.counters.timeouts == 0
        await first.close()
        assert (await second.read()).energy_import_wh == 2000.0
        await second.close()


async def test_a_line_can_not_have_two_speeds() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        first = meter_on(line)
        with pytest.raises(ValueError, match="set differently"):
            meter_on(line, baud_rate=9600)
        await first.close()
        second = meter_on(line, baud_rate=9600)
        assert (await second.read()).energy_import_wh == 1000.0
        await second.close()


async def test_a_meter_that_refuses_long_reads_is_read_in_short_ones_when_told_so() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        line.most_registers = 10
        refused = meter_on(line)
        with pytest.raises(HardwareValueError, match="max_registers_per_read"):
            await refused.read()
        await refused.close()
        meter = meter_on(line, max_registers_per_read=10)
        assert (await meter.read()).energy_import_wh == 1000.0
        await meter.close()


async def test_a_serial_number_that_never_comes_costs_three_attempts_and_no_reading() -> None:
    async with rtu_line({1: words(1000.0)}) as line:
        meter = meter_on(line, timeout_seconds=0.5)

        def mute_for_the_serial_number(answer: bytes) -> list[bytes]:
            return [] if answer[1] == 3 else [answer]

        line.behaviours.extend([mute_for_the_serial_number] * 100)
        readings = [await meter.read() for _ in range(5)]
        assert [reading.energy_import_wh for reading in readings] == [1000.0] * 5
        assert meter.counters.timeouts == 3
        await meter.close()


async def test_an_adapter_that_is_pulled_and_plugged_again_is_opened_by_its_path(tmp_path: Path) -> None:
    port = tmp_path / "meter-port"
    async with rtu_line({1: words(1000.0)}) as line:
        port.symlink_to(line.path)
        meter = meter_on(line, serial_port=str(port))
        line.readers.clear()  # the meter outlives the adapter
        await meter.read()
    port.unlink()
    for _ in range(2):
        with pytest.raises(HardwareError) as error:
            await meter.read()
        assert error.value.fault is Fault.METER_SILENT
    async with rtu_line({1: words(1500.0)}) as line:
        port.symlink_to(line.path)
        assert (await meter.read()).energy_import_wh == 1500.0
        await meter.close()


async def test_a_port_name_that_may_change_is_warned_of(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with caplog.at_level(logging.WARNING):
        meter = open_meter({"map": "eastron-sdm630", "serial_port": str(tmp_path / "ttyUSB0")})
        await meter.close()
    assert "by-id" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        meter = open_meter({"map": "eastron-sdm630", "serial_port": os.devnull})
        with pytest.raises(HardwareError, match=os.devnull):
            await meter.read()
        await meter.close()
    assert "by-id" not in caplog.text
