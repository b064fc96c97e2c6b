"""BootNotification, Heartbeat, Reset, GetConfiguration and ChangeConfiguration."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

from chargepoint.charging.commands import ResetKind, ResetStation, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, DialectContext, ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.v16.ci_string import CI_STRING_20, CI_STRING_25, CI_STRING_50, CI_STRING_500, cut
from chargepoint.csms.v16.handler import Handler, without_none
from chargepoint.csms.v16.vocabulary import REGISTRATION_STATUS
from chargepoint.csms.v16.wire_time import read_time
from chargepoint.model.registration import RegistrationAnswer, StationIdentity
from chargepoint.settings import catalogue
from chargepoint.settings.setting import Access, AnySetting, SetOutcome

MAX_KEYS_KEY = "GetConfigurationMaxKeys"

RESET_KIND: Mapping[str, ResetKind] = {"Hard": ResetKind.HARD, "Soft": ResetKind.SOFT}

RESET_STATUS: Mapping[VerdictStatus, str] = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Accepted",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "Rejected",
    VerdictStatus.NOT_IMPLEMENTED: "Rejected",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Rejected",
}
"""The answer says whether the charge point will attempt it, so a scheduled reset is accepted."""

CONFIGURATION_STATUS: Mapping[SetOutcome, str] = {
    SetOutcome.ACCEPTED: "Accepted",
    SetOutcome.REBOOT_REQUIRED: "RebootRequired",
    SetOutcome.REJECTED: "Rejected",
    SetOutcome.READ_ONLY: "Rejected",
    SetOutcome.UNKNOWN: "NotSupported",
}


def boot_call(identity: StationIdentity) -> OutgoingCall:
    """1.6 does not say why the station boots."""
    payload = {
        "chargePointVendor": cut(identity.vendor, CI_STRING_20),
        "chargePointModel": cut(identity.model, CI_STRING_20),
        "chargePointSerialNumber": cut(identity.serial_number, CI_STRING_25) or None,
        "firmwareVersion": cut(identity.firmware_version, CI_STRING_50) or None,
        "iccid": cut(identity.iccid, CI_STRING_20),
        "imsi": cut(identity.imsi, CI_STRING_20),
        "meterType": cut(identity.meter_type, CI_STRING_25),
        "meterSerialNumber": cut(identity.meter_serial_number, CI_STRING_25),
    }
    return OutgoingCall("BootNotification", without_none(payload))


def read_boot(answer: JsonObject) -> RegistrationAnswer:
    """ValueError without a known status. A missing or odd interval is 0: the station then chooses its own."""
    word = answer.get("status")
    status = REGISTRATION_STATUS.get(word) if isinstance(word, str) else None
    if status is None:
        raise ValueError(f"status: BootNotification.conf needs Accepted, Pending or Rejected, got {word!r}")
    return RegistrationAnswer(status, _read_interval(answer.get("interval")), read_time(answer.get("currentTime")))


def _read_interval(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return 0.0
    return max(0.0, float(value))


def heartbeat_call() -> OutgoingCall:
    return OutgoingCall("Heartbeat", {})


def read_heartbeat(answer: JsonObject) -> datetime | None:
    return read_time(answer.get("currentTime"))


async def reset(context: DialectContext, payload: JsonObject) -> JsonObject:
    verdict = await context.station.execute(ResetStation(RESET_KIND[payload["type"]]))
    return {"status": RESET_STATUS[verdict.status]}


async def get_configuration(context: DialectContext, payload: JsonObject) -> JsonObject:
    """All keys when none is asked for (section 5.8); what is not known is listed as unknown."""
    asked: list[str] = payload.get("key") or []
    if not asked:
        return {"configurationKey": _all_keys(context)}
    _refuse_too_many(context, len(asked))
    known: list[JsonObject] = []
    unknown: list[str] = []
    for key in asked:
        setting = context.settings.find_1_6(key)
        if setting is None:
            unknown.append(key)
        else:
            known.append(_key_value(context, key, setting))
    return without_none({"configurationKey": known, "unknownKey": unknown or None})


def _all_keys(context: DialectContext) -> list[JsonObject]:
    return [
        _key_value(context, setting.key_1_6, setting)
        for setting in context.settings.all()
        if setting.key_1_6 is not None and not _is_hidden(setting)
    ]


def _is_hidden(setting: AnySetting) -> bool:
    return setting.is_secret or setting.access is Access.WRITE_ONLY


def _key_value(context: DialectContext, key: str, setting: AnySetting) -> JsonObject:
    """A hidden setting (AuthorizationKey) asked for by name is known but tells no value."""
    value = None if _is_hidden(setting) else cut(_text(context, setting), CI_STRING_500)
    is_read_only = not setting.has_keeper and (setting.is_fact or setting.access is Access.READ_ONLY)
    return without_none({"key": key, "readonly": is_read_only, "value": value})


def _text(context: DialectContext, setting: AnySetting) -> str:
    """While smart charging is turned off this is a charge point without it, also by its feature profiles."""
    text = context.settings.text(setting)
    is_off = not context.settings.get(catalogue.SMART_CHARGING_ENABLED)
    if setting.name != catalogue.SUPPORTED_FEATURE_PROFILES.name or not is_off:
        return text
    return ",".join(profile for profile in text.split(",") if profile != "SmartCharging")


def _refuse_too_many(context: DialectContext, count: int) -> None:
    setting = context.settings.find_1_6(MAX_KEYS_KEY)
    text = "" if setting is None else context.settings.text(setting)
    if text.isdecimal() and count > int(text):
        raise CallRefusedError(
            ErrorCode.OCCURRENCE_CONSTRAINT,
            f"key: {count} keys asked for and {MAX_KEYS_KEY} is {text}: ask for fewer, or for none to get all",
        )


async def change_configuration(context: DialectContext, payload: JsonObject) -> JsonObject:
    """A value is taken whole or not at all: one unsupported measurand rejects the list (section 3.16.4)."""
    setting = context.settings.find_1_6(payload["key"])
    if setting is None:
        return {"status": "NotSupported"}
    outcome, _reason = await context.settings.change(setting, payload["value"])
    return {"status": CONFIGURATION_STATUS[outcome]}


ROUTES: Mapping[str, Handler] = {
    "Reset": reset,
    "GetConfiguration": get_configuration,
    "ChangeConfiguration": change_configuration,
}
SENDS = frozenset({"BootNotification", "Heartbeat"})
