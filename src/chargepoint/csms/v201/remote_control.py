"""Block F: RequestStartTransaction, RequestStopTransaction, UnlockConnector, TriggerMessage."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from chargepoint.charging.commands import (
    ReportKind,
    SendReport,
    StartRemotely,
    StopRemotely,
    UnlockConnector,
    VerdictStatus,
)
from chargepoint.charging.ports import StationPort
from chargepoint.csms.dialect import JsonObject
from chargepoint.csms.v201.answers import answer, verdict_answer
from chargepoint.csms.v201.authorization import read_token
from chargepoint.csms.v201.charging_profiles import ProfileRejectedError, read_profile
from chargepoint.csms.v201.places import Places
from chargepoint.csms.v201.smart_charging import REASON_CODE
from chargepoint.model.charging_profiles import ChargingProfile
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.registration import RegistrationStatus
from chargepoint.model.tokens import TokenKind
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView

START_STOP_STATUS = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Rejected",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "Rejected",
    VerdictStatus.NOT_IMPLEMENTED: "Rejected",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Rejected",
}
STOP_REASON_CODE = {VerdictStatus.UNKNOWN_TARGET: "UnknownTxId"}

# Only a bolt that is known to have moved is Unlocked.
UNLOCK_STATUS = {
    VerdictStatus.ACCEPTED: "UnlockFailed",
    VerdictStatus.SCHEDULED: "UnlockFailed",
    VerdictStatus.REJECTED: "UnlockFailed",
    VerdictStatus.UNKNOWN_TARGET: "UnknownConnector",
    VerdictStatus.NOT_SUPPORTED: "UnlockFailed",
    VerdictStatus.NOT_IMPLEMENTED: "UnlockFailed",
    VerdictStatus.UNLOCKED: "Unlocked",
    VerdictStatus.UNLOCK_FAILED: "UnlockFailed",
    VerdictStatus.TRANSACTION_RUNNING: "OngoingAuthorizedTransaction",
}
UNLOCK_REASON_CODE = {VerdictStatus.NOT_SUPPORTED: "FixedCable", VerdictStatus.UNKNOWN_TARGET: "UnknownConnectorId"}

TRIGGER_STATUS = {
    VerdictStatus.ACCEPTED: "Accepted",
    VerdictStatus.SCHEDULED: "Accepted",
    VerdictStatus.REJECTED: "Rejected",
    VerdictStatus.UNKNOWN_TARGET: "Rejected",
    VerdictStatus.NOT_SUPPORTED: "NotImplemented",
    VerdictStatus.NOT_IMPLEMENTED: "NotImplemented",
    VerdictStatus.UNLOCKED: "Rejected",
    VerdictStatus.UNLOCK_FAILED: "Rejected",
    VerdictStatus.TRANSACTION_RUNNING: "Rejected",
}

TRIGGERED_REPORT: dict[str, ReportKind | None] = {
    "BootNotification": ReportKind.BOOT_NOTIFICATION,
    "LogStatusNotification": ReportKind.LOG_STATUS,
    "FirmwareStatusNotification": ReportKind.FIRMWARE_STATUS,
    "Heartbeat": ReportKind.HEARTBEAT,
    "MeterValues": ReportKind.METER_VALUES,
    "StatusNotification": ReportKind.STATUS_NOTIFICATION,
    "TransactionEvent": ReportKind.TRANSACTION_EVENT,
    "SignChargingStationCertificate": None,
    "SignV2GCertificate": None,
    "SignCombinedCertificate": None,
    "PublishFirmwareStatusNotification": None,
}
"""MessageTriggerEnumType; None is answered with NotImplemented (F06.FR.08)."""

REPORTS_OF_AN_EVSE = frozenset({ReportKind.METER_VALUES, ReportKind.STATUS_NOTIFICATION, ReportKind.TRANSACTION_EVENT})


Trigger = Callable[[], Awaitable[JsonObject]]
"""Has the message sent after the answer that it gives."""


class RemoteControlBlock:
    """Orders of the CSMS to a running station."""

    def __init__(
        self,
        station: StationPort,
        settings: SettingsView,
        places: Places,
        registration: Callable[[], RegistrationStatus | None],
        triggers: Mapping[str, Trigger] = MappingProxyType({}),
    ) -> None:
        """`triggers`: the messages that other blocks send, by the name that asks for them."""
        self._station = station
        self._settings = settings
        self._places = places
        self._registration = registration
        self._triggers = triggers

    async def request_start_transaction(self, payload: JsonObject) -> JsonObject:
        """F01, F02. A charging profile is ignored while smart charging is turned off (F01.FR.12, F02.FR.20, K05)."""
        if self._is_not_accepted():
            return answer("Rejected", "CSNotAccepted")
        place = self._places.find_numbers(payload.get("evseId"))
        if place.unknown is not None:
            return answer("Rejected", place.unknown)
        token = read_token(payload["idToken"])
        if token is None or (token.value == "" and token.kind is not TokenKind.NO_AUTHORIZATION):
            return answer("Rejected", "InvalidIdToken", "idToken.idToken is empty")
        try:
            profile = self._profile_of_start(payload)
        except ProfileRejectedError as error:
            return answer("Rejected", error.reason_code, error.text)
        verdict = await self._station.execute(
            StartRemotely(
                token=token,
                evse_id=place.evse_id,
                remote_start_id=payload["remoteStartId"],
                group_token=read_token(payload.get("groupIdToken")),
                profile=profile,
            )
        )
        if verdict.profile_refusal is not None:  # F01.FR.26, F02.FR.27
            return answer("Rejected", REASON_CODE[verdict.profile_refusal], verdict.reason)
        stated = verdict_answer(verdict, START_STOP_STATUS)
        if verdict.transaction_id is not None:  # F01.FR.13
            stated["transactionId"] = str(verdict.transaction_id)
        return stated

    def _profile_of_start(self, payload: JsonObject) -> ChargingProfile | None:
        """None where there is none, or where it is ignored; ProfileRejectedError for one that can not be used."""
        if "chargingProfile" not in payload or not self._settings.get(catalogue.SMART_CHARGING_ENABLED):
            return None
        if "transactionId" in payload["chargingProfile"]:  # F01.FR.11
            raise ProfileRejectedError("InvalidProfile", "the transaction has no transactionId yet")
        return read_profile(payload["chargingProfile"])

    async def request_stop_transaction(self, payload: JsonObject) -> JsonObject:
        """F03."""
        if self._is_not_accepted():
            return answer("Rejected", "CSNotAccepted")
        command = StopRemotely(TransactionId(str(payload["transactionId"]).lower()))  # identifierString ignores case
        return verdict_answer(await self._station.execute(command), START_STOP_STATUS, STOP_REASON_CODE)

    async def unlock_connector(self, payload: JsonObject) -> JsonObject:
        """F05; the answer waits for the bolt. A transaction is never ended by it."""
        place = self._places.find_numbers(payload["evseId"], payload["connectorId"])
        if place.unknown is not None or place.evse_id is None:
            return answer("UnknownConnector", place.unknown)
        verdict = await self._station.execute(UnlockConnector(place.evse_id, stops_transaction=False))
        return verdict_answer(verdict, UNLOCK_STATUS, UNLOCK_REASON_CODE)

    async def trigger_message(self, payload: JsonObject) -> JsonObject:
        """F06. Without `evse` it means every EVSE; an `evse` that the message has no use for is ignored."""
        trigger = self._triggers.get(payload["requestedMessage"])
        if trigger is not None:
            return await trigger()
        kind = TRIGGERED_REPORT[payload["requestedMessage"]]
        if kind is None:
            return answer("NotImplemented", "UnsupportedRequest")
        if kind is ReportKind.BOOT_NOTIFICATION and self._registration() is RegistrationStatus.ACCEPTED:
            return answer("Rejected", "UnsupportedRequest", "the last BootNotification was accepted")  # F06.FR.17
        if kind not in REPORTS_OF_AN_EVSE:
            return verdict_answer(await self._station.execute(SendReport(kind)), TRIGGER_STATUS)
        place = self._places.find(payload.get("evse"))
        if place.unknown is not None:
            return answer("Rejected", place.unknown)
        command = SendReport(kind, place.evse_id, of_aligned_data=kind is ReportKind.METER_VALUES)  # F06.FR.06
        return verdict_answer(await self._station.execute(command), TRIGGER_STATUS)

    def _is_not_accepted(self) -> bool:
        """B02.FR.05: while Pending, starts and stops are refused, whatever the station could do."""
        return self._registration() in (RegistrationStatus.PENDING, RegistrationStatus.REJECTED)
