"""The sequences of IEC 61851-1 on a real board in real time: the safety loop decides, this watches the clock."""

from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_measuring import (
    FIRST_AMPS,
    LOWER_AMPS,
    SETTLED_SECONDS,
    Measuring,
    is_closed,
)
from chargepoint.cli.board_steps import Limits
from chargepoint.model.faults import PilotSignal
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation

CONTACTOR_PATIENCE_SECONDS = 10.0
NO_FEEDBACK = "no feedback of the contactor is fitted"
NOT_CLOSED = "the contactor does not close"
NOT_OPENED = "the contactor does not open"
NO_PWM = "no PWM is offered"
OPENED_BEFORE = "the contactor was open before"
CLOSES = "sequence 4: the contactor closes"
VOLTS_UNDER_LOAD = "state C, X2: positive half"
FOLLOWS = "sequence 6: a lower limit is on the pilot"


class SequenceCheck(Measuring):
    """Runs the list on a board that makes the pilot itself."""

    _why_not = ""
    """Why nothing can be told about the contactor any more; empty while it can."""

    def run(self) -> None:
        self._states_without_power()
        self._offer()
        self._supply()
        self._ends_of_demand()
        self._loop.limit_amps = 0.0
        self._show("A", PilotState.A)
        self._punctuality_under_load()

    def _states_without_power(self) -> None:
        self._show("A", PilotState.A)
        self._note("state A, X1: pilot", self._high_volts(), limits.VOLTS_A)
        self._show("B", PilotState.B)
        self._note("state B, X1: pilot", self._high_volts(), limits.VOLTS_B)

    def _offer(self) -> None:
        self._loop.limit_amps = FIRST_AMPS
        if not self._offered():
            return
        self._loop.mark("PWM")
        self._note("state B, X2: positive half", self._high_volts(), limits.VOLTS_B)
        self._note("state B, X2: negative half", self._low_volts(), limits.VOLTS_LOW)
        self._measure_pwm("16 A")

    def _supply(self) -> None:
        if not self._why_not:
            self._closes()
        if self._why_not and self._why_not != NO_FEEDBACK:
            self._note(VOLTS_UNDER_LOAD, None, limits.VOLTS_C, self._why_not)
            self._note(FOLLOWS, None, limits.FOLLOWS, self._why_not)
            return
        self._note(VOLTS_UNDER_LOAD, self._high_volts(), limits.VOLTS_C)
        before = self._duty_percent()
        self._loop.limit_amps = LOWER_AMPS
        asked_at = self._loop.now()
        changed_at = self._loop.until(lambda seen: seen.duty_percent not in (None, before))
        self._timed(FOLLOWS, asked_at, changed_at, limits.FOLLOWS)
        self._measure_pwm("10 A")

    def _ends_of_demand(self) -> None:
        for name, state, shown, limit in (
            ("sequence 8.1: C to B opens", "B", PilotState.B, limits.OPENS),
            ("sequence 2.2: the plug is pulled under load", "A", PilotState.A, limits.OPENS),
            ("state E opens", "E", PilotState.E, limits.OPENS_ON_SHORT),
        ):
            if self._is_supplied():
                self._show(state, shown)
                self._opened(name, limit)
            else:
                self._note(name, None, limit, self._why_not)

    def _offered(self) -> bool:
        """PWM is on; where it does not come, that has failed."""
        asked_at = self._loop.now()
        self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.PWM or bool(seen.faults))
        if self._seen().pilot_signal is PilotSignal.PWM:
            return True
        self._why_not = NO_PWM
        self._timed("sequence 3: PWM is offered", asked_at, None, limits.SEEN)
        return False

    def _closes(self) -> None:
        """State C under PWM; from now on it is known whether openings can be measured."""
        self._show("C", PilotState.C)
        asked_at = self._loop.now()
        closed_at = self._loop.until(is_closed, CONTACTOR_PATIENCE_SECONDS)
        if self._seen().contactor is ContactorState.ASSUMED_CLOSED:
            self._why_not = NO_FEEDBACK
            self._note(CLOSES, None, limits.CLOSES, NO_FEEDBACK)
            return
        self._timed(CLOSES, asked_at, closed_at, limits.CLOSES, "from the settled state C to the feedback")
        if closed_at is None:
            self._why_not = NOT_CLOSED

    def _is_supplied(self) -> bool:
        """The feedback shows a closed contactor: an opening can be measured."""
        if self._why_not:
            return False
        if self._seen().contactor is ContactorState.CLOSED:
            return True
        self._show("B", PilotState.B)
        if not self._offered():
            return False
        self._show("C", PilotState.C)
        asked_at = self._loop.now()
        if self._loop.until(is_closed, CONTACTOR_PATIENCE_SECONDS) is None:
            self._why_not = NOT_CLOSED
            self._timed(f"{CLOSES} again", asked_at, None, limits.CLOSES)
            return False
        return True

    def _opened(self, name: str, limit: Limits) -> None:
        """What the demand's end has led to by now."""
        asked_at = self._loop.now()
        if self._loop.until(is_open, CONTACTOR_PATIENCE_SECONDS) is None:
            self._why_not = NOT_OPENED
            self._timed(name, asked_at, None, limit)
            return
        lasted_seconds = self._seen().last_open_seconds
        note = OPENED_BEFORE if lasted_seconds is None else "from the sample to the feedback"
        self._note(name, lasted_seconds, limit, note)

    def _high_volts(self) -> float | None:
        self._loop.rest(SETTLED_SECONDS)
        return self._seen().pilot_high_volts

    def _low_volts(self) -> float | None:
        return self._seen().pilot_low_volts


def is_open(seen: EvseObservation) -> bool:
    """By its feedback."""
    return seen.contactor is ContactorState.OPEN
