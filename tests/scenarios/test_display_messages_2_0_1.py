"""Block O of OCPP 2.0.1 by the steps of part 6: messages set, shown, replaced, told and taken away."""

from pathlib import Path
from typing import Any

import pytest

from chargepoint.charging.display_cycle import TURN_SECONDS
from chargepoint.model.display import MessagePriority
from scenarios.displays import charging, clear, info, later, on_display, put, restarted, seen_over, told, wanted
from scenarios.stories import Operator, calls_of_station, tell
from support.rig import Rig

PRIORITIES = [each.value for each in MessagePriority]


@pytest.mark.requirement("O01.FR.12", "O04.FR.01", "O04.FR.03", "O04.FR.06")
@pytest.mark.parametrize("priority", PRIORITIES)
def test_a_message_is_shown_and_told_as_it_was_set(tmp_path: Path, priority: str) -> None:
    """TC_O_01_CS"""

    async def story(rig: Rig) -> None:
        assert on_display(rig) is None
        assert await put(rig, 7, "Grüß Gott", priority=priority) == "Accepted"
        assert on_display(rig) == 7
        assert await told(rig, id=[7]) == [info(7, "Grüß Gott", priority=priority)]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement(
    "O03.FR.01", "O03.FR.02", "O03.FR.03", "O03.FR.04", "O03.FR.05", "O04.FR.03", "O04.FR.04", "O04.FR.05", "O04.FR.06"
)
@pytest.mark.parametrize("count", [1, 23])
def test_all_messages_are_told_in_as_many_parts_as_it_takes(tmp_path: Path, count: int) -> None:
    """TC_O_02_CS"""

    async def story(rig: Rig) -> None:
        for number in range(count):
            assert await put(rig, number, "x" * 512) == "Accepted"
        assert [message["id"] for message in await told(rig)] == list(range(count))
        assert len(calls_of_station(rig, "NotifyDisplayMessages")) == (count + 9) // 10
        assert len(await told(rig, priority="NormalCycle")) == count, "with criteria too"
        assert len(calls_of_station(rig, "NotifyDisplayMessages")) == 2 * ((count + 9) // 10)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O03.FR.06", "O04.FR.07")
def test_without_messages_there_is_nothing_to_tell(tmp_path: Path) -> None:
    """TC_O_03_CS, TC_O_33_CS"""

    async def story(rig: Rig) -> None:
        assert await wanted(rig) == "Unknown"
        assert await wanted(rig, id=[7]) == "Unknown"
        await rig.wait(5)
        assert calls_of_station(rig, "NotifyDisplayMessages") == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O05.FR.01", "O05.FR.02", "O04.FR.07")
def test_a_cleared_message_is_gone_and_one_that_never_was_is_unknown(tmp_path: Path) -> None:
    """TC_O_04_CS, TC_O_05_CS"""

    async def story(rig: Rig) -> None:
        assert await clear(rig, 7) == "Unknown"
        assert await put(rig, 7) == "Accepted"
        assert await clear(rig, 7) == "Accepted"
        await rig.wait(1)
        assert on_display(rig) is None
        assert await wanted(rig, id=[7]) == "Unknown"
        assert await clear(rig, 7) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O02.FR.02", "O02.FR.14")
def test_a_message_for_a_transaction_goes_with_it(tmp_path: Path) -> None:
    """TC_O_06_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        assert await put(rig, 7, transactionId=transaction.upper()) == "Accepted"
        assert on_display(rig) == 7
        await rig.finish()
        assert on_display(rig) is None
        assert await wanted(rig, id=[7]) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O04.FR.01", "O04.FR.02", "O04.FR.03", "O04.FR.06")
def test_messages_are_told_by_id_priority_and_state(tmp_path: Path) -> None:
    """TC_O_07_CS, TC_O_08_CS, TC_O_09_CS, TC_O_11_CS, TC_O_34_CS, TC_O_35_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 1, priority="InFront", state="Idle") == "Accepted"
        assert await put(rig, 2, priority="NormalCycle", state="Charging") == "Accepted"
        assert await put(rig, 3, priority="NormalCycle") == "Accepted"

        async def ids(**criteria: Any) -> list[int]:
            return [message["id"] for message in await told(rig, **criteria)]

        assert await ids(id=[2]) == [2]
        assert await ids(id=[3, 1, 99]) == [1, 3]
        assert await ids(priority="NormalCycle") == [2, 3]
        assert await ids(priority="InFront") == [1]
        assert await ids(state="Charging") == [2], "one for every state is set for none in particular"
        assert await ids(id=[1, 2], state="Idle") == [1]
        assert await wanted(rig, id=[99]) == "Unknown"
        assert await wanted(rig, id=[1], state="Charging") == "Unknown"
        assert await wanted(rig, id=[1], priority="NormalCycle") == "Unknown"
        assert await wanted(rig, priority="AlwaysFront") == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O02.FR.01")
def test_a_transaction_that_is_not_going_on_is_unknown(tmp_path: Path) -> None:
    """TC_O_10_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, transactionId="no-such-one") == "UnknownTransaction"
        transaction = await charging(rig)
        await rig.finish()
        await rig.drained()
        assert await put(rig, 7, transactionId=transaction) == "UnknownTransaction"
        assert await wanted(rig) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O06.FR.01")
def test_a_message_of_the_same_id_is_replaced_whole(tmp_path: Path) -> None:
    """TC_O_12_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, "before", priority="InFront", state="Idle", endDateTime=later(rig)) == "Accepted"
        assert await put(rig, 7, "after") == "Accepted"
        assert on_display(rig) == 7
        assert rig.shown.message is not None
        assert rig.shown.message.content == "after"
        assert await told(rig) == [info(7, "after")], "nothing of the first is left"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.06")
def test_a_message_waits_for_its_beginning(tmp_path: Path) -> None:
    """TC_O_13_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, startDateTime=later(rig)) == "Accepted"
        (message,) = await told(rig, id=[7])
        assert message["startDateTime"]
        await rig.wait(55)
        assert set(rig.shown.turns) == set(), "not before its time"
        await rig.wait(6)
        assert on_display(rig) == 7

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.07")
def test_a_message_is_removed_at_its_end(tmp_path: Path) -> None:
    """TC_O_14_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, endDateTime=later(rig)) == "Accepted"
        (message,) = await told(rig, id=[7])
        assert message["endDateTime"]
        await rig.wait(55)
        assert on_display(rig) == 7
        await rig.wait(6)
        assert on_display(rig) is None
        assert await wanted(rig, id=[7]) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.01", "O01.FR.03", "O02.FR.03", "O02.FR.05")
def test_priorities_and_formats_that_the_display_does_not_know_are_refused_by_name(tmp_path: Path) -> None:
    """TC_O_17_CS, TC_O_19_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        for more in ({}, {"transactionId": transaction}):
            assert await put(rig, 7, priority="AlwaysFront", **more) == "NotSupportedPriority"
            assert await put(rig, 7, format="HTML", **more) == "NotSupportedMessageFormat"
            assert await put(rig, 7, format="URI", **more) == "NotSupportedMessageFormat"
        assert await wanted(rig) == "Unknown"

    tell(tmp_path, "2.0.1", story, settings={"display_priorities": "InFront,NormalCycle"})


@pytest.mark.requirement("O01.FR.10", "O02.FR.10")
def test_messages_survive_a_power_cut(tmp_path: Path) -> None:
    """TC_O_20_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        ends = later(rig, 86_400)
        assert await put(rig, 7, "Closed on Sunday", priority="InFront", endDateTime=ends) == "Accepted"
        assert await put(rig, 8, "for you", priority="InFront", transactionId=transaction) == "Accepted"
        before = await told(rig)
        await restarted(rig)
        await rig.until(lambda: rig.is_live(), 60, "charging goes on")
        assert await told(rig) == before
        assert await seen_over(rig, 3 * TURN_SECONDS) == {7, 8}
        await rig.finish()
        await restarted(rig)
        assert await told(rig) == before[:1]
        assert on_display(rig) == 7

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.13", "O01.FR.14", "O04.FR.03")
def test_messages_in_front_take_turns_and_nothing_else_is_shown(tmp_path: Path) -> None:
    """TC_O_22_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 1) == "Accepted"
        assert await put(rig, 2) == "Accepted"
        assert await seen_over(rig, 3 * TURN_SECONDS) == {1, 2}, "the normal cycle"
        assert await put(rig, 3, priority="InFront") == "Accepted"
        assert await put(rig, 4, priority="InFront") == "Accepted"
        assert [message["id"] for message in await told(rig, id=[3])] == [3]
        assert [message["id"] for message in await told(rig, id=[4])] == [4]
        assert await seen_over(rig, 3 * TURN_SECONDS) == {3, 4}
        assert await clear(rig, 3) == "Accepted"
        assert await clear(rig, 4) == "Accepted"
        await rig.wait(1)
        assert await seen_over(rig, 3 * TURN_SECONDS) == {1, 2}, "the cycle goes on where nothing is in front"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O01.FR.15", "O01.FR.16")
def test_a_second_message_always_in_front_replaces_the_first(tmp_path: Path) -> None:
    """TC_O_24_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 1, priority="InFront") == "Accepted"
        assert await put(rig, 7, priority="AlwaysFront") == "Accepted"
        assert await seen_over(rig, 2 * TURN_SECONDS) == {7}, "it takes no turns with others"
        assert await put(rig, 8, priority="AlwaysFront") == "Accepted"
        assert await wanted(rig, id=[7]) == "Unknown"
        assert [message["id"] for message in await told(rig, id=[8])] == [8]
        assert await seen_over(rig, 2 * TURN_SECONDS) == {8}
        await rig.charge(5)
        assert on_display(rig) == 8, "what the station itself has to say does not drive it away"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O02.FR.02", "O02.FR.06")
def test_a_message_for_a_transaction_waits_for_its_beginning(tmp_path: Path) -> None:
    """TC_O_27_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        assert await put(rig, 7, transactionId=transaction, startDateTime=later(rig)) == "Accepted"
        await rig.wait(55)
        assert on_display(rig) is None
        await rig.wait(6)
        assert on_display(rig) == 7
        await rig.finish()
        assert on_display(rig) is None
        assert await wanted(rig, id=[7]) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O02.FR.07")
def test_a_message_for_a_transaction_is_removed_at_its_end(tmp_path: Path) -> None:
    """TC_O_28_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        assert await put(rig, 7, transactionId=transaction, endDateTime=later(rig)) == "Accepted"
        assert on_display(rig) == 7
        await rig.wait(61)
        assert on_display(rig) is None
        assert rig.is_live(), "the transaction goes on"
        assert await wanted(rig, id=[7]) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O02.FR.02", "O02.FR.15", "O02.FR.16")
def test_messages_in_front_for_a_transaction_take_turns_and_go_with_it(tmp_path: Path) -> None:
    """TC_O_30_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        more = {"priority": "InFront", "transactionId": transaction}
        assert await put(rig, 1) == "Accepted"
        assert await put(rig, 7, "words", **more) == "Accepted"
        assert await put(rig, 8, "words 2", **more) == "Accepted"
        assert await told(rig, id=[7]) == [info(7, "words", **more)]
        assert await told(rig, id=[8]) == [info(8, "words 2", **more)]
        assert await seen_over(rig, 3 * TURN_SECONDS) == {7, 8}
        await rig.finish()
        assert on_display(rig) == 1
        assert await wanted(rig, id=[7]) == "Unknown"
        assert await wanted(rig, id=[8]) == "Unknown"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("O02.FR.02", "O02.FR.17", "O02.FR.18")
def test_a_second_message_always_in_front_for_a_transaction_replaces_the_first(tmp_path: Path) -> None:
    """TC_O_32_CS"""

    async def story(rig: Rig) -> None:
        transaction = await charging(rig)
        more = {"priority": "AlwaysFront", "transactionId": transaction}
        assert await put(rig, 7, "words", **more) == "Accepted"
        assert on_display(rig) == 7
        assert await put(rig, 8, "words 2", **more) == "Accepted"
        assert await seen_over(rig, 2 * TURN_SECONDS) == {8}
        assert await wanted(rig, id=[7]) == "Unknown"
        assert await told(rig, id=[8]) == [info(8, "words 2", **more)]
        await rig.finish()
        assert on_display(rig) is None
        assert await wanted(rig, id=[8]) == "Unknown"

    tell(tmp_path, "2.0.1", story)


def test_a_message_for_charging_is_shown_while_it_charges(tmp_path: Path) -> None:
    """TC_O_36_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, state="Charging") == "Accepted"
        assert on_display(rig) is None
        rig.plug_in()
        await rig.wait(3)
        assert on_display(rig) is None, "plugged in is not charging"
        await rig.swipe()
        await rig.until(rig.is_live, 20)
        await rig.wait(6)
        assert on_display(rig) == 7
        await rig.finish()
        assert on_display(rig) is None
        (message,) = await told(rig, id=[7])
        assert message["state"] == "Charging"

    tell(tmp_path, "2.0.1", story)


def test_a_message_for_idle_times_is_shown_unless_it_charges(tmp_path: Path) -> None:
    """TC_O_37_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, state="Idle") == "Accepted"
        assert on_display(rig) == 7
        await charging(rig)
        assert on_display(rig) is None
        await rig.finish()
        assert on_display(rig) == 7
        (message,) = await told(rig, id=[7])
        assert message["state"] == "Idle"

    tell(tmp_path, "2.0.1", story)


def test_a_message_for_a_station_out_of_service_is_shown_then(tmp_path: Path) -> None:
    """TC_O_38_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, state="Unavailable") == "Accepted"
        assert on_display(rig) is None
        assert await Operator(rig).make("Inoperative") == "Accepted"
        await rig.until(lambda: rig.csms.record.status(1) == "Unavailable", 10, "unavailable")
        assert on_display(rig) == 7
        assert await Operator(rig).make("Operative") == "Accepted"
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 10, "available")
        assert on_display(rig) is None
        (message,) = await told(rig, id=[7])
        assert message["state"] == "Unavailable"

    tell(tmp_path, "2.0.1", story)


def test_a_message_for_faults_is_shown_while_there_is_one(tmp_path: Path) -> None:
    """TC_O_39_CS"""

    async def story(rig: Rig) -> None:
        assert await put(rig, 7, "Out of order", state="Faulted") == "Accepted"
        assert on_display(rig) is None
        rig.world.set_fault(1, "over_temperature", True)
        await rig.until(lambda: rig.csms.record.status(1) == "Faulted", 20, "faulted")
        assert on_display(rig) == 7
        rig.world.set_fault(1, "over_temperature", False)
        await rig.until(lambda: rig.csms.record.status(1) == "Available", 120, "available")
        assert on_display(rig) is None
        (message,) = await told(rig, id=[7])
        assert message["state"] == "Faulted"

    tell(tmp_path, "2.0.1", story)
