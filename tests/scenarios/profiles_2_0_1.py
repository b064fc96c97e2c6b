"""Words for charging profiles of OCPP 2.0.1 in stories: what the operator sends, and what the station tells of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scenarios.stories import calls_of_station
from support.rig import KNOWN_TOKEN, Rig

MULTIPLIER = {"A": 1.0, "W": 1000.0}
"""Part 6 gives limits in amps, and in watts as a thousand times as much."""
both_units = pytest.mark.parametrize("unit", MULTIPLIER)
DEVIATION = timedelta(seconds=5)
"""Part 6: Configured max time deviation."""
EV_RULE_SECONDS = 5.1
"""The pilot changes no sooner than five seconds after its last change, and then at the next tick."""


def profile(
    *steps: tuple[int, float],
    number: int = 1,
    level: int = 0,
    purpose: str = "TxDefaultProfile",
    kind: str = "Relative",
    unit: str = "A",
    phases: int | None = 3,
    **extra: Any,
) -> dict[str, Any]:
    """Limits are multiplied by what part 6 multiplies them with for this unit."""
    named = {} if phases is None else {"numberPhases": phases}
    schedule: dict[str, Any] = {
        "id": number,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": at, "limit": limit * MULTIPLIER[unit], **named} for at, limit in steps
        ],
        **{name: extra.pop(name) for name in ("startSchedule", "duration") if name in extra},
    }
    return {
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
        **extra,
    }


def wire_time(moment: datetime) -> str:
    """To the second, as the station keeps them."""
    return moment.replace(microsecond=0).isoformat().replace("+00:00", ".000Z")


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def refused(rig: Rig, action: str, payload: dict[str, Any], *, strict: bool = True) -> str:
    """The code of the CALLERROR."""
    answer = await rig.csms.call(action, payload, strict)
    assert answer.error is not None, answer
    return str(answer.error.code)


async def install(rig: Rig, wire: dict[str, Any], evse: int = 1) -> str:
    return str((await ask(rig, "SetChargingProfile", {"evseId": evse, "chargingProfile": wire}))["status"])


async def why_not(rig: Rig, wire: dict[str, Any], evse: int = 1) -> str:
    """The reason code of a profile that is rejected."""
    answer = await ask(rig, "SetChargingProfile", {"evseId": evse, "chargingProfile": wire})
    assert answer["status"] == "Rejected", answer
    return str(answer["statusInfo"]["reasonCode"])


async def clear(rig: Rig, number: int | None = None, **criteria: Any) -> str:
    payload: dict[str, Any] = {} if number is None else {"chargingProfileId": number}
    if criteria:
        payload["chargingProfileCriteria"] = criteria
    return str((await ask(rig, "ClearChargingProfile", payload))["status"])


async def composite(rig: Rig, evse: int = 1, duration: int = 600, unit: str = "A") -> list[tuple[int, float]]:
    """Starts, and limits divided by what part 6 multiplies them with; the rest of the answer is as asked for."""
    wanted = {"evseId": evse, "duration": duration, "chargingRateUnit": unit}
    asked_at = rig.utc_now()
    answer = await ask(rig, "GetCompositeSchedule", wanted)
    assert answer["status"] == "Accepted", answer
    schedule = answer["schedule"]
    assert (schedule["evseId"], schedule["duration"], schedule["chargingRateUnit"]) == (evse, duration, unit)
    assert abs(datetime.fromisoformat(schedule["scheduleStart"]) - asked_at) <= DEVIATION
    return [(one["startPeriod"], one["limit"] / MULTIPLIER[unit]) for one in schedule["chargingSchedulePeriod"]]


async def reported(rig: Rig, evse: int | None = None, **criterion: Any) -> list[tuple[int, dict[str, Any]]]:
    """EVSE and profile of everything that is reported; empty where there is nothing to report."""
    told = len(calls_of_station(rig, "ReportChargingProfiles"))
    number = 1000 + told
    place = {} if evse is None else {"evseId": evse}
    answer = await ask(rig, "GetChargingProfiles", {"requestId": number, "chargingProfile": criterion, **place})
    if answer["status"] == "NoProfiles":
        await rig.wait(2)
        assert len(calls_of_station(rig, "ReportChargingProfiles")) == told
        return []
    assert answer["status"] == "Accepted"

    def parts() -> list[dict[str, Any]]:
        return calls_of_station(rig, "ReportChargingProfiles")[told:]

    await rig.until(lambda: bool(parts()) and parts()[-1]["tbc"] is False, 10, "all parts have been received")
    assert {part["requestId"] for part in parts()} == {number}
    assert [part["tbc"] for part in parts()] == [True] * (len(parts()) - 1) + [False]
    return [(part["evseId"], one) for part in parts() for one in part["chargingProfile"]]


async def charging(rig: Rig, evse: int = 1) -> str:
    """Reusable state EnergyTransferStarted; the id of the transaction."""
    rig.plug_in(evse)
    await rig.wait(1)
    await rig.swipe(KNOWN_TOKEN, evses=(evse,))
    await rig.until(lambda: rig.is_live(evse), 30, "it charges")
    await rig.drained()
    transaction = rig.snapshot(evse).transaction
    assert transaction is not None
    return str(transaction.transaction_id)


async def offered(rig: Rig, amps: float, evse: int = 1, within_seconds: float = EV_RULE_SECONDS) -> None:
    """The pilot says so within the time that the EV rule gives."""
    await rig.until(
        lambda: rig.truth(evse)["duty_percent"] == pytest.approx(amps / 0.6, abs=0.1),
        within_seconds,
        f"the pilot offers {amps} A",
    )


def events(rig: Rig, trigger: str) -> list[dict[str, Any]]:
    """Transaction events of one trigger reason."""
    return [event for event in calls_of_station(rig, "TransactionEvent") if event["triggerReason"] == trigger]
