"""Reads the link's JSON back into values. Whatever is wrong raises ValueError that names the field."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.identifiers import EvseId
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import (
    DEFAULT_LEASE_SECONDS,
    ContactorState,
    EvseObservation,
    LockState,
    PlugMark,
    PowerDirective,
    SafetyHello,
    SelfTest,
    SelfTestCause,
    WhyOpen,
)

E = TypeVar("E", bound=StrEnum)
Fields = Mapping[str, object]
MAXIMUM_LEASE_SECONDS = 3600.0


def _number(fields: Fields, name: str, default: float | None = None) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: a finite number is wanted, got {str(value)[:40]!r}")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError(f"{name}: a finite number is wanted, got a far too large one") from error
    if not isfinite(number):
        raise ValueError(f"{name}: a finite number is wanted, got {number!r}")
    return number


def _optional_number(fields: Fields, name: str) -> float | None:
    return None if fields.get(name) is None else _number(fields, name)


def _optional_claim(fields: Fields, name: str) -> bool | None:
    return None if fields.get(name) is None else _claim(fields, name)


def _whole(fields: Fields, name: str, default: int | None = None) -> int:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name}: a whole number is wanted, got {value!r}")
    return value


def _claim(fields: Fields, name: str, default: bool | None = None) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: true or false is wanted, got {value!r}")
    return value


def _name(kind: type[E], name: str, value: object) -> E:
    try:
        return kind(str(value))
    except ValueError as error:
        raise ValueError(f"{name}: {value!r} is not a {kind.__name__}") from error


def _names(kind: type[E], fields: Fields, name: str) -> tuple[E, ...]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"{name}: a list is wanted, got {value!r}")
    return tuple(_name(kind, name, item) for item in value)


def _plug(fields: Fields) -> PlugMark | None:
    value = fields.get("plug")
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("watch"), str):
        raise ValueError(f"plug: an object with watch and generation is wanted, got {str(value)[:80]!r}")
    return PlugMark(value["watch"], _whole(value, "generation"))


def directive_from_json(fields: Fields) -> PowerDirective:
    """A directive; amps 0…80, lease 0…3600 seconds, phases 1 or 3, else ValueError."""
    limit_amps = _number(fields, "limit_amps")
    lease_seconds = _number(fields, "lease_seconds", DEFAULT_LEASE_SECONDS)
    phases = _whole(fields, "phases", 3)
    if not 0.0 <= limit_amps <= 80.0:
        raise ValueError(f"limit_amps: 0 to 80 is wanted, got {limit_amps}")
    if not 0.0 <= lease_seconds <= MAXIMUM_LEASE_SECONDS:
        raise ValueError(f"lease_seconds: 0 to {MAXIMUM_LEASE_SECONDS:.0f} is wanted, got {lease_seconds}")
    if phases not in (1, 2, 3):
        raise ValueError(f"phases: 1, 2 or 3 is wanted, got {phases}")
    return PowerDirective(
        evse_id=EvseId(_whole(fields, "evse_id")),
        power_allowed=_claim(fields, "power_allowed"),
        limit_amps=limit_amps,
        phases=phases,
        lock_wanted=_claim(fields, "lock_wanted", False),
        unlock_forced=_claim(fields, "unlock_forced", False),
        lease_seconds=lease_seconds,
        faults_seen=frozenset(_names(Fault, fields, "faults_seen")),
        faults_acknowledged=frozenset(_names(Fault, fields, "faults_acknowledged")),
        plug=_plug(fields),
        self_tested_at=_optional_number(fields, "self_tested_at"),
    )


def observation_from_json(fields: Fields) -> EvseObservation:
    """An observation, or ValueError that names the field."""
    return EvseObservation(
        evse_id=EvseId(_whole(fields, "evse_id")),
        at_monotonic=_number(fields, "at_monotonic"),
        pilot_state=_name(PilotState, "pilot_state", fields.get("pilot_state")),
        pilot_signal=_name(PilotSignal, "pilot_signal", fields.get("pilot_signal")),
        duty_percent=_optional_number(fields, "duty_percent"),
        contactor=_name(ContactorState, "contactor", fields.get("contactor")),
        contactor_commanded=_claim(fields, "contactor_commanded"),
        lock=_name(LockState, "lock", fields.get("lock")),
        faults=frozenset(_names(Fault, fields, "faults")),
        why_open=_names(WhyOpen, fields, "why_open"),
        is_settled=_claim(fields, "is_settled", True),
        cable_rating_amps=_optional_number(fields, "cable_rating_amps"),
        simplified_ev=_claim(fields, "simplified_ev", False),
        latched_faults=frozenset(_names(Fault, fields, "latched_faults")),
        lockout_remaining_seconds=_number(fields, "lockout_remaining_seconds", 0.0),
        lease_remaining_seconds=_number(fields, "lease_remaining_seconds", 0.0),
        pilot_high_volts=_optional_number(fields, "pilot_high_volts"),
        pilot_low_volts=_optional_number(fields, "pilot_low_volts"),
        temperature_celsius=_optional_number(fields, "temperature_celsius"),
        last_open_seconds=_optional_number(fields, "last_open_seconds"),
        closings=_whole(fields, "closings", 0),
        phases=_whole(fields, "phases", 0),
        most_phases=_whole(fields, "most_phases", 3),
        mains_present=_claim(fields, "mains_present", True),
        self_test=_name(SelfTest, "self_test", fields.get("self_test", SelfTest.ABSENT)),
        self_test_age_seconds=_optional_number(fields, "self_test_age_seconds"),
        self_test_cause=_name(SelfTestCause, "self_test_cause", fields.get("self_test_cause", SelfTestCause.NONE)),
        plug=_plug(fields),
        is_limited_externally=_optional_claim(fields, "is_limited_externally"),
    )


def _per_evse(fields: Fields, name: str, read: Callable[[Fields, str], object]) -> Mapping[str, object]:
    value = fields.get(name, {})
    if not isinstance(value, dict):
        raise ValueError(f"{name}: an object is wanted, got {value!r}")
    return {str(key): read(value, key) for key in value}


def hello_from_json(fields: Fields) -> SafetyHello:
    """The greeting, or ValueError that names the field."""
    evse_ids = fields.get("evse_ids")
    if not isinstance(evse_ids, list) or not all(isinstance(item, int) for item in evse_ids):
        raise ValueError(f"evse_ids: a list of whole numbers is wanted, got {evse_ids!r}")
    has_lock = _per_evse(fields, "has_lock", _claim)
    phases = _per_evse(fields, "phases", _whole)
    switches_phases = _per_evse(fields, "switches_phases", _claim)
    return SafetyHello(
        board=str(fields.get("board", "")),
        evse_ids=tuple(EvseId(item) for item in evse_ids),
        has_lock={EvseId(int(key)): bool(value) for key, value in has_lock.items()},
        phases={EvseId(int(key)): int(str(value)) for key, value in phases.items()},
        switches_phases={EvseId(int(key)): bool(value) for key, value in switches_phases.items()},
        protocol_version=_whole(fields, "protocol_version"),
    )
