"""A start that was delivered in one OCPP version is told again in the other, once, before what follows it."""

import asyncio
from collections.abc import Awaitable, Callable

from chargepoint.model.transactions import TransactionPhase
from support.virtual_time import run_virtual
from unit.csms.edge import Edge, running
from unit.csms.fake_neighbours import transaction

STARTED, UPDATED, ENDED = TransactionPhase.STARTED, TransactionPhase.UPDATED, TransactionPhase.ENDED


def play(story: Callable[[Edge], Awaitable[None]]) -> Edge:
    async def all_of_it() -> Edge:
        edge = Edge()
        await story(edge)
        return edge

    return run_virtual(all_of_it())


def test_a_transaction_begun_under_the_other_version_gets_its_number_first() -> None:
    async def story(edge: Edge) -> None:
        edge.connector.versions.extend(["ocpp2.0.1", "ocpp1.6"])
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 5):
            assert edge.outbox.delivered_rows == [1]
            edge.csms.drop()
            edge.outbox.add(transaction(ENDED))
            await asyncio.sleep(60)
            assert edge.csms.actions() == [
                *["BootNotification", "StartTransaction"],
                *["BootNotification", "StartTransaction", "StopTransaction"],
            ]
            assert edge.csms.heard[-1][2]["transactionId"] == 7
            assert edge.outbox.numbers == {"t1": 7}

    play(story)


def test_a_version_without_numbers_is_told_of_a_start_that_was_delivered_in_the_other_one() -> None:
    async def story(edge: Edge) -> None:
        edge.connector.versions.extend(["ocpp1.6", "ocpp2.0.1", "ocpp2.0.1"])
        edge.outbox.add(transaction(STARTED))
        async with running(edge, 5):
            for report in (transaction(UPDATED), transaction(ENDED)):
                edge.csms.drop()
                edge.outbox.add(report)
                await asyncio.sleep(60)
            starts = [message for message in edge.csms.heard if message[1] == "StartTransaction"]
            assert len(starts) == 2
            assert starts[0][2] == starts[1][2]
            assert edge.outbox.delivered_rows == [1, 2, 3]
            assert edge.outbox.told_in == {"t1": {"ocpp1.6", "ocpp2.0.1"}}

    play(story)


def test_the_answer_to_a_start_told_again_is_kept_when_the_link_goes_before_the_row_is_taken() -> None:
    async def story(edge: Edge) -> None:
        edge.outbox.starts[transaction(STARTED).transaction_id] = transaction(STARTED)
        edge.csms.standing["StopTransaction"] = None
        edge.outbox.add(transaction(ENDED))
        async with running(edge, 5):
            assert edge.outbox.numbers == {"t1": 7}
            edge.csms.standing["StopTransaction"] = {}
            edge.csms.drop()
            await asyncio.sleep(60)
            assert len(edge.csms.times_of("StartTransaction")) == 1
            assert edge.outbox.delivered_rows == [1]

    play(story)


def test_a_start_that_cannot_be_said_again_lets_the_stop_go_with_minus_one() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["StartTransaction"] = "InternalError"
        edge.outbox.starts[transaction(STARTED).transaction_id] = transaction(STARTED)
        edge.outbox.add(transaction(ENDED))
        async with running(edge, 900):
            assert len(edge.csms.times_of("StartTransaction")) == 3
            stops = [payload for _, action, payload, _ in edge.csms.heard if action == "StopTransaction"]
            assert [stop["transactionId"] for stop in stops] == [-1]
            assert edge.outbox.rows == []
            assert edge.outbox.dead == []

    play(story)
