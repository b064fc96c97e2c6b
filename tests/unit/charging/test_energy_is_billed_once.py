"""Whatever TxStartPoint and TxStopPoint say, whoever comes and goes: what the meter counted is billed, once."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chargepoint.charging.commands import StartRemotely, StopRemotely, UnlockConnector
from chargepoint.charging.transaction_span import TxPoint
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import TransactionReport
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, BOB, MALLORY, ONE, Driver

spans = st.frozensets(st.sampled_from(TxPoint), min_size=1)


class EveryWattHour(RuleBasedStateMachine):
    @initialize(starts=spans, ends=spans, is_1_6=st.booleans(), pulls=st.booleans(), invalid=st.booleans())
    def begin(
        self, starts: frozenset[TxPoint], ends: frozenset[TxPoint], is_1_6: bool, pulls: bool, invalid: bool
    ) -> None:
        self.story = Driver(
            settings={
                catalogue.TX_START_POINT: tuple(sorted(starts)),
                catalogue.TX_STOP_POINT: tuple(sorted(ends)),
                catalogue.RULES_OF_1_6: is_1_6,
                catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: pulls,
                catalogue.STOP_TRANSACTION_ON_INVALID_ID: invalid,
            }
        )
        self.register_wh = self.story.outlets[ONE].register_wh

    @rule(ready=st.booleans())
    def plug(self, ready: bool) -> None:
        self.story.plug_in(ready=ready)

    @rule()
    def unplug(self) -> None:
        self.story.unplug()

    @rule(ready=st.booleans())
    def turn(self, ready: bool) -> None:
        self.story.ev_ready(ready)

    @rule(card=st.sampled_from([ALICE, BOB, MALLORY]))
    def swipe(self, card: IdToken) -> None:
        self.story.swipe(card)

    @precondition(lambda self: self.story.questions)
    @rule(verdict=st.sampled_from([None, ACCEPTED, BLOCKED]))
    def judge(self, verdict: TokenVerdict | None) -> None:
        self.story.judge(verdict)

    @precondition(lambda self: self.story.started())
    @rule(verdict=st.sampled_from([ACCEPTED, BLOCKED]))
    def answer(self, verdict: TokenVerdict) -> None:
        self.story.answer_start(verdict)

    @rule(seconds=st.sampled_from([0.5, 3.0, 12.0, 130.0]))
    def wait(self, seconds: float) -> None:
        self.story.advance(seconds)

    @rule()
    def start_remotely(self) -> None:
        self.story.order(StartRemotely(BOB, ONE))

    @precondition(lambda self: self.story.started())
    @rule()
    def stop_remotely(self) -> None:
        self.story.order(StopRemotely(self.story.started()[-1].transaction_id))

    @rule(stops=st.booleans())
    def unlock(self, stops: bool) -> None:
        self.story.order(UnlockConnector(ONE, stops_transaction=stops))

    @rule(starts=spans, ends=spans)
    def set_span(self, starts: frozenset[TxPoint], ends: frozenset[TxPoint]) -> None:
        self.story.change(catalogue.TX_START_POINT, tuple(sorted(starts)))
        self.story.change(catalogue.TX_STOP_POINT, tuple(sorted(ends)))

    @rule(down_seconds=st.sampled_from([0.0, 5.0, 900.0]), safety_too=st.booleans())
    def cut(self, down_seconds: float, safety_too: bool) -> None:
        self.story.restart(down_seconds=down_seconds, safety_too=safety_too)
        self.story.boot_up()

    def registers_told(self, transaction_id: TransactionId) -> list[float]:
        """A start before the meter has spoken says none; the first event that can says it."""
        reports = [each for each in self.story.reports if isinstance(each, TransactionReport)]
        own = [each.energy_wh for each in reports if each.transaction_id == transaction_id]
        return [energy_wh for energy_wh in own if energy_wh is not None]

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        story = self.story
        story.change(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT, True)
        story.plug_in()
        story.unplug()
        story.advance(130)
        assert {each.transaction_id for each in story.started()} == {each.transaction_id for each in story.ended()}
        registers = [self.registers_told(report.transaction_id) for report in story.started()]
        billed_wh = sum(told[-1] - told[0] for told in registers if told)
        assert abs(billed_wh - (story.outlets[ONE].register_wh - self.register_wh)) < 0.01


EveryWattHour.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEveryWattHour = EveryWattHour.TestCase
