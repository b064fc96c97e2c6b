"""The control pilot: PWM out, peaks in.

The converter does not know when an edge is. A burst of samples over some periods has both plateaus in it, and its
statistics find them: the highest and the lowest samples, without the outermost one.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from chargepoint_hal.boards.raspberry_pi.converters import Calibration, Converter
from chargepoint_hal.boards.raspberry_pi.kernel_pwm import PwmChannel
from chargepoint_hal.contract import PilotSample, PilotSignal
from chargepoint_hal.counting import CountedChannel

LEAST_DUTY_PERCENT = 4.5
MOST_DUTY_PERCENT = 96.0
OUTLIERS = 1
AVERAGED = 3
SAMPLES_WANTED_ON_A_PLATEAU = 25
"""Enough that fewer than OUTLIERS + AVERAGED of them never happens by chance."""
MOST_BURSTS = 8
FIRST_BURSTS = 3
READS_OF_A_PEAK = 3
LOWEST_OFFER_PERCENT = 10.0
"""The shortest positive plateau while an EV may charge."""


def bursts_for(plateau_percent: float, burst_samples: int) -> int:
    """How many bursts a plateau is looked for in. What has ended is seen when the last of them is full of what came."""
    if plateau_percent <= 0.0:
        return 1
    return min(MOST_BURSTS, math.ceil(SAMPLES_WANTED_ON_A_PLATEAU / (plateau_percent / 100.0 * burst_samples)))


class PilotReader(Protocol):
    """`is_fresh_signal`: what was sampled before belongs to another signal."""

    def sample(self, duty_percent: float, is_fresh_signal: bool) -> PilotSample: ...

    def counted(self) -> tuple[CountedChannel, ...]: ...


@dataclass(slots=True)
class BurstReader:
    """The pilot itself on one channel of a fast converter."""

    converter: Converter
    channel: int
    calibration: Calibration
    burst_samples: int
    _bursts: deque[list[int]] = field(default_factory=lambda: deque(maxlen=MOST_BURSTS), init=False)

    def sample(self, duty_percent: float, is_fresh_signal: bool) -> PilotSample:
        """One burst; a short plateau is looked for in the bursts before it as well.

        After a change of the signal there are none before it: then, once, up to FIRST_BURSTS are taken.
        """
        highest = bursts_for(duty_percent, self.burst_samples)
        lowest = bursts_for(100.0 - duty_percent, self.burst_samples)
        if is_fresh_signal:
            self._bursts.clear()
        for _ in range(min(max(highest, lowest), FIRST_BURSTS) if is_fresh_signal else 1):
            self._bursts.append(self._burst())
        return PilotSample(self._peak(highest, is_high=True), self._peak(lowest, is_high=False))

    def counted(self) -> tuple[CountedChannel, ...]:
        """One burst."""
        return (CountedChannel("pilot_calibration", tuple(self._burst()), self.converter.full_scale),)

    def _peak(self, bursts: int, is_high: bool) -> float:
        """Volts of one side; each side is looked for only as far back as its own plateau needs."""
        volts = self.calibration.volts
        grows = volts(1) > volts(0)
        counts = sorted(chain.from_iterable(list(self._bursts)[-bursts:]), reverse=is_high is grows)
        return volts(_mean(counts[OUTLIERS : OUTLIERS + AVERAGED]))

    def _burst(self) -> list[int]:
        read, channel = self.converter.counts, self.channel
        return [read(channel) for _ in range(self.burst_samples)]


@dataclass(frozen=True, slots=True)
class PeakReader:
    """Two peak detectors, one for each side, on two channels of any converter."""

    converter: Converter
    high: tuple[int, Calibration]
    low: tuple[int, Calibration]

    def sample(self, duty_percent: float, is_fresh_signal: bool) -> PilotSample:
        """The middle of a few readings of each side."""
        return PilotSample(self._middle(*self.high), self._middle(*self.low))

    def counted(self) -> tuple[CountedChannel, ...]:
        """A few readings of each side."""
        sides = (("pilot_high_calibration", self.high[0]), ("pilot_low_calibration", self.low[0]))
        full_scale = self.converter.full_scale
        return tuple(CountedChannel(option, self._readings(channel), full_scale) for option, channel in sides)

    def _middle(self, channel: int, calibration: Calibration) -> float:
        return calibration.volts(sorted(self._readings(channel))[READS_OF_A_PEAK // 2])

    def _readings(self, channel: int) -> tuple[int, ...]:
        return tuple(self.converter.counts(channel) for _ in range(READS_OF_A_PEAK))


class PiControlPilot:
    """Steady from the start: `PwmChannel.open` has seen to it."""

    def __init__(self, pwm: PwmChannel, reader: PilotReader) -> None:
        self._pwm = pwm
        self._reader = reader
        self._duty_percent = 100.0
        self._signal = PilotSignal.STEADY
        self._is_fresh = True

    def signal_steady(self) -> None:
        self._put(PilotSignal.STEADY, 100.0)

    def signal_pwm(self, duty_percent: float) -> None:
        if not LEAST_DUTY_PERCENT <= duty_percent <= MOST_DUTY_PERCENT:
            raise ValueError(
                f"duty {duty_percent} percent: the PWM has {LEAST_DUTY_PERCENT} to {MOST_DUTY_PERCENT} percent, "
                "else signal steady or fault"
            )
        self._put(PilotSignal.PWM, duty_percent)

    def signal_fault(self) -> None:
        self._put(PilotSignal.FAULT, 0.0)

    def sample(self) -> PilotSample:
        sample = self._reader.sample(self._duty_percent, self._is_fresh)
        self._is_fresh = False
        return sample

    def counted(self) -> tuple[CountedChannel, ...]:
        return self._reader.counted()

    def _put(self, signal: PilotSignal, duty_percent: float) -> None:
        self._pwm.set_duty_percent(duty_percent)
        self._is_fresh = self._is_fresh or signal is not self._signal
        self._signal, self._duty_percent = signal, duty_percent


class PiProximityPilot:
    """The cable's resistor against a pull-up to the converter's own reference, so that the supply cancels out."""

    OPEN_SHARE = 0.95

    def __init__(self, converter: Converter, channel: int, pull_up_ohms: float) -> None:
        self._read: Callable[[int], int] = converter.counts
        self._channel = channel
        self._full_scale = converter.full_scale
        self._pull_up_ohms = pull_up_ohms

    def resistance_ohms(self) -> float:
        share = self._read(self._channel) / self._full_scale
        return math.inf if share >= self.OPEN_SHARE else max(1.0, self._pull_up_ohms * share / (1.0 - share))


def _mean(counts: list[int]) -> float:
    return sum(counts) / len(counts)
