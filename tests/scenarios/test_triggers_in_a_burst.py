"""What was asked for is on the wire in time, also while the CSMS waits for an answer that takes long."""

import asyncio
from pathlib import Path

import pytest

from chargepoint_hal.bench.ev import PlugIn
from scenarios.stories import Operator, calls_of_station, tell
from support.rig import Rig

PROMISE_SECONDS = 5.0
WANTED = ("MeterValues", "StatusNotification", "Heartbeat")


@pytest.mark.ocpp_1_6("TriggerMessage")
def test_triggers_beside_an_unlocking_that_has_to_wait_for_the_ev_are_kept_in_time(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        rig.plug_in(plug=PlugIn(quirk="ignores_pwm_off"))
        await rig.wait(1)
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(10)
        unlocking = asyncio.create_task(operator.unlock())
        await rig.wait(0.1)
        before = {action: len(calls_of_station(rig, action)) for action in WANTED}
        for action in WANTED:
            assert await operator.trigger(action, 1 if action in WANTED[:2] else None) == "Accepted"
        await rig.wait(PROMISE_SECONDS)
        assert not unlocking.done(), "the CSMS has waited all the time"
        assert [action for action in WANTED if len(calls_of_station(rig, action)) == before[action]] == []
        await rig.until(unlocking.done, 60)

    tell(tmp_path, "1.6", story)
