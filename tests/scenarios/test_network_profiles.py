"""From one CSMS to another and back: SetNetworkProfile, NetworkConfigurationPriority, attempts and fall-back."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.commands import ResetKind
from chargepoint.settings import catalogue
from scenarios.stories import status_of
from support.memory_csms import MemoryCsms
from support.memory_network import MemoryNetwork
from support.rig import Rig
from support.virtual_time import run_virtual

OLD, NEW, THIRD = "ws://old.example.com/ocpp", "ws://new.example.com/ocpp", "ws://third.example.com/ocpp"
PACE = {
    "retry_back_off_wait_minimum_seconds": "5",
    "retry_back_off_random_range_seconds": "0",
    "retry_back_off_repeat_times": "0",
}


class Town:
    """A station and the CSMSs that it may be sent to."""

    def __init__(self, rig: Rig, network: MemoryNetwork) -> None:
        self.rig = rig
        self.network = network
        self.old, self.new = network.csmses[OLD], network.csmses[NEW]

    async def set_profile(self, slot: int, url: str, **changes: object) -> str:
        connection = {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": url,
            "messageTimeout": 45,
            "securityProfile": 0,
            "ocppInterface": "Wired0",
            **changes,
        }
        payload = {"configurationSlot": slot, "connectionData": connection}
        return status_of(await self.old.call("SetNetworkProfile", payload))

    async def set_variable(self, variable: str, value: str, csms: MemoryCsms | None = None) -> str:
        item = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": variable}, "attributeValue": value}
        answer = await (csms or self.old).call("SetVariables", {"setVariableData": [item]})
        assert answer.payload is not None
        return str(answer.payload["setVariableResult"][0]["attributeStatus"])

    async def get_variable(self, csms: MemoryCsms, variable: str, instance: str | None = None) -> str:
        name = {"name": variable} if instance is None else {"name": variable, "instance": instance}
        item = {"component": {"name": "OCPPCommCtrlr"}, "variable": name}
        answer = await csms.call("GetVariables", {"getVariableData": [item]})
        assert answer.payload is not None
        return str(answer.payload["getVariableResult"][0]["attributeValue"])

    async def reset(self) -> None:
        await self.ask_for_a_reset()
        await self.restart()

    async def ask_for_a_reset(self) -> None:
        assert status_of(await self.old.call("Reset", {"type": "OnIdle"})) == "Accepted"
        await self.rig.until(lambda: self.rig.restarts.kinds[-1:] == [ResetKind.ON_IDLE], 10, "the restart")

    async def restart(self) -> None:
        self.network.attempts.clear()
        await self.rig.stop_controller()
        await self.rig.start_controller()

    async def accepted_at(self, csms: MemoryCsms, boots: int = 1, within_seconds: float = 60) -> None:
        await self.rig.until(lambda: len(csms.record.boots) >= boots, within_seconds, f"boot {boots} at {csms.url}")
        await self.rig.wait(1)


def live_there(tmp_path: Path, story: Callable[[Town], Awaitable[None]], **settings: str) -> None:
    async def whole() -> None:
        config: dict[str, Any] = {"csms": {"url": OLD, "subprotocols": ("ocpp2.0.1",)}}
        rig = Rig(tmp_path, config=config, settings={**PACE, **settings})
        network = MemoryNetwork({OLD: rig.csms, NEW: MemoryCsms(rig.csms.station_id, ("ocpp2.0.1",), rig.utc_now)})
        rig.way = network
        async with rig:
            await story(Town(rig, network))

    run_virtual(whole())


@pytest.mark.requirement("B09.FR.01", "B09.FR.06", "B10.FR.01", "B10.FR.04", "B10.FR.06", "B10.FR.10")
def test_the_station_moves_to_another_csms_after_a_reset(tmp_path: Path) -> None:
    """TC_B_45_CS"""

    async def story(town: Town) -> None:
        assert await town.set_profile(2, NEW) == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2,1") == "RebootRequired"
        await town.rig.wait(30)
        assert town.new.record.boots == [], "nothing changes before the restart"
        await town.reset()
        await town.accepted_at(town.new)
        assert town.network.attempts == [NEW]
        assert town.old.channel is None
        assert await town.get_variable(town.new, "ActiveNetworkProfile") == "2"
        assert await town.get_variable(town.new, "NetworkConfigurationPriority") == "2,1"
        assert await town.get_variable(town.new, "MessageTimeout", "Default") == "45"

    live_there(tmp_path, story)


@pytest.mark.requirement("B10.FR.03", "B10.FR.04")
def test_a_csms_that_does_not_answer_is_given_its_attempts_and_then_left(tmp_path: Path) -> None:
    """TC_B_46_CS"""

    async def story(town: Town) -> None:
        assert await town.set_variable("NetworkProfileConnectionAttempts", "2") == "Accepted"
        assert await town.set_profile(2, NEW) == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2,1") == "RebootRequired"
        town.new.is_reachable = False
        await town.reset()
        await town.accepted_at(town.old, boots=2)
        assert town.network.attempts == [NEW, NEW, OLD]
        assert await town.get_variable(town.old, "ActiveNetworkProfile") == "1"
        assert await town.get_variable(town.old, "MessageTimeout", "Default") == "30"

    live_there(tmp_path, story)


@pytest.mark.requirement("B10.FR.07", "B10.FR.08", "B10.FR.09")
def test_when_none_answers_the_one_that_worked_last_is_tried_first_and_then_all_again(tmp_path: Path) -> None:
    """TC_B_49_CS"""

    async def story(town: Town) -> None:
        assert await town.set_variable("NetworkProfileConnectionAttempts", "1") == "Accepted"
        assert await town.set_profile(2, NEW) == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2,1") == "RebootRequired"
        town.new.is_reachable = False
        await town.ask_for_a_reset()
        town.old.is_reachable = False
        await town.restart()
        await town.rig.until(lambda: len(town.network.attempts) == 2, 30, "both were tried")
        town.old.is_reachable = True
        await town.accepted_at(town.old, boots=2)
        assert town.network.attempts == [NEW, OLD, OLD]

    live_there(tmp_path, story)


@pytest.mark.requirement("B10.FR.07")
def test_the_csms_that_worked_last_is_the_last_resort_also_when_the_order_leaves_it_out(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        assert await town.set_profile(2, "ws://mistyped.example.com") == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2") == "RebootRequired"
        await town.restart()
        await town.accepted_at(town.old, boots=2)
        assert town.network.attempts == ["ws://mistyped.example.com"] * 3 + [OLD]

    live_there(tmp_path, story)


@pytest.mark.requirement("B10.FR.03", "B10.FR.10")
def test_a_lost_connection_is_sought_where_it_was_and_then_elsewhere_with_a_new_boot(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        assert await town.set_profile(2, NEW) == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2,1") == "RebootRequired"
        await town.reset()
        await town.accepted_at(town.new)
        town.network.attempts.clear()
        town.new.go_offline()
        await town.accepted_at(town.old, boots=2)
        assert town.network.attempts == [NEW, NEW, NEW, OLD]
        town.old.go_offline()
        town.new.come_back()
        await town.accepted_at(town.new, boots=2, within_seconds=120)
        town.new.cut()
        await town.rig.wait(20)
        assert len(town.new.record.boots) == 2, "the same CSMS knows the station"

    live_there(tmp_path, story)


@pytest.mark.requirement("B10.FR.02", "B09.FR.05")
def test_an_order_with_an_empty_or_unknown_slot_is_refused(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        for order in ("2,1", "1,3", "4", "", "one"):
            assert await town.set_variable("NetworkConfigurationPriority", order) == "Rejected", order
        assert await town.set_profile(9, NEW) == "Rejected"
        assert await town.get_variable(town.old, "NetworkConfigurationPriority") == "1"

    live_there(tmp_path, story)


@pytest.mark.requirement("A05.FR.02", "B10.FR.02")
def test_an_order_whose_security_is_not_provided_for_is_refused(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        assert await town.set_profile(2, "wss://new.example.com", securityProfile=2) == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2,1") == "Rejected"

    live_there(tmp_path, story)


def test_the_first_slot_can_be_replaced_until_the_installer_writes_another_address(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        assert await town.set_profile(1, NEW) == "Accepted"
        await town.restart()
        await town.accepted_at(town.new)
        assert town.network.attempts == [NEW]
        section = town.rig.config.csms.model_copy(update={"url": THIRD})
        town.rig.config = town.rig.config.model_copy(update={"csms": section})
        town.network.csmses[THIRD] = third = MemoryCsms(town.old.station_id, ("ocpp2.0.1",), town.rig.utc_now)
        await town.restart()
        await town.accepted_at(third)
        assert town.network.attempts == [THIRD]

    live_there(tmp_path, story)


def test_a_spoilt_profile_is_passed_over(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        assert await town.set_profile(2, NEW) == "Accepted"
        assert await town.set_variable("NetworkConfigurationPriority", "2,1") == "RebootRequired"
        assert town.rig.assembly is not None
        settings = town.rig.assembly.settings
        await settings.change(catalogue.NETWORK_PROFILE_2, '{"url": "ws://half')
        await town.restart()
        await town.accepted_at(town.old, boots=2)
        assert town.network.attempts == [OLD]

    live_there(tmp_path, story)
