"""The messages of the link that are not in the shared vocabulary, and the bytes of all of them. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from chargepoint.model.power import (
    EvseObservation,
    PowerDirective,
    SafetyHello,
    directive_to_json,
    hello_to_json,
    observation_to_json,
)
from chargepoint.model.power_codec import directive_from_json, hello_from_json, observation_from_json

LARGEST_MESSAGE_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Refusal:
    """The safety process's answer to a message it can not use."""

    why: str


@dataclass(frozen=True, slots=True)
class LoopStatistics:
    """How punctual the loop was since the last of these."""

    ticks: int
    late_ticks: int
    """Ticks that began more than one period after their time."""
    worst_lateness_seconds: float
    worst_tick_seconds: float
    """The longest tick itself."""
    period_seconds: float


SafetyMessage = SafetyHello | EvseObservation | Refusal | LoopStatistics


def encode(message: SafetyMessage | PowerDirective) -> bytes:
    """One datagram."""
    return json.dumps(_as_json(message), separators=(",", ":")).encode()


def decode_directive(datagram: bytes) -> PowerDirective:
    """ValueError with what is wrong, whatever the bytes are."""
    fields = _object(datagram)
    if fields.get("kind") != "power_directive":
        raise ValueError(f"kind: 'power_directive' is wanted, got {str(fields.get('kind'))[:40]!r}")
    try:
        return directive_from_json(fields)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"a number or a field is out of all bounds: {error}") from error


def decode_safety_message(datagram: bytes) -> SafetyMessage:
    """ValueError with what is wrong, whatever the bytes are."""
    fields = _object(datagram)
    kind = fields.get("kind")
    if kind == "safety_hello":
        return hello_from_json(fields)
    if kind == "evse_observation":
        return observation_from_json(fields)
    if kind == "refused":
        return Refusal(str(fields.get("why", "")))
    if kind == "loop_statistics":
        return _statistics(fields)
    raise ValueError(f"kind: {kind!r} is no message of the safety process")


def _as_json(message: SafetyMessage | PowerDirective) -> Mapping[str, object]:
    match message:
        case PowerDirective():
            return directive_to_json(message)
        case EvseObservation():
            return observation_to_json(message)
        case SafetyHello():
            return hello_to_json(message)
        case Refusal():
            return {"kind": "refused", "why": message.why}
        case LoopStatistics():
            return {"kind": "loop_statistics", **asdict(message)}


def _object(datagram: bytes) -> Mapping[str, object]:
    if len(datagram) > LARGEST_MESSAGE_BYTES:
        raise ValueError(f"a message has at most {LARGEST_MESSAGE_BYTES} bytes")
    try:
        fields = json.loads(datagram)
    except RecursionError as error:
        raise ValueError("the message is nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError(f"a JSON object is wanted, got {type(fields).__name__}")
    return fields


def _statistics(fields: Mapping[str, object]) -> LoopStatistics:
    def number(name: str) -> float:
        value = fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name}: a number is wanted, got {value!r}")
        return float(value)

    return LoopStatistics(
        ticks=int(number("ticks")),
        late_ticks=int(number("late_ticks")),
        worst_lateness_seconds=number("worst_lateness_seconds"),
        worst_tick_seconds=number("worst_tick_seconds"),
        period_seconds=number("period_seconds"),
    )
