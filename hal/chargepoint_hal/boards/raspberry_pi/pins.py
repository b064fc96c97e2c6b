"""Pins by gpiozero, from the one pin factory that the configuration names. Nothing is fallen back to.

An output becomes one in a single step, at its resting level: a contactor that is on for a microsecond was on.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from chargepoint_hal.boards.configuration_error import BoardConfigurationError, library

FACTORIES = ("lgpio", "rpigpio")


class PinOutput(Protocol):
    def on(self) -> None: ...

    def off(self) -> None: ...

    def toggle(self) -> None: ...


class PinInput(Protocol):
    @property
    def is_active(self) -> bool: ...


@dataclass(slots=True)
class Pins:
    """Every pin of the board; `close` gives them back. Numbers are those of the processor (BCM)."""

    factory: Any
    """A gpiozero pin factory: that library has no types."""
    active_low_outputs: Collection[int] = ()
    ok_when_high: Collection[int] = ()

    def output(self, number: int) -> PinOutput:
        """Off from its first moment on."""
        gpiozero = library("gpiozero")
        with _explained(number):
            device: PinOutput = gpiozero.DigitalOutputDevice(
                number,
                active_high=number not in self.active_low_outputs,
                initial_value=False,
                pin_factory=self.factory,
            )
        return device

    def all_is_well(self, number: int) -> PinInput:
        """Active while a contact to ground, or a driver where `ok_when_high`, says so; a broken wire does not."""
        return self._input(number, pull_up=number not in self.ok_when_high)

    def contact(self, number: int) -> PinInput:
        """Active while a contact to ground is closed."""
        return self._input(number, pull_up=True)

    def close(self) -> None:
        self.factory.close()

    def _input(self, number: int, pull_up: bool) -> PinInput:
        gpiozero = library("gpiozero")
        with _explained(number):
            device: PinInput = gpiozero.DigitalInputDevice(number, pull_up=pull_up, pin_factory=self.factory)
        return device


@contextmanager
def _explained(number: int) -> Iterator[None]:
    """What gpiozero refuses, as an error of the configuration."""
    try:
        yield
    except library("gpiozero").GPIOZeroError as error:
        raise BoardConfigurationError(f"pin {number} can not be used: {error}") from error


def open_factory(name: str, chip: int) -> Any:
    """gpiozero's factory of that name on that chip; BoardConfigurationError when it can not be had."""
    module = library(f"gpiozero.pins.{name}")
    refusals = [OSError, RuntimeError, library("gpiozero").GPIOZeroError]
    if name == "lgpio":
        refusals.append(library("lgpio").error)
    try:
        return _open_lgpio(module, chip) if name == "lgpio" else module.RPiGPIOFactory()
    except tuple(refusals) as error:
        raise BoardConfigurationError(
            f"option 'pin_factory': {name} can not open its pins on chip {chip} ({error}): compare 'gpio_chip' with "
            "gpiodetect, and let the group of the safety process open /dev/gpiochip*"
        ) from error


def _open_lgpio(module: Any, chip: int) -> Any:
    """gpiozero's own pin is a floating input first, then low, and set afterwards: an active-low relay would be on in
    between, and the pull that the firmware gave a coil's pin would be gone for good."""
    lgpio = library("lgpio")

    class OneStepPin(module.LGPIOPin):  # type: ignore[misc]  # a library without types
        def __init__(self, factory: Any, info: Any) -> None:
            """As gpiozero's, but for the claim: the pin's first function is the first claim."""
            super(module.LGPIOPin, self).__init__(factory, info)
            self._pwm = self._bounce = self._callback = None
            self._edges = lgpio.BOTH_EDGES

        def output_with_state(self, state: bool) -> None:
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

        def close(self) -> None:
            """It keeps level and pull until the factory gives the chip back, and with it every pin."""

    factory = module.LGPIOFactory(chip=chip)
    factory.pin_class = OneStepPin
    return factory
