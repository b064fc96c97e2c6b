"""The station's own limits: what the installer wrote, how warm it is. Whoever sets the limit in force is named."""

from pathlib import Path

import pytest

from chargepoint.daemon.controller import RENEW_SECONDS
from chargepoint.model.faults import Fault
from chargepoint.model.power import SHORTEST_LEASE_SECONDS
from chargepoint.settings import catalogue
from scenarios.outlets import offered_amps
from scenarios.stories import Operator, is_1_6, tell, under_both
from support.rig import Rig

EV_RULE_SECONDS = 5.1
"""The pilot changes no sooner than five seconds after its last change, and then at the next tick."""
REJECTED = "Rejected"


@pytest.mark.ocpp_1_6("MaximumCurrentAmps")
@under_both
def test_the_operator_can_lower_the_installers_current_and_never_raise_it(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        operator = Operator(rig)
        assert await operator.read(catalogue.MAXIMUM_CURRENT_AMPS) == "20"
        await rig.charge(20)
        assert offered_amps(rig, 1) == pytest.approx(20.0, abs=0.1)
        assert rig.snapshot().limit.set_by == "installer"
        assert await operator.change(catalogue.MAXIMUM_CURRENT_AMPS, "32") == REJECTED
        assert await operator.change(catalogue.MAXIMUM_CURRENT_AMPS, "20.1") == REJECTED
        assert await operator.change(catalogue.MAXIMUM_CURRENT_AMPS, "10") == "Accepted"
        await rig.until(lambda: offered_amps(rig, 1) == pytest.approx(10.0, abs=0.1), EV_RULE_SECONDS + 1)
        assert rig.snapshot().limit.set_by == "operator"
        await rig.power_cut()
        await rig.wait(2)
        await rig.power_up()
        await rig.until(rig.is_live, 60, "charging goes on")
        assert offered_amps(rig, 1) == pytest.approx(10.0, abs=0.1), "what was lowered stays lowered"
        assert await operator.change(catalogue.MAXIMUM_CURRENT_AMPS, "20") == "Accepted"
        await rig.until(lambda: offered_amps(rig, 1) == pytest.approx(20.0, abs=0.1), 60)
        assert is_1_6(rig) or await operator.read(catalogue.MAXIMUM_CURRENT_AMPS) == "20"

    config = {"evse": ({"id": 1, "installer_limit_amps": 20.0},)}
    tell(tmp_path, version, story, config=config)


CURVE = {"curve_celsius": (60.0, 75.0), "curve_amps": (32.0, 8.0)}


def offers(rig: Rig, amps: float) -> bool:
    return abs(offered_amps(rig, 1) - amps) < 0.1


@under_both
def test_a_warm_station_offers_less_at_once_and_more_slowly(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        assert offers(rig, 32.0)
        assert rig.snapshot().limit.set_by == "board"
        rig.world.set_temperature(1, 67.5)
        await rig.until(lambda: offers(rig, 20.0), EV_RULE_SECONDS + 1, "20 A halfway down the curve")
        assert rig.snapshot().limit.set_by == "temperature"
        rig.world.set_temperature(1, 66.0)
        await rig.wait(60)
        assert offers(rig, 20.0), "1.5 K cooler is within the hysteresis"
        rig.world.set_temperature(1, 61.0)
        await rig.wait(10)
        assert offered_amps(rig, 1) <= 21.1, "no leap"
        await rig.wait(20)
        assert 20.9 <= offered_amps(rig, 1) <= 23.1, "one ampere each fifteen seconds"
        rig.world.set_temperature(1, 30.0)
        await rig.until(lambda: offers(rig, 32.0), 240)
        assert rig.snapshot().limit.set_by == "board"
        rig.world.set_temperature(1, 85.0)
        await rig.until(lambda: not rig.is_live(), 5, "too hot for anything")

    tell(tmp_path, version, story, config={"temperature": CURVE})


@under_both
def test_a_silent_thermometer_is_not_a_cold_one(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_temperature(1, 65.0)
        await rig.until(lambda: offers(rig, 24.0), EV_RULE_SECONDS + 1)
        rig.world.set_fault(1, "temperature_sensor", True)
        await rig.wait(5)
        assert offers(rig, 24.0), "the last reading holds for ten seconds"
        await rig.until(lambda: offers(rig, 7.0), 12, "and then the limit for that")
        assert rig.is_live()
        assert rig.snapshot().limit.set_by == "temperature"
        assert Fault.TEMPERATURE_SENSOR in rig.snapshot().faults
        assert rig.csms.record.status(1) in ("Charging", "Occupied")
        rig.world.set_fault(1, "temperature_sensor", False)
        await rig.wait(20)
        assert offered_amps(rig, 1) < 9.1, "back again, and slowly"
        rig.world.set_temperature(1, 50.0)
        await rig.until(lambda: offers(rig, 32.0), 600)

    tell(tmp_path, version, story, config={"temperature": {**CURVE, "stale_limit_amps": 7.0}})


@under_both
def test_without_an_emergency_current_a_silent_thermometer_opens_at_once(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(20)
        rig.world.set_fault(1, "temperature_sensor", True)
        await rig.until(lambda: not rig.is_live(), 3)
        await rig.until(lambda: rig.csms.record.status(1) == "Faulted", 5)
        rig.world.set_fault(1, "temperature_sensor", False)
        await rig.until(rig.is_live, 60)

    tell(tmp_path, version, story, config={"temperature": CURVE})


@under_both
def test_the_shortest_lease_that_may_be_configured_never_opens_the_contactor_by_itself(
    tmp_path: Path, version: str
) -> None:
    least_seconds: list[float] = []

    async def story(rig: Rig) -> None:
        rig.tap = lambda seen: least_seconds.append(seen.lease_remaining_seconds) if rig.is_live() else None
        await rig.charge(180)
        observation = rig.snapshot().observation
        assert observation is not None
        assert observation.closings == 1, "each opening costs life, and there was no reason for one"
        assert min(least_seconds) >= RENEW_SECONDS, "one renewal may come to nothing"

    assert SHORTEST_LEASE_SECONDS >= 3 * RENEW_SECONDS
    tell(tmp_path, version, story, config={"safety": {"lease_seconds": SHORTEST_LEASE_SECONDS}})
