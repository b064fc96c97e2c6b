"""Calls in both directions, and what a CSMS may do wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.rpc import COURTESY_SECONDS
from chargepoint.model.errors import CsmsError, StorageError
from chargepoint.model.status import EvseStatus
from chargepoint.model.tokens import IdToken
from support.virtual_time import run_virtual
from unit.csms.edge import Edge, running
from unit.csms.fake_csms import statuses
from unit.csms.fake_neighbours import status


def play(story: Callable[[Edge], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        await story(Edge())

    run_virtual(all_of_it())


def test_the_csms_is_answered_while_our_call_waits() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = None
        async with running(edge, 5):
            asking = asyncio.create_task(edge.client.authorize(IdToken("CARD")))
            await asyncio.sleep(1)
            edge.csms.ask("ClearCache", {})
            await asyncio.sleep(0.01)
            assert edge.csms.answers == [[3, "csms-1", {"status": "Accepted"}]]
            asking.cancel()

    play(story)


def test_only_one_call_of_ours_is_in_flight() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = edge.csms.standing["StatusNotification"] = None
        async with running(edge, 5):
            asking = asyncio.create_task(edge.client.authorize(IdToken("CARD")))
            edge.client.say(status(1, EvseStatus.AVAILABLE))
            await asyncio.sleep(29)
            assert edge.csms.actions() == ["BootNotification", "Authorize"]
            with pytest.raises(CsmsError, match="within 30 s"):
                await asking
            await asyncio.sleep(1)
            assert edge.csms.actions()[2:] == ["StatusNotification"]

    play(story)


def test_after_an_answer_to_the_csms_comes_a_little_silence() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            edge.csms.ask("ClearCache", {})
            await asyncio.sleep(0)
            edge.client.say(status(1, EvseStatus.AVAILABLE))
            await asyncio.sleep(1)
            assert edge.csms.times_of("StatusNotification") == [pytest.approx(5.2)]

    play(story)


def test_a_hanging_handler_holds_up_neither_reading_nor_our_calls() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):

            async def hangs() -> JsonObject:
                await asyncio.sleep(60)
                return {"status": "Accepted"}

            edge.dialects[0].serving["Reset"] = lambda _: hangs()
            edge.csms.ask("Reset", {"type": "Hard"}, "slow")
            edge.csms.ask("ClearCache", {}, "quick")
            await asyncio.sleep(0.1)
            assert [answer[1] for answer in edge.csms.answers] == ["quick"]
            edge.client.say(status(1, EvseStatus.AVAILABLE))
            await asyncio.sleep(5)
            assert statuses(edge.csms) == [(1, "Available")]
            await asyncio.sleep(60)
            assert [answer[1] for answer in edge.csms.answers] == ["quick", "slow"]

    play(story)


def test_a_call_that_takes_long_to_answer_holds_ours_up_once_and_not_each_of_them() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):

            async def hangs() -> JsonObject:
                await asyncio.sleep(60)
                return {"status": "Accepted"}

            edge.dialects[0].serving["Reset"] = lambda _: hangs()
            edge.csms.ask("Reset", {"type": "Hard"}, "slow")
            for number in range(6):
                edge.csms.ask("ClearCache", {}, f"quick {number}")
                edge.dialects[0].context.post(OutgoingCall("DataTransfer", {"vendorId": "v"}))
            await asyncio.sleep(4)
            assert edge.csms.actions().count("DataTransfer") == 6
            assert min(edge.csms.times_of("DataTransfer")) >= 5 + COURTESY_SECONDS, "it might have been quick"

    play(story)


def test_calls_of_the_csms_that_never_end_do_not_silence_the_station() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):

            async def hangs() -> JsonObject:
                await asyncio.sleep(60)
                return {"status": "Accepted"}

            edge.dialects[0].serving["Reset"] = lambda _: hangs()
            edge.client.say(status(1, EvseStatus.AVAILABLE))
            for number in range(10):
                edge.csms.ask("Reset", {"type": "Hard"}, f"slow {number}")
                await asyncio.sleep(1)
            assert statuses(edge.csms) == [(1, "Available")]

    play(story)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CallRefusedError(ErrorCode.NOT_SUPPORTED, "no"), "NOT_SUPPORTED"),
        (StorageError("disk full"), "InternalError"),
        (ZeroDivisionError("a bug"), "InternalError"),
    ],
)
def test_a_handler_that_fails_still_answers(error: Exception, code: str) -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):

            def fails(_: JsonObject) -> JsonObject:
                raise error

            edge.dialects[0].serving["Reset"] = fails
            edge.csms.ask("Reset", {"type": "Hard"})
            await asyncio.sleep(0.1)
            assert edge.csms.answers[0][:3] == [4, "csms-1", code]

    play(story)


def test_an_answer_of_ours_that_breaks_the_schema_is_an_internal_error() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            edge.dialects[0].serving["Reset"] = lambda _: {"status": "Perhaps"}
            edge.csms.ask("Reset", {"type": "Hard"})
            await asyncio.sleep(0.1)
            assert edge.csms.answers[0][2] == "InternalError"

    play(story)


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ("junk", [4, "-1", "RpcFrameworkError"]),
        ("{}", [4, "-1", "RpcFrameworkError"]),
        ("[]", [4, "-1", "RpcFrameworkError"]),
        ("[" * 2000, [4, "-1", "RpcFrameworkError"]),
        ('[2,"a","Reset",' + '{"x":' * 500, [4, "a", "FormatViolation"]),
        ('[2,"a","Reset",{"type":NaN}]', [4, "a", "FormatViolation"]),
        ('[2,"a","Reset",{"type":1e999}]', [4, "a", "FormatViolation"]),
        ('[2,"a","Reset"]', [4, "a", "ProtocolError"]),
        ('[2,"a","Reset",[]]', [4, "a", "FormatViolation"]),
        ('[2,17,"Reset",{}]', [4, "-1", "RpcFrameworkError"]),
        ('[9,"a",{}]', [4, "a", "MESSAGE_TYPE_NOT_SUPPORTED"]),
        ('[2,"a","../../secrets",{}]', [4, "a", "NotImplemented"]),
        ('[2,"a","Unheard",{}]', [4, "a", "NotImplemented"]),
        ('[2,"a","UnlockConnector",{"connectorId":1}]', [4, "a", "NOT_SUPPORTED"]),
        ('[2,"a","Reset",{}]', [4, "a", "OCCURRENCE_CONSTRAINT"]),
        ('[2,"a","Reset",{"type":"Gentle"}]', [4, "a", "PROPERTY_CONSTRAINT"]),
        ('[2,"a","Reset",{"type":5}]', [4, "a", "TYPE_CONSTRAINT"]),
        ('[2,"a","Reset",{"type":"Hard","x":1}]', [4, "a", "FormatViolation"]),
        ('[2,"a","ClearCache",null]', [3, "a", {"status": "Accepted"}]),
    ],
)
def test_bad_requests_are_answered_and_the_link_goes_on(frame: str, answer: list[object]) -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            edge.csms.say(frame)
            await asyncio.sleep(0.1)
            assert edge.csms.answers[0][:3] == answer
            edge.csms.ask("ClearCache", {}, "after")
            await asyncio.sleep(0.1)
            assert edge.csms.answers[-1] == [3, "after", {"status": "Accepted"}]

    play(story)


@pytest.mark.parametrize(
    "frame", ['[3,"nobody",{}]', "[3,5,{}]", '[4,"nobody"]', '[3,"nobody",7]', "[3]", "[4,null,{},[],0]"]
)
def test_answers_that_nobody_waits_for_are_ignored(frame: str) -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            edge.csms.say(frame)
            await asyncio.sleep(1)
            assert edge.csms.answers == []
            assert edge.client.status().state == "accepted"

    play(story)


def test_a_late_answer_and_a_wrong_id_do_not_reach_the_next_call() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = None
        async with running(edge, 5):
            for verdict in ("first", "second"):
                asking = asyncio.create_task(edge.client.authorize(IdToken(verdict)))
                await asyncio.sleep(1)
                first_id = next(item[3] for item in edge.csms.heard if item[1] == "Authorize")
                if verdict == "second":
                    edge.csms.say(json.dumps([3, first_id, {"idTagInfo": {"status": "Blocked"}}]))
                    edge.csms.say(json.dumps([3, "wrong", {"idTagInfo": {"status": "Blocked"}}]))
                with pytest.raises(CsmsError, match="did not answer"):
                    await asking

    play(story)


def test_a_malformed_answer_fails_the_call_at_once() -> None:
    async def story(edge: Edge) -> None:
        edge.csms.standing["Authorize"] = None
        async with running(edge, 5):
            asking = asyncio.create_task(edge.client.authorize(IdToken("CARD")))
            await asyncio.sleep(0.1)
            edge.csms.say(json.dumps([3, edge.csms.heard[-1][3], "text"]))
            await asyncio.sleep(0.1)
            assert asking.done()
            with pytest.raises(CsmsError, match="malformed"):
                await asking

    play(story)


def test_a_flood_of_requests_is_answered_to_the_last() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            for number in range(200):
                edge.csms.ask("ClearCache", {}, f"n{number}")
            await asyncio.sleep(1)
            assert sorted(answer[1] for answer in edge.csms.answers) == sorted(f"n{number}" for number in range(200))

    play(story)


def test_a_repeated_message_id_is_answered_each_time() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 5):
            edge.csms.ask("ClearCache", {}, "same")
            edge.csms.ask("ClearCache", {}, "same")
            await asyncio.sleep(1)
            assert len(edge.csms.answers) == 2

    play(story)


def test_message_ids_of_ours_are_uuids() -> None:
    async def story(edge: Edge) -> None:
        async with running(edge, 700):
            edge.dialects[0].context.post(OutgoingCall("DataTransfer", {"vendorId": "v"}))
            await asyncio.sleep(1)
            ids = [message_id for *_, message_id in edge.csms.heard]
            assert len(set(ids)) == len(ids)
            assert {len(message_id) for message_id in ids} == {36}

    play(story)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["Reset", "x"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
frames_of_nonsense = st.lists(
    st.text(max_size=40) | values.map(json.dumps) | st.lists(values, max_size=6).map(json.dumps), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(frames_of_nonsense, st.lists(values.map(lambda value: {"x": value}) | values, min_size=1, max_size=4))
def test_whatever_a_csms_says_the_loop_keeps_reading(nonsense: list[str], replies: list[object]) -> None:
    async def story(edge: Edge) -> None:
        edge.csms.replies["Authorize"].extend(reply for reply in replies if not callable(reply))
        edge.csms.replies["StartTransaction"].extend(replies)
        async with running(edge, 5):
            for frame in nonsense:
                edge.csms.say(frame)
            for _ in replies:
                with suppress(CsmsError):
                    await edge.client.authorize(IdToken("CARD"))
            edge.csms.ask("ClearCache", {}, "still here")
            await asyncio.sleep(5)
            assert [3, "still here", {"status": "Accepted"}] in edge.csms.answers

    play(story)
