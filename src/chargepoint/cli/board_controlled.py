"""The list of `chargepoint board check` for a board whose controller owns pilot and contactor.

Its volts and its reactions of milliseconds are the controller's own: what the station has is the controller's word, a
poll old at most. What the controller does not tell is a step that says so.
"""

from functools import partial

from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_drivers import CUT, JOINED, StateDriver
from chargepoint.cli.board_measuring import (
    FIRST_AMPS,
    LOWER_AMPS,
    PATIENCE_SECONDS,
    CheckedLoop,
    Measuring,
    Say,
    is_closed,
    shows,
)
from chargepoint.cli.board_steps import CheckReport, Limits
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation

NOT_TOLD = "this controller does not tell its contactor"
ITS_OWN = "by the controller's word; the 0.1 s are its own: measure them at its contactor"


class ControlledSequenceCheck(Measuring):
    """Runs the list; `silent_seconds` is how old the controller's word may be."""

    def __init__(
        self, loop: CheckedLoop, driver: StateDriver, report: CheckReport, say: Say, silent_seconds: float
    ) -> None:
        super().__init__(loop, driver, report, say)
        self._word = Limits(high=silent_seconds, unit="s")
        self._silence = Limits(high=silent_seconds + limits.NOTICED_SECONDS, unit="s")

    def run(self) -> None:
        self._states_without_power()
        self._supply()
        if self._opens_when_power_is_taken_away():
            self._ends_of_demand()
            self._silent_controller()
        self._show("A", PilotState.A)
        self._punctuality_under_load()

    def _states_without_power(self) -> None:
        self._told("A", PilotState.A)
        self._told("B", PilotState.B)

    def _supply(self) -> None:
        self._loop.limit_amps = FIRST_AMPS
        self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.PWM)
        self._loop.mark("PWM")
        self._measure_pwm("16 A")
        self._told("C", PilotState.C)
        asked_at = self._loop.now()
        closed_at = self._loop.until(is_closed)
        if self._tells_contactor:
            self._timed("sequence 4: the contactor closes", asked_at, closed_at, limits.CLOSES, ITS_OWN)
        else:
            self._note("sequence 4: the contactor closes", None, limits.CLOSES, NOT_TOLD)
        before = self._duty_percent()
        self._loop.limit_amps = LOWER_AMPS
        asked_at = self._loop.now()
        changed_at = self._loop.until(lambda seen: seen.duty_percent not in (None, before))
        self._timed("sequence 6: the controller has a lower limit", asked_at, changed_at, limits.FOLLOWS)
        self._measure_pwm("10 A")

    def _opens_when_power_is_taken_away(self) -> bool:
        """The EV of a resistor box does not react: the controller has to open by itself. False: it stays closed."""
        self._loop.limit_amps = 0.0
        self._loop.mark("no power")
        asked_at = self._loop.now()
        self._opened("power is taken away: the contactor opens", asked_at, limits.WITHDRAWN)
        return self._seen().contactor is not ContactorState.CLOSED

    def _ends_of_demand(self) -> None:
        for name, state, shown in (
            ("sequence 8.1: C to B opens", "B", PilotState.B),
            ("sequence 2.2: the plug is pulled under load", "A", PilotState.A),
        ):
            self._supply_again()
            self._loop.mark(state)
            self._loop.meanwhile(partial(self._driver.show, state))
            asked_at = self._loop.now()
            self._loop.until(partial(shows, shown))
            self._opened(name, asked_at, limits.TOLD_OPEN)
        self._supply_again()
        self._loop.mark("E")
        self._loop.meanwhile(partial(self._driver.show, "E"))
        asked_at = self._loop.now()
        told_at = self._loop.until(_is_faulted)
        self._timed("state E is told", asked_at, told_at, self._word)
        self._opened("state E opens", asked_at, limits.TOLD_OPEN)
        self._loop.limit_amps = 0.0
        self._show("A", PilotState.A)

    def _silent_controller(self) -> None:
        self._show("B", PilotState.B)
        self._loop.mark("line cut")
        self._loop.meanwhile(partial(self._driver.show, CUT))
        asked_at = self._loop.now()
        lost_at = self._loop.until(lambda seen: Fault.BOARD_SILENT in seen.faults)
        name = "a controller that falls silent is a fault"
        self._timed(name, asked_at, lost_at, self._silence)
        self._loop.mark("line joined")
        self._loop.meanwhile(partial(self._driver.show, JOINED))
        asked_at = self._loop.now()
        back_at = self._loop.until(lambda seen: not seen.faults and not seen.contactor.may_be_live)
        self._timed("and is back without power", asked_at, back_at, limits.BACK, "told first of all to give no power")

    def _supply_again(self) -> None:
        """Once more in C under PWM, with its contactor closed where it tells that."""
        self._loop.limit_amps = LOWER_AMPS
        self._show("B", PilotState.B)
        self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.PWM)
        self._show("C", PilotState.C)
        self._loop.until(is_closed)

    def _told(self, state: str, wanted: PilotState) -> None:
        self._loop.mark(state)
        self._loop.meanwhile(lambda: self._driver.show(state))
        asked_at = self._loop.now()
        told_at = self._loop.until(lambda seen: seen.is_settled and seen.pilot_state is wanted)
        limit = self._word if wanted is not PilotState.A else limits.FIRST_WORD
        self._timed(f"state {state} is told", asked_at, told_at, limit)

    def _opened(self, name: str, asked_at: float, limit: Limits) -> None:
        """A contactor that stays closed fails; one that nobody tells of is not measured."""
        if not self._tells_contactor:
            self._note(name, None, limit, NOT_TOLD)
            return
        patience_seconds = PATIENCE_SECONDS if limit.high is None else 1.0 + 2.0 * limit.high
        opened_at = self._loop.until(lambda seen: seen.contactor is ContactorState.OPEN, patience_seconds)
        self._timed(name, asked_at, opened_at, limit, ITS_OWN)

    @property
    def _tells_contactor(self) -> bool:
        return self._seen().contactor in (ContactorState.OPEN, ContactorState.CLOSED)


def _is_faulted(seen: EvseObservation) -> bool:
    return bool(seen.faults)
