"""Which options the `raspberry-pi` board takes. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chargepoint_hal.boards.raspberry_pi.claims import PWM_CHANNELS, claim_problems, pin_places
from chargepoint_hal.boards.raspberry_pi.converter_rules import DEFAULT_IIO_FULL_SCALE, IIO, converter_problems
from chargepoint_hal.boards.raspberry_pi.converters import MCP_MODELS
from chargepoint_hal.boards.raspberry_pi.pins import FACTORIES
from chargepoint_hal.boards.raspberry_pi.sampling_time import (
    DEFAULT_BURST_SAMPLES,
    DEFAULT_SPI_HERTZ,
    longest_period_seconds,
    pilot_lag_seconds,
    sampling_problems,
    shortest_period_seconds,
)
from chargepoint_hal.driver_options import Fitted, Kind, Option, OptionProblem, OptionRules, Way

DEFAULT_LOCK_PULSE_SECONDS = 0.6
HIGHEST_PIN = 27
FEEDBACKS = ("mirror", "auxiliary")


def calibration_problems(points: Any) -> Iterator[str]:
    """Two points: [counts, volts, counts, volts]."""
    if len(points) != 4:
        yield f"four numbers are wanted, counts and volts of two points, got {len(points)}"
    elif points[0] == points[2] or points[1] == points[3]:
        yield "the two points must differ in counts and in volts"


def sensor_problems(sensor: Any) -> Iterator[str]:
    """Ids are folders of sysfs: nothing else may be named."""
    if re.fullmatch(r"28-[0-9a-f]{12}", sensor) is None:
        yield f"28- and twelve of 0-9 a-f are wanted, as /sys/bus/w1/devices lists it, got {sensor!r}"


def evse_problems(tables: Any) -> Iterator[str]:
    """What no single option can tell: parts that need each other."""
    for number, table in enumerate(tables, start=1):
        for owner, needed in NEEDS.items():
            missing = [name for name in needed if owner in table and name not in table]
            yield from (f"table {number}: {owner!r} needs {name!r}" for name in missing)
        if "three_phase_contactor_pin" in table and table.get("phases") == 1:
            yield f"table {number}: 'three_phase_contactor_pin' switches three phases: leave 'phases' out"
        if "thermometer" in table and table.get("processor_temperature"):
            yield f"table {number}: 'processor_temperature' stands in for a 'thermometer': give one of them"


def pin(meaning: str, required: bool = False) -> Option:
    return Option(meaning, Kind.WHOLE_NUMBER, 0, HIGHEST_PIN, required=required)


def channel(meaning: str) -> Option:
    return Option(meaning, Kind.WHOLE_NUMBER, 0, 15)


def calibration(meaning: str) -> Option:
    return Option(meaning, Kind.NUMBERS, -100_000, 100_000, check=calibration_problems)


def board_problems(options: Mapping[str, Any]) -> Iterator[OptionProblem]:
    """What is wrong between options that are right each by itself."""
    yield from claim_problems(options)
    yield from converter_problems(options)
    yield from sampling_problems(options)


NEEDS: Mapping[str, tuple[str, ...]] = {
    "lock_pin": ("unlock_pin", "lock_position_pin"),
    "unlock_pin": ("lock_pin", "lock_position_pin"),
    "three_phase_contactor_pin": ("contactor_feedback_pin", "three_phase_feedback_pin"),
    "three_phase_feedback_pin": ("three_phase_contactor_pin",),
    "residual_current_test_pin": ("residual_current_pin",),
    "proximity_channel": ("proximity_pull_up_ohms",),
}

EVSE_RULES = OptionRules(
    {
        "pwm_device": Option(
            "A part of the PWM chip's path, driver or device-tree name, as `1f00098000.pwm`.",
            Kind.TEXT,
            default="the only usual one",
        ),
        "pwm_channel": Option("The channel there.", Kind.WHOLE_NUMBER, 0, 15, required=True),
        "pwm_pin": Option(
            "The pin that the PWM's overlay gives that channel to. Without it none of the four is free for others.",
            Kind.WHOLE_NUMBER,
            choices=tuple(PWM_CHANNELS),
        ),
        "pwm_inverted": Option("The circuit turns the PWM round: a low pin is +12 V.", Kind.BOOLEAN, default="false"),
        "pilot_channel": channel("The pilot itself, on a fast converter."),
        "pilot_calibration": calibration("Of the pilot: counts, volts, counts, volts."),
        "burst_samples": Option("Samples a tick.", Kind.WHOLE_NUMBER, 40, 400, default=str(DEFAULT_BURST_SAMPLES)),
        "pilot_high_channel": channel("The positive peak detector, on any converter."),
        "pilot_high_calibration": calibration("Of that: counts, volts, counts, volts."),
        "pilot_low_channel": channel("The negative peak detector."),
        "pilot_low_calibration": calibration("Of that."),
        "contactor_pin": pin("The coil of its contactor, or of all that close together.", required=True),
        "contactor_feedback_pin": pin("Its auxiliary contact to ground; without one the command is all that is known."),
        "contactor_feedback": Option(
            "`mirror`: the contact is closed while the contactor is open; `auxiliary`: with it.",
            Kind.TEXT,
            choices=FEEDBACKS,
            default=FEEDBACKS[0],
        ),
        "phases": Option("What the contactor switches.", Kind.WHOLE_NUMBER, choices=(1, 3), default="3"),
        "three_phase_contactor_pin": pin(
            "The coil of a second contactor, for L2 and L3; `contactor_pin` then has N and L1. Both need feedback."
        ),
        "three_phase_feedback_pin": pin("The second contactor's auxiliary contact, of the same kind as the first's."),
        "proximity_channel": channel("Proximity contact of a socket."),
        "proximity_pull_up_ohms": Option("From there to the converter's reference.", Kind.NUMBER, 100, 100_000, "ohms"),
        "lock_pin": pin("The lock's motor towards locked."),
        "unlock_pin": pin("The motor towards unlocked."),
        "lock_position_pin": pin("A contact to ground, closed when locked."),
        "lock_pulse_seconds": Option(
            "How long the motor is driven.", Kind.NUMBER, 0.1, 2, "s", default=f"{DEFAULT_LOCK_PULSE_SECONDS:g}"
        ),
        "residual_current_pin": pin("Well while the residual-current monitor has not tripped."),
        "residual_current_test_pin": pin("Starts that monitor's own test."),
        "protective_earth_pin": pin("Well while protective earth is connected."),
        "emergency_stop_pin": pin("Well while the stop is not pressed: a contact that opens."),
        "external_limit_pin": pin("Well while nobody limits the station from outside: a contact that opens."),
        "mains_pin": pin("Well while mains is present."),
        "thermometer": Option(
            "A DS18B20 on the kernel's 1-wire bus: its id, as `28-0316a2791aff`.", Kind.TEXT, check=sensor_problems
        ),
        "processor_temperature": Option(
            "The processor's own temperature stands in where no thermometer is fitted.", Kind.BOOLEAN, default="false"
        ),
        "red_pin": pin("Status light."),
        "green_pin": pin("Status light."),
        "blue_pin": pin("Status light."),
        "buzzer_pin": pin("A buzzer that sounds by itself."),
    },
    ways=(
        Way("pilot_channel", allows=("pilot_calibration", "burst_samples"), needs=("pilot_calibration",)),
        Way(
            "pilot_high_channel",
            allows=("pilot_high_calibration", "pilot_low_channel", "pilot_low_calibration"),
            needs=("pilot_high_calibration", "pilot_low_channel", "pilot_low_calibration"),
        ),
    ),
)

RULES = OptionRules(
    {
        "pin_factory": Option(
            "gpiozero's pin factory; no other is tried.", Kind.TEXT, choices=FACTORIES, required=True
        ),
        "gpio_chip": Option("The GPIO chip's number, as gpiodetect lists it.", Kind.WHOLE_NUMBER, 0, 31, required=True),
        "converter": Option(
            "The converter: a chip on SPI, or one with a kernel driver.",
            Kind.TEXT,
            choices=(*MCP_MODELS, IIO),
            required=True,
        ),
        "spi_bus": Option("As in /dev/spidevBUS.DEVICE.", Kind.WHOLE_NUMBER, 0, 9, default="0"),
        "spi_device": Option("Its select line there.", Kind.WHOLE_NUMBER, 0, 9, default="0"),
        "spi_hertz": Option("The clock.", Kind.WHOLE_NUMBER, 10_000, 4_000_000, "Hz", default=str(DEFAULT_SPI_HERTZ)),
        "iio_name": Option("Of a converter with a kernel driver: its name, as `ads1115`.", Kind.TEXT),
        "iio_full_scale": Option(
            "Its highest counts.", Kind.WHOLE_NUMBER, 255, 16_777_215, default=str(DEFAULT_IIO_FULL_SCALE)
        ),
        "alive_pin": pin("Toggled by the loop for a hardware monoflop that drops the contactors."),
        "active_low_outputs": Option("Those output pins that are on while low.", Kind.WHOLE_NUMBERS, 0, HIGHEST_PIN),
        "ok_when_high": Option(
            "Those 'well while' inputs that a circuit drives high while all is well; the others a contact to ground.",
            Kind.WHOLE_NUMBERS,
            0,
            HIGHEST_PIN,
        ),
        "evse": Option(
            "One table for each EVSE, in the order of their numbers.",
            Kind.TABLES,
            required=True,
            rules=EVSE_RULES,
            check=evse_problems,
        ),
    },
    check=board_problems,
    longest_period_seconds=longest_period_seconds,
    shortest_period_seconds=shortest_period_seconds,
    places=pin_places,
    pilot_lag_seconds=pilot_lag_seconds,
    fitted=lambda options: tuple(
        Fitted("proximity_channel" in table, "three_phase_contactor_pin" in table) for table in options["evse"]
    ),
)
