"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule (1.6 section 3.13, errata 3.24 to 3.57)."""

from collections.abc import Mapping
from datetime import datetime

from chargepoint.charging.commands import AskCompositeSchedule, ClearProfiles, InstallProfile, Verdict, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, DialectContext, ErrorCode, JsonObject
from chargepoint.csms.v16.handler import STATION_CONNECTOR, Handler
from chargepoint.csms.v16.wire_time import parse_time, write_time
from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    CompositeSchedule,
    ProfileFilter,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.identifiers import EvseId
from chargepoint.settings import catalogue

PURPOSE: Mapping[str, ProfilePurpose] = {
    "ChargePointMaxProfile": ProfilePurpose.STATION_MAX,
    "TxDefaultProfile": ProfilePurpose.TX_DEFAULT,
    "TxProfile": ProfilePurpose.TX,
}
"""7.10, read only. What the site imposes has no word in 1.6."""

KIND: Mapping[str, ProfileKind] = {
    "Absolute": ProfileKind.ABSOLUTE,
    "Recurring": ProfileKind.RECURRING,
    "Relative": ProfileKind.RELATIVE,
}

RECURRENCY: Mapping[str, Recurrency] = {"Daily": Recurrency.DAILY, "Weekly": Recurrency.WEEKLY}

RATE_UNIT: Mapping[str, RateUnit] = {"A": RateUnit.AMPS, "W": RateUnit.WATTS}
UNIT_WORD: Mapping[RateUnit, str] = {unit: word for word, unit in RATE_UNIT.items()}

SET_STATUS: Mapping[VerdictStatus, str] = {
    **dict.fromkeys(VerdictStatus, "Rejected"),
    VerdictStatus.ACCEPTED: "Accepted",
}
"""7.11. A charge point without smart charging answers with a CALLERROR (errata 3.39)."""

CLEAR_STATUS: Mapping[VerdictStatus, str] = {
    status: "Accepted" if status is VerdictStatus.ACCEPTED else "Unknown" for status in VerdictStatus
}


def where_enabled(handler: Handler) -> Handler:
    """While smart charging is turned off this is a charge point without it: a CALLERROR (errata 3.39)."""

    async def served(context: DialectContext, payload: JsonObject) -> JsonObject:
        if not context.settings.get(catalogue.SMART_CHARGING_ENABLED):
            key = catalogue.SMART_CHARGING_ENABLED.key_1_6
            raise CallRefusedError(ErrorCode.NOT_SUPPORTED, f"smart charging is turned off: set {key} to true")
        return await handler(context, payload)

    return served


async def set_charging_profile(context: DialectContext, payload: JsonObject) -> JsonObject:
    """An unknown connector is a CALLERROR (errata 3.39); an unknown transaction is Rejected."""
    connector = payload["connectorId"]
    if connector != STATION_CONNECTOR and connector not in context.evse_ids:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"connectorId: there is no connector {connector}")
    wire = payload["csChargingProfiles"]
    profile = read_profile(wire)
    transaction_id = None
    if profile.purpose is not ProfilePurpose.TX and "transactionId" in wire:
        return {"status": "Rejected"}  # 7.8: only valid in a TxProfile
    if "transactionId" in wire:
        transaction_id = await context.outbox.transaction_by_csms_id(wire["transactionId"])
        if transaction_id is None:
            return {"status": "Rejected"}
    verdict = await context.station.execute(InstallProfile(profile, EvseId(connector), transaction_id))
    return {"status": SET_STATUS[verdict.status]}


async def clear_charging_profile(context: DialectContext, payload: JsonObject) -> JsonObject:
    """An id alone decides; else every field given must match; nothing given means all (errata 3.25, 3.26)."""
    purpose = payload.get("chargingProfilePurpose")
    connector = payload.get("connectorId")
    wanted = ProfileFilter(
        profile_ids=frozenset({payload["id"]}) if "id" in payload else None,
        evse_id=None if connector is None else EvseId(connector),
        purpose=None if purpose is None else PURPOSE[purpose],
        stack_level=payload.get("stackLevel"),
    )
    verdict = await context.station.execute(ClearProfiles(wanted))
    return {"status": CLEAR_STATUS[verdict.status]}


async def get_composite_schedule(context: DialectContext, payload: JsonObject) -> JsonObject:
    """In the unit that is asked for, else in amps."""
    if payload["duration"] < 0:
        raise CallRefusedError(
            ErrorCode.PROPERTY_CONSTRAINT, f"duration: 0 or more is wanted, got {payload['duration']}"
        )
    unit = payload.get("chargingRateUnit")
    command = AskCompositeSchedule(
        EvseId(payload["connectorId"]), payload["duration"], None if unit is None else RATE_UNIT[unit]
    )
    return composite_answer(await context.station.execute(command))


def composite_answer(verdict: Verdict) -> JsonObject:
    """`startSchedule` stands beside the schedule, never in it (errata 3.57)."""
    if verdict.schedule is None:
        return {"status": "Rejected"}
    schedule: CompositeSchedule = verdict.schedule
    periods = [
        {"startPeriod": period.start_seconds, "limit": period.limit, "numberPhases": period.phases}
        for period in schedule.periods
    ]
    return {
        "status": "Accepted",
        "connectorId": int(schedule.evse_id),
        "scheduleStart": write_time(schedule.start),
        "chargingSchedule": {
            "duration": schedule.duration_seconds,
            "chargingRateUnit": UNIT_WORD[schedule.unit],
            "chargingSchedulePeriod": periods,
        },
    }


def read_profile(wire: JsonObject) -> ChargingProfile:
    """A schema-valid ChargingProfile; CallRefusedError for a time that is none."""
    recurrency = wire.get("recurrencyKind")
    kind = KIND[wire["chargingProfileKind"]]
    return ChargingProfile(
        profile_id=wire["chargingProfileId"],
        stack_level=wire["stackLevel"],
        purpose=PURPOSE[wire["chargingProfilePurpose"]],
        kind=kind,
        schedule=_read_schedule(wire["chargingSchedule"]),
        recurrency=RECURRENCY[recurrency] if recurrency is not None and kind is ProfileKind.RECURRING else None,
        valid_from=_read_time(wire, "validFrom"),
        valid_to=_read_time(wire, "validTo"),
    )


def _read_schedule(wire: JsonObject) -> ChargingSchedule:
    periods = (
        SchedulePeriod(period["startPeriod"], float(period["limit"]), period.get("numberPhases"))
        for period in wire["chargingSchedulePeriod"]
    )
    minimum = wire.get("minChargingRate")
    return ChargingSchedule(
        unit=RATE_UNIT[wire["chargingRateUnit"]],
        periods=tuple(periods),
        start=_read_time(wire, "startSchedule"),
        duration_seconds=wire.get("duration"),
        min_charging_rate=None if minimum is None else float(minimum),
    )


def _read_time(wire: JsonObject, name: str) -> datetime | None:
    if name not in wire:
        return None
    try:
        return parse_time(wire[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"{name}: {error}") from error


ROUTES: Mapping[str, Handler] = {
    "SetChargingProfile": where_enabled(set_charging_profile),
    "ClearChargingProfile": where_enabled(clear_charging_profile),
    "GetCompositeSchedule": where_enabled(get_composite_schedule),
}
