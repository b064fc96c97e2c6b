"""How long the board's sampling takes, and to see that a pilot has gone: which periods of the loop that bears. Pure.

It takes options whose kinds are right already.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chargepoint_hal.boards.raspberry_pi.pilot import LOWEST_OFFER_PERCENT, bursts_for
from chargepoint_hal.driver_options import OptionProblem

Options = Mapping[str, Any]

DEFAULT_BURST_SAMPLES = 100
DEFAULT_SPI_HERTZ = 1_000_000
SEEN_WITHIN_SECONDS = 0.07
"""Of the 100 ms of IEC 61851-1 table A.6, sequences 8 and 12: the rest is the contactor's release."""
CLOCKS_OF_A_SAMPLE = 24
SECONDS_BESIDE_A_SAMPLE = 0.000016
"""The call of the kernel, and what is done with the answer."""
SHARE_OF_A_TICK = 0.8
"""What is left beside the samples is for everything else that a tick does."""


def longest_period_seconds(options: Options) -> float:
    """Of the loop, so that a short of the pilot at the lowest offer opens in time: the short has to fill every burst
    that the plateau is looked for in, and to be seen once more."""
    return SEEN_WITHIN_SECONDS / _most_ticks(options)


def shortest_period_seconds(options: Options) -> float:
    """Of the loop, so that the samples of one tick fit into it; 0 with peak detectors."""
    bus_seconds: float = CLOCKS_OF_A_SAMPLE / options.get("spi_hertz", DEFAULT_SPI_HERTZ)
    return _samples(options) * (bus_seconds + SECONDS_BESIDE_A_SAMPLE) / SHARE_OF_A_TICK


def pilot_lag_seconds(options: Options, period_seconds: float) -> float:
    """A short of the pilot is sampled as such when it has filled every burst that the plateau is looked for in."""
    return (_most_ticks(options) - 1) * period_seconds


def sampling_problems(options: Options) -> Iterator[OptionProblem]:
    """Bursts of all EVSEs are one after the other in each tick: on a slow bus no period is long enough."""
    shortest_seconds = shortest_period_seconds(options)
    needed_seconds = shortest_seconds * _most_ticks(options)
    if needed_seconds > SEEN_WITHIN_SECONDS:
        burst_seconds = shortest_seconds * SHARE_OF_A_TICK
        yield OptionProblem(
            "evse",
            f"{_samples(options)} samples a tick take {burst_seconds * 1000:.0f} ms at this 'spi_hertz', and a short "
            f"of the pilot would be seen after {needed_seconds * 1000:.0f} ms, later than "
            f"{SEEN_WITHIN_SECONDS * 1000:.0f} ms: raise 'spi_hertz', take fewer samples, or fit peak detectors",
        )


def _samples(options: Options) -> int:
    return sum(_burst_samples(table) for table in options.get("evse", ()) if "pilot_channel" in table)


def _most_ticks(options: Options) -> int:
    tables = [table for table in options.get("evse", ()) if "pilot_channel" in table]
    return 1 + max((bursts_for(LOWEST_OFFER_PERCENT, _burst_samples(table)) for table in tables), default=1)


def _burst_samples(table: Options) -> int:
    return int(table.get("burst_samples", DEFAULT_BURST_SAMPLES))
