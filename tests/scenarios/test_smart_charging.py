"""Charging profiles from the CSMS to the duty on the wires, and what survives what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.model.transactions import ChargingState
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig], Awaitable[None]]
EV_RULE_SECONDS = 5.1
"""The pilot changes no sooner than five seconds after its last change, and then at the next tick."""
A_DAY = 86_400


def tell(directory: Path, story: Story, **options: Any) -> None:
    async def whole() -> None:
        async with Rig(directory, "1.6", **options) as rig:
            await rig.wait(2)
            await story(rig)

    run_virtual(whole())


def profile(
    *steps: tuple[int, float],
    number: int = 0,
    level: int = 0,
    purpose: str = "TxDefaultProfile",
    kind: str = "Relative",
    unit: str = "A",
    **extra: Any,
) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": at, "limit": limit} for at, limit in steps],
        **{name: extra.pop(name) for name in ("startSchedule", "duration") if name in extra},
    }
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **extra,
    }


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def install(rig: Rig, wire: dict[str, Any], connector: int = 1) -> str:
    answer = await ask(rig, "SetChargingProfile", {"connectorId": connector, "csChargingProfiles": wire})
    return str(answer["status"])


async def clear(rig: Rig, **fields: Any) -> str:
    return str((await ask(rig, "ClearChargingProfile", fields))["status"])


async def composite(rig: Rig, connector: int = 1, duration: int = 600, **unit: str) -> list[tuple[int, float]]:
    answer = await ask(rig, "GetCompositeSchedule", {"connectorId": connector, "duration": duration, **unit})
    assert answer["status"] == "Accepted"
    return [(one["startPeriod"], one["limit"]) for one in answer["chargingSchedule"]["chargingSchedulePeriod"]]


def duty_for(amps: float) -> float:
    return amps / 0.6


async def offered(rig: Rig, amps: float, evse: int = 1) -> None:
    """The pilot says so within the time that the EV rule gives."""
    await rig.until(
        lambda: rig.truth(evse)["duty_percent"] == pytest.approx(duty_for(amps), abs=0.1),
        EV_RULE_SECONDS,
        f"the pilot offers {amps} A",
    )


def transaction_number(rig: Rig) -> int:
    return int(rig.csms.core.transactions[-1].transaction_id)


@pytest.mark.ocpp_1_6("SetChargingProfile", "GetCompositeSchedule")
def test_an_accepted_profile_is_on_the_pilot_and_in_the_composite_schedule_at_once(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        assert await install(rig, profile((0, 10), (60, 16.1))) == "Accepted"
        steps = await composite(rig)
        assert steps[0] == (0, 10.0)
        assert steps[1][1] == 16.1
        await offered(rig, 10)
        assert rig.snapshot().limit.set_by == "profile"
        await rig.wait(steps[1][0] - EV_RULE_SECONDS)
        await rig.until(lambda: rig.snapshot().limit.amps == 16.1, EV_RULE_SECONDS + 2, "the next period")
        await offered(rig, 16.1)
        assert rig.is_live()

    tell(tmp_path, story)


def test_no_current_is_a_pause_and_never_a_stop(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        assert await install(rig, profile((0, 0))) == "Accepted"
        await rig.until(lambda: not rig.is_live(), 10, "the contactor opens")
        await rig.until(lambda: rig.snapshot().charging_state is ChargingState.SUSPENDED_EVSE, 5)
        await rig.wait(60)
        assert rig.snapshot().transaction is not None
        assert await install(rig, profile((0, 5.9))) == "Accepted"
        await rig.wait(30)
        assert not rig.is_live()
        assert await clear(rig, id=0) == "Accepted"
        await rig.until(rig.is_live, 60, "it charges again")
        await rig.finish()
        await rig.drained()
        assert len(rig.csms.core.transactions) == 1

    tell(tmp_path, story)


def test_a_transactions_profile_needs_it_and_dies_with_it(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        mine = profile((0, 8), purpose="TxProfile", number=7)
        assert await install(rig, mine) == "Rejected"
        await rig.charge(5)
        await rig.drained()
        assert await install(rig, {**mine, "transactionId": 999_999}) == "Rejected"
        assert await install(rig, {**mine, "transactionId": transaction_number(rig)}) == "Accepted"
        await offered(rig, 8)
        await rig.finish()
        assert await clear(rig, id=7) == "Unknown"
        await rig.wait(10)
        await rig.charge(10)
        assert rig.snapshot().limit.set_by != "profile"

    tell(tmp_path, story)


def test_a_remote_start_brings_its_profile_along(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.wait(3)
        order = {"idTag": KNOWN_TOKEN, "connectorId": 1}
        default = profile((0, 8), number=3)
        assert (await ask(rig, "RemoteStartTransaction", {**order, "chargingProfile": default}))["status"] == "Rejected"
        mine = profile((0, 9), number=3, purpose="TxProfile")
        assert (await ask(rig, "RemoteStartTransaction", {**order, "chargingProfile": mine}))["status"] == "Accepted"
        await rig.until(rig.is_live, 20, "it charges")
        await offered(rig, 9)
        assert max(rig.truth()["amps"]) <= 9.05
        await rig.wait(6)
        await rig.finish()
        assert await clear(rig) == "Unknown"

    tell(tmp_path, story, settings={"authorize_remote_tx_requests": "false"})


def test_profiles_survive_a_power_cut_and_the_transaction_keeps_its_own(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 12), number=0, level=0)) == "Accepted"
        await rig.charge(5)
        await rig.drained()
        assert await install(rig, profile((0, 7), (300, 11), number=1, purpose="TxProfile")) == "Accepted"
        await offered(rig, 7)
        rig.csms.go_offline()
        await rig.power_cut()
        await rig.wait(30)
        await rig.power_up()
        await rig.until(rig.is_live, 60, "the transaction is resumed")
        await offered(rig, 7)
        await rig.wait(300)
        assert rig.snapshot().limit.amps == 11.0
        rig.plug_out()
        await rig.until(lambda: rig.snapshot().transaction is None, 30)
        await rig.wait(5)
        assert rig.snapshot().limit.amps == 12.0

    tell(tmp_path, story)


def test_the_stations_limit_is_shared_by_those_who_charge(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        cap = profile((0, 20), purpose="ChargePointMaxProfile")
        assert await install(rig, cap, connector=1) == "Rejected"
        assert await install(rig, cap, connector=0) == "Accepted"
        rig.plug_in(1)
        await rig.wait(2)
        await rig.swipe()
        await rig.until(lambda: rig.is_live(1), 20)
        await offered(rig, 20, 1)
        rig.plug_in(2)
        await rig.wait(2)
        await rig.swipe("0499AA11")
        await rig.until(lambda: rig.is_live(2), 20)
        await offered(rig, 10, 1)
        await offered(rig, 10, 2)
        assert await composite(rig, connector=0) == [(0, 20.0)]
        rig.plug_out(1)
        await rig.until(lambda: rig.snapshot(1).transaction is None, 20)
        await offered(rig, 20, 2)

    tell(tmp_path, story, evses=2)


def test_the_answer_comes_in_the_unit_that_is_asked_for(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 6900), unit="W", number=4), connector=0) == "Accepted"
        assert await composite(rig) == [(0, 10.0)]
        assert await composite(rig, chargingRateUnit="W") == [(0, 6900.0)]
        assert await composite(rig, duration=0) == [(0, 10.0)]
        answer = await ask(rig, "GetCompositeSchedule", {"connectorId": 5, "duration": 60})
        assert answer == {"status": "Rejected"}

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("ClearChargingProfile")
def test_ids_and_levels_of_0_are_as_good_as_any(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await install(rig, profile((0, 10), number=0, level=0)) == "Accepted"
        assert await install(rig, profile((0, 14), number=1, level=20)) == "Accepted"
        assert await install(rig, profile((0, 14), number=2, level=21)) == "Rejected"
        assert await composite(rig) == [(0, 14.0)]
        assert await clear(rig, stackLevel=20) == "Accepted"
        assert await composite(rig) == [(0, 10.0)]
        assert await clear(rig, connectorId=0) == "Unknown"
        assert await clear(rig, stackLevel=0) == "Accepted"
        assert await clear(rig) == "Unknown"
        assert await composite(rig) == [(0, 32.0)]

    tell(tmp_path, story)


def test_bad_profiles_get_their_own_error_and_the_link_stays_up(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        async def code(wire: dict[str, Any], connector: int = 1) -> str | None:
            payload = {"connectorId": connector, "csChargingProfiles": wire}
            answer = await rig.csms.call("SetChargingProfile", payload, strict=False)
            return None if answer.error is None else answer.error.code

        assert await code(profile((0, 10)), connector=9) == "PropertyConstraintViolation"
        assert await code(profile((0, 10), unit="kW")) == "PropertyConstraintViolation"
        assert await code(profile((0, 10), validFrom="tomorrow")) == "PropertyConstraintViolation"
        assert await code({"chargingProfileId": 1}) == "OccurenceConstraintViolation"
        assert await install(rig, profile((10, 10))) == "Rejected"
        now, later = (rig.utc_now() + timedelta(hours=hours) for hours in (0, 1))
        assert await install(rig, profile((0, 10), validTo=now.isoformat())) == "Rejected", "it is over"
        never: dict[str, Any] = {"validFrom": later.isoformat(), "validTo": now.isoformat()}
        assert await install(rig, profile((0, 10), **never)) == "Rejected"
        assert await install(rig, profile((0, 10), transactionId=1)) == "Rejected", "only a TxProfile is of one"
        assert await install(rig, profile((0, 10), kind="Recurring")) == "Rejected"
        assert await install(rig, profile(*((at, 10) for at in range(101)))) == "Rejected"
        assert await clear(rig) == "Unknown"

    tell(tmp_path, story)


def test_a_daily_profile_comes_into_force_while_nobody_is_there(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        begin = (rig.utc_now() + timedelta(seconds=120) - timedelta(days=3)).isoformat()
        daily = profile((0, 13), kind="Recurring", recurrencyKind="Daily", startSchedule=begin, duration=60, number=5)
        assert await install(rig, daily) == "Accepted"
        await rig.charge(5)
        assert rig.snapshot().limit.set_by != "profile"
        steps = await composite(rig, duration=A_DAY)
        assert [limit for _, limit in steps] == [32.0, 13.0, 32.0]
        rig.csms.go_offline()
        await rig.wait(steps[1][0] + 2)
        await offered(rig, 13)
        await rig.wait(60)
        await offered(rig, 32)

    tell(tmp_path, story)


def test_after_long_without_the_csms_the_lower_limit_holds_until_it_is_back(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(5)
        rig.csms.go_offline()
        await rig.wait(90)
        assert rig.snapshot().limit.amps == 32.0
        await rig.wait(20)
        await offered(rig, 8)
        assert rig.snapshot().limit.set_by == "offline"
        rig.csms.come_back()
        assert rig.assembly is not None
        rig.assembly.client.open_now()
        await rig.until(lambda: rig.snapshot().limit.amps == 32.0, 30, "the CSMS is back")
        await offered(rig, 32)

    tell(tmp_path, story, settings={"offline_limit_amps": "8", "offline_limit_after_seconds": "100"})


def test_before_the_clock_is_known_the_lowest_limit_that_could_hold_does(tmp_path: Path) -> None:
    async def whole() -> None:
        async with Rig(tmp_path, "1.6") as rig:
            await rig.wait(2)
            start = rig.utc_now().isoformat()
            dated = profile((0, 16), (3600, 9), (7200, 20), kind="Absolute", startSchedule=start, number=6)
            assert await install(rig, dated) == "Accepted"
            assert rig.snapshot().limit.amps == 16.0
        rig = Rig(tmp_path, "1.6", clock_is_trusted=False)
        rig.csms.is_reachable = False
        rig.system_clock_error = -timedelta(days=400)
        async with rig:
            await rig.wait(2)
            assert rig.snapshot().limit.amps == 9.0
            rig.csms.come_back()
            assert rig.assembly is not None
            rig.assembly.client.open_now()
            await rig.until(lambda: rig.snapshot().limit.amps == 16.0, 60, "the clock is known")

    run_virtual(whole())
