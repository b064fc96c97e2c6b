"""An energy meter on Modbus TCP or RTU, read as its register map says.

It gives out what the meter answered in one cycle and nothing else. It keeps no old value but the serial number, which
is read anew after each loss of contact; it judges nothing (see `plausibility`); it makes no answer newer.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.driver_options import OptionsError, takes
from chargepoint_hal.faults import Fault, HardwareError, HardwareValueError
from chargepoint_hal.meters.bus import ModbusBus, RefusedError, Request, UnitCounters, open_bus
from chargepoint_hal.meters.lines import Line, SerialLine, TcpLine
from chargepoint_hal.meters.meter_options import DEFAULT_TIMEOUT_SECONDS, MODBUS_TCP_PORT, RULES
from chargepoint_hal.meters.read_plan import Block, ReadPlan, plan_reads
from chargepoint_hal.meters.register_map import RegisterMap, load_register_map

IDENTITY_ATTEMPTS = 3
BENCH_FILE = "bench.json"

Words = dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """Where a meter is and how it is asked."""

    register_map: RegisterMap
    plan: ReadPlan
    line: Line
    unit: int
    timeout_seconds: float
    silent_seconds: float


class ModbusMeter:
    """One unit on a bus; the bus is shared."""

    def __init__(self, settings: MeterSettings, bus: ModbusBus) -> None:
        self._settings = settings
        self._bus = bus
        self._identity: Words = {}
        self._identity_failures = 0
        self._not_given: set[Block] = set()
        self._given_by: Block | None = None
        """Where this meter has its serial number: looked for once, so that no other place makes it another meter."""
        self._is_open = True

    @property
    def name(self) -> str:
        return f"{self._settings.register_map.name} unit {self._settings.unit} on {self._settings.line.key}"

    @property
    def counters(self) -> UnitCounters:
        """What this unit answered so far."""
        return self._bus.counters.get(self._settings.unit, UnitCounters())

    async def read(self) -> MeterReading:
        """One cycle, ended by the first failure.

        HardwareTimeoutError(METER_SILENT) for no answer, HardwareValueError for a wrong one (METER_IMPLAUSIBLE: another
        model answers), HardwareError(METER_SILENT) without connection. Total power is the sum of the phases where the
        model has no register for it and every phase is known.
        """
        if not self._bus.is_in_step(self._settings.unit):
            self._identity = {}
            await self._probe()
        words: Words = {}
        at_monotonic: float | None = None
        for block in self._settings.plan.cycle:
            _place(words, block, await self._ask(block))
            if at_monotonic is None:  # the plan has the energy register in its first block
                at_monotonic = asyncio.get_running_loop().time()
        await self._identify()
        values = self._settings.register_map.decode(_merged(words, self._identity))
        return _reading(values, at_monotonic or 0.0, self._settings.register_map.phases)

    async def close(self) -> None:
        """Give the bus back; the last meter on it closes the line."""
        if self._is_open:
            self._is_open = False
            await self._bus.close()

    async def _ask(self, block: Block, *, is_probe: bool = False) -> list[int]:
        settings = self._settings
        request = Request(settings.unit, block, settings.timeout_seconds, settings.silent_seconds, is_probe)
        return await self._bus.request(request)

    async def _probe(self) -> None:
        probe = self._settings.register_map.probe
        words = await self._ask(self._settings.plan.probe, is_probe=True)
        value = probe.register.decode(words[: probe.register.count])
        if not probe.accepts(value):
            raise HardwareValueError(
                Fault.METER_IMPLAUSIBLE,
                f"{self.name} answers {value} where this model has {probe.minimum:g} to {probe.maximum:g}: "
                "is it another model, or is the word order another?",
            )

    async def _identify(self) -> None:
        """What identifies the meter is worth a few attempts, but never a reading."""
        places = self._settings.plan.identity if self._given_by is None else (self._given_by,)
        for block in places:
            if block in self._not_given:
                continue
            if block.address not in self._identity.get(block.function_code, {}) and not await self._ask_identity(block):
                return
            if self._settings.register_map.decode(self._identity).get("serial_number") is not None:
                self._given_by = block
                return

    async def _ask_identity(self, block: Block) -> bool:
        """False: enough for this cycle."""
        try:
            _place(self._identity, block, await self._ask(block))
            self._identity_failures = 0
        except RefusedError:
            self._not_given.add(block)
        except HardwareError:
            self._identity_failures += 1
            if self._identity_failures >= IDENTITY_ATTEMPTS:
                self._not_given.add(block)
            return False
        return True


@takes(RULES)
def open_meter(options: Mapping[str, Any]) -> ModbusMeter:
    """A meter by its options; nothing is sent before the first read. ValueError for options that can not be right."""
    settings = _settings(_from_bench(options) if "bench_directory" in options else options)
    return ModbusMeter(settings, open_bus(settings.line))


def _settings(options: Mapping[str, Any]) -> MeterSettings:
    register_map = load_register_map(str(options["map"]))
    line = _line(options, register_map)
    is_rtu = isinstance(line, SerialLine) or line.rtu_frames
    return MeterSettings(
        register_map=register_map,
        plan=plan_reads(register_map, options.get("max_registers_per_read")),
        line=line,
        unit=options.get("unit", register_map.serial.unit),
        timeout_seconds=float(options.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS)),
        silent_seconds=float(options.get("inter_frame_seconds", register_map.inter_frame_seconds if is_rtu else 0.0)),
    )


def _line(options: Mapping[str, Any], register_map: RegisterMap) -> Line:
    if "host" in options:
        rtu_over_tcp = bool(options.get("rtu_over_tcp", False))
        return TcpLine(str(options["host"]), int(options.get("port", MODBUS_TCP_PORT)), rtu_over_tcp)
    serial = register_map.serial
    return SerialLine(
        str(options["serial_port"]),
        int(options.get("baud_rate", serial.baud_rate)),
        str(options.get("parity", serial.parity)),
        int(options.get("stop_bits", serial.stop_bits)),
    )


def _from_bench(options: Mapping[str, Any]) -> dict[str, Any]:
    path, evse = Path(str(options["bench_directory"])) / BENCH_FILE, str(options.get("evse", 1))
    kept = {key: value for key, value in options.items() if key not in {"bench_directory", "evse"}}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        options = {**found["meters"][evse], **found["meter"], **kept}
    except OSError as error:
        raise HardwareError(Fault.METER_SILENT, f"{path}: {error.strerror}: start the bench first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: has no meter for EVSE {evse}: {error!r}") from error
    if problems := RULES.problems(options):
        raise OptionsError(problems)
    return options


def _place(words: Words, block: Block, values: list[int]) -> None:
    table = words.setdefault(block.function_code, {})
    table.update({block.address + place: word for place, word in enumerate(values)})


def _merged(words: Words, more: Words) -> Words:
    return {code: {**more.get(code, {}), **words.get(code, {})} for code in words.keys() | more.keys()}


def _reading(values: Mapping[str, float | str | None], at_monotonic: float, phases: int) -> MeterReading:
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


def _sum_of_known(powers: tuple[float | None, ...]) -> float | None:
    known = [power for power in powers if power is not None]
    return sum(known) if known and len(known) == len(powers) else None
