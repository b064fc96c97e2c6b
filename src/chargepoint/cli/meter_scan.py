"""Runs `chargepoint meter scan` and shows what it finds, as it finds it."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import typer

from chargepoint_hal.contract import MeterReading
from chargepoint_hal.meters.lines import Line, SerialLine, TcpLine
from chargepoint_hal.meters.meter_options import MODBUS_TCP_PORT
from chargepoint_hal.meters.scan.ports import serial_ports
from chargepoint_hal.meters.scan.scanner import (
    Found,
    Looking,
    Plan,
    Sighting,
    Unreachable,
    scan,
    usual_lines,
    usual_units,
)
from chargepoint_hal.meters.scan.written import write_meters

HIGHEST_UNIT = 247
SETTING = re.compile(r"(\d+)[-/ ]?8([NEO])([12])", re.IGNORECASE)
MOST_DECODINGS = 40


class ScanWishError(ValueError):
    """What was asked for can not be walked; the text says what to write instead."""


def planned(
    ports: Sequence[str], tcp: Sequence[str], units: str | None, settings: Sequence[str], timeout: float
) -> Plan:
    """What the command line asks for; ScanWishError."""
    paths = list(ports) or ([] if tcp else serial_ports())
    if not paths and not tcp:
        raise ScanWishError("this machine shows no serial port: name one, or a meter's address with --tcp HOST")
    lines: list[Line] = [_tcp_line(text) for text in tcp]
    for path in paths:
        lines += [_serial_line(path, text) for text in settings] if settings else usual_lines(path)
    return Plan(tuple(lines), usual_units() if units is None else _units(units), timeout)


def run_scan(plan: Plan, write_to: Path | None) -> list[Found]:
    """The meters that were recognised; written to the file if one is named."""
    found = asyncio.run(_walk(plan))
    recognised = [each for each in found if each.matches]
    if found:
        typer.echo(f"{len(recognised)} of {len(found)} units that answer have a register map")
    else:
        typer.echo("nobody answers: check supply, wires A and B, and whether the station runs (a port has one owner)")
    if write_to is not None and recognised:
        try:
            write_meters(write_to, recognised)
        except (OSError, ValueError) as error:
            typer.echo(f"nothing is written: {error}", err=True)
            return []
        typer.echo(f"written: {write_to}")
    return recognised


async def _walk(plan: Plan) -> list[Found]:
    found = []
    async for sighting in scan(plan):
        _show(sighting)
        if isinstance(sighting, Found):
            found.append(sighting)
    return found


def _show(sighting: Sighting) -> None:
    match sighting:
        case Looking(line):
            typer.echo(f"looking at {described(line)}")
        case Unreachable(line, reason):
            typer.echo(f"  {described(line)}: {reason}")
        case Found():
            for text in lines_of(sighting):
                typer.echo(f"  {text}")


def lines_of(found: Found) -> list[str]:
    """What a person is told of one unit."""
    head = f"unit {found.unit} on {described(found.line)}"
    if not found.matches:
        shown = [f"  {decoding}" for decoding in found.decodings[:MOST_DECODINGS]]
        reason = (
            "no map fits; places that could be volts or hertz:"
            if shown
            else "no map fits, and nothing looks like volts"
        )
        return [f"{head}: {reason}", *shown]
    best, *others = found.matches
    lines = [f"{head}: {best.register_map.name} ({best.register_map.models})"]
    if others:
        lines.append(f"  just as well: {', '.join(other.register_map.name for other in others)}")
    lines += [f"  {text}" for text in _values(best.reading)]
    return lines + [f"  look: {doubt}" for doubt in found.doubts]


def described(line: Line) -> str:
    match line:
        case TcpLine(host, port):
            return f"{host} port {port}"
        case SerialLine(path, baud_rate, parity, stop_bits):
            return f"{path} at {baud_rate} 8{parity}{stop_bits}"


def _values(reading: MeterReading) -> list[str]:
    def each(values: Sequence[float | None], unit: str) -> str:
        return ", ".join("?" if value is None else f"{value:g}" for value in values) + f" {unit}"

    def one(name: str, value: float | None, unit: str) -> list[str]:
        return [] if value is None else [f"{name} {value:g} {unit}".rstrip()]

    return [
        *([f"serial number {reading.serial_number}"] if reading.serial_number else []),
        *one("import", reading.energy_import_wh, "Wh"),
        *one("export", reading.energy_export_wh, "Wh"),
        *one("power", reading.power_watts, "W"),
        *([f"volts {each(reading.voltages_volts, 'V')}"] if reading.voltages_volts else []),
        *([f"currents {each(reading.currents_amps, 'A')}"] if reading.currents_amps else []),
        *([f"powers {each(reading.powers_watts, 'W')}"] if reading.powers_watts else []),
        *one("frequency", reading.frequency_hertz, "Hz"),
        *one("power factor", reading.power_factor, ""),
    ]


def _tcp_line(text: str) -> TcpLine:
    host, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    if port and not port.isdigit():
        raise ScanWishError(f"--tcp {text}: HOST or HOST:PORT is wanted")
    return TcpLine(host, int(port) if port else MODBUS_TCP_PORT)


def _serial_line(path: str, text: str) -> SerialLine:
    form = SETTING.fullmatch(text.strip())
    if form is None:
        raise ScanWishError(f"--line {text}: something like 9600-8N1 or 19200-8E1 is wanted")
    return SerialLine(path, int(form[1]), form[2].upper(), int(form[3]))


def _units(text: str) -> tuple[int, ...]:
    units: set[int] = set()
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        if not low.isdigit() or (high and not high.isdigit()):
            raise ScanWishError(f"--units {text}: something like 1-10,33 is wanted")
        units |= set(range(int(low), int(high or low) + 1))
    if not units or min(units) < 1 or max(units) > HIGHEST_UNIT:
        raise ScanWishError(f"--units {text}: numbers on the bus are 1 to {HIGHEST_UNIT}")
    return tuple(sorted(units))
