"""The CSMS takes its time over a card, and the world goes on meanwhile."""

from pathlib import Path

from dev_csms.faults import CsmsFault, FaultKind
from scenarios.stories import Operator, only_transaction, tell, under_both
from support.rig import KNOWN_TOKEN, Rig

PATIENT = {"message_timeout_seconds": "30", "authorization_timeout_seconds": "20"}


def delay_authorize(rig: Rig, seconds: float) -> None:
    rig.csms.core.faults.add(CsmsFault(FaultKind.DELAY, "Authorize", seconds=seconds))


@under_both
def test_an_ev_that_left_while_the_csms_was_asked_leaves_no_authorisation_behind(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        delay_authorize(rig, 6.0)
        rig.plug_in()
        await rig.wait(5)
        await rig.swipe()
        rig.plug_out()
        await rig.wait(8)
        assert rig.snapshot().waiting_token is None
        rig.plug_in()
        await rig.wait(30)
        assert not rig.is_live(), "the next driver charges on the first one's card"
        assert rig.csms.core.transactions == []
        rig.plug_out()
        await rig.wait(2)
        await rig.charge(10)
        await rig.finish()
        assert only_transaction(rig).id_token == KNOWN_TOKEN

    tell(tmp_path, version, story, settings=PATIENT)


@under_both
def test_a_card_before_the_plug_outlives_a_slow_answer(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        delay_authorize(rig, 6.0)
        await rig.swipe()
        rig.plug_in()
        await rig.until(rig.is_live, 20, "the contactor closes")

    tell(tmp_path, version, story, settings=PATIENT)


@under_both
def test_the_late_answer_to_a_card_stops_nothing_that_began_after_it(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        delay_authorize(rig, 8.0)
        rig.plug_in()
        await rig.wait(5)
        await rig.swipe()
        assert await Operator(rig).start(token=KNOWN_TOKEN) == "Accepted"
        await rig.wait(30)
        assert rig.is_live()
        assert only_transaction(rig).stop_at is None
        await rig.finish()

    tell(tmp_path, version, story, settings=PATIENT)
