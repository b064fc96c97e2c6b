"""gpiozero's pin factory by the name in the configuration: that one or none, never the next best."""

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
    from importlib import import_module

    module, attribute = FACTORIES[name]
    make = getattr(import_module(module), attribute)
    try:
        return make(chip=chip or 0) if name == WITH_CHIP else make()
    except (OSError, ValueError) as error:
        raise HardwareError(
            Fault.BOARD_SILENT, f"pin factory {name}: {error}: check the chip and its rights"
        ) from error
