"""The lines of a recording: their values, and how they are written and read. Version 1. Pure."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chargepoint_hal.contract import EvseNumber, LockPosition, MeterReading, PilotSignal, TokenSighting
from chargepoint_hal.faults import Fault
from chargepoint_hal.pilot_controller import PilotLetter

FORMAT = "chargepoint-hal-recording"
VERSION = 1
LONGEST_LINE_BYTES = 16_384
USUAL_EXTERNAL_LIMIT_AMPS = 6.0

Json = dict[str, Any]


class RecordingError(ValueError):
    """This is no recording, or one that is damaged; the text says which line and why."""


@dataclass(frozen=True, slots=True)
class EvseFitted:
    """What an EVSE of the recorded board has, and the station's rule that a recording can not do without."""

    phases: int = 3
    has_socket: bool = True
    external_limit_amps: float = USUAL_EXTERNAL_LIMIT_AMPS
    switches_phases: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    board: str
    evses: Mapping[EvseNumber, EvseFitted]
    started_utc: str = ""


@dataclass(frozen=True, slots=True)
class BoardSeen:
    """One EVSE's parts at one moment; the signal and the command are what the station did meanwhile."""

    evse: EvseNumber
    pilot_signal: PilotSignal = PilotSignal.STEADY
    high_volts: float | None = None
    """None: the pilot could not be sampled."""
    low_volts: float | None = None
    contactor_commanded: bool = False
    contactor_closed: bool | None = None
    """None: there is no feedback."""
    lock: LockPosition | None = None
    celsius: float | None = None
    mains_present: bool = True
    cable_ohms: float = math.inf
    faults: frozenset[Fault] = frozenset()
    letter: PilotLetter | None = None
    """Of a controller that owns the pilot, and tells its state instead of volts."""
    is_limited_externally: bool | None = None
    """None: there is no input for an external limit, or it did not answer."""


@dataclass(frozen=True, slots=True)
class MeterSeen:
    """One cycle of an EVSE's meter; without a reading it says why there is none."""

    evse: EvseNumber
    reading: MeterReading | None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card in a reader's field; readers are counted from 1."""

    reader: int
    sighting: TokenSighting


Seen = BoardSeen | MeterSeen | CardSeen


@dataclass(frozen=True, slots=True)
class Line:
    at_seconds: float
    """Since the start of the recording."""
    seen: Seen


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole recording, in the order of time."""

    header: Header
    lines: tuple[Line, ...] = field(default_factory=tuple)

    @property
    def lasts_seconds(self) -> float:
        return self.lines[-1].at_seconds if self.lines else 0.0


def header_text(header: Header) -> str:
    evses = {
        str(number): {
            "phases": fitted.phases,
            "has_socket": fitted.has_socket,
            "external_limit_amps": fitted.external_limit_amps,
            "switches_phases": fitted.switches_phases,
        }
        for number, fitted in header.evses.items()
    }
    document = {"format": FORMAT, "version": VERSION, "board": header.board, "started_utc": header.started_utc}
    return json.dumps({**document, "evses": evses})


def line_text(line: Line) -> str:
    return json.dumps({"t": round(line.at_seconds, 6), **_content(line.seen)})


def read_recording(text: str) -> Recording:
    """RecordingError for what is none; a last line that was cut off by a power cut is left out."""
    first, *rest = text.split("\n")
    header = _header(_parsed(first, 1))
    lines: list[Line] = []
    for number, each in enumerate(rest, start=2):
        if not each:
            continue
        try:
            line = _line(_parsed(each, number), number)
        except RecordingError:
            if number == len(rest) + 1:
                break
            raise
        if lines and line.at_seconds < lines[-1].at_seconds:
            raise RecordingError(f"line {number}: time runs backwards")
        lines.append(line)
    return Recording(header, tuple(lines))


def _content(seen: Seen) -> Json:
    match seen:
        case BoardSeen():
            return {
                "kind": "board",
                "evse": seen.evse,
                "signal": seen.pilot_signal.value,
                "high": seen.high_volts,
                "low": seen.low_volts,
                "commanded": seen.contactor_commanded,
                "closed": seen.contactor_closed,
                "lock": None if seen.lock is None else seen.lock.value,
                "celsius": seen.celsius,
                "mains": seen.mains_present,
                "ohms": None if math.isinf(seen.cable_ohms) else seen.cable_ohms,
                "faults": sorted(seen.faults),
                "letter": None if seen.letter is None else seen.letter.value,
                "limited": seen.is_limited_externally,
            }
        case MeterSeen(evse, reading, fault):
            return {
                "kind": "meter",
                "evse": evse,
                "fault": None if fault is None else fault.value,
                "reading": None if reading is None else _reading_json(reading),
            }
        case CardSeen(reader, sighting):
            return {"kind": "card", "reader": reader, "value": sighting.value, "type": sighting.kind}


READING_NUMBERS = ("energy_import_wh", "energy_export_wh", "power_watts", "frequency_hertz", "power_factor")
READING_PHASES = ("currents_amps", "voltages_volts", "powers_watts")


def _reading_json(reading: MeterReading) -> Json:
    names = (*READING_NUMBERS, *READING_PHASES, "temperature_celsius", "serial_number", "read_seconds")
    return {name: getattr(reading, name) for name in names}


def _parsed(text: str, number: int) -> Json:
    if len(text) > LONGEST_LINE_BYTES:
        raise RecordingError(f"line {number}: longer than {LONGEST_LINE_BYTES} bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"line {number}: not JSON ({str(error)[:80]})") from error
    if not isinstance(document, dict):
        raise RecordingError(f"line {number}: an object is wanted")
    return document


def _header(document: Json) -> Header:
    if document.get("format") != FORMAT:
        raise RecordingError(f"line 1: not a {FORMAT}: give a file that `chargepoint hal record` has written")
    if document.get("version") != VERSION:
        raise RecordingError(f"line 1: version {document.get('version')!r}, this release reads {VERSION}")
    try:
        evses = {int(number): _fitted(row) for number, row in document["evses"].items()}
        return Header(str(document["board"]), evses, str(document.get("started_utc", "")))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"line 1: the header is damaged ({error!r})") from error


def _fitted(row: Json) -> EvseFitted:
    """Older recordings tell less."""
    return EvseFitted(
        phases=int(row["phases"]),
        has_socket=bool(row["has_socket"]),
        external_limit_amps=float(row.get("external_limit_amps", USUAL_EXTERNAL_LIMIT_AMPS)),
        switches_phases=bool(row.get("switches_phases", False)),
    )


def _line(document: Json, number: int) -> Line:
    try:
        at_seconds = float(document["t"])
        return Line(at_seconds, READERS[document["kind"]](document, at_seconds))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"line {number}: damaged ({error!r})") from error


def _board_seen(document: Json, _at_seconds: float) -> BoardSeen:
    lock, ohms = document["lock"], document["ohms"]
    letter, limited = document.get("letter"), document.get("limited")  # older recordings have none
    return BoardSeen(
        evse=int(document["evse"]),
        pilot_signal=PilotSignal(document["signal"]),
        high_volts=_number(document["high"]),
        low_volts=_number(document["low"]),
        contactor_commanded=bool(document["commanded"]),
        contactor_closed=None if document["closed"] is None else bool(document["closed"]),
        lock=None if lock is None else LockPosition(lock),
        celsius=_number(document["celsius"]),
        mains_present=bool(document["mains"]),
        cable_ohms=math.inf if ohms is None else float(ohms),
        faults=frozenset(Fault(name) for name in document["faults"]),
        letter=None if letter is None else PilotLetter(letter),
        is_limited_externally=None if limited is None else bool(limited),
    )


def _meter_seen(document: Json, at_seconds: float) -> MeterSeen:
    fault, told = document["fault"], document["reading"]
    reading = None
    if told is not None:
        fields: Json = {name: _number(told[name]) for name in (*READING_NUMBERS, "temperature_celsius")}
        fields |= {name: tuple(_number(value) for value in told[name]) for name in READING_PHASES}
        fields["read_seconds"] = float(told.get("read_seconds", 0.0))  # older recordings have none
        fields["serial_number"] = None if told["serial_number"] is None else str(told["serial_number"])
        reading = MeterReading(at_monotonic=at_seconds, **fields)
    return MeterSeen(int(document["evse"]), reading, None if fault is None else Fault(fault))


def _card_seen(document: Json, _at_seconds: float) -> CardSeen:
    return CardSeen(int(document["reader"]), TokenSighting(str(document["value"]), str(document["type"])))


READERS: Mapping[str, Callable[[Json, float], Seen]] = {"board": _board_seen, "meter": _meter_seen, "card": _card_seen}


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # a wrong one is a TypeError, which is caught
