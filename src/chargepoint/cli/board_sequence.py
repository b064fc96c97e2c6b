"""The sequences of IEC 61851-1 on a real board in real time: the safety loop decides, this watches the clock."""

from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_contactor import (
    CLOSES,
    CONTACTOR_PATIENCE_SECONDS,
    NO_FEEDBACK,
    NO_PWM,
    NOT_OPENED,
    ContactorMeasuring,
    is_open,
)
from chargepoint.cli.board_drivers import NO_DIODE
from chargepoint.cli.board_measuring import FIRST_AMPS, LOWER_AMPS
from chargepoint.iec61851 import timing
from chargepoint.model.faults import Fault, PilotSignal
from chargepoint.model.pilot import PilotState

TOO_LATE = "state B came later than 6 s after the PWM had ended"
WITHOUT_PWM = (NO_PWM, NOT_OPENED)
VOLTS_UNDER_LOAD = "state C, X2: positive half"
VOLTS_IN_D = "state D: positive half"
CLOSES_IN_D = "sequence 4: the contactor closes in state D"
OPEN_IN_D = "state D without ventilation: the contactor stays open"
LEAVES_C = "sequence 8.1: C to B opens"
PULLED = "sequence 2.2: the plug is pulled under load"
SHORTED = "state E opens"
F_HELD = "sequence 12: state F is held"
CUT = "sequence 10.2: the EV does not react to the end of the PWM and is cut"
REACTS = "sequence 8.2: C to B after the end of the PWM opens"
UNPLUGGED = "sequence 2.1: unplugged in B, the PWM ends"
NO_DIODE_TOLD = "a missing diode is told"
NO_DIODE_OPEN = "a missing diode: the contactor stays open"
FOLLOWS = "sequence 6: a lower limit is on the pilot"
LEFT_OUT = "left out by --quick"
LEFT_OUT_BY_QUICK = (
    (VOLTS_IN_D, limits.VOLTS_D),
    (OPEN_IN_D, limits.STAYS_OPEN),
    (CUT, limits.CUT_UNDER_LOAD),
    (REACTS, limits.OPENS),
    (UNPLUGGED, limits.PWM_ENDS),
    (NO_DIODE_TOLD, limits.DIODE_TOLD),
    (NO_DIODE_OPEN, limits.STAYS_OPEN),
)


class SequenceCheck(ContactorMeasuring):
    """Runs the list on a board that makes the pilot itself."""

    def run(self) -> None:
        self._states_without_power()
        self._offer()
        if not self._report.is_quick:
            self._ventilation()
        self._supply()
        self._ends_of_demand()
        if self._report.is_quick:
            for name, limit in LEFT_OUT_BY_QUICK:
                self._note(name, None, limit, LEFT_OUT)
        else:
            self._stops()
            self._unplugged_in_b()
            self._missing_diode()
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
            since = self._loop.now()
            self._show("C", PilotState.C)
            self._closes(CLOSES, limits.VOLTS_C, since)
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

    def _ventilation(self) -> None:
        """State D is supplied in a ventilated room alone."""
        is_ventilated = self._loop.rules.ventilation
        name, limit = (CLOSES_IN_D, limits.CLOSES) if is_ventilated else (OPEN_IN_D, limits.STAYS_OPEN)
        if self._why_not:
            self._note(VOLTS_IN_D, None, limits.VOLTS_D, self._why_not)
            self._note(name, None, limit, self._why_not)
            return
        closings, since = self._seen().closings, self._loop.now()
        self._show("D", PilotState.D)
        self._note(VOLTS_IN_D, self._high_volts(), limits.VOLTS_D)
        if is_ventilated:
            self._closes(CLOSES_IN_D, limits.VOLTS_D, since)
        else:
            self._stays_open(OPEN_IN_D, closings)
        self._show("B", PilotState.B)
        self._offered()

    def _ends_of_demand(self) -> None:
        since = self._loop.now()
        for name, state, shown in (
            (LEAVES_C, "B", PilotState.B),
            (PULLED, "A", PilotState.A),
            (SHORTED, "E", PilotState.E),
        ):
            if self._report.is_quick and name == PULLED:
                self._note(name, None, limits.OPENS, LEFT_OUT)
                continue
            if self._is_supplied():
                if name == SHORTED:
                    self._offer_least()
                since = self._loop.now()
                self._show(state, shown)
                self._opened(name, limits.OPENS, self._pilot_lag_seconds if name == SHORTED else 0.0)
            else:
                self._note(name, None, limits.OPENS, self._why_not)
        self._state_f(since)

    def _state_f(self, since: float) -> None:
        """The state F that the fault before has led to: as the board was told, for a shorted pilot shows nothing."""
        begun_at = self._loop.signalled_at(PilotSignal.FAULT, since)
        if self._why_not or not self._loop.rules.state_f_on_fault:
            self._note(F_HELD, None, limits.HOLDS_F, self._why_not or "state_f_on_fault is off")
        elif begun_at is None:
            self._timed(F_HELD, since, None, limits.HOLDS_F)
        else:
            self._loop.until(lambda seen: seen.pilot_signal is not PilotSignal.FAULT, CONTACTOR_PATIENCE_SECONDS)
            ended_at = self._loop.signalled_at(PilotSignal.STEADY, begun_at)
            self._timed(F_HELD, begun_at, ended_at, limits.HOLDS_F, "as the board was told")

    def _stops(self) -> None:
        """The station ends the supply: an EV that reacts is cut at once, one that does not no sooner than 6 s after."""
        if not self._is_supplied():
            self._note(CUT, None, limits.CUT_UNDER_LOAD, self._why_not)
            self._note(REACTS, None, limits.OPENS, self._why_not)
            return
        stopped_at = self._stop()
        opened_at = self._loop.until(is_open, CONTACTOR_PATIENCE_SECONDS)
        self._why_not = NOT_OPENED if opened_at is None else ""
        self._timed(CUT, stopped_at, opened_at, limits.CUT_UNDER_LOAD, "from the end of the PWM to the feedback")
        self._loop.limit_amps = LOWER_AMPS
        if not self._is_supplied():
            self._note(REACTS, None, limits.OPENS, self._why_not)
            return
        stopped_at = self._stop()
        self._show("B", PilotState.B)
        if self._loop.now() - stopped_at < timing.OPEN_UNDER_LOAD_AFTER_SECONDS:
            self._opened(REACTS, limits.OPENS)
        else:
            self._note(REACTS, None, limits.OPENS, TOO_LATE)
        self._loop.limit_amps = LOWER_AMPS

    def _stop(self) -> float:
        """When the PWM has ended."""
        self._loop.mark("no power")
        self._loop.limit_amps = 0.0
        since = self._loop.now()
        ended_at = self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.STEADY)
        if ended_at is None:
            self._timed("sequence 10.1: the PWM ends", since, None, limits.PWM_ENDS)
        return since if ended_at is None else ended_at

    def _unplugged_in_b(self) -> None:
        self._show("A", PilotState.A)
        if self._why_not in WITHOUT_PWM:
            self._note(UNPLUGGED, None, limits.PWM_ENDS, self._why_not)
            return
        self._show("B", PilotState.B)
        if not self._offered():
            return
        since = self._loop.now()
        self._show("A", PilotState.A)
        seen_at = self._loop.sampled_at(limits.VOLTS_A, since)
        ended_at = self._loop.signalled_at(PilotSignal.STEADY, since)
        self._timed(UNPLUGGED, since if seen_at is None else seen_at, ended_at, limits.PWM_ENDS)

    def _missing_diode(self) -> None:
        if self._why_not in WITHOUT_PWM:
            self._note(NO_DIODE_TOLD, None, limits.DIODE_TOLD, self._why_not)
            self._note(NO_DIODE_OPEN, None, limits.STAYS_OPEN, self._why_not)
            return
        closings, since = self._seen().closings, self._loop.now()
        self._loop.mark(NO_DIODE)
        self._loop.meanwhile(lambda: self._driver.show(NO_DIODE))
        told_at = self._loop.until(lambda seen: Fault.DIODE in seen.faults or seen.closings > closings)
        offered_at = self._loop.signalled_at(PilotSignal.PWM, since)
        if told_at is not None and Fault.DIODE not in self._seen().faults:
            told_at = None
        self._timed(NO_DIODE_TOLD, offered_at or since, told_at, limits.DIODE_TOLD, "from the first PWM")
        self._stays_open(NO_DIODE_OPEN, closings)
