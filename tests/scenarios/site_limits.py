"""Words for limits of the site in stories: who imposes them by the local interface, and what the CSMS hears."""

from typing import Any

from chargepoint.charging.commands import Command, ImposeSiteLimit, Verdict, VerdictStatus
from chargepoint.model.charging_profiles import ChargingSchedule, LimitSource, RateUnit, SchedulePeriod
from scenarios.stories import calls_of_station
from support.rig import Rig

EMS, GRID = LimitSource.EMS, LimitSource.SYSTEM_OPERATOR


def limit(
    amount: float, source: LimitSource = EMS, unit: RateUnit = RateUnit.AMPS, is_critical: bool | None = None
) -> ImposeSiteLimit:
    return ImposeSiteLimit(source, ChargingSchedule(unit, (SchedulePeriod(0, amount),)), is_critical)


async def impose(rig: Rig, command: ImposeSiteLimit) -> None:
    assert (await order(rig, command)).status is VerdictStatus.ACCEPTED


def notified(rig: Rig) -> list[dict[str, Any]]:
    return calls_of_station(rig, "NotifyChargingLimit")


def cleared(rig: Rig) -> list[dict[str, Any]]:
    return calls_of_station(rig, "ClearedChargingLimit")


async def order(rig: Rig, command: Command) -> Verdict:
    """Somebody at the site, by the local interface."""
    assert rig.assembly is not None
    return await rig.assembly.controller.execute(command)
