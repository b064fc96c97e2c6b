"""The link's life: registration, reconnection, holding, time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chargepoint.charging.events import ClockSynchronised, CsmsAccepted, CsmsLost
from chargepoint.csms.channel import ConnectFailedError, ConnectStep
from chargepoint.csms.dialect import OutgoingCall
from chargepoint.model.errors import CsmsError
from chargepoint.model.reports import BootReport, HeartbeatReport
from chargepoint.model.status import EvseStatus
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import TransactionPhase
from support.virtual_time import run_virtual
from unit.csms.edge import Edge, running
from unit.csms.fake_csms import statuses
from unit.csms.fake_neighbours import status, transaction

REFUSED = ConnectFailedError(ConnectStep.HTTP, "csms.test answered HTTP 401: wrong password")


def play(story: Callable[[Edge], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        await story(Edge())

    run_virtual(all_of_it())


def test_boot_first_then_clock_then_acceptance_then_heartbeats() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 1000):
            assert edge.csms.times_of("BootNotification") == [0.0]
            assert edge.csms.times_of("Heartbeat") == [300.0, 600.0, 900.0]
            assert edge.station.events == [ClockSynchronised(), CsmsAccepted()]
            assert len(edge.clock.told) == 4
            assert edge.client.status().state == "accepted"
        assert isinstance(edge.station.events[-1], CsmsLost)

    play(story)


@pytest.mark.requirement("G02.FR.05", "G02.FR.07")
def test_any_answered_message_puts_the_heartbeat_off_but_one_a_day_stays() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 1):
            for _ in range(250):
                for what in (EvseStatus.AVAILABLE, EvseStatus.PREPARING):
                    await asyncio.sleep(200)
                    edge.client.say(status(1, what))
            assert [round(at, -3) for at in edge.csms.times_of("Heartbeat")] == [86_000.0]

    play(story)


def test_a_heartbeat_that_is_refused_is_not_repeated_at_once() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Heartbeat"] = "GenericError"
        async with running(edge, 1000):
            assert len(edge.csms.times_of("Heartbeat")) == 3

    play(story)


@pytest.mark.requirement("B01.FR.04")
def test_the_interval_of_the_boot_answer_is_taken() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["BootNotification"] = lambda _: edge.csms.boot("Accepted", 60)
        async with running(edge, 200):
            assert len(edge.csms.times_of("Heartbeat")) == 3

    play(story)


@pytest.mark.requirement("B02.FR.02", "B02.FR.08", "B03.FR.02", "B03.FR.06")
@pytest.mark.parametrize("answer", ["Pending", "Rejected"])
def test_nothing_but_boots_at_the_given_interval_until_accepted(answer: str) -> None:
    async def story(edge: Edge) -> None:
        edge.csms.replies["BootNotification"].extend([lambda _: edge.csms.boot(answer, 40)] * 2)
        edge.outbox.add(transaction(TransactionPhase.STARTED))
        async with running(edge, 79):
            edge.client.say(status(1, EvseStatus.AVAILABLE))
            with pytest.raises(CsmsError, match="not accepted"):
                await edge.client.authorize(IdToken("CARD"))
            assert edge.client.status().state == answer.lower()
            assert set(edge.csms.actions()) == {"BootNotification"}
            await asyncio.sleep(10)
            assert edge.csms.times_of("BootNotification") == [0, 40, 80]
            assert set(edge.csms.actions()) == {"BootNotification", "StatusNotification", "StartTransaction"}

    play(story)


@pytest.mark.requirement("B02.FR.07", "B03.FR.05")
@pytest.mark.parametrize(
    "reply",
    [
        {"status": "Pending", "interval": 0, "currentTime": "2026-01-01T00:00:00+00:00"},
        "GenericError",
        {},
        {"status": 5},
    ],
)
def test_without_an_interval_the_station_picks_growing_ones(reply: object) -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["BootNotification"] = reply
        async with running(edge, 3600):
            times = edge.csms.times_of("BootNotification")
            assert times[:5] == [0, 30, 90, 210, 450]
            assert len(times) < 12

    play(story)


def test_while_pending_what_a_trigger_asks_for_goes_out() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["BootNotification"] = lambda _: edge.csms.boot("Pending", 3600)
        async with running(edge, 1):
            edge.client.say(status(2, EvseStatus.AVAILABLE))

            def triggers(_: object) -> dict[str, str]:
                edge.client.say(status(1, EvseStatus.AVAILABLE))
                edge.client.say(HeartbeatReport())
                edge.client.say(BootReport())
                edge.dialects[0].context.post(OutgoingCall("DataTransfer", {"vendorId": "v"}))
                return {"status": "Accepted"}

            edge.dialects[0].serving["TriggerMessage"] = triggers
            edge.csms.ask("TriggerMessage", {"requestedMessage": "StatusNotification"})
            await asyncio.sleep(5)
            assert edge.csms.answers == [[3, "csms-1", {"status": "Accepted"}]]
            assert statuses(edge.csms) == [(1, "Available")]
            assert sorted(edge.csms.actions()[1:]) == [
                *["BootNotification", "DataTransfer", "Heartbeat", "StatusNotification"]
            ]
            assert edge.csms.heard[1][2] != edge.csms.heard[0][2]

    play(story)


@pytest.mark.requirement("B03.FR.08")
def test_a_rejected_station_refuses_and_still_boots_again() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.replies["BootNotification"].append(lambda _: edge.csms.boot("Rejected", 40))
        async with running(edge, 1):
            edge.csms.ask("ClearCache", {})
            await asyncio.sleep(60)
            assert edge.csms.answers[0][:3] == [4, "csms-1", "SecurityError"]
            assert edge.client.status().state == "accepted"

    play(story)


def test_a_reconnect_goes_on_without_boot_unless_the_version_changed() -> None:
    async def story(edge: Edge) -> None:
        edge.connector.versions.extend(["ocpp1.6", "ocpp1.6", "ocpp2.0.1"])
        async with running(edge, 10):
            for boots in (1, 2):
                edge.csms.drop()
                await asyncio.sleep(60)
                assert len(edge.csms.times_of("BootNotification")) == boots
            lost = CsmsLost("the CSMS closed the connection")
            assert edge.station.events[1:] == [CsmsAccepted(), lost, CsmsAccepted(), lost, CsmsAccepted()]
            assert edge.client.status().subprotocol == "ocpp2.0.1"
            assert edge.client.status().connections == 3

    play(story)


def test_a_wrong_password_is_retried_for_ever_with_growing_pauses() -> None:
    async def story(edge: Edge) -> None:
        edge.connector.refuses_for_ever = REFUSED
        async with running(edge, 3600):
            assert len(edge.connector.attempts) < 40
            assert edge.client.status().last_error == str(REFUSED)
            assert edge.client.status().state == "waiting"
            edge.connector.refuses_for_ever = None
            await asyncio.sleep(301)
            assert edge.client.status().state == "accepted"
            assert edge.client.status().last_error is None

    play(story)


def test_a_link_that_breaks_soon_after_acceptance_does_not_reset_the_pauses() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 1):
            for _ in range(200):
                edge.csms.drop()
                await asyncio.sleep(20)
            assert len(edge.connector.attempts) < 40

    play(story)


def test_held_closed_stays_closed_until_opened() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            edge.client.hold_closed()
            await asyncio.sleep(3600)
            assert edge.client.status().state == "held"
            assert len(edge.connector.attempts) == 1
            edge.client.open_now()
            await asyncio.sleep(0.1)
            assert edge.client.status().state == "accepted"

    play(story)


def test_open_now_does_not_wait_for_the_pause() -> None:
    async def story(edge: Edge) -> None:
        edge.connector.refuses_for_ever = REFUSED
        async with running(edge, 3000):
            edge.connector.refuses_for_ever = None
            assert (edge.client.status().next_attempt_seconds or 0) > 1
            edge.client.open_now()
            await asyncio.sleep(0.1)
            assert edge.client.status().state == "accepted"

    play(story)


def test_asking_without_a_link_and_over_one_that_closes_fails_at_once() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = None
        with pytest.raises(CsmsError, match="no link"):
            await edge.client.authorize(IdToken("CARD"))
        async with running(edge, 5):
            began = asyncio.get_running_loop().time()
            asking = asyncio.create_task(edge.client.authorize(IdToken("CARD")))
            await asyncio.sleep(1)
            edge.csms.drop()
            with pytest.raises(CsmsError, match="closed"):
                await asking
            assert asyncio.get_running_loop().time() - began < 1.5

    play(story)


def test_an_authorize_waits_for_one_call_at_most() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            for number in range(50):
                edge.outbox.add(transaction(TransactionPhase.STARTED, f"t{number}"))
            await asyncio.sleep(0)
            await edge.client.authorize(IdToken("CARD"))
            before = edge.csms.actions().index("Authorize")
            assert before <= 3

    play(story)


@pytest.mark.parametrize("nonsense", [{}, {"idTagInfo": {}}, {"idTagInfo": None}, {"idTagInfo": {"status": "Perhaps"}}])
def test_an_authorize_answer_without_sense_is_no_verdict(nonsense: object) -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = nonsense
        async with running(edge, 5):
            with pytest.raises(CsmsError, match="no sense"):
                await edge.client.authorize(IdToken("CARD"))

    play(story)
