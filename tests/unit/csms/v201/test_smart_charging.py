"""Block K on the wire: profiles both ways, refusals in the version's words, reports in parts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chargepoint.charging.commands import InstallProfile
from chargepoint.csms.dialect import CallRefusedError, ErrorCode
from chargepoint.csms.v201 import charging_profiles, smart_charging
from chargepoint.csms.v201.authorization import read_token_verdict
from chargepoint.csms.v201.charging_profiles import ProfileRejectedError, read_profile, write_profile
from chargepoint.csms.v201.smart_charging import profile_reports, site_limit
from chargepoint.csms.v201.transactions import read_transaction_answer
from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    ChargingSchedule,
    InstalledProfile,
    LimitSource,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.reports import SiteLimitReport
from chargepoint.settings import catalogue
from chargepoint.smart_charging.profile_set import Refusal
from unit.csms.v201.fakes import RUNNING, Surroundings
from unit.csms.v201.schema_check import Ask, call_problems, words
from unit.csms.v201.test_transactions import STARTED

NOON = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
ONE = EvseId(1)
WHOLE = {
    "id": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Weekly",
    "validFrom": "2026-05-01T12:00:00.000Z",
    "validTo": "2026-06-01T12:00:00.000Z",
    "transactionId": str(RUNNING),
    "chargingSchedule": [
        {
            "id": 5,
            "startSchedule": "2026-05-01T12:00:00.000Z",
            "duration": 3600,
            "chargingRateUnit": "W",
            "minChargingRate": 1400.0,
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 6000.5, "numberPhases": 3},
                {"startPeriod": 60, "limit": 8000.0, "numberPhases": 1, "phaseToUse": 2},
            ],
        }
    ],
}


def installed(wire: dict[str, Any], evse: EvseId = ONE, transaction: TransactionId | None = None) -> InstalledProfile:
    return InstalledProfile(read_profile(wire), evse, NOON, transaction)


def simple(number: int = 1, **more: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
        **more,
    }


def test_every_word_of_the_schema_is_known_and_no_other() -> None:
    action = "SetChargingProfile"
    assert set(charging_profiles.PURPOSE) == words("ChargingProfilePurposeEnumType", action)
    assert set(charging_profiles.PURPOSE.values()) == set(ProfilePurpose)
    assert set(charging_profiles.KIND) == words("ChargingProfileKindEnumType", action)
    assert set(charging_profiles.KIND.values()) == set(ProfileKind)
    assert set(charging_profiles.RECURRENCY) == words("RecurrencyKindEnumType", action)
    assert set(charging_profiles.RECURRENCY.values()) == set(Recurrency)
    assert set(charging_profiles.RATE_UNIT) == words("ChargingRateUnitEnumType", action)
    assert set(charging_profiles.RATE_UNIT.values()) == set(RateUnit)
    assert {source.value for source in LimitSource} == words("ChargingLimitSourceEnumType", "NotifyChargingLimit")
    assert set(smart_charging.REASON_CODE) == set(Refusal)


def test_a_profile_is_told_as_it_was_received() -> None:
    assert write_profile(installed(WHOLE, transaction=RUNNING)) == WHOLE
    assert write_profile(installed(simple())) == simple()


@pytest.mark.requirement("K01.FR.34", "K01.FR.38", "K01.FR.40", "K01.FR.41")
@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (simple(chargingSchedule=[*simple()["chargingSchedule"]] * 2), "InvalidSchedule"),
        (simple(chargingProfilePurpose="ChargingStationMaxProfile"), "InvalidProfile"),
        (simple(chargingProfileKind="Absolute"), "InvalidSchedule"),
        (simple(chargingProfileKind="Recurring", recurrencyKind="Daily"), "InvalidSchedule"),
        ({**WHOLE, "chargingProfileKind": "Relative"}, "InvalidSchedule"),
    ],
)
async def test_what_the_schema_allows_and_2_0_1_forbids_is_rejected_by_name(
    ask: Ask, around: Surroundings, wire: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProfileRejectedError):
        read_profile(wire)
    answer = await ask("SetChargingProfile", {"evseId": 1, "chargingProfile": wire})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert around.station.commands == []


@pytest.mark.parametrize("refusal", Refusal)
async def test_every_refusal_of_the_core_has_a_reason_code(ask: Ask, around: Surroundings, refusal: Refusal) -> None:
    around.station.profile_refusal = refusal
    answer = await ask("SetChargingProfile", {"evseId": 1, "chargingProfile": simple()})
    assert answer["status"] == "Rejected"
    assert answer["statusInfo"] == {"reasonCode": smart_charging.REASON_CODE[refusal], "additionalInfo": refusal.value}


@pytest.mark.requirement("K01.FR.03")
async def test_a_profile_for_a_transaction_names_it(ask: Ask, around: Surroundings) -> None:
    nameless = simple(chargingProfilePurpose="TxProfile")
    assert (await ask("SetChargingProfile", {"evseId": 1, "chargingProfile": nameless}))["status"] == "Rejected"
    named = {**nameless, "transactionId": str(RUNNING).upper()}
    assert (await ask("SetChargingProfile", {"evseId": 1, "chargingProfile": named})) == {"status": "Accepted"}
    (command,) = around.station.commands
    assert isinstance(command, InstallProfile)
    assert (command.transaction_id, command.same_level_replaces) == (RUNNING, False)


@pytest.mark.parametrize("purpose", ["TxDefaultProfile", "ChargingStationMaxProfile"])
async def test_no_other_profile_names_a_transaction(ask: Ask, around: Surroundings, purpose: str) -> None:
    schedule = {**simple()["chargingSchedule"][0], "startSchedule": "2026-05-01T12:00:00Z"}
    wire = simple(chargingProfilePurpose=purpose, chargingProfileKind="Absolute", chargingSchedule=[schedule])
    named = {**wire, "transactionId": str(RUNNING)}
    answer = await ask("SetChargingProfile", {"evseId": 0, "chargingProfile": named})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidProfile")
    assert around.station.commands == []
    assert await ask("SetChargingProfile", {"evseId": 0, "chargingProfile": wire}) == {"status": "Accepted"}


@pytest.mark.parametrize("field", ["validFrom", "validTo"])
async def test_a_time_that_is_none_is_a_constraint_violation(ask: Ask, field: str) -> None:
    with pytest.raises(CallRefusedError) as refused:
        await ask("SetChargingProfile", {"evseId": 1, "chargingProfile": {**simple(), field: "tomorrow"}})
    assert refused.value.code is ErrorCode.PROPERTY_CONSTRAINT
    assert field in refused.value.description


@pytest.mark.requirement("K10.FR.02")
@pytest.mark.parametrize("payload", [{}, {"chargingProfileCriteria": {}}])
async def test_nothing_is_cleared_for_a_request_that_names_nothing(
    ask: Ask, around: Surroundings, payload: dict[str, Any]
) -> None:
    with pytest.raises(CallRefusedError) as refused:
        await ask("ClearChargingProfile", payload)
    assert refused.value.code is ErrorCode.OCCURRENCE_CONSTRAINT
    assert around.station.commands == []


async def test_no_schedule_is_composed_for_less_than_no_time(ask: Ask) -> None:
    answer = await ask("GetCompositeSchedule", {"evseId": 1, "duration": -1})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "ValueTooLow")


@pytest.mark.requirement("K01.FR.29", "K05.FR.04", "F01.FR.12")
async def test_while_it_is_turned_off_every_request_is_not_supported(ask: Ask, around: Surroundings) -> None:
    around.settings.store.apply(catalogue.SMART_CHARGING_ENABLED, "false")
    requests: dict[str, dict[str, Any]] = {
        "SetChargingProfile": {"evseId": 1, "chargingProfile": simple()},
        "ClearChargingProfile": {"chargingProfileId": 1},
        "GetChargingProfiles": {"requestId": 1, "chargingProfile": {}},
        "GetCompositeSchedule": {"evseId": 1, "duration": 60},
    }
    for action, payload in requests.items():
        with pytest.raises(CallRefusedError) as refused:
            await ask(action, payload)
        assert refused.value.code is ErrorCode.NOT_SUPPORTED, action
    assert around.station.commands == []
    wrong = simple(chargingProfileKind="Absolute", chargingProfilePurpose="TxProfile")
    start = {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 1, "chargingProfile": wrong}
    assert (await ask("RequestStartTransaction", start))["status"] == "Accepted"


@pytest.mark.requirement("F01.FR.11", "F01.FR.26", "F02.FR.19", "F02.FR.27", "K05.FR.05")
@pytest.mark.parametrize(
    ("more", "code"),
    [({"transactionId": str(RUNNING)}, "InvalidProfile"), ({"chargingProfileKind": "Absolute"}, "InvalidSchedule")],
)
async def test_a_start_with_a_wrong_profile_is_no_start(
    ask: Ask, around: Surroundings, more: dict[str, Any], code: str
) -> None:
    wrong = simple(chargingProfilePurpose="TxProfile", **more)
    start = {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 1, "chargingProfile": wrong}
    answer = await ask("RequestStartTransaction", start)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert around.station.commands == []


@pytest.mark.requirement("K09.FR.01", "K09.FR.02")
def test_reports_keep_places_and_sources_apart_and_all_but_the_last_are_continued() -> None:
    def large(number: int) -> InstalledProfile:
        one = installed(simple(number))
        periods = tuple(SchedulePeriod(at, 16.0) for at in range(60))
        return replace(one, profile=replace(one.profile, schedule=ChargingSchedule(RateUnit.AMPS, periods)))

    site = replace(large(-1), evse_id=WHOLE_STATION, source=LimitSource.EMS)
    mixed = [large(1), installed(simple(2), WHOLE_STATION), large(3), site, installed(simple(4))]
    calls = profile_reports(42, mixed)
    assert all(call_problems(call.action, call.payload) == [] for call in calls)
    told = [
        (
            call.payload["evseId"],
            call.payload["chargingLimitSource"],
            [p["id"] for p in call.payload["chargingProfile"]],
        )
        for call in calls
    ]
    assert told == [(0, "CSO", [2]), (0, "EMS", [-1]), (1, "CSO", [1]), (1, "CSO", [3, 4])]
    assert [call.payload["tbc"] for call in calls] == [True, True, True, False]
    assert {call.payload["requestId"] for call in calls} == {42}


@pytest.mark.parametrize("criterion", [{"chargingProfileId": [8]}, {"stackLevel": 1}, {"chargingLimitSource": ["EMS"]}])
async def test_nothing_found_is_nothing_reported(ask: Ask, around: Surroundings, criterion: dict[str, Any]) -> None:
    around.station.profiles = (installed(simple()),)
    answer = await ask("GetChargingProfiles", {"requestId": 1, "chargingProfile": criterion})
    assert answer["status"] == "NoProfiles"
    answer = await ask("GetChargingProfiles", {"requestId": 1, "evseId": 9, "chargingProfile": {}})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("NoProfiles", "UnknownEvse")
    assert around.posted == []


@pytest.mark.parametrize(
    ("report", "action", "payload"),
    [
        (SiteLimitReport(LimitSource.EMS), "NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}}),
        (
            SiteLimitReport(LimitSource.SYSTEM_OPERATOR, False, True, read_profile(simple()).schedule),
            "NotifyChargingLimit",
            {
                "chargingLimit": {"chargingLimitSource": "SO", "isGridCritical": True},
                "chargingSchedule": simple()["chargingSchedule"],
            },
        ),
        (
            SiteLimitReport(LimitSource.OTHER, is_released=True),
            "ClearedChargingLimit",
            {"chargingLimitSource": "Other"},
        ),
    ],
)
def test_limits_of_the_site_in_words(report: SiteLimitReport, action: str, payload: dict[str, Any]) -> None:
    call = site_limit(report)
    assert (call.action, call.payload) == (action, payload)
    assert call_problems(action, payload) == []


@pytest.mark.parametrize(
    ("wire", "priority"), [(0, 0), (-9, -9), (9, 9), (10, None), (True, None), ("3", None), (2.5, None), (None, None)]
)
def test_a_priority_that_is_none_is_not_known(wire: object, priority: int | None) -> None:
    answer = read_transaction_answer(STARTED, {"chargingPriority": wire, "idTokenInfo": {"status": "Accepted"}})
    assert answer.charging_priority == priority
    verdict = read_token_verdict({"status": "Accepted", "chargingPriority": wire})
    assert verdict is not None
    assert verdict.charging_priority == priority
