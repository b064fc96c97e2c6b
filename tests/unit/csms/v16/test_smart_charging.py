"""Charging profiles on the 1.6 wire: what is read, what is asked of the core, what is answered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chargepoint.charging.commands import AskCompositeSchedule, ClearProfiles, InstallProfile, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode
from chargepoint.csms.v16 import smart_charging
from chargepoint.csms.v16.smart_charging import read_profile
from chargepoint.model.charging_profiles import (
    ProfileFilter,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId
from unit.csms.v16.asking import status_of
from unit.csms.v16.fakes import Surroundings

FULL: dict[str, Any] = {
    "chargingProfileId": 0,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Weekly",
    "validFrom": "2026-01-01T00:00:00+01:00",
    "validTo": "2027-01-01T00:00:00Z",
    "chargingSchedule": {
        "chargingRateUnit": "W",
        "duration": 0,
        "startSchedule": "2026-01-05T00:00:00Z",
        "minChargingRate": 1.5,
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 0, "numberPhases": 1},
            {"startPeriod": 60, "limit": 8.1},
        ],
    },
}


def test_the_words_of_the_wire_are_all_known_and_mean_one_thing_each() -> None:
    assert set(smart_charging.PURPOSE.values()) == set(ProfilePurpose) - {ProfilePurpose.EXTERNAL}
    assert set(smart_charging.KIND.values()) == set(ProfileKind)
    assert set(smart_charging.RECURRENCY.values()) == set(Recurrency)
    assert set(smart_charging.RATE_UNIT.values()) == set(smart_charging.UNIT_WORD) == set(RateUnit)
    assert set(smart_charging.SET_STATUS) == set(smart_charging.CLEAR_STATUS) == set(VerdictStatus)


def test_every_field_of_a_profile_is_read() -> None:
    profile = read_profile(FULL)
    assert (profile.profile_id, profile.stack_level) == (0, 0)
    assert (profile.purpose, profile.kind) == (ProfilePurpose.TX_DEFAULT, ProfileKind.RECURRING)
    assert profile.recurrency is Recurrency.WEEKLY
    assert profile.valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert profile.valid_to == datetime(2027, 1, 1, tzinfo=UTC)
    schedule = profile.schedule
    assert (schedule.unit, schedule.duration_seconds, schedule.min_charging_rate) == (RateUnit.WATTS, 0, 1.5)
    assert schedule.start == datetime(2026, 1, 5, tzinfo=UTC)
    assert schedule.periods == (SchedulePeriod(0, 0.0, 1), SchedulePeriod(60, 8.1, None))


def test_a_recurrence_counts_for_a_recurring_profile_alone() -> None:
    assert read_profile({**FULL, "chargingProfileKind": "Absolute"}).recurrency is None


def test_a_time_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(CallRefusedError, match="validTo") as refused:
        read_profile({**FULL, "validTo": "soon"})
    assert refused.value.code is ErrorCode.PROPERTY_CONSTRAINT


async def test_an_unknown_connector_is_an_error_and_asks_nothing_of_the_core(
    dialect: Dialect, around: Surroundings
) -> None:
    with pytest.raises(CallRefusedError) as refused:
        await dialect.serve("SetChargingProfile", {"connectorId": 3, "csChargingProfiles": FULL})
    assert refused.value.code is ErrorCode.PROPERTY_CONSTRAINT
    assert around.station.commands == []


async def test_the_orders_reach_the_core_with_their_zeros(dialect: Dialect, around: Surroundings) -> None:
    await status_of(dialect, "SetChargingProfile", {"connectorId": 0, "csChargingProfiles": FULL})
    await status_of(dialect, "ClearChargingProfile", {"id": 0})
    await status_of(dialect, "ClearChargingProfile", {"connectorId": 0, "stackLevel": 0})
    await status_of(dialect, "GetCompositeSchedule", {"connectorId": 0, "duration": 0, "chargingRateUnit": "W"})
    assert around.station.commands == [
        InstallProfile(read_profile(FULL), EvseId(0)),
        ClearProfiles(ProfileFilter(profile_ids=frozenset({0}))),
        ClearProfiles(ProfileFilter(evse_id=EvseId(0), stack_level=0)),
        AskCompositeSchedule(EvseId(0), 0, RateUnit.WATTS),
    ]


async def test_a_profile_for_a_transaction_that_is_not_known_is_rejected(
    dialect: Dialect, around: Surroundings
) -> None:
    wire = {**FULL, "chargingProfilePurpose": "TxProfile", "transactionId": 4711}
    payload = {"connectorId": 1, "csChargingProfiles": wire}
    assert await status_of(dialect, "SetChargingProfile", payload) == "Rejected"
    assert around.station.commands == []
