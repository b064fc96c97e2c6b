"""Who puts the states on the pilot while a board is checked: the bench, or a person with a resistor box."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from chargepoint.model.errors import ChargePointError
from chargepoint.model.faults import Fault

NEVER_READY_SECONDS = 604_800
CUT, JOINED = "cut", "joined"
"""Of the line to a controller that owns the pilot."""
NO_DIODE = "no diode"
WANTING_POWER = ("C", "D", NO_DIODE)
BOX = {
    "A": "take everything off the pilot (state A)",
    "B": "2.74 kΩ behind the diode (state B)",
    "C": "882 Ω behind the diode (state C)",
    "D": "246 Ω behind the diode (state D)",
    NO_DIODE: "882 Ω without the diode (what a wet plug may look like)",
    "E": "short the pilot to PE (state E)",
    CUT: "pull the plug of the line between this computer and the controller",
    JOINED: "plug the line between this computer and the controller in again",
}

ASKED = {CUT: "Please ", JOINED: "Please "}


@dataclass(frozen=True, slots=True)
class PwmMeasured:
    """What an instrument shows; None where there is none."""

    frequency_hertz: float | None = None
    duty_percent: float | None = None


class StateDriver(Protocol):
    """`show` returns when the state is on the pilot, or the line is cut; it may take long and runs in a thread."""

    def show(self, state: str) -> None: ...

    def measure_pwm(self) -> PwmMeasured: ...


class BenchDriver:
    """Drives the bench over its HTTP interface."""

    def __init__(self, url: str, evse: int) -> None:
        self._url = url.rstrip("/")
        self._evse = evse
        self._asks_for_air = False

    def show(self, state: str) -> None:
        if state in (CUT, JOINED):
            raise ChargePointError("the bench has no controller whose line could be cut: leave --bench out")
        if state == "A":
            self._post("plug-out", {})
        else:
            self._show_ev(state)
        if (state == "D") is not self._asks_for_air:
            self._asks_for_air = state == "D"
            self._post("fault", {"fault": Fault.VENTILATION_UNAVAILABLE.value, "active": self._asks_for_air})

    def _show_ev(self, state: str) -> None:
        """An EV that behaves as a resistor box does: it goes on asking for power whatever the pilot says."""
        if not self._truth()["plugged"]:
            self._post("plug-in", {"ready_after_seconds": NEVER_READY_SECONDS, "quirk": "ignores_pwm_off"})
        ready, shorted = state in WANTING_POWER, state == "E"
        self._post("ev", {"ready": ready, "pilot_shorted": shorted, "diode_ok": state != NO_DIODE})

    def measure_pwm(self) -> PwmMeasured:
        """The bench knows the duty; it has no wave to count."""
        truth = self._truth()
        return PwmMeasured(duty_percent=float(truth["duty_percent"]) if truth["pilot_mode"] == "pwm" else None)

    def _truth(self) -> Any:
        return self._ask("/bench", None)["evses"][str(self._evse)]

    def _post(self, word: str, body: dict[str, object]) -> None:
        self._ask(f"/bench/evse/{self._evse}/{word}", body)

    def _ask(self, path: str, body: dict[str, object] | None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=content, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise ChargePointError(f"the bench at {self._url} does not answer ({error}): is it running?") from error


class PersonDriver:
    """Asks a person for each state, and for what the oscilloscope shows."""

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask

    def show(self, state: str) -> None:
        self._ask(f"{ASKED.get(state, 'Set the resistor box: ')}{BOX[state]}, then press Enter")

    def measure_pwm(self) -> PwmMeasured:
        return PwmMeasured(self._number("Frequency in Hz"), self._number("Duty cycle in %"))

    def _number(self, what: str) -> float | None:
        while True:
            text = self._ask(f"{what} (Enter where nothing measures it)").strip().replace(",", ".")
            if not text:
                return None
            try:
                return float(text)
            except ValueError:
                continue
