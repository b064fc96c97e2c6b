"""Which options go with which converter: its channels, its counts, and what it is too slow for. Pure.

It takes options whose kinds are right already.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chargepoint_hal.boards.raspberry_pi.converters import MCP_MODELS
from chargepoint_hal.driver_options import OptionProblem

Options = Mapping[str, Any]

IIO = "iio"
DEFAULT_IIO_FULL_SCALE = 32767
IIO_OPTIONS = ("iio_name", "iio_full_scale")
MOST_VOLTS = 15.0
"""Nothing on a pilot is further from 0 V: what is, was measured elsewhere, or mistyped."""
LEAST_VOLTS_APART = 6.0
LEAST_SHARE_APART = 0.05
"""Of the converter's full scale. A line through nearer points turns a count of noise into volts."""


def full_scale_of(options: Options) -> int:
    """The converter's highest counts."""
    if options["converter"] == IIO:
        return int(options.get("iio_full_scale", DEFAULT_IIO_FULL_SCALE))
    return int((1 << MCP_MODELS[options["converter"]].bits) - 1)


def converter_problems(options: Options) -> Iterator[OptionProblem]:
    """What this converter has not, or can not do."""
    converter, tables = options["converter"], list(enumerate(options["evse"], start=1))
    if converter == IIO:
        yield from _iio_problems(options)
    else:
        for name in IIO_OPTIONS:
            if name in options:
                yield OptionProblem(name, f"goes with converter = {IIO!r} only, not with {converter!r}")
        channels = MCP_MODELS[converter].channels
        for number, table in tables:
            for name, value in table.items():
                if name.endswith("_channel") and name != "pwm_channel" and value >= channels:
                    what = f"{name!r}: {converter} has the channels 0 to {channels - 1}, got {value}"
                    yield OptionProblem("evse", f"table {number}: {what}")
    for number, table in tables:
        for name, points in table.items():
            if name.endswith("_calibration"):
                for what in _calibration_problems(points, full_scale_of(options)):
                    yield OptionProblem("evse", f"table {number}: {name!r}: {what}")


def _iio_problems(options: Options) -> Iterator[OptionProblem]:
    if "iio_name" not in options:
        yield OptionProblem("iio_name", "is missing: which converter with a kernel driver is it?")
    for number, table in enumerate(options["evse"], start=1):
        if "pilot_channel" in table:
            yield OptionProblem(
                "evse",
                f"table {number}: 'pilot_channel': a converter with a kernel driver is too slow for the PWM itself: "
                "fit peak detectors and name 'pilot_high_channel' and 'pilot_low_channel'",
            )


def _calibration_problems(points: tuple[float, ...], full_scale: int) -> Iterator[str]:
    low_counts, low_volts, high_counts, high_volts = points
    for counts in (low_counts, high_counts):
        if not 0 <= counts <= full_scale:
            yield f"the converter has the counts 0 to {full_scale}, got {counts:g}: counts come before volts"
    for volts in (low_volts, high_volts):
        if abs(volts) > MOST_VOLTS:
            yield f"a pilot has {-MOST_VOLTS:g} to {MOST_VOLTS:g} V, got {volts:g}: counts come before volts"
    if abs(high_volts - low_volts) < LEAST_VOLTS_APART:
        yield f"the two points must be {LEAST_VOLTS_APART:g} V apart at least: take +12 V and state F (-12 V)"
    if abs(high_counts - low_counts) < LEAST_SHARE_APART * full_scale:
        least = round(LEAST_SHARE_APART * full_scale)
        yield f"the two points must be {least} counts apart at least, got {abs(high_counts - low_counts):g}"
