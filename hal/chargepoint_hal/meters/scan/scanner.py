"""Walks lines and units, and tells what it has found as soon as it is sure. It only reads: no meter is changed."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from chargepoint_hal.faults import HardwareError, HardwareTimeoutError
from chargepoint_hal.meters.bus import LONGEST_ANSWER, ModbusBus, RefusedError, open_bus
from chargepoint_hal.meters.bus_request import Request
from chargepoint_hal.meters.lines import BITS_PER_CHARACTER, Line, SerialLine, TcpLine
from chargepoint_hal.meters.map_files import available_register_maps, load_register_map
from chargepoint_hal.meters.modbus import open_by_map
from chargepoint_hal.meters.read_plan import Block
from chargepoint_hal.meters.scan.decodings import Decoding, plausible_decodings
from chargepoint_hal.meters.scan.recognition import Match, best_first, match
from chargepoint_hal.meters.scan.wiring_doubts import doubts_about

FUNCTIONS = (3, 4)
LOOK_REGISTERS, SHORT_LOOK_REGISTERS = 10, 2
"""So many at once even coarse meters accept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is walked; the maps say which settings and units are worth a try."""

    lines: tuple[Line, ...]
    units: tuple[int, ...]
    timeout_seconds: float = 0.6
    """Some meters take half a second."""
    maps: tuple[str, ...] = field(default_factory=lambda: tuple(available_register_maps()))


@dataclass(frozen=True, slots=True)
class Looking:
    """A line is looked at from now on."""

    line: Line


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A line can not be opened."""

    line: Line
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A unit that answers."""

    line: Line
    unit: int
    matches: tuple[Match, ...] = ()
    """As good as each other; none: no map fits."""
    decodings: tuple[Decoding, ...] = ()
    """For a meter that no map fits."""

    @property
    def doubts(self) -> list[str]:
        """About the wiring and about the map."""
        if not self.matches:
            return []
        best = self.matches[0]
        blind_spot = best.register_map.blind_spot()
        return [*doubts_about(best.reading), *best.register_map.doubts, *filter(None, [blind_spot])]


Sighting = Looking | Unreachable | Found


def usual_lines(path: str) -> tuple[SerialLine, ...]:
    """The settings in which known meters leave the factory, the most frequent first."""
    defaults = [load_register_map(name).serial for name in available_register_maps()]
    settings = [(each.baud_rate, each.parity, each.stop_bits) for each in defaults]
    ranked = sorted(set(settings), key=lambda setting: (-settings.count(setting), setting))
    return tuple(SerialLine(path, *setting) for setting in ranked)


def usual_units() -> tuple[int, ...]:
    """The numbers that known meters leave the factory with, and the next ones that people give them."""
    factory = {load_register_map(name).serial.unit for name in available_register_maps()}
    return tuple(sorted({1, 2, 3, *factory}))


async def scan(plan: Plan) -> AsyncIterator[Sighting]:
    """Everything that answers. A serial port where a unit was found keeps that setting."""
    settled: set[str] = set()
    for line in plan.lines:
        if line.key in settled:
            continue
        yield Looking(line)
        bus = open_bus(line)
        try:
            async for sighting in _units_on(bus, plan):
                if isinstance(sighting, Found):
                    settled.add(line.key)
                yield sighting
        finally:
            await bus.close()


async def _units_on(bus: ModbusBus, plan: Plan) -> AsyncIterator[Sighting]:
    for unit in plan.units:
        try:
            answers = await _answers(bus, unit, plan.timeout_seconds)
        except HardwareError as error:
            yield Unreachable(bus.line, str(error))
            return
        if answers:
            yield await _recognised(bus, unit, plan)


async def _answers(bus: ModbusBus, unit: int, timeout_seconds: float) -> bool:
    """A refusal is an answer; HardwareError where the line itself is not there."""
    for function_code in FUNCTIONS:
        if await _words(bus, unit, Block(function_code, 0, 2, frozenset()), timeout_seconds) is not None:
            return True
    return False


async def _words(bus: ModbusBus, unit: int, block: Block, timeout_seconds: float) -> list[int] | None:
    """None: no answer; an empty list: it refuses."""
    try:
        return await bus.request(Request(unit, block, timeout_seconds, is_probe=True))
    except RefusedError as refusal:
        return None if refusal.is_of_gateway else []
    except (HardwareTimeoutError, ValueError):  # silence, or bytes that are no frame in this setting
        return None


async def _recognised(bus: ModbusBus, unit: int, plan: Plan) -> Found:
    matches = [found for name in plan.maps if (found := await _tried(bus, unit, name, plan)) is not None]
    if matches:
        return Found(bus.line, unit, tuple(best_first(matches)))
    decodings: list[Decoding] = []
    for function_code in FUNCTIONS:
        for address in _places_worth_a_look():
            words = await _looked_at(bus, unit, Block(function_code, address, LOOK_REGISTERS, frozenset()), plan)
            decodings += plausible_decodings(function_code, dict(enumerate(words, address)))
    return Found(bus.line, unit, decodings=tuple(decodings))


async def _looked_at(bus: ModbusBus, unit: int, block: Block, plan: Plan) -> list[int]:
    """As many of the registers as the unit gives."""
    for count in (block.count, SHORT_LOOK_REGISTERS):
        if words := await _words(bus, unit, replace(block, count=count), plan.timeout_seconds):
            return words
    return []


async def _tried(bus: ModbusBus, unit: int, name: str, plan: Plan) -> Match | None:
    bus.doubt(unit)  # every map asks its own probe
    options = {**options_of(bus.line), "map": name, "unit": unit}
    options["timeout_seconds"] = plan.timeout_seconds + longest_answer_seconds(bus.line)
    meter = open_by_map(options)
    try:
        return match(load_register_map(name), await meter.read())
    except HardwareError:
        return None
    finally:
        await meter.close()


def longest_answer_seconds(line: Line) -> float:
    """How long the answer to a read of every register takes on the wire alone."""
    return LONGEST_ANSWER * BITS_PER_CHARACTER / line.baud_rate if isinstance(line, SerialLine) else 0.0


def options_of(line: Line) -> dict[str, Any]:
    """How a meter's options name the line."""
    match line:
        case TcpLine(host, port, rtu_frames):
            return {"host": host, "port": port, **({"rtu_over_tcp": True} if rtu_frames else {})}
        case SerialLine(path, baud_rate, parity, stop_bits):
            return {"serial_port": path, "baud_rate": baud_rate, "parity": parity, "stop_bits": stop_bits}


def _places_worth_a_look() -> Iterable[int]:
    """Where any known meter has its volts."""
    maps = (load_register_map(name) for name in available_register_maps())
    places = {0} | {
        register.address
        for each in maps
        if not each.sunspec_models
        for name, register in each.quantities.items()
        if name in ("voltage_l1_volts", "frequency_hertz")
    }
    return sorted(places)
