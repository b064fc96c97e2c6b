"""A board's own light and buzzer: what the safety process knows, without the controller. Never a reason to stop."""

import logging
from enum import Enum

from chargepoint_hal.contract import EvseHardware
from chargepoint_hal.faults import HardwareError

logger = logging.getLogger(__name__)

BEEP_SECONDS = 0.5


class Light(Enum):
    """Red, green, blue."""

    FAULTED = (True, False, False)
    AVAILABLE = (False, True, False)
    CONNECTED = (False, True, True)
    SUPPLYING = (False, False, True)


def light_for(is_faulted: bool, is_plugged_in: bool, is_supplying: bool) -> Light:
    """The strongest of what holds."""
    if is_faulted:
        return Light.FAULTED
    if is_supplying:
        return Light.SUPPLYING
    return Light.CONNECTED if is_plugged_in else Light.AVAILABLE


class Indicators:
    """One EVSE's; a change goes out once, and a beep marks each new fault."""

    def __init__(self, hardware: EvseHardware) -> None:
        self._light = hardware.status_light
        self._buzzer = hardware.buzzer
        self._shown: Light | None = None
        self._beep_ends_at: float | None = None
        self._is_broken = False

    def show(self, light: Light, now: float) -> None:
        """HardwareErrors are told once and forgotten: a dark lamp endangers nobody."""
        try:
            self._show(light, now)
        except HardwareError as error:
            if not self._is_broken:
                logger.warning("status light or buzzer: %s", error)
            self._is_broken = True

    def _show(self, light: Light, now: float) -> None:
        is_new, self._shown = light is not self._shown, light
        if is_new and self._light is not None:
            self._light.show(*light.value)
        if self._buzzer is None:
            return
        if is_new and light is Light.FAULTED:
            self._beep_ends_at = now + BEEP_SECONDS
            self._buzzer.sound(True)
        elif self._beep_ends_at is not None and now >= self._beep_ends_at:
            self._beep_ends_at = None
            self._buzzer.sound(False)
