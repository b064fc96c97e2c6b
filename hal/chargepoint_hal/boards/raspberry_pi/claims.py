"""What the options of a whole board claim: every pin and every channel has one owner. Pure.

Pins that buses and the PWM need are owned by these, whichever table uses them. It takes options whose kinds are right
already.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chargepoint_hal.driver_options import OptionProblem, Place, gpio_place

Options = Mapping[str, Any]

SPI_PINS: Mapping[int, tuple[int, ...]] = {0: (9, 10, 11, 8, 7), 1: (19, 20, 21)}
"""MISO, MOSI and clock. `dtparam=spi=on` takes both select lines of bus 0; those of bus 1 are as many as asked for."""
SPI_1_SELECT_PINS = (18, 17, 16)
I2C_PINS = (2, 3)
ONE_WIRE_PIN = 4
PWM_CHANNELS: Mapping[int, tuple[int, ...]] = {12: (0,), 13: (1,), 18: (0, 2), 19: (1, 3)}
"""Of each pin that a PWM's overlay can give a channel to: up to Pi 4, and where it differs on a Pi 5."""
SPI_IIO_PREFIX = "mcp3"
"""A converter of this kind with a kernel driver hangs on SPI, any other one on I2C."""

OUTPUTS = frozenset(
    {
        "alive_pin",
        "contactor_pin",
        "three_phase_contactor_pin",
        "lock_pin",
        "unlock_pin",
        "residual_current_test_pin",
        "red_pin",
        "green_pin",
        "blue_pin",
        "buzzer_pin",
    }
)
WELL_INPUTS = frozenset(
    {"residual_current_pin", "protective_earth_pin", "emergency_stop_pin", "external_limit_pin", "mains_pin"}
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One place of the hardware, and the option that wants it."""

    place: tuple[str, str, int]
    """Kind, device, number."""
    option: str
    table: int
    """Which `evse` table; 0: the board's own options."""

    def __str__(self) -> str:
        kind, device, number = self.place
        return f"{kind} {number}{f' of {device!r}' if device else ''}"

    @property
    def owner(self) -> str:
        return f"{self.option!r} of table {self.table}" if self.table else repr(self.option)


def claim_problems(options: Options) -> Iterator[OptionProblem]:
    """A place that two options want, and levels that are given for pins that have none."""
    claims = list(_claims(options))
    buses, pwm_pins = _bus_pins(options), _pwm_pins(options)
    owners: dict[tuple[str, str, int], Claim] = {}
    for claim in claims:
        taken = buses if claim.option == "pwm_pin" else buses | pwm_pins
        if claim.place[0] == "pin" and (owner := taken.get(claim.place[2])) is not None:
            option, where = ("evse", f"table {claim.table}: ") if claim.table else (claim.option, "")
            yield OptionProblem(option, f"{where}{claim} is taken by {owner}, it can not be {claim.option!r}")
        before = owners.setdefault(claim.place, claim)
        if before is not claim:
            yield OptionProblem("evse", f"table {claim.table}: {claim} is {before.owner} already, not {claim.option!r}")
    for name, meant, kind in (
        ("active_low_outputs", OUTPUTS, "an output"),
        ("ok_when_high", WELL_INPUTS, "a 'well while' input"),
    ):
        pins = {claim.place[2] for claim in claims if claim.option in meant}
        for number in options.get(name, ()):
            if number not in pins:
                yield OptionProblem(name, f"pin {number} is not {kind} of this board: name it there, or leave it out")
    yield from _pwm_problems(options)


def _bus_pins(options: Options) -> dict[int, str]:
    """What the kernel's drivers need for the board, and for what."""
    taken = {}
    if any("thermometer" in table for table in options["evse"]):
        taken[ONE_WIRE_PIN] = "the 1-wire bus of 'thermometer'"
    if options["converter"] == "iio" and not options.get("iio_name", "").startswith(SPI_IIO_PREFIX):
        return taken | dict.fromkeys(I2C_PINS, "the I2C bus of the converter")
    bus, device = options.get("spi_bus", 0), options.get("spi_device", 0)
    pins = SPI_PINS.get(bus, ()) + (SPI_1_SELECT_PINS[: device + 1] if bus == 1 else ())
    return taken | dict.fromkeys(pins, f"SPI bus {bus} of the converter")


def _pwm_pins(options: Options) -> dict[int, str]:
    """All that may be the PWM's, as long as a table does not say which is."""
    if all("pwm_pin" in table for table in options["evse"]):
        return {}
    return dict.fromkeys(
        PWM_CHANNELS, "the overlay of the PWM (say with 'pwm_pin' which it has, then the rest is free)"
    )


def pin_places(options: Options) -> Iterator[Place]:
    """Every pin of the processor that this board needs, for whoever shares the machine with it."""
    for claim in _claims(options):
        if claim.place[0] == "pin":
            yield gpio_place(options["gpio_chip"], claim.place[2], claim.option)
    for number, what in (_bus_pins(options) | _pwm_pins(options)).items():
        yield gpio_place(options["gpio_chip"], number, what)


def _pwm_problems(options: Options) -> Iterator[OptionProblem]:
    """Channels that the pin has not, and one channel whose chip is named in two ways; two names with nothing in common
    are compared at the opening."""
    for number, table in enumerate(options["evse"], start=1):
        channels = PWM_CHANNELS.get(table.get("pwm_pin", -1), (table["pwm_channel"],))
        if table["pwm_channel"] not in channels:
            what = f"pin {table['pwm_pin']} is PWM channel {' or, on a Pi 5, '.join(map(str, channels))}"
            yield OptionProblem("evse", f"table {number}: 'pwm_channel': {what}, got {table['pwm_channel']}")
    named = [
        (number, table.get("pwm_device", ""), table["pwm_channel"])
        for number, table in enumerate(options["evse"], start=1)
    ]
    for place, (number, device, channel) in enumerate(named):
        for before, its_device, its_channel in named[:place]:
            is_one_in_other = device in its_device or its_device in device
            if channel == its_channel and device != its_device and is_one_in_other:
                what = (
                    f"PWM channel {channel} may be that of table {before}: write the same 'pwm_device' in both tables"
                )
                yield OptionProblem("evse", f"table {number}: {what}")


def _claims(options: Options) -> Iterator[Claim]:
    for number, table in enumerate((options, *options["evse"])):
        for name, value in table.items():
            if name.endswith("_pin"):
                yield Claim(("pin", "", value), name, number)
            elif name == "pwm_channel":
                yield Claim(("PWM channel", table.get("pwm_device", ""), value), name, number)
            elif name.endswith("_channel"):
                yield Claim(("the converter's channel", "", value), name, number)
