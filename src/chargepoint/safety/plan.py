"""What the safety process needs from `station.toml`, read with the standard library alone: it must start fast.

`chargepoint check-config` reads the same keys with the whole schema and refuses unknown ones; here a key of another
room is none of our business, but a wrong value of ours is.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chargepoint.iec61851 import timing
from chargepoint.iec61851.supply_words import SupplyRules
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.phases import PhaseSwitching
from chargepoint.model.power import DEFAULT_LEASE_SECONDS, SHORTEST_LEASE_SECONDS

DEFAULT_PERIOD_SECONDS = 0.01
LONGEST_PERIOD_SECONDS = 0.035
"""Two samples end a demand: the contactor then still opens within the 100 ms of IEC 61851-1 table A.6, sequence 8."""
DEFAULT_MAXIMUM_TEMPERATURE_CELSIUS = 80.0
SOCKET_NAME = "safety.sock"
OUTLETS = ("socket", "tethered")


@dataclass(frozen=True, slots=True)
class EvsePlan:
    evse_id: EvseId
    rules: SupplyRules = field(default_factory=SupplyRules)


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """One process's plan. `lease_seconds` is the longest lease that a directive may ask for."""

    run_dir: Path = Path("run")
    board_driver: str = "mock"
    board_options: Mapping[str, Any] = field(default_factory=dict)
    period_seconds: float = DEFAULT_PERIOD_SECONDS
    lease_seconds: float = DEFAULT_LEASE_SECONDS
    maximum_temperature_celsius: float = DEFAULT_MAXIMUM_TEMPERATURE_CELSIUS
    tolerates_lost_thermometer: bool = False
    """The controller then lowers the current instead."""
    evses: tuple[EvsePlan, ...] = (EvsePlan(EvseId(1)),)

    @property
    def socket_path(self) -> Path:
        return self.run_dir / SOCKET_NAME


def read_safety_plan(path: Path) -> SafetyPlan:
    """The plan of a `station.toml`; ConfigurationError with every wrong key, one a line."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: can not be read ({error.strerror}): give a file with --config") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error
    problems: list[str] = []
    plan = _plan(document, problems)
    if problems:
        raise ConfigurationError("\n".join(f"{path}: {problem}" for problem in problems))
    return plan


def board_options(driver: str, written: Mapping[str, Any], run_dir: Path) -> Mapping[str, Any]:
    """What the board is opened with: the mock finds the wires of this run by itself."""
    return {"wires": str(run_dir / "wires"), **written} if driver == "mock" else dict(written)


class _Table:
    """One table of the file; what is wrong is added to `problems` and the default is used meanwhile."""

    def __init__(self, owner: Mapping[str, Any], name: str, problems: list[str]) -> None:
        found = owner.get(name, {})
        if not isinstance(found, dict):
            problems.append(f"{name}: a table is wanted, got {found!r}")
            found = {}
        self._values: Mapping[str, Any] = found
        self._name = name
        self._problems = problems

    def number(self, key: str, default: float, allowed: tuple[float, float]) -> float:
        value = self._values.get(key, default)
        low, high = allowed
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self._complain(key, f"a number from {low:g} to {high:g} is wanted, got {value!r}")
            return default
        return float(value)

    def whole(self, key: str, default: int, allowed: range) -> int:
        value = self._values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            self._complain(key, f"a whole number from {allowed[0]} to {allowed[-1]} is wanted, got {value!r}")
            return default
        return value

    def claim(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        if isinstance(value, bool):
            return value
        self._complain(key, f"true or false is wanted, got {value!r}")
        return default

    def text(self, key: str, default: str, allowed: tuple[str, ...] = ()) -> str:
        value = self._values.get(key, default)
        if isinstance(value, str) and value and (not allowed or value in allowed):
            return value
        self._complain(key, f"{' or '.join(map(repr, allowed)) or 'a text'} is wanted, got {value!r}")
        return default

    def table(self, name: str) -> Mapping[str, Any]:
        value = self._values.get(name, {})
        if isinstance(value, dict):
            return value
        self._complain(name, f"a table is wanted, got {value!r}")
        return {}

    def _complain(self, key: str, what: str) -> None:
        self._problems.append(f"{self._name}.{key}: {what}")


def _plan(document: Mapping[str, Any], problems: list[str]) -> SafetyPlan:
    station = _Table(document, "station", problems)
    board = _Table(document, "board", problems)
    safety = _Table(document, "safety", problems)
    run_dir = Path(station.text("run_dir", _default_run_dir()))
    driver = board.text("driver", "mock")
    return SafetyPlan(
        run_dir=run_dir,
        board_driver=driver,
        board_options=board_options(driver, board.table("options"), run_dir),
        period_seconds=safety.number(
            "period_ms", DEFAULT_PERIOD_SECONDS * 1000.0, (1.0, LONGEST_PERIOD_SECONDS * 1000.0)
        )
        / 1000.0,
        lease_seconds=safety.number("lease_seconds", DEFAULT_LEASE_SECONDS, (SHORTEST_LEASE_SECONDS, 3600.0)),
        maximum_temperature_celsius=safety.number(
            "maximum_temperature_celsius", DEFAULT_MAXIMUM_TEMPERATURE_CELSIUS, (20.0, 150.0)
        ),
        tolerates_lost_thermometer=_tolerates_lost_thermometer(document, safety, problems),
        evses=_evses(document, safety, problems),
    )


def _tolerates_lost_thermometer(document: Mapping[str, Any], safety: _Table, problems: list[str]) -> bool:
    temperature = _Table(document, "temperature", problems)
    stale_limit_amps = temperature.number("stale_limit_amps", 0.0, (0.0, 80.0))
    minimum_amps = safety.number("minimum_current_amps", 6.0, (6.0, 16.0))
    return bool(document.get("temperature", {}).get("curve_celsius")) and stale_limit_amps >= minimum_amps


def _default_run_dir() -> str:
    """systemd names the unit's directory, or several of them."""
    return os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0] or "run"


def _evses(document: Mapping[str, Any], safety: _Table, problems: list[str]) -> tuple[EvsePlan, ...]:
    rows = document.get("evse", [{}])
    if not isinstance(rows, list) or not rows:
        problems.append(f"evse: one [[evse]] table per EVSE is wanted, got {rows!r}")
        return ()
    plans = [_evse_plan(rows, index, safety, problems) for index in range(len(rows))]
    if len({plan.evse_id for plan in plans}) < len(plans):
        problems.append("evse.id: two EVSEs have the same id: give each its own")
    return tuple(plans)


def _evse_plan(rows: list[Any], index: int, safety: _Table, problems: list[str]) -> EvsePlan:
    name = f"evse[{index}]"
    evse = _Table({name: rows[index]}, name, problems)
    outlet = evse.text("outlet", safety.text("outlet", "socket", OUTLETS), OUTLETS)
    phases = evse.whole("phases", 3, range(1, 4))
    if phases == 2:
        problems.append(f"{name}.phases: 1 or 3 is wanted, got 2")
    switching = PhaseSwitching(
        evse.text("phase_switching", PhaseSwitching.NEVER.value, tuple(each.value for each in PhaseSwitching))
    )
    if switching is not PhaseSwitching.NEVER and phases != 3:
        problems.append(f"{name}.phase_switching: there is nothing to switch with phases = {phases}: leave it out")
    rules = SupplyRules(
        minimum_current_amps=safety.number("minimum_current_amps", 6.0, (6.0, 16.0)),
        maximum_current_amps=evse.number("max_current_amps", 32.0, (6.0, 80.0)),
        phases=phases,
        phase_switching=switching,
        has_socket=outlet == "socket",
        ventilation=safety.claim("ventilation", False),
        state_f_on_fault=safety.claim("state_f_on_fault", True),
        wake_up=safety.claim("wake_up", True),
        max_closings=safety.whole("max_closings", timing.MAX_CLOSINGS, range(1, 101)),
        start_ramp_seconds=safety.number("start_ramp_seconds", timing.START_RAMP_SECONDS, (0.0, 600.0)),
        external_limit_amps=safety.number("external_limit_amps", 6.0, (0.0, 80.0)),
        start_ramp_always=safety.claim("start_ramp_always", False),
        minimum_off_seconds=safety.number("minimum_off_seconds", timing.MINIMUM_OFF_SECONDS, (0.0, 600.0)),
    )
    return EvsePlan(EvseId(evse.whole("id", index + 1, range(1, 100))), rules)
