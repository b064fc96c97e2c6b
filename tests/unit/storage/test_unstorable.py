"""Values that have no place in a database: each is a StorageError or is stored; none is anything else."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoint.charging.effects import (
    Checkpoint,
    Effect,
    Enqueue,
    RememberAvailability,
    RememberProfiles,
    RememberVerdict,
)
from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.reports import SecurityReport, TransactionReport
from chargepoint.model.status import Availability
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.storage.store import Storage
from unit.storage.station_life import MOMENT, NOON, Charging, at, open_inline, take_all

HALF_A_CHARACTER = "04A2\ud800B3C4"
INTEGERS = st.integers(-(10**40), 10**40)
TEXTS = st.text(st.characters(), max_size=40) | st.just(HALF_A_CHARACTER)
NUMBERS = st.floats() | st.just(1e300)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_inline(tmp_path / "chargepoint.db")
    yield opened
    await opened.close()


def profile_of(number: int, limit: float = 16.0) -> InstalledProfile:
    schedule = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, limit),))
    profile = ChargingProfile(number, 0, ProfilePurpose.TX_DEFAULT, ProfileKind.RELATIVE, schedule)
    return InstalledProfile(profile=profile, evse_id=EvseId(1), installed_at=NOON)


@st.composite
def odd_effects(draw: st.DrawFn) -> list[Effect]:
    """What the core could order, with an odd value in every field that somebody else may have chosen."""
    charging = Charging()
    effects = charging.start()
    checkpoint, enqueue = effects
    assert isinstance(checkpoint, Checkpoint)
    assert isinstance(enqueue, Enqueue)
    assert isinstance(enqueue.report, TransactionReport)
    token = IdToken(draw(TEXTS))
    record = replace(
        checkpoint.transaction,
        id_token=token,
        group_token=IdToken(draw(TEXTS)),
        remote_start_id=draw(INTEGERS),
        reservation_id=draw(INTEGERS),
        last_energy_wh=draw(NUMBERS),
        remote_limit_amps=draw(NUMBERS),
    )
    changes: dict[str, Any] = {
        "id_token": token,
        "group_token": record.group_token,
        "remote_start_id": record.remote_start_id,
        "energy_wh": draw(NUMBERS),
    }
    verdict = TokenVerdict(AuthorizationStatus.ACCEPTED, IdToken(draw(TEXTS)), NOON, draw(TEXTS))
    every: list[Effect] = [
        Checkpoint(record),
        Enqueue(replace(enqueue.report, **changes)),
        Enqueue(SecurityReport(draw(TEXTS), at(0.0), draw(TEXTS))),
        RememberVerdict(token, verdict),
        RememberAvailability(EvseId(draw(INTEGERS)), Availability.INOPERATIVE),
        RememberProfiles((profile_of(draw(INTEGERS), draw(NUMBERS)),)),
    ]
    return [draw(st.sampled_from(every))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(effects=odd_effects())
async def test_an_odd_value_is_stored_or_refused_by_name(effects: list[Effect], tmp_path_factory: Any) -> None:
    storage = await open_inline(tmp_path_factory.mktemp("odd") / "chargepoint.db")
    try:
        with suppress(UnstorableError):
            await storage.commit(effects, MOMENT)
        await storage.commit(Charging(name="tx-2").start(), MOMENT)
        assert (await storage.depth()).pending >= 1
        await storage.oldest()
    finally:
        await storage.close()


async def test_a_start_by_a_token_of_half_a_character_is_billed(storage: Storage) -> None:
    checkpoint, enqueue = Charging().start()
    assert isinstance(checkpoint, Checkpoint)
    assert isinstance(enqueue, Enqueue)
    assert isinstance(enqueue.report, TransactionReport)
    token = IdToken(HALF_A_CHARACTER)
    report = replace(enqueue.report, id_token=token)
    await storage.commit([Checkpoint(replace(checkpoint.transaction, id_token=token)), Enqueue(report)], MOMENT)
    (read,) = await take_all(storage)
    assert read.id_token == IdToken("04A2?B3C4")


@pytest.mark.parametrize("energy_wh", [nan, inf, -inf])
async def test_a_record_with_a_number_that_is_none_is_stored_without_it(storage: Storage, energy_wh: float) -> None:
    charging = Charging()
    await storage.commit(charging.start(), MOMENT)
    await storage.commit([Checkpoint(replace(charging.record, last_energy_wh=energy_wh))], MOMENT)


async def test_of_two_profiles_only_the_one_with_an_impossible_id_is_left_out(tmp_path: Path, storage: Storage) -> None:
    await storage.commit([RememberProfiles((profile_of(2**63), profile_of(7)))], MOMENT)
    await storage.close()
    again = await open_inline(tmp_path / "chargepoint.db")
    assert [each.profile.profile_id for each in again.recovered.profiles] == [7]
    await again.close()


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
async def test_a_number_of_a_csms_beyond_64_bits_is_refused_by_name(storage: Storage, number: int) -> None:
    await storage.commit(Charging().start(), MOMENT)
    row = await storage.oldest()
    assert row is not None
    with pytest.raises(UnstorableError):
        await storage.delivered(row.row_id, number, "ocpp1.6")
    with pytest.raises(UnstorableError):
        await storage.start_told(TransactionId("tx-1"), "ocpp1.6", number)
    with pytest.raises(UnstorableError):
        await storage.transaction_by_csms_id(number)
    again = await storage.oldest()
    assert again is not None
    assert again.row_id == row.row_id


async def test_a_setting_of_half_a_character_is_refused_by_name(storage: Storage) -> None:
    with pytest.raises(UnstorableError):
        await storage.save_setting("station_name", HALF_A_CHARACTER)
    await storage.save_setting("station_name", "whole")


async def test_a_disk_error_stays_a_disk_error(tmp_path: Path) -> None:
    def fail(when: str) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    storage = await open_inline(tmp_path / "chargepoint.db", watch=fail)
    with pytest.raises(StorageError) as caught:
        await storage.commit(Charging().start(), MOMENT)
    assert not isinstance(caught.value, UnstorableError)
    await storage.close()
