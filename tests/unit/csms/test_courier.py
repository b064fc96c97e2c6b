"""Billing rows reach the CSMS once, in order, and nothing stalls them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chargepoint.charging.events import CsmsAccepted, Event, TransactionAnswered
from chargepoint.csms.dialect import OutgoingCall
from chargepoint.model.errors import CsmsError, StorageError
from chargepoint.model.reports import SecurityReport
from chargepoint.model.status import EvseStatus
from chargepoint.model.tokens import AuthorizationStatus, IdToken
from chargepoint.model.transactions import TransactionPhase
from support.virtual_time import run_virtual
from unit.csms.edge import Edge, running
from unit.csms.fake_csms import statuses
from unit.csms.fake_neighbours import stamp, status, transaction

STARTED, UPDATED, ENDED = TransactionPhase.STARTED, TransactionPhase.UPDATED, TransactionPhase.ENDED
Story = Callable[[Edge], Awaitable[None]]


def play(story: Story) -> Edge:
    async def all_of_it() -> Edge:
        edge = Edge()
        await story(edge)
        return edge

    return run_virtual(all_of_it())


def test_a_queue_written_offline_is_drained_in_order_after_the_present_status() -> None:
    async def story(edge: Edge) -> None:
        for name in ("t1", "t2"):
            edge.outbox.add(transaction(STARTED, name))
            edge.outbox.add(transaction(UPDATED, name))
            edge.outbox.add(transaction(ENDED, name))

        def says_status(event: Event) -> None:
            if isinstance(event, CsmsAccepted):
                edge.client.say(status(1, EvseStatus.AVAILABLE, at=1))

        edge.station.on_event = says_status
        edge.csms.replies["StartTransaction"].extend([{"transactionId": 0, "x": 1}, {"transactionId": 8}])
        async with running(edge, 30):
            assert edge.csms.actions() == [
                "BootNotification",
                "StatusNotification",
                *["StartTransaction", "StopTransaction"] * 2,
            ]
            stops = [
                payload["transactionId"] for _, action, payload, _ in edge.csms.heard if action == "StopTransaction"
            ]
            assert stops == [0, 8]
            assert edge.outbox.delivered_rows == [1, 2, 3, 4, 5, 6]

    play(story)


def test_the_core_hears_of_the_answer_after_it_is_stored() -> None:
    async def story(edge: Edge) -> None:
        stored_when_told: list[dict[str, int]] = []

        def sees(event: Event) -> None:
            if isinstance(event, TransactionAnswered):
                stored_when_told.append({str(key): value for key, value in edge.outbox.numbers.items()})

        edge.station.on_event = sees
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 5):
            assert stored_when_told == [{"t1": 7}]

    play(story)


def test_a_refused_start_is_retried_byte_for_byte_and_then_the_rest_goes_with_minus_one() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["StartTransaction"] = "InternalError"
        edge.outbox.add(transaction(STARTED))
        edge.outbox.add(transaction(ENDED))
        async with running(edge, 600):
            tries = [
                (payload, message_id)
                for _, action, payload, message_id in edge.csms.heard
                if action == "StartTransaction"
            ]
            assert len(tries) == 3
            assert tries[0] == tries[1] == tries[2]
            first, second, third = edge.csms.times_of("StartTransaction")
            assert (second - first, third - second) == pytest.approx((60, 120), abs=1)
            stop = next(payload for _, action, payload, _ in edge.csms.heard if action == "StopTransaction")
            assert stop["transactionId"] == -1
            assert "given up after 3 attempts" in edge.outbox.dead[0][1]

    play(story)


@pytest.mark.parametrize("reply", [None, "SomeUnheardOfError", {"idTagInfo": {}}, {"transactionId": "seven"}])
def test_silence_errors_and_useless_answers_cost_an_attempt_and_no_money(reply: object) -> None:
    async def story(edge: Edge) -> None:
        edge.csms.replies["StartTransaction"].append(reply)
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 120):
            assert len(edge.csms.times_of("StartTransaction")) == 2
            assert edge.outbox.numbers == {"t1": 7}

    play(story)


def test_while_a_row_waits_for_its_retry_status_and_authorize_go_on() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["StartTransaction"] = "GenericError"
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 5):
            edge.client.say(status(1, EvseStatus.CHARGING, at=5))
            verdict = await edge.client.authorize(IdToken("CARD"))
            await asyncio.sleep(1)
            assert verdict.status is AuthorizationStatus.ACCEPTED
            assert statuses(edge.csms) == [(1, "Charging")]
            assert len(edge.csms.times_of("StartTransaction")) == 1

    play(story)


def test_a_lost_link_uses_up_no_attempt() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["StartTransaction"] = None
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 5):
            for _ in range(5):
                edge.csms.drop()
                await asyncio.sleep(200)
                edge.outbox.rows[0]
            edge.csms.standing["StartTransaction"] = {"transactionId": 9}
            edge.csms.drop()
            await asyncio.sleep(200)
            assert edge.outbox.rows == []
            assert edge.outbox.dead == []

    def forever(edge: Edge) -> None:
        edge.pace.transaction_message_attempts = 1
        edge.pace.message_timeout_seconds = 10_000

    async def patient(edge: Edge) -> None:
        forever(edge)
        await story(edge)

    play(patient)


def test_an_answer_just_before_the_link_closes_is_not_lost() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.drops_after_answer_to = "StartTransaction"
        edge.outbox.commit_seconds = 0.2
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 60):
            assert len(edge.csms.times_of("StartTransaction")) == 1
            assert edge.outbox.numbers == {"t1": 7}
            assert "TransactionAnswered" in edge.station.names()

    play(story)


def test_a_disk_that_fails_for_a_while_loses_and_doubles_nothing() -> None:
    async def story(edge: Edge) -> None:
        edge.outbox.add(transaction(STARTED))
        edge.outbox.failures.extend(StorageError("disk full") for _ in range(4))
        async with running(edge, 120):
            assert len(edge.csms.times_of("StartTransaction")) == 1
            assert edge.outbox.delivered_rows == [1]

    play(story)


def test_a_row_without_true_words_is_buried_and_the_next_one_proceeds() -> None:
    async def story(edge: Edge) -> None:
        edge.outbox.add(transaction(STARTED, "bad", energy_wh=None))
        edge.outbox.add(transaction(STARTED, "good"))
        async with running(edge, 10):
            assert edge.outbox.delivered_rows == [2]
            assert "the energy is unknown" in edge.outbox.dead[0][1]

    play(story)


def test_a_security_event_that_the_csms_does_not_know_is_not_asked_again() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["SecurityEventNotification"] = "NotImplemented"
        edge.outbox.add(SecurityReport("StartupOfTheDevice", stamp(0)))
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 10):
            assert len(edge.csms.times_of("SecurityEventNotification")) == 1
            assert edge.outbox.delivered_rows == [2]

    play(story)


def test_live_status_and_transaction_messages_leave_in_the_order_they_were_said() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = None
        async with running(edge, 2):
            edge.pace.message_timeout_seconds = 1
            asking = asyncio.create_task(edge.client.authorize(IdToken("CARD")))
            await asyncio.sleep(0.5)
            edge.client.say(status(1, EvseStatus.PREPARING, at=10))
            edge.outbox.add(transaction(STARTED, at=11))
            edge.client.say(status(1, EvseStatus.CHARGING, at=11))
            edge.outbox.add(transaction(ENDED, at=12))
            edge.client.say(status(1, EvseStatus.FINISHING, at=12))
            edge.client.say(status(1, EvseStatus.AVAILABLE, at=13))
            await asyncio.sleep(2)
            with pytest.raises(CsmsError):
                await asking
            said = [payload.get("status", action) for _, action, payload, _ in edge.csms.heard][2:]
            assert said == ["Preparing", "StartTransaction", "Charging", "StopTransaction", "Finishing", "Available"]

    play(story)


def test_offline_only_the_newest_status_of_each_evse_is_kept() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 2):
            edge.csms.drop()
            await asyncio.sleep(0.1)
            for what in (EvseStatus.PREPARING, EvseStatus.CHARGING, EvseStatus.FINISHING):
                edge.client.say(status(1, what))
            edge.client.say(status(2, EvseStatus.FAULTED))
            await asyncio.sleep(60)
            assert sorted(statuses(edge.csms)) == [(1, "Finishing"), (2, "Faulted")]

    play(story)


def test_posted_calls_take_turns_with_rows() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 2):
            for _ in range(3):
                edge.dialects[0].context.post(OutgoingCall("DataTransfer", {"vendorId": "v"}))
            for name in ("a", "b", "c"):
                edge.outbox.add(transaction(STARTED, name))
            await asyncio.sleep(5)
            assert edge.csms.actions()[1:] == ["DataTransfer", "StartTransaction"] * 3

    play(story)


def test_a_broken_payload_of_ours_never_leaves_and_stalls_nothing() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 2):
            edge.dialects[0].context.post(OutgoingCall("DataTransfer", {"wrong": 1}))
            edge.dialects[0].context.post(OutgoingCall("NoSuchAction", {}))
            edge.client.say(status(1, EvseStatus.AVAILABLE))
            await asyncio.sleep(2)
            assert edge.csms.actions() == ["BootNotification", "StatusNotification"]

    play(story)


def test_a_billing_report_is_not_taken_from_memory() -> None:
    async def story(edge: Edge) -> None:
        with pytest.raises(ValueError, match="outbox"):
            edge.client.say(transaction(STARTED))

    play(story)
