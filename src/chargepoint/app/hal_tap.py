"""Taps what the hardware tells a running station, for a recording. Changes nothing of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from chargepoint.app.edges import FittedReader
from chargepoint.daemon.meter_poller import FittedMeter
from chargepoint.model.errors import ChargePointError
from chargepoint.model.faults import Fault
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, LockState
from chargepoint.settings.station_config import StationConfig
from chargepoint.system_clock import monotonic, utc_now
from chargepoint_hal.bench.pilot_circuit import CABLE_OHMS, SHORTED_PROXIMITY_OHMS
from chargepoint_hal.contract import (
    EnergyMeter,
    EvseNumber,
    IntervalSigningMeter,
    LockPosition,
    MeterReading,
    SigningMeter,
    TokenReader,
    TokenSighting,
)
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.pilot_controller import PilotLetter
from chargepoint_hal.recording.events import BoardSeen, CardSeen, EvseFitted, Header, MeterSeen
from chargepoint_hal.recording.recorder import Recorder

CLOSED: dict[ContactorState, bool | None] = {
    ContactorState.OPEN: False,
    ContactorState.CLOSED: True,
    ContactorState.ASSUMED_OPEN: None,
    ContactorState.ASSUMED_CLOSED: None,
    ContactorState.UNKNOWN: None,
}
POSITION: dict[LockState, LockPosition | None] = {
    LockState.LOCKED: LockPosition.LOCKED,
    LockState.UNLOCKED: LockPosition.UNLOCKED,
    LockState.MOVING: LockPosition.MOVING,
    LockState.UNKNOWN: LockPosition.UNKNOWN,
    LockState.ABSENT: None,
}
LETTERS: dict[PilotState, PilotLetter | None] = {
    PilotState.A: PilotLetter.A,
    PilotState.B: PilotLetter.B,
    PilotState.C: PilotLetter.C,
    PilotState.D: PilotLetter.D,
    PilotState.E: PilotLetter.E,
    PilotState.F: PilotLetter.F,
    PilotState.FAULT: None,
}
"""What a controller that owns the pilot must have told."""


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """Where a session is recorded, and whether card ids are written as they are."""

    path: Path
    keeps_cards: bool = False


def open_recorder(wish: RecordingWish, config: StationConfig) -> Recorder:
    """A new recording of this station; ChargePointError where it can not be written."""
    fitted = {
        row.id: EvseFitted(
            row.phases,
            (row.outlet or config.safety.outlet) == "socket",
            config.safety.external_limit_amps,
            switches_phases=row.phase_switching != "never",
        )
        for row in config.evse
    }
    header = Header(config.board.driver, fitted, utc_now().isoformat(timespec="seconds"))
    try:
        return Recorder(wish.path, header, monotonic(), keeps_cards=wish.keeps_cards)
    except OSError as error:
        raise ChargePointError(f"{wish.path}: can not be written ({error.strerror}): give another file") from error


def board_seen(observation: EvseObservation) -> BoardSeen:
    """What the board must have said for that."""
    return BoardSeen(
        evse=observation.evse_id,
        pilot_signal=observation.pilot_signal,
        high_volts=observation.pilot_high_volts,
        low_volts=observation.pilot_low_volts,
        contactor_commanded=observation.contactor_commanded,
        contactor_closed=CLOSED[observation.contactor],
        lock=POSITION[observation.lock],
        celsius=observation.temperature_celsius,
        mains_present=observation.mains_present,
        cable_ohms=_cable_ohms(observation),
        faults=observation.faults,
        letter=LETTERS[observation.pilot_state] if observation.pilot_high_volts is None else None,
        is_limited_externally=observation.is_limited_externally,
    )


def note_board(recorder: Recorder, observation: EvseObservation) -> None:
    recorder.note(board_seen(observation), observation.at_monotonic)


class TappedMeter:
    """An EnergyMeter whose cycles are noted. Made by `tapped_meter`, which keeps what else the meter can do."""

    def __init__(self, meter: EnergyMeter, evse: EvseNumber, recorder: Recorder, clock: Callable[[], float]) -> None:
        self._meter = meter
        self._evse = evse
        self._recorder = recorder
        self._clock = clock

    @property
    def name(self) -> str:
        return self._meter.name

    async def read(self) -> MeterReading:
        try:
            reading = await self._meter.read()
        except HardwareError as error:
            self._recorder.note(MeterSeen(self._evse, None, error.fault), self._clock())
            raise
        self._recorder.note(MeterSeen(self._evse, reading), reading.at_monotonic)
        return reading

    async def close(self) -> None:
        await self._meter.close()


class TappedSigningMeter(TappedMeter):
    """A SigningMeter that goes on signing while it is recorded; what it signs is in no recording."""

    def __init__(self, meter: SigningMeter, evse: EvseNumber, recorder: Recorder, clock: Callable[[], float]) -> None:
        super().__init__(meter, evse, recorder, clock)
        self.public_key_hex = meter.public_key_hex
        self.sign_begin = meter.sign_begin
        self.sign_end = meter.sign_end


class TappedIntervalSigningMeter(TappedSigningMeter):
    """An IntervalSigningMeter, as well."""

    def __init__(
        self, meter: IntervalSigningMeter, evse: EvseNumber, recorder: Recorder, clock: Callable[[], float]
    ) -> None:
        super().__init__(meter, evse, recorder, clock)
        self.sign_between = meter.sign_between


def tapped_meter(
    meter: EnergyMeter, evse: EvseNumber, recorder: Recorder, clock: Callable[[], float] = monotonic
) -> TappedMeter:
    """The meter with its cycles noted, which signs where the meter does."""
    if isinstance(meter, IntervalSigningMeter):
        return TappedIntervalSigningMeter(meter, evse, recorder, clock)
    if isinstance(meter, SigningMeter):
        return TappedSigningMeter(meter, evse, recorder, clock)
    return TappedMeter(meter, evse, recorder, clock)


class TappedReader:
    """A TokenReader whose sightings are noted."""

    def __init__(self, reader: TokenReader, number: int, recorder: Recorder) -> None:
        self._reader = reader
        self._number = number
        self._recorder = recorder

    @property
    def name(self) -> str:
        return self._reader.name

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        sighting = self._reader.wait_for_token(timeout_seconds)
        if sighting is not None:
            self._recorder.note(CardSeen(self._number, sighting), monotonic())
        return sighting

    def close(self) -> None:
        self._reader.close()


def tapped_meters(meters: tuple[FittedMeter, ...], recorder: Recorder) -> tuple[FittedMeter, ...]:
    return tuple(replace(each, meter=tapped_meter(each.meter, each.evse_id, recorder)) for each in meters)


def tapped_readers(readers: tuple[FittedReader, ...], recorder: Recorder) -> tuple[FittedReader, ...]:
    return tuple(
        replace(each, reader=TappedReader(each.reader, number, recorder))
        for number, each in enumerate(readers, start=1)
    )


def _cable_ohms(observation: EvseObservation) -> float:
    if Fault.PROXIMITY_SHORT in observation.faults:
        return SHORTED_PROXIMITY_OHMS
    rating_amps = observation.cable_rating_amps
    return math.inf if rating_amps is None else CABLE_OHMS[round(rating_amps)]
