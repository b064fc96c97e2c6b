"""gpiozero's pin factory by the name in the configuration: that one or none, never the next best."""

import sys
from importlib import import_module
from typing import Any

from chargepoint_hal.driver_options import Kind, Option
from chargepoint_hal.faults import Fault, HardwareError

FACTORIES = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory"),
    "native": ("gpiozero.pins.native", "NativeFactory"),
    "mock": ("gpiozero.pins.mock", "MockFactory"),
}
WITH_CHIP = "lgpio"
PIN_FACTORY = Option(
    "gpiozero's way to the pins; there is no other when it fails.",
    Kind.TEXT,
    choices=tuple(FACTORIES),
    required=True,
)
GPIO_CHIP = Option("Number of the GPIO chip, for lgpio.", Kind.WHOLE_NUMBER, 0, 15, default="0")


def opened_factory(name: str, chip: int | None = None) -> Any:
    """ImportError where its library is not installed; HardwareError where the machine has no such pins."""
    try:
        module, attribute = FACTORIES[name]
        make = getattr(import_module(module), attribute)
        return make(chip=chip or 0) if name == WITH_CHIP else make()
    except ImportError:
        raise
    except refusals(name) as error:
        where = f"/dev/gpiochip{chip or 0}" if name == WITH_CHIP else "the pins"
        raise HardwareError(
            Fault.READER_SILENT,
            f"pin factory {name}: {error}: compare the option gpio_chip with gpiodetect, and let the daemon open "
            f"{where} (docs/hardware/reader-wiegand.md says how)",
        ) from error


def refusals(name: str) -> tuple[type[Exception], ...]:
    """What the library raises where it can not have its chip or a line; lgpio has an exception of its own."""
    named = (OSError, ValueError, RuntimeError, import_module("gpiozero").GPIOZeroError)
    return (*named, import_module("lgpio").error) if name == WITH_CHIP and "lgpio" in sys.modules else named
