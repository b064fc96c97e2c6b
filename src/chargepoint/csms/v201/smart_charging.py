"""Block K: charging profiles of the CSMS, what results from them, and limits that the site imposes.

K15 to K17 need an ISO 15118 stack that negotiates schedules; there is none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from chargepoint.charging.commands import (
    AskCompositeSchedule,
    ClearProfiles,
    Command,
    InstallProfile,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.ports import StationPort
from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.charging_profiles import (
    PURPOSE,
    RATE_UNIT,
    UNIT_WORD,
    ProfileRejectedError,
    read_profile,
    write_profile,
    write_schedule,
)
from chargepoint.csms.v201.places import Places
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    CompositeSchedule,
    InstalledProfile,
    LimitSource,
    ProfileFilter,
    ProfilePurpose,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.reports import SiteLimitReport
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView
from chargepoint.smart_charging.profile_set import Refusal as ProfileRefusal

PERIODS_PER_PART = 100
"""Keeps each ReportChargingProfiles near 6 kB."""

REASON_CODE: Mapping[ProfileRefusal, str] = {
    ProfileRefusal.PURPOSE_NOT_SETTABLE: "InvalidProfile",
    ProfileRefusal.WRONG_PLACE: "InvalidProfile",
    ProfileRefusal.UNKNOWN_EVSE: "UnknownEvse",
    ProfileRefusal.NO_TRANSACTION: "TxNotFound",
    ProfileRefusal.OTHER_TRANSACTION: "TxNotFound",
    ProfileRefusal.STACK_LEVEL_TOO_HIGH: "InvalidStackLevel",
    ProfileRefusal.NEVER_VALID: "InvalidProfile",
    ProfileRefusal.EXPIRED: "InvalidProfile",
    ProfileRefusal.BAD_SCHEDULE: "InvalidSchedule",
    ProfileRefusal.TOO_MANY_PERIODS: "TooManyElements",
    ProfileRefusal.UNIT_NOT_SUPPORTED: "UnsupportedRateUnit",
    ProfileRefusal.MORE_PHASES_ARE_USED: "InvalidSchedule",
    ProfileRefusal.PHASE_NOT_SELECTABLE: "InvalidSchedule",
    ProfileRefusal.DUPLICATE: "DuplicateProfile",
    ProfileRefusal.FULL: "OutOfStorage",
}
"""Appendices, 7."""


class SmartChargingBlock:
    """Orders and questions of the CSMS about limits."""

    def __init__(
        self,
        station: StationPort,
        settings: SettingsView,
        places: Places,
        post: Callable[[OutgoingCall], None],
    ) -> None:
        self._station = station
        self._settings = settings
        self._places = places
        self._post = post

    async def set_charging_profile(self, payload: JsonObject) -> JsonObject:
        """K01; in force before the answer, or Rejected with the reason."""
        wire = payload["chargingProfile"]
        try:
            profile = read_profile(wire)
        except ProfileRejectedError as error:
            return answer("Rejected", error.reason_code, error.text)
        transaction_id = wire.get("transactionId")
        if profile.purpose is ProfilePurpose.TX and transaction_id is None:  # K01.FR.03
            return answer("Rejected", "MissingParam", "a TxProfile names its transactionId")
        if profile.purpose is not ProfilePurpose.TX and transaction_id is not None:
            return answer("Rejected", "InvalidProfile", "transactionId is for a TxProfile only")
        command = InstallProfile(
            profile,
            EvseId(payload["evseId"]),
            None if transaction_id is None else TransactionId(str(transaction_id).lower()),
            same_level_replaces=False,
        )
        return verdict_answer(await self._execute(command))

    async def clear_charging_profile(self, payload: JsonObject) -> JsonObject:
        """K10; an id alone decides, else everything that is named must match."""
        criteria = payload.get("chargingProfileCriteria") or {}
        named = {name for name in ("evseId", "chargingProfilePurpose", "stackLevel") if name in criteria}
        if "chargingProfileId" not in payload and not named:  # K10.FR.02
            raise CallRefusedError(
                ErrorCode.OCCURRENCE_CONSTRAINT,
                "name a chargingProfileId, or evseId, chargingProfilePurpose or stackLevel in chargingProfileCriteria",
            )
        purpose = criteria.get("chargingProfilePurpose")
        evse_id = criteria.get("evseId")
        wanted = ProfileFilter(
            profile_ids=frozenset({payload["chargingProfileId"]}) if "chargingProfileId" in payload else None,
            evse_id=None if evse_id is None else EvseId(evse_id),
            purpose=None if purpose is None else PURPOSE[purpose],
            stack_level=criteria.get("stackLevel"),
        )
        verdict = await self._execute(ClearProfiles(wanted))
        if verdict.status is VerdictStatus.ACCEPTED:
            return answer("Accepted")
        return answer("Unknown", "NotFound", verdict.reason)

    async def get_composite_schedule(self, payload: JsonObject) -> JsonObject:
        """K08; in the unit that is asked for, else in amps."""
        if payload["duration"] < 0:
            return answer("Rejected", "ValueTooLow", "duration: 0 or more is wanted")
        unit = payload.get("chargingRateUnit")
        command = AskCompositeSchedule(
            EvseId(payload["evseId"]), payload["duration"], None if unit is None else RATE_UNIT[unit]
        )
        verdict = await self._execute(command)
        if verdict.schedule is not None:
            return {"status": "Accepted", "schedule": write_composite(verdict.schedule)}
        if verdict.status is VerdictStatus.UNKNOWN_TARGET:
            return answer("Rejected", "UnknownEvse", verdict.reason)
        return verdict_answer(verdict)

    async def get_charging_profiles(self, payload: JsonObject) -> JsonObject:
        """K09; what is installed follows in ReportChargingProfiles."""
        self._refuse_while_turned_off()
        evse_id = payload.get("evseId")
        if evse_id not in (None, WHOLE_STATION, *self._places.evse_ids):
            return answer("NoProfiles", "UnknownEvse")
        installed = self._station.snapshot().profiles
        criterion = payload["chargingProfile"]
        found = [one for one in installed if evse_id in (None, one.evse_id) and is_asked_for(one, criterion)]
        if not found:
            return answer("NoProfiles", "NotFound")
        for part in profile_reports(payload["requestId"], found):
            self._post(part)
        return answer("Accepted")

    async def _execute(self, command: Command) -> Verdict:
        self._refuse_while_turned_off()
        return await self._station.execute(command)

    def _refuse_while_turned_off(self) -> None:
        if not self._settings.get(catalogue.SMART_CHARGING_ENABLED):  # K01.FR.29
            raise CallRefusedError(ErrorCode.NOT_SUPPORTED, "smart charging is turned off (SmartChargingCtrlr.Enabled)")


def verdict_answer(verdict: Verdict) -> JsonObject:
    """Accepted, or Rejected with the reason code of what is wrong."""
    if verdict.status is VerdictStatus.ACCEPTED:
        return answer("Accepted")
    code = "Unspecified" if verdict.profile_refusal is None else REASON_CODE[verdict.profile_refusal]
    return answer("Rejected", code, verdict.reason)


def write_composite(schedule: CompositeSchedule) -> JsonObject:
    """CompositeScheduleType."""
    return {
        "evseId": int(schedule.evse_id),
        "duration": schedule.duration_seconds,
        "scheduleStart": write_time(schedule.start),
        "chargingRateUnit": UNIT_WORD[schedule.unit],
        "chargingSchedulePeriod": [
            {"startPeriod": period.start_seconds, "limit": period.limit, "numberPhases": period.phases}
            for period in schedule.periods
        ],
    }


def is_asked_for(installed: InstalledProfile, criterion: JsonObject) -> bool:
    """ChargingProfileCriterionType: what is named must match, any one of a list (K09.FR.03)."""
    profile = installed.profile
    return (
        profile.profile_id in criterion.get("chargingProfileId", (profile.profile_id,))
        and profile.stack_level == criterion.get("stackLevel", profile.stack_level)
        and installed.source.value in criterion.get("chargingLimitSource", (installed.source.value,))
        and profile.purpose is PURPOSE.get(criterion.get("chargingProfilePurpose", ""), profile.purpose)
    )


def profile_reports(request_id: int, found: Iterable[InstalledProfile]) -> list[OutgoingCall]:
    """One place and one source in each part; `tbc` in all but the last (K09.FR.01, K09.FR.02)."""

    def kept_apart(one: InstalledProfile) -> tuple[EvseId, LimitSource]:
        return one.evse_id, one.source

    groups = groupby(sorted(found, key=kept_apart), kept_apart)
    parts = [(place, part) for place, group in groups for part in _parts(group)]
    return [
        OutgoingCall(
            "ReportChargingProfiles",
            {
                "requestId": request_id,
                "evseId": int(evse_id),
                "chargingLimitSource": source.value,
                "chargingProfile": [write_profile(one) for one in part],
                "tbc": number < len(parts),
            },
        )
        for number, ((evse_id, source), part) in enumerate(parts, 1)
    ]


def _parts(group: Iterable[InstalledProfile]) -> Iterator[list[InstalledProfile]]:
    part: list[InstalledProfile] = []
    periods = 0
    for one in group:
        more = len(one.profile.schedule.periods)
        if part and periods + more > PERIODS_PER_PART:
            yield part
            part, periods = [], 0
        part.append(one)
        periods += more
    yield part


def site_limit(report: SiteLimitReport) -> OutgoingCall:
    """NotifyChargingLimit and ClearedChargingLimit; without evseId it is the whole station (K11 to K13)."""
    if report.is_released:
        return OutgoingCall("ClearedChargingLimit", {"chargingLimitSource": report.source.value})
    limit: JsonObject = {"chargingLimitSource": report.source.value}
    if report.is_grid_critical is not None:
        limit["isGridCritical"] = report.is_grid_critical
    payload: JsonObject = {"chargingLimit": limit}
    if report.schedule is not None:
        payload["chargingSchedule"] = [write_schedule(report.schedule)]
    return OutgoingCall("NotifyChargingLimit", payload)
