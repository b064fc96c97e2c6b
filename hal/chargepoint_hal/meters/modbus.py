"""An energy meter on Modbus TCP or RTU, read as its register map says.

It gives out what the meter answered in one cycle and nothing else. It keeps no old value but the serial number, which
is read anew after each loss of contact; it judges nothing (see `plausibility`); it makes no answer newer.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.driver_options import OptionsError, takes
from chargepoint_hal.faults import Fault, HardwareError, HardwareValueError
from chargepoint_hal.meters import sunspec
from chargepoint_hal.meters.bus import RefusedError, UnitCounters, open_bus
from chargepoint_hal.meters.lines import Line, SerialLine, TcpLine
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.meter_options import DEFAULT_TIMEOUT_SECONDS, MODBUS_TCP_PORT, RULES
from chargepoint_hal.meters.read_plan import Block, ReadPlan, plan_reads
from chargepoint_hal.meters.readings import reading_of, turned_round
from chargepoint_hal.meters.register_map import RegisterMap
from chargepoint_hal.meters.unit_registers import UnitAddress, UnitRegisters

IDENTITY_ATTEMPTS = 3
BENCH_FILE = "bench.json"

Words = dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """Where a meter is and how it is asked."""

    register_map: RegisterMap
    line: Line
    address: UnitAddress
    max_registers_per_read: int | None = None
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A map with real addresses, and how it is read."""

    register_map: RegisterMap
    plan: ReadPlan


class ModbusMeter:
    """One unit on a bus; the bus is shared."""

    def __init__(self, settings: MeterSettings, registers: UnitRegisters) -> None:
        self._settings = settings
        self._registers = registers
        self._layout: Layout | None = None
        """None: the SunSpec models of this meter are not found yet."""
        self._identity: Words = {}
        self._identity_failures = 0
        self._not_given: set[Block] = set()
        self._given_by: Block | None = None
        """Where this meter has its serial number: looked for once, so that no other place makes it another meter."""
        self._is_open = True

    @property
    def name(self) -> str:
        return f"{self._settings.register_map.name} unit {self._settings.address.unit} on {self._settings.line.key}"

    @property
    def counters(self) -> UnitCounters:
        """What this unit answered so far."""
        return self._registers.counters

    async def read(self) -> MeterReading:
        """One cycle, ended by the first failure.

        HardwareTimeoutError(METER_SILENT) for no answer, HardwareValueError for a wrong one (METER_IMPLAUSIBLE: another
        model answers), HardwareError(METER_SILENT) without connection.
        """
        layout = await self.get_in_step()
        words: Words = {}
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        at_monotonic: float | None = None
        for block in layout.plan.cycle:
            _place(words, block, await self._registers.ask(block))
            if at_monotonic is None:  # the plan has the energy register in its first block
                at_monotonic = loop.time()
        await self._identify(layout)
        values = layout.register_map.decode(_merged(words, self._identity))
        reading = reading_of(values, at_monotonic or 0.0, layout.register_map.phases)
        reading = replace(reading, read_seconds=loop.time() - asked_at)
        return turned_round(reading) if self._settings.is_reversed else reading

    async def get_in_step(self) -> Layout:
        """Be sure that it is the right model and that no older answer is on its way; raises as `read`."""
        layout = self._layout or await self._locate()
        if not self._registers.is_in_step:
            self._identity = {}
            await self._probe(layout)
        return layout

    async def close(self) -> None:
        """Give the bus back; the last meter on it closes the line."""
        if self._is_open:
            self._is_open = False
            await self._registers.close()

    async def _locate(self) -> Layout:
        """Where everything is: what the map says, or what the chain of a SunSpec meter says."""
        register_map = self._settings.register_map
        if wanted := register_map.sunspec_models:
            headers = await self._walked()
            if lacking := sunspec.missing(wanted, headers):
                self._registers.doubt()
                raise HardwareValueError(
                    Fault.METER_IMPLAUSIBLE,
                    f"{self.name} has the SunSpec models {sorted(headers) or 'none'} and not {lacking}: "
                    "take another register map",
                )
            register_map = register_map.located(headers)
        self._layout = Layout(register_map, plan_reads(register_map, self._settings.max_registers_per_read))
        return self._layout

    async def _walked(self) -> dict[int, int]:
        walking = sunspec.walk()
        look = next(walking)
        while True:
            words = await self._look(look)
            try:
                look = walking.send(words)
            except StopIteration as end:
                headers: dict[int, int] = end.value
                return headers

    async def _look(self, look: sunspec.Look) -> list[int] | None:
        block = Block(self._settings.register_map.function_code, look.address, look.count, frozenset())
        try:
            return await self._registers.ask(block, is_probe=look.is_marker)
        except RefusedError:
            return None

    async def _probe(self, layout: Layout) -> None:
        probe = layout.register_map.probe
        words = await self._registers.ask(layout.plan.probe, is_probe=True)
        value = probe.register.decode(words[: probe.register.count])
        if not probe.accepts(value):
            self._layout = None
            self._registers.doubt()
            raise HardwareValueError(
                Fault.METER_IMPLAUSIBLE,
                f"{self.name} answers {value} where this model has {probe.minimum:g} to {probe.maximum:g}: "
                "is it another model, or is the word order another?",
            )

    async def _identify(self, layout: Layout) -> None:
        """What identifies the meter is worth a few attempts, but never a reading."""
        places = layout.plan.identity if self._given_by is None else (self._given_by,)
        for block in places:
            if block in self._not_given:
                continue
            if block.address not in self._identity.get(block.function_code, {}) and not await self._ask_identity(block):
                return
            if layout.register_map.decode(self._identity).get("serial_number") is not None:
                self._given_by = block
                return

    async def _ask_identity(self, block: Block) -> bool:
        """False: enough for this cycle."""
        try:
            _place(self._identity, block, await self._registers.ask(block))
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
    return open_by_map(_from_bench(options) if "bench_directory" in options else options)


def open_by_map(options: Mapping[str, Any]) -> ModbusMeter:
    """The same without a bench, for options that were checked."""
    settings = meter_settings(options)
    return ModbusMeter(settings, UnitRegisters(open_bus(settings.line), settings.address))


def meter_settings(options: Mapping[str, Any]) -> MeterSettings:
    """Of options that were checked."""
    register_map = load_register_map(str(options["map"]))
    line = _line(options, register_map)
    is_rtu = isinstance(line, SerialLine) or line.rtu_frames
    return MeterSettings(
        register_map=register_map,
        line=line,
        address=UnitAddress(
            unit=options.get("unit", register_map.serial.unit),
            timeout_seconds=float(options.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS)),
            silent_seconds=float(
                options.get("inter_frame_seconds", register_map.inter_frame_seconds if is_rtu else 0.0)
            ),
        ),
        max_registers_per_read=options.get("max_registers_per_read"),
        is_reversed=bool(options.get("reversed", False)),
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
