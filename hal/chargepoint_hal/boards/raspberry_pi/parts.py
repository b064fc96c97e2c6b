"""Inputs and signals of one pin each. Every input reads *all is well*: a broken wire is then the opposite."""

from chargepoint_hal.boards.raspberry_pi.pins import PinInput, PinOutput


class PiResidualCurrentMonitor:
    def __init__(self, well: PinInput) -> None:
        self._well = well

    def is_tripped(self) -> bool:
        return not self._well.is_active


class PiSelfTestingMonitor(PiResidualCurrentMonitor):
    def __init__(self, well: PinInput, test: PinOutput) -> None:
        super().__init__(well)
        self._test = test

    def signal_test(self, is_wanted: bool) -> None:
        self._test.on() if is_wanted else self._test.off()


class PiProtectiveEarthMonitor:
    def __init__(self, well: PinInput) -> None:
        self._well = well

    def is_connected(self) -> bool:
        return self._well.is_active


class PiEmergencyStop:
    def __init__(self, well: PinInput) -> None:
        self._well = well

    def is_pressed(self) -> bool:
        return not self._well.is_active


class PiExternalLimit:
    def __init__(self, well: PinInput) -> None:
        self._well = well

    def is_limited(self) -> bool:
        return not self._well.is_active


class PiMainsMonitor:
    def __init__(self, well: PinInput) -> None:
        self._well = well

    def is_present(self) -> bool:
        return self._well.is_active


class PiStatusLight:
    """Up to three colours; one that is not fitted stays dark."""

    def __init__(self, red: PinOutput | None, green: PinOutput | None, blue: PinOutput | None) -> None:
        self._colours = (red, green, blue)

    def show(self, red: bool, green: bool, blue: bool) -> None:
        for colour, is_lit in zip(self._colours, (red, green, blue), strict=True):
            if colour is not None:
                colour.on() if is_lit else colour.off()


class PiBuzzer:
    def __init__(self, pin: PinOutput) -> None:
        self._pin = pin

    def sound(self, is_wanted: bool) -> None:
        self._pin.on() if is_wanted else self._pin.off()


class PiAliveLine:
    def __init__(self, pin: PinOutput) -> None:
        self._pin = pin

    def toggle(self) -> None:
        self._pin.toggle()
