"""Block B: BootNotification, Heartbeat, Reset."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

from chargepoint.charging.commands import ResetKind, ResetStation, VerdictStatus
from chargepoint.charging.ports import StationPort
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.v201.answers import answer, verdict_answer
from chargepoint.csms.v201.places import Places
from chargepoint.csms.v201.vocabulary import BOOT_REASON
from chargepoint.csms.v201.wire_time import read_time_leniently
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import BootReason, RegistrationAnswer, RegistrationStatus, StationIdentity

LONGEST_MODEL = 20
LONGEST_VENDOR = 50
LONGEST_SERIAL_NUMBER = 25
LONGEST_FIRMWARE_VERSION = 50
LONGEST_SIM_NUMBER = 20

REGISTRATION_STATUS = {
    "Accepted": RegistrationStatus.ACCEPTED,
    "Pending": RegistrationStatus.PENDING,
    "Rejected": RegistrationStatus.REJECTED,
}

RESET_KIND = {"Immediate": ResetKind.IMMEDIATE, "OnIdle": ResetKind.ON_IDLE}
RESET_STATUS = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Scheduled",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "Rejected",
    VerdictStatus.NOT_IMPLEMENTED: "Rejected",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Scheduled",
}


def boot(identity: StationIdentity, reason: BootReason) -> OutgoingCall:
    """B01.FR.01, B01.FR.09."""
    station: JsonObject = {
        "model": identity.model[:LONGEST_MODEL],
        "vendorName": identity.vendor[:LONGEST_VENDOR],
        "serialNumber": identity.serial_number[:LONGEST_SERIAL_NUMBER],
        "firmwareVersion": identity.firmware_version[:LONGEST_FIRMWARE_VERSION],
    }
    sim = {"iccid": identity.iccid, "imsi": identity.imsi}
    modem = {name: number[:LONGEST_SIM_NUMBER] for name, number in sim.items() if number}
    if modem:
        station["modem"] = modem
    return OutgoingCall("BootNotification", {"reason": BOOT_REASON[reason], "chargingStation": station})


def read_boot(wire: JsonObject) -> RegistrationAnswer:
    """ValueError without a status of 2.0.1. An interval that is none is 0: the station chooses its own."""
    status = REGISTRATION_STATUS.get(str(wire.get("status")))
    if status is None:
        raise ValueError(
            f"BootNotification was answered with status {wire.get('status')!r}; "
            f"one of {', '.join(REGISTRATION_STATUS)} is wanted"
        )
    return RegistrationAnswer(status, _interval(wire.get("interval")), read_time_leniently(wire.get("currentTime")))


def _interval(seconds: object) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not isfinite(seconds):
        return 0.0
    return max(0.0, float(seconds))


def heartbeat() -> OutgoingCall:
    return OutgoingCall("Heartbeat", {})


def read_heartbeat(wire: JsonObject) -> datetime | None:
    return read_time_leniently(wire.get("currentTime"))


class ProvisioningBlock:
    """Restarts by order of the CSMS."""

    def __init__(self, station: StationPort, places: Places) -> None:
        self._station = station
        self._places = places

    async def reset(self, payload: JsonObject) -> JsonObject:
        """B11, B12; with `evseId` for one EVSE, where the station can do that."""
        place = self._places.find_numbers(payload.get("evseId"))
        if place.unknown is not None:
            return answer("Rejected", place.unknown)
        verdict = await self._station.execute(ResetStation(RESET_KIND[payload["type"]], place.evse_id))
        return verdict_answer(verdict, RESET_STATUS, self._why_later(place.evse_id))

    def _why_later(self, evse_id: EvseId | None) -> Mapping[VerdictStatus, str] | None:
        """A reset may also wait for somebody that an EVSE is kept for, or for work at the station."""
        evses = self._station.snapshot().evses.items()
        concerned = [evse for number, evse in evses if evse_id is None or evse_id == number]
        is_transaction = any(evse.transaction is not None for evse in concerned)
        return None if is_transaction else {VerdictStatus.SCHEDULED: "Unspecified"}
