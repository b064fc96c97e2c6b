"""The bench's own file: how the world starts. Every error is named at once with its path."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from chargepoint_hal.bench.checking import Kind, Rule, problems_in
from chargepoint_hal.bench.wires import MAX_EVSES
from chargepoint_hal.meters.map_files import available_register_maps, load_register_map

DEFAULT_METER_MAP = "eastron-sdm630"
MAXIMUM_ENERGY_WH = 1e11
PORT = Rule(Kind.WHOLE_NUMBER, 0, 65535)

BENCH_RULES: Mapping[str, Rule] = {
    "port": PORT,
    "meter_port": PORT,
    "reader_port": PORT,
    "supply_volts": Rule(Kind.NUMBER, 80, 300),
    "monoflop_seconds": Rule(Kind.NUMBER, 0, 60),
    "evse": Rule(Kind.TABLES),
}
EVSE_RULES: Mapping[str, Rule] = {
    "phases": Rule(Kind.WHOLE_NUMBER, choices=(1, 3)),
    "outlet": Rule(Kind.TEXT, choices=("socket", "tethered")),
    "lock_fitted": Rule(Kind.BOOLEAN),
    "rcd_test_fitted": Rule(Kind.BOOLEAN),
    "meter": Rule(Kind.TABLE),
}
METER_RULES: Mapping[str, Rule] = {
    "map": Rule(Kind.TEXT),
    "serial_number": Rule(Kind.TEXT, 1, 25),
    "energy_import_wh": Rule(Kind.NUMBER, 0, MAXIMUM_ENERGY_WH),
    "energy_export_wh": Rule(Kind.NUMBER, 0, MAXIMUM_ENERGY_WH),
}


class BenchSettingsError(ValueError):
    """The file can not be used; `problems` has one text per error."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Outlet(StrEnum):
    SOCKET = "socket"
    """Reads the cable's proximity resistor."""
    TETHERED = "tethered"


@dataclass(frozen=True, slots=True)
class MeterSettings:
    map_name: str = DEFAULT_METER_MAP
    serial_number: str = "7000001"
    energy_import_wh: float = 0.0
    energy_export_wh: float = 0.0


@dataclass(frozen=True, slots=True)
class EvseSettings:
    phases: int = 3
    outlet: Outlet = Outlet.SOCKET
    lock_fitted: bool = True
    rcd_test_fitted: bool = False
    meter: MeterSettings = field(default_factory=MeterSettings)


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """`port` is the HTTP interface's; 0 is any free port. `monoflop_seconds` None: no monoflop is fitted."""

    evses: tuple[EvseSettings, ...] = (EvseSettings(),)
    supply_volts: float = 230.0
    monoflop_seconds: float | None = 0.5
    port: int = 0
    meter_port: int = 0
    reader_port: int = 0


def load_settings(path: Path) -> BenchSettings:
    """Read a bench.toml; BenchSettingsError with everything that is wrong in it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchSettingsError([f"{path}: {error.strerror}; give the path of a bench.toml"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BenchSettingsError([f"{path}: not readable as TOML: {error}"]) from error
    return settings_from(document, str(path))


def settings_from(document: Mapping[str, Any], where: str = "bench.toml") -> BenchSettings:
    """Settings of a parsed document; BenchSettingsError with every error in it."""
    problems = problems_in(where, document, BENCH_RULES)
    tables = document.get("evse", [{}])
    tables = tables if isinstance(tables, list) else []
    if not 1 <= len(tables) <= MAX_EVSES:
        problems.append(f"{where}.evse: expected 1 to {MAX_EVSES} [[evse]] tables, got {len(tables)}")
    for number, table in enumerate(tables, start=1):
        evse_where = f"{where}.evse[{number}]"
        problems += problems_in(evse_where, table, EVSE_RULES)
        if isinstance(table, Mapping) and isinstance(table.get("meter"), Mapping):
            problems += _meter_problems(f"{evse_where}.meter", table["meter"], table.get("phases", 3))
    if problems:
        raise BenchSettingsError(list(dict.fromkeys(problems)))
    monoflop_seconds = float(document.get("monoflop_seconds", 0.5))
    return BenchSettings(
        evses=tuple(_evse(number, table) for number, table in enumerate(tables, start=1)),
        supply_volts=float(document.get("supply_volts", 230.0)),
        monoflop_seconds=monoflop_seconds or None,
        port=document.get("port", 0),
        meter_port=document.get("meter_port", 0),
        reader_port=document.get("reader_port", 0),
    )


def _meter_problems(where: str, table: Mapping[str, Any], phases: object) -> list[str]:
    rules = {**METER_RULES, "map": Rule(Kind.TEXT, choices=tuple(available_register_maps()))}
    problems = problems_in(where, table, rules)
    if problems:
        return problems
    register_map = load_register_map(table.get("map", DEFAULT_METER_MAP))
    if register_map.phases == 1 and phases == 3:
        problems.append(f"{where}.map: {register_map.name} counts one phase, give the EVSE phases = 1 or another map")
    try:
        register_map.encode({"serial_number": table.get("serial_number")})
    except ValueError as error:
        problems.append(f"{where}.serial_number: this meter can not show it, give digits: {error}")
    return problems


def _evse(number: int, table: Mapping[str, Any]) -> EvseSettings:
    outlet = Outlet(table.get("outlet", Outlet.SOCKET))
    meter = table.get("meter", {})
    return EvseSettings(
        phases=table.get("phases", 3),
        outlet=outlet,
        rcd_test_fitted=table.get("rcd_test_fitted", False),
        lock_fitted=table.get("lock_fitted", outlet is Outlet.SOCKET),
        meter=MeterSettings(
            map_name=meter.get("map", DEFAULT_METER_MAP),
            serial_number=meter.get("serial_number", str(7000000 + number)),
            energy_import_wh=float(meter.get("energy_import_wh", 0.0)),
            energy_export_wh=float(meter.get("energy_export_wh", 0.0)),
        ),
    )
