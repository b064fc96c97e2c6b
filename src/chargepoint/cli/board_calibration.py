"""The calibration of a board's pilot: the two points of the line from a converter's counts to the pilot's volts.

The board is driven to +12 V and to state F with nothing plugged in, a person reads the volts, and the lines for the
station.toml are printed. The contactor stays open all the time, and no file is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chargepoint.cli.board_pace import Pace
from chargepoint.model.errors import ChargePointError
from chargepoint_hal.contract import ControlPilot, EvseHardware
from chargepoint_hal.counting import CountedChannel, CountingPilot

Ask = Callable[[str], str]
Say = Callable[[str], None]

SETTLE_SECONDS = 1.0
"""A peak detector takes its time to follow."""
ROUNDS = 20
ROUND_SECONDS = 0.05
MOST_SPREAD_SHARE = 0.03
"""Of full scale, between the lowest and the highest counts of a level that stands still."""
LEAST_APART_SHARE = 0.05
"""Of full scale: a channel that shows the two levels nearer than this does not follow both."""


@dataclass(frozen=True, slots=True)
class Level:
    """One of the two that a pilot shows with nothing plugged in, and between which volts it is one."""

    name: str
    low_volts: float
    high_volts: float
    signal: Callable[[ControlPilot], None]


STATE_F = Level("state F (-12 V)", -14.0, -10.0, lambda pilot: pilot.signal_fault())
STEADY = Level("+12 V", 10.0, 14.0, lambda pilot: pilot.signal_steady())


@dataclass(frozen=True, slots=True)
class Point:
    """What one channel shows of a level, on the average, and what a voltmeter shows."""

    counts: float
    full_scale: int
    volts: float

    @property
    def is_at_an_end(self) -> bool:
        return not 0.5 < self.counts < self.full_scale - 0.5

    def __str__(self) -> str:
        """As half of the option's value."""
        return f"{self.counts:.1f}, {self.volts}"


class Calibration:
    """One EVSE of an open board. Nothing of it is left on, whatever happens: the caller makes the board safe."""

    def __init__(self, hardware: EvseHardware, ask: Ask, say: Say, pace: Pace) -> None:
        """ChargePointError where there is nothing to calibrate."""
        pilot = hardware.control_pilot
        if hardware.controller is not None:
            raise ChargePointError("a controller of its own measures this pilot: there is nothing to calibrate here")
        if not isinstance(pilot, CountingPilot):
            raise ChargePointError(
                "the driver of this board gives volts and no counts of a converter (chargepoint_hal.counting): there "
                "is nothing to calibrate here"
            )
        self._hardware = hardware
        self._pilot: ControlPilot = pilot
        self._counting: CountingPilot = pilot
        self._ask = ask
        self._say = say
        self._pace = pace

    def lines(self) -> list[str]:
        """What belongs into the EVSE's table of the board's options; ChargePointError says why there is none."""
        self._require_open()
        self._ask("Take everything off the pilot, put a voltmeter between pilot and PE, then press Enter")
        steady, state_f = self._points(STEADY), self._points(STATE_F)
        self._pilot.signal_steady()
        lines = list(self._lines(state_f, steady))
        if not lines:
            raise ChargePointError(
                "no channel shows both +12 V and state F: check what drives the pilot (the oscilloscope "
                "must show both), its divider, and the channels in the station.toml"
            )
        return lines

    def _lines(self, low: dict[str, Point], high: dict[str, Point]) -> Iterator[str]:
        for option, its_low in low.items():
            its_high = high[option]
            shown = f"{option}: {its_high.counts:.1f} counts at +12 V, {its_low.counts:.1f} in state F"
            if abs(its_high.counts - its_low.counts) < LEAST_APART_SHARE * its_high.full_scale:
                self._say(
                    f"{shown}: this channel follows one side of the pilot only; measure its second point with a "
                    "resistor box"
                )
            elif its_low.is_at_an_end or its_high.is_at_an_end:
                self._say(
                    f"{shown}: that is an end of the converter (0 to {its_high.full_scale}), and the pilot goes beyond "
                    "it; make the divider smaller, or measure this point with a resistor box"
                )
            else:
                yield f"{option} = [{its_low}, {its_high}]"

    def _points(self, level: Level) -> dict[str, Point]:
        level.signal(self._pilot)
        self._pace.sleep(SETTLE_SECONDS)
        before = self._measured(level)
        volts = self._volts(level)
        return {option: Point(counts, full_scale, volts) for option, (counts, full_scale) in before.items()}

    def _measured(self, level: Level) -> dict[str, tuple[float, int]]:
        """The average counts of each channel, and its full scale."""
        rounds: dict[str, list[CountedChannel]] = {}
        for _ in range(ROUNDS):
            for channel in self._counting.counted():
                rounds.setdefault(channel.option, []).append(channel)
            self._pace.sleep(ROUND_SECONDS)
        self._require_open()
        return {option: _averaged(option, level, channels) for option, channels in rounds.items()}

    def _volts(self, level: Level) -> float:
        while True:
            text = self._ask(f"The station signals {level.name}: volts on the voltmeter").strip().replace(",", ".")
            try:
                volts = float(text)
            except ValueError:
                self._say(f"a number is wanted, such as {(level.low_volts + level.high_volts) / 2:g}")
                continue
            if level.low_volts <= volts <= level.high_volts:
                return volts
            self._say(
                f"{level.name} is from {level.low_volts:g} to {level.high_volts:g} V: where the voltmeter shows "
                f"{volts:g}, look at the circuit and at 'pwm_inverted' first (Ctrl-C ends this)"
            )

    def _require_open(self) -> None:
        self._hardware.contactor.open()
        if self._hardware.contactor.is_closed():
            raise ChargePointError(
                "the contactor is commanded open and its feedback says closed: mend that first (contactor_feedback, a "
                "welded contact, the wiring)"
            )


def _averaged(option: str, level: Level, channels: list[CountedChannel]) -> tuple[float, int]:
    counts = [count for channel in channels for count in channel.counts]
    full_scale = channels[0].full_scale
    if max(counts) - min(counts) > MOST_SPREAD_SHARE * full_scale:
        raise ChargePointError(
            f"{option}: the counts go from {min(counts)} to {max(counts)} while the station signals {level.name}: "
            "something is plugged in, or the converter's supply or wiring is disturbed"
        )
    return sum(counts) / len(counts), full_scale
