"""Monitors and what they have told are remembered; a damaged row costs nothing but itself."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.effects import Enqueue, ForgetVerdict, RememberMonitoring, RememberVerdict
from chargepoint.charging.ports import TokenTraces
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment
from chargepoint.model.monitoring import (
    Alarm,
    EventSource,
    EventTrigger,
    Monitor,
    MonitoredVariable,
    MonitoringBase,
    MonitorKind,
    StoredMonitoring,
    ToldFault,
    VariableEvent,
)
from chargepoint.model.reports import KeptEventReport
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from unit.storage.station_life import MOMENT, NOON, TOKEN, Charging, at, open_inline

POWER = MonitoredVariable("EVSE", "Power", evse_id=1)
ONE = Monitor(10_001, POWER, MonitorKind.UPPER_THRESHOLD, 3000.0, 3)
TWO = Monitor(10_002, replace(POWER, variable="AvailabilityState"), MonitorKind.DELTA, 1.0, 5, only_in_transaction=True)
EVERYTHING = StoredMonitoring(
    base=MonitoringBase.ALL,
    level=8,
    custom=(ONE, TWO),
    cleared=(1011,),
    alarms=(Alarm(10_001, 100_001, TransactionId("open")),),
    faults=(ToldFault(Fault.CONTACTOR_WELDED, EvseId(2), 100_002), ToldFault(Fault.STORAGE_FULL, None, 100_003)),
)
ACCEPTED = TokenVerdict(AuthorizationStatus.ACCEPTED)


async def recovered_after(path: Path, *steps: StoredMonitoring) -> StoredMonitoring:
    storage = await open_inline(path)
    for stored in steps:
        await storage.commit([RememberMonitoring(stored)], MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.close()
    return again.recovered.monitoring


async def test_everything_comes_back_and_what_was_cleared_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert await recovered_after(path) == StoredMonitoring()
    assert await recovered_after(path, EVERYTHING) == EVERYTHING
    fewer = replace(EVERYTHING, custom=(replace(TWO, severity=4),), alarms=())
    assert await recovered_after(path, fewer) == fewer


async def test_what_can_not_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.db"
    await recovered_after(path, EVERYTHING)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE monitors SET body = '{}' WHERE monitor_id = 10001")
    connection.execute("UPDATE monitoring SET body = 'nonsense'")
    connection.commit()
    connection.close()
    assert await recovered_after(path) == StoredMonitoring(custom=(TWO,))
    assert "monitor 10001 is left out" in caplog.text


async def test_queued_events_keep_their_time_and_words(tmp_path: Path) -> None:
    event = VariableEvent(
        7,
        POWER,
        EventTrigger.ALERTING,
        EventSource.CUSTOM_MONITOR,
        3,
        "3100.0",
        10_001,
        transaction_id=TransactionId("t"),
    )
    report = KeptEventReport((event,), at(5.0, trusted=False))
    storage = await open_inline(tmp_path / "a.db")
    await storage.commit([Enqueue(report)], MOMENT)
    row = await storage.oldest()
    assert row is not None
    assert row.report == report
    await storage.close()


async def test_events_of_a_time_without_a_clock_get_the_right_one(tmp_path: Path) -> None:
    event = VariableEvent(7, POWER, EventTrigger.DELTA, EventSource.CUSTOM_MONITOR, 3, "1")
    storage = await open_inline(tmp_path / "a.db")
    wrong = at(5.0, since=NOON - timedelta(days=3000), trusted=False)
    await storage.commit([Enqueue(KeptEventReport((event,), wrong))], MOMENT)
    await storage.correct_stamps(Moment(1065.0, NOON, True))
    row = await storage.oldest()
    assert row is not None
    assert isinstance(row.report, KeptEventReport)
    assert (row.report.stamp.utc, row.report.stamp.trusted) == (NOON - timedelta(seconds=60), True)
    await storage.close()


async def test_where_a_token_is_stored_is_found_and_the_cache_forgets_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    storage = await open_inline(path)
    assert await storage.traces_of(TOKEN) == TokenTraces(None, None, 0, 0)
    charging = Charging()
    effects = [RememberVerdict(TOKEN, ACCEPTED), RememberVerdict(IdToken("OTHER"), ACCEPTED), *charging.start()]
    await storage.commit(effects, MOMENT)
    traces = await storage.traces_of(IdToken(TOKEN.value.lower()))
    assert (traces.listed, traces.cached, traces.dead_letters) == (None, ACCEPTED, 0)
    assert traces.waiting_reports >= 1
    assert await storage.traces_of(replace(TOKEN, kind=TokenKind.UNTYPED)) == traces
    assert await storage.traces_of(replace(TOKEN, kind=TokenKind.LOCAL)) == TokenTraces(None, None, 0, 0)
    await storage.commit([ForgetVerdict(TOKEN)], MOMENT)
    assert storage.tokens.cached(TOKEN, MOMENT) is None
    assert (await storage.traces_of(TOKEN)).cached is None
    assert storage.tokens.cached(IdToken("OTHER"), MOMENT) == ACCEPTED
    await storage.close()
    again = await open_inline(path)
    assert set(again.recovered.cached_verdicts) == {IdToken("OTHER").key}
    await again.close()
