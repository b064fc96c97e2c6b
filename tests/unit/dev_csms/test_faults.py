"""Each kind of misbehaviour, ordered and then seen by a raw station on a real socket."""

import pytest
from websockets.exceptions import ConnectionClosed

from dev_csms import CsmsFault, DevCsms, FaultKind
from unit.dev_csms.raw_station import RawStation, start_16


async def test_a_silent_request_is_recorded_and_the_next_is_answered(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.SILENCE, action="StartTransaction"))
    await station.send("StartTransaction", start_16())
    await station.call("Heartbeat", {})
    assert (await station.call("StartTransaction", start_16()))["transactionId"] == 1
    assert csms.transactions[0].duplicates == 1
    await station.socket.close()


async def test_a_lost_request_is_neither_answered_nor_recorded(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.LOST_REQUEST, action="StartTransaction"))
    await station.send("StartTransaction", start_16())
    await station.call("Heartbeat", {})
    assert csms.transactions == []
    await station.socket.close()


async def test_a_delayed_answer_does_not_hold_up_others(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.DELAY, action="Authorize", seconds=0.05))
    delayed = await station.send("Authorize", {"idTag": "CARD1"})
    prompt = await station.send("Heartbeat", {})
    assert [(await station.receive())[1] for _ in range(2)] == [prompt, delayed]
    await station.socket.close()


async def test_a_call_error_carries_the_code_asked_for_and_records_nothing(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.CALL_ERROR, action="StartTransaction", count=2, code="GenericError"))
    for _ in range(2):
        await station.send("StartTransaction", start_16())
        assert (await station.receive())[2] == "GenericError"
    assert csms.transactions == []
    assert (await station.call("StartTransaction", start_16()))["transactionId"] == 1
    await station.socket.close()


async def test_an_answer_may_have_a_field_too_many_or_none_at_all(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.EXTRA_FIELD, action="StartTransaction"))
    answer = await station.call("StartTransaction", start_16())
    assert set(answer) == {"transactionId", "idTagInfo", "fieldOutsideTheSchema"}
    csms.faults.add(CsmsFault(FaultKind.EMPTY_ANSWER))
    assert await station.call("Heartbeat", {}) == {}
    await station.socket.close()


async def test_a_start_may_be_answered_with_transaction_id_zero(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.TRANSACTION_ID_ZERO))
    answer = await station.call("StartTransaction", start_16())
    assert answer == {"transactionId": 0, "idTagInfo": {"status": "ConcurrentTx"}}
    await station.socket.close()


async def test_an_answer_may_name_another_message_come_twice_or_be_broken(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.WRONG_MESSAGE_ID))
    message_id = await station.send("Heartbeat", {})
    assert (await station.receive())[1] == f"not-{message_id}"
    csms.faults.add(CsmsFault(FaultKind.DUPLICATE_ANSWER))
    message_id = await station.send("Heartbeat", {})
    assert [(await station.receive())[1] for _ in range(2)] == [message_id, message_id]
    csms.faults.add(CsmsFault(FaultKind.MALFORMED))
    csms.faults.add(CsmsFault(FaultKind.MALFORMED, text='{"not":"ocpp"}', skip=1))
    await station.send("Heartbeat", {})
    assert await station.socket.recv() == '[3,"'
    await station.send("Heartbeat", {})
    assert await station.receive() == {"not": "ocpp"}
    await station.socket.close()


@pytest.mark.parametrize(("close_code", "seen"), [(None, 1006), (1012, 1012)])
async def test_the_line_may_break_before_the_answer(csms: DevCsms, close_code: int | None, seen: int) -> None:
    station = await RawStation.booted(csms)
    fault = CsmsFault(FaultKind.DISCONNECT_BEFORE_ANSWER, action="StartTransaction", close_code=close_code)
    csms.faults.add(fault)
    await station.send("StartTransaction", start_16())
    with pytest.raises(ConnectionClosed):
        await station.receive()
    assert station.socket.close_code == seen
    again = await RawStation.booted(csms)
    assert (await again.call("StartTransaction", start_16()))["transactionId"] == 1
    assert [item.duplicates for item in csms.transactions] == [1]
    await again.socket.close()


async def test_the_line_may_break_after_the_answer(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    csms.faults.add(CsmsFault(FaultKind.DISCONNECT_AFTER_ANSWER, action="StartTransaction"))
    assert (await station.call("StartTransaction", start_16()))["transactionId"] == 1
    with pytest.raises(ConnectionClosed):
        await station.receive()


async def test_a_boot_may_be_pending_then_rejected_then_accepted(csms: DevCsms) -> None:
    csms.faults.add(CsmsFault(FaultKind.BOOT_PENDING))
    csms.faults.add(CsmsFault(FaultKind.BOOT_REJECTED, skip=1))
    station = await RawStation.connect(f"{csms.url}/CP1", "2.0.1")
    assert [(await station.boot())["status"] for _ in range(3)] == ["Pending", "Rejected", "Accepted"]
    assert [boot.status for boot in csms.station("CP1").boots] == ["Pending", "Rejected", "Accepted"]
    await station.socket.close()


async def test_a_fault_for_one_station_spares_the_others(csms: DevCsms) -> None:
    csms.faults.add(CsmsFault(FaultKind.EMPTY_ANSWER, action="Heartbeat", station="CP2", count=None))
    first, second = await RawStation.booted(csms), await RawStation.booted(csms, station="CP2")
    assert await first.call("Heartbeat", {}) != {}
    assert await second.call("Heartbeat", {}) == await second.call("Heartbeat", {}) == {}
    csms.faults.clear()
    assert await second.call("Heartbeat", {}) != {}
    await first.socket.close()
    await second.socket.close()
