"""ChargingProfileType and what is in it, both ways (part 2, 3.11, 3.12)."""

from collections.abc import Mapping
from datetime import datetime

from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject
from chargepoint.csms.v201.wire_time import read_time, write_time
from chargepoint.model.charging_profiles import (
    ChargingProfile,
    ChargingSchedule,
    InstalledProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargepoint.model.errors import CsmsError

PURPOSE: Mapping[str, ProfilePurpose] = {
    "ChargingStationExternalConstraints": ProfilePurpose.EXTERNAL,
    "ChargingStationMaxProfile": ProfilePurpose.STATION_MAX,
    "TxDefaultProfile": ProfilePurpose.TX_DEFAULT,
    "TxProfile": ProfilePurpose.TX,
}
KIND: Mapping[str, ProfileKind] = {
    "Absolute": ProfileKind.ABSOLUTE,
    "Recurring": ProfileKind.RECURRING,
    "Relative": ProfileKind.RELATIVE,
}
RECURRENCY: Mapping[str, Recurrency] = {"Daily": Recurrency.DAILY, "Weekly": Recurrency.WEEKLY}
RATE_UNIT: Mapping[str, RateUnit] = {"A": RateUnit.AMPS, "W": RateUnit.WATTS}

PURPOSE_WORD = {purpose: word for word, purpose in PURPOSE.items()}
KIND_WORD = {kind: word for word, kind in KIND.items()}
RECURRENCY_WORD = {recurrency: word for word, recurrency in RECURRENCY.items()}
UNIT_WORD = {unit: word for word, unit in RATE_UNIT.items()}


class ProfileRejectedError(CsmsError):
    """A profile that obeys the schema and breaks a rule of block K; answered with Rejected."""

    def __init__(self, reason_code: str, text: str) -> None:
        super().__init__(text)
        self.reason_code = reason_code
        self.text = text


def read_profile(wire: JsonObject) -> ChargingProfile:
    """A schema-valid profile; ProfileRejectedError where 2.0.1 forbids what the schema allows."""
    kind = KIND[wire["chargingProfileKind"]]
    purpose = PURPOSE[wire["chargingProfilePurpose"]]
    if purpose is ProfilePurpose.STATION_MAX and kind is ProfileKind.RELATIVE:  # K01.FR.38
        raise ProfileRejectedError("InvalidProfile", "a ChargingStationMaxProfile is not Relative")
    schedules = wire["chargingSchedule"]
    if len(schedules) > 1:  # K01.FR.34
        raise ProfileRejectedError("InvalidSchedule", "without ISO 15118 a profile has one chargingSchedule")
    schedule = _read_schedule(schedules[0])
    if (schedule.start is None) is not (kind is ProfileKind.RELATIVE):  # K01.FR.40, K01.FR.41
        raise ProfileRejectedError("InvalidSchedule", "startSchedule belongs to Absolute and Recurring profiles alone")
    recurrency = wire.get("recurrencyKind")
    return ChargingProfile(
        profile_id=wire["id"],
        stack_level=wire["stackLevel"],
        purpose=purpose,
        kind=kind,
        schedule=schedule,
        recurrency=RECURRENCY[recurrency] if recurrency is not None and kind is ProfileKind.RECURRING else None,
        valid_from=_read_time(wire, "validFrom"),
        valid_to=_read_time(wire, "validTo"),
        is_in_one_stack=True,
    )


def _read_schedule(wire: JsonObject) -> ChargingSchedule:
    minimum = wire.get("minChargingRate")
    return ChargingSchedule(
        unit=RATE_UNIT[wire["chargingRateUnit"]],
        periods=tuple(_read_period(period) for period in wire["chargingSchedulePeriod"]),
        start=_read_time(wire, "startSchedule"),
        duration_seconds=wire.get("duration"),
        min_charging_rate=None if minimum is None else float(minimum),
        schedule_id=wire["id"],
        binds_phases=True,
    )


def _read_period(wire: JsonObject) -> SchedulePeriod:
    return SchedulePeriod(
        wire["startPeriod"], float(wire["limit"]), phases=wire.get("numberPhases"), phase_to_use=wire.get("phaseToUse")
    )


def _read_time(wire: JsonObject, name: str) -> datetime | None:
    if name not in wire:
        return None
    try:
        return read_time(wire[name])
    except ValueError as error:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"{name}: {error}") from error


def write_profile(installed: InstalledProfile) -> JsonObject:
    """As it was received, but for fractions of seconds."""
    profile = installed.profile
    wire: JsonObject = {
        "id": profile.profile_id,
        "stackLevel": profile.stack_level,
        "chargingProfilePurpose": PURPOSE_WORD[profile.purpose],
        "chargingProfileKind": KIND_WORD[profile.kind],
        "chargingSchedule": [write_schedule(profile.schedule)],
    }
    if profile.recurrency is not None:
        wire["recurrencyKind"] = RECURRENCY_WORD[profile.recurrency]
    if profile.valid_from is not None:
        wire["validFrom"] = write_time(profile.valid_from)
    if profile.valid_to is not None:
        wire["validTo"] = write_time(profile.valid_to)
    if installed.transaction_id is not None:
        wire["transactionId"] = str(installed.transaction_id)
    return wire


def write_schedule(schedule: ChargingSchedule) -> JsonObject:
    """ChargingScheduleType."""
    wire: JsonObject = {
        "id": schedule.schedule_id,
        "chargingRateUnit": UNIT_WORD[schedule.unit],
        "chargingSchedulePeriod": [_write_period(period) for period in schedule.periods],
    }
    if schedule.start is not None:
        wire["startSchedule"] = write_time(schedule.start)
    if schedule.duration_seconds is not None:
        wire["duration"] = schedule.duration_seconds
    if schedule.min_charging_rate is not None:
        wire["minChargingRate"] = schedule.min_charging_rate
    return wire


def _write_period(period: SchedulePeriod) -> JsonObject:
    wire: JsonObject = {"startPeriod": period.start_seconds, "limit": period.limit}
    if period.phases is not None:
        wire["numberPhases"] = period.phases
    if period.phase_to_use is not None:
        wire["phaseToUse"] = period.phase_to_use
    return wire
