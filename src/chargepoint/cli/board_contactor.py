"""What the sequences of `chargepoint board check` share: PWM on offer, a closing and an opening by the feedback."""

from chargepoint.cli import board_steps as limits
from chargepoint.cli.board_drivers import StateDriver
from chargepoint.cli.board_measuring import SETTLED_SECONDS, CheckedLoop, Measuring, Say, is_closed
from chargepoint.cli.board_steps import CheckReport, Limits
from chargepoint.model.faults import PilotSignal
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation

CONTACTOR_PATIENCE_SECONDS = 10.0
NO_FEEDBACK = "no feedback of the contactor is fitted"
NOT_CLOSED = "the contactor does not close"
NOT_OPENED = "the contactor does not open"
NO_PWM = "no PWM is offered"
SAMPLED = "from the first sample of the state to the feedback"
OPENED_BEFORE = "the contactor was open before"
CLOSES = "sequence 4: the contactor closes"


class ContactorMeasuring(Measuring):
    """Of a board that makes the pilot itself, and whose samples first show a lost one so late."""

    _why_not = ""
    """Why nothing can be told about the contactor any more; empty while it can."""

    def __init__(
        self, loop: CheckedLoop, driver: StateDriver, report: CheckReport, say: Say, pilot_lag_seconds: float
    ) -> None:
        super().__init__(loop, driver, report, say)
        self._pilot_lag_seconds = pilot_lag_seconds

    def _stays_open(self, name: str, closings: int) -> None:
        """No closing after so many, and none by the feedback either."""
        began = self._loop.now()
        closed_at = self._loop.until(
            lambda seen: seen.closings > closings or is_closed(seen), limits.STAYS_OPEN.low or 0.0
        )
        if closed_at is None and not is_open(self._seen()):
            self._note(name, None, limits.STAYS_OPEN, NO_FEEDBACK)
        else:
            self._timed(name, began, closed_at or self._loop.now(), limits.STAYS_OPEN)

    def _offered(self) -> bool:
        """PWM is on; where it does not come, that has failed."""
        asked_at = self._loop.now()
        self._loop.until(lambda seen: seen.pilot_signal is PilotSignal.PWM or bool(seen.faults))
        if self._seen().pilot_signal is PilotSignal.PWM:
            return True
        self._why_not = NO_PWM
        self._timed("sequence 3: PWM is offered", asked_at, None, limits.SEEN)
        return False

    def _closes(self, name: str, volts: Limits, since: float) -> None:
        """In a state of demand under PWM, shown since then; now it is known whether openings can be measured."""
        has_closed = self._loop.until(is_closed, CONTACTOR_PATIENCE_SECONDS) is not None
        if self._seen().contactor is ContactorState.ASSUMED_CLOSED:
            self._why_not = NO_FEEDBACK
            self._note(name, None, limits.CLOSES, NO_FEEDBACK)
            return
        sampled_at = self._loop.sampled_at(volts, since)
        closed_at = self._loop.closed_at(since) if has_closed else None
        self._timed(name, since if sampled_at is None else sampled_at, closed_at, limits.CLOSES, SAMPLED)
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

    def _opened(self, name: str, limit: Limits, lag_seconds: float = 0.0) -> None:
        """What the demand's end has led to by now, and how old it may have been when it was sampled."""
        asked_at = self._loop.now()
        if self._loop.until(is_open, CONTACTOR_PATIENCE_SECONDS) is None:
            self._why_not = NOT_OPENED
            self._timed(name, asked_at, None, limit)
            return
        lasted_seconds = self._seen().last_open_seconds
        if lasted_seconds is None:
            self._note(name, None, limit, OPENED_BEFORE)
            return
        lag = f", and {lag_seconds * 1000:g} ms that the samples may be behind a lost pilot" if lag_seconds else ""
        self._note(name, lasted_seconds + lag_seconds, limit, f"from the sample to the feedback{lag}")

    def _offer_least(self) -> None:
        """With the shortest plateau a lost pilot takes longest to be seen."""
        before = self._duty_percent()
        self._loop.limit_amps = self._loop.rules.minimum_current_amps
        self._loop.until(lambda seen: seen.duty_percent not in (None, before))

    def _high_volts(self) -> float | None:
        self._loop.rest(SETTLED_SECONDS)
        return self._seen().pilot_high_volts

    def _low_volts(self) -> float | None:
        return self._seen().pilot_low_volts


def is_open(seen: EvseObservation) -> bool:
    """By its feedback."""
    return seen.contactor is ContactorState.OPEN
