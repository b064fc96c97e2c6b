"""Orders of the CSMS: start, stop, unlock, trigger, reset, availability, cache, data transfer."""

from typing import Any

import pytest

from chargepoint.charging.commands import (
    ChangeAvailability,
    ReportKind,
    ResetKind,
    ResetStation,
    SendReport,
    StartRemotely,
    StopRemotely,
    UnlockConnector,
)
from chargepoint.csms.dialect import CallRefusedError, ErrorCode
from chargepoint.csms.v201.dialect import Ocpp201Dialect
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import RegistrationStatus
from chargepoint.model.status import Availability
from chargepoint.model.tokens import IdToken, TokenKind
from unit.csms.v201.fakes import RUNNING, Surroundings
from unit.csms.v201.schema_check import Ask

CARD = {"idToken": "04A2B3C4", "type": "ISO14443"}
FROM_APP = {"idToken": "app-7", "type": "Central"}
PROFILE = {
    "id": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [
        {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}
    ],
}


@pytest.mark.requirement("F01.FR.04", "F01.FR.06", "F02.FR.21")
async def test_a_remote_start_names_token_evse_and_start(ask: Ask, around: Surroundings) -> None:
    group = {"idToken": "FLEET", "type": "Local"}
    answer = await ask(
        "RequestStartTransaction", {"evseId": 2, "idToken": FROM_APP, "groupIdToken": group, "remoteStartId": 77}
    )
    assert answer == {"status": "Accepted"}
    assert around.station.commands == [
        StartRemotely(IdToken("app-7", TokenKind.CENTRAL), EvseId(2), 77, IdToken("FLEET", TokenKind.LOCAL))
    ]


@pytest.mark.requirement("F01.FR.20", "F02.FR.22")
async def test_without_an_evse_the_station_chooses(ask: Ask, around: Surroundings) -> None:
    assert (await ask("RequestStartTransaction", {"idToken": CARD, "remoteStartId": 1}))["status"] == "Accepted"
    assert around.station.commands == [StartRemotely(IdToken("04A2B3C4"), None, 1)]


@pytest.mark.requirement("F01.FR.12", "F02.FR.20")
async def test_a_profile_is_ignored_without_smart_charging(ask: Ask) -> None:
    answer = await ask("RequestStartTransaction", {"idToken": CARD, "remoteStartId": 1, "chargingProfile": PROFILE})
    assert answer == {"status": "Accepted"}


@pytest.mark.requirement("F01.FR.13")
async def test_a_transaction_that_waits_for_its_authorisation_is_named(ask: Ask, around: Surroundings) -> None:
    around.station.occupy(1)
    around.station.is_unauthorized = True
    answer = await ask("RequestStartTransaction", {"evseId": 1, "idToken": CARD, "remoteStartId": 1})
    assert answer == {"status": "Accepted", "transactionId": RUNNING}


@pytest.mark.requirement("F01.FR.24", "F02.FR.26")
async def test_an_evse_in_use_takes_no_start(ask: Ask, around: Surroundings) -> None:
    around.station.occupy(1)
    answer = await ask("RequestStartTransaction", {"evseId": 1, "idToken": CARD, "remoteStartId": 1})
    assert answer["status"] == "Rejected"
    assert answer["statusInfo"]["additionalInfo"] == "every EVSE is in use"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"evseId": 9, "idToken": CARD}, "UnknownEvse"),
        ({"evseId": 0, "idToken": CARD}, "UnknownEvse"),
        ({"idToken": {"idToken": "", "type": "ISO14443"}}, "InvalidIdToken"),
    ],
)
async def test_a_start_that_makes_no_sense(
    ask: Ask, around: Surroundings, payload: dict[str, Any], reason: str
) -> None:
    answer = await ask("RequestStartTransaction", {"remoteStartId": 1, **payload})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)
    assert around.station.commands == []


async def test_a_start_for_nobody_in_particular(ask: Ask) -> None:
    token = {"idToken": "", "type": "NoAuthorization"}
    assert (await ask("RequestStartTransaction", {"idToken": token, "remoteStartId": 1}))["status"] == "Accepted"


@pytest.mark.requirement("B02.FR.05")
@pytest.mark.parametrize("registration", [RegistrationStatus.PENDING, RegistrationStatus.REJECTED])
async def test_before_acceptance_nothing_is_started_or_stopped(
    ask: Ask, around: Surroundings, registration: RegistrationStatus
) -> None:
    around.registration = registration
    around.station.occupy(1)
    start = await ask("RequestStartTransaction", {"idToken": CARD, "remoteStartId": 1})
    stop = await ask("RequestStopTransaction", {"transactionId": RUNNING})
    assert start["status"] == stop["status"] == "Rejected"
    assert start["statusInfo"]["reasonCode"] == "CSNotAccepted"
    assert around.station.commands == []


@pytest.mark.requirement("F03.FR.07", "F03.FR.08")
async def test_a_stop_is_matched_by_its_transaction(ask: Ask, around: Surroundings) -> None:
    unknown = await ask("RequestStopTransaction", {"transactionId": RUNNING})
    assert (unknown["status"], unknown["statusInfo"]["reasonCode"]) == ("Rejected", "UnknownTxId")
    around.station.occupy(1)
    assert await ask("RequestStopTransaction", {"transactionId": RUNNING.upper()}) == {"status": "Accepted"}
    assert around.station.commands[-1] == StopRemotely(RUNNING)


@pytest.mark.requirement("F05.FR.01", "F05.FR.04", "F05.FR.05")
async def test_unlocking_tells_what_the_bolt_did(ask: Ask, around: Surroundings) -> None:
    assert await ask("UnlockConnector", {"evseId": 1, "connectorId": 1}) == {"status": "Unlocked"}
    assert around.station.commands == [UnlockConnector(EvseId(1), stops_transaction=False)]
    around.station.lock_jams = True
    assert (await ask("UnlockConnector", {"evseId": 1, "connectorId": 1}))["status"] == "UnlockFailed"


@pytest.mark.requirement("F05.FR.02")
async def test_a_transaction_is_not_unlocked(ask: Ask, around: Surroundings) -> None:
    around.station.occupy(1)
    assert (await ask("UnlockConnector", {"evseId": 1, "connectorId": 1}))["status"] == "OngoingAuthorizedTransaction"


@pytest.mark.requirement("F05.FR.03")
@pytest.mark.parametrize("place", [{"evseId": 9, "connectorId": 1}, {"evseId": 1, "connectorId": 2}])
async def test_a_connector_that_is_not_there(ask: Ask, place: dict[str, int]) -> None:
    assert (await ask("UnlockConnector", place))["status"] == "UnknownConnector"


async def test_a_fixed_cable_can_not_be_unlocked(ask: Ask, around: Surroundings) -> None:
    around.station.has_lock = False
    answer = await ask("UnlockConnector", {"evseId": 1, "connectorId": 1})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("UnlockFailed", "FixedCable")


@pytest.mark.requirement("F06.FR.05", "F06.FR.02", "F06.FR.11")
@pytest.mark.parametrize(
    ("message", "evse", "promised"),
    [
        ("Heartbeat", None, SendReport(ReportKind.HEARTBEAT)),
        ("MeterValues", None, SendReport(ReportKind.METER_VALUES, of_aligned_data=True)),
        ("MeterValues", {"id": 2}, SendReport(ReportKind.METER_VALUES, EvseId(2), of_aligned_data=True)),
        ("StatusNotification", {"id": 1, "connectorId": 1}, SendReport(ReportKind.STATUS_NOTIFICATION, EvseId(1))),
        ("FirmwareStatusNotification", None, SendReport(ReportKind.FIRMWARE_STATUS)),
        ("LogStatusNotification", None, SendReport(ReportKind.LOG_STATUS)),
    ],
)
async def test_a_triggered_message_is_promised(
    ask: Ask, around: Surroundings, message: str, evse: dict[str, int] | None, promised: SendReport
) -> None:
    payload = {"requestedMessage": message} | ({} if evse is None else {"evse": evse})
    assert await ask("TriggerMessage", payload) == {"status": "Accepted"}
    assert around.station.promised == [promised]


@pytest.mark.requirement("F06.FR.03")
async def test_an_evse_that_does_not_matter_is_ignored(ask: Ask, around: Surroundings) -> None:
    assert await ask("TriggerMessage", {"requestedMessage": "Heartbeat", "evse": {"id": 9}}) == {"status": "Accepted"}
    assert around.station.promised == [SendReport(ReportKind.HEARTBEAT)]


async def test_a_trigger_for_an_unknown_evse_is_rejected(ask: Ask, around: Surroundings) -> None:
    answer = await ask("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 9}})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "UnknownEvse")
    assert around.station.promised == []


@pytest.mark.requirement("F06.FR.07")
async def test_a_transaction_event_needs_a_transaction(ask: Ask, around: Surroundings) -> None:
    assert (await ask("TriggerMessage", {"requestedMessage": "TransactionEvent"}))["status"] == "Rejected"
    around.station.occupy(2)
    assert (await ask("TriggerMessage", {"requestedMessage": "TransactionEvent"}))["status"] == "Accepted"


@pytest.mark.requirement("F06.FR.08")
@pytest.mark.parametrize("message", ["SignV2GCertificate", "PublishFirmwareStatusNotification"])
async def test_a_message_that_does_not_exist_here(ask: Ask, message: str) -> None:
    assert (await ask("TriggerMessage", {"requestedMessage": message}))["status"] == "NotImplemented"


@pytest.mark.requirement("F06.FR.17")
async def test_a_boot_can_be_triggered_only_until_it_is_accepted(ask: Ask, around: Surroundings) -> None:
    assert (await ask("TriggerMessage", {"requestedMessage": "BootNotification"}))["status"] == "Rejected"
    around.registration = RegistrationStatus.PENDING
    assert await ask("TriggerMessage", {"requestedMessage": "BootNotification"}) == {"status": "Accepted"}
    assert around.station.promised == [SendReport(ReportKind.BOOT_NOTIFICATION)]


@pytest.mark.requirement("B11.FR.01", "B12.FR.01", "B12.FR.02")
async def test_reset_waits_for_transactions_only_on_idle(ask: Ask, around: Surroundings) -> None:
    assert await ask("Reset", {"type": "OnIdle"}) == {"status": "Accepted"}
    around.station.occupy(1)
    assert (await ask("Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
    assert await ask("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
    assert around.station.commands[-1] == ResetStation(ResetKind.IMMEDIATE)


@pytest.mark.requirement("B11.FR.08", "B11.FR.10", "B12.FR.01", "B12.FR.02")
async def test_a_single_evse_is_reset(ask: Ask, around: Surroundings) -> None:
    assert await ask("Reset", {"type": "OnIdle", "evseId": 1}) == {"status": "Accepted"}
    around.station.occupy(1)
    assert (await ask("Reset", {"type": "OnIdle", "evseId": 1}))["status"] == "Scheduled"
    assert await ask("Reset", {"type": "OnIdle", "evseId": 2}) == {"status": "Accepted"}
    assert await ask("Reset", {"type": "Immediate", "evseId": 1}) == {"status": "Accepted"}
    assert around.station.commands[-1] == ResetStation(ResetKind.IMMEDIATE, EvseId(1))


async def test_an_evse_that_is_not_there_is_not_reset(ask: Ask) -> None:
    assert (await ask("Reset", {"type": "Immediate", "evseId": 9}))["status"] == "Rejected"


@pytest.mark.requirement("G03.FR.01", "G03.FR.05", "G04.FR.01", "G04.FR.06")
async def test_availability_of_station_evse_and_connector(ask: Ask, around: Surroundings) -> None:
    off = Availability.INOPERATIVE
    around.station.occupy(1)
    whole = await ask("ChangeAvailability", {"operationalStatus": "Inoperative"})
    assert (whole["status"], whole["statusInfo"]["reasonCode"]) == ("Scheduled", "TxInProgress")
    second = {"operationalStatus": "Inoperative", "evse": {"id": 2}}
    assert await ask("ChangeAvailability", second) == {"status": "Accepted"}
    connector = {"operationalStatus": "Inoperative", "evse": {"id": 2, "connectorId": 1}}
    assert await ask("ChangeAvailability", connector) == {"status": "Accepted"}
    assert around.station.commands == [
        ChangeAvailability(off),
        ChangeAvailability(off, EvseId(2)),
        ChangeAvailability(off, EvseId(2)),
    ]


@pytest.mark.parametrize(
    ("evse", "reason"), [({"id": 9}, "UnknownEvse"), ({"id": 1, "connectorId": 2}, "UnknownConnectorId")]
)
async def test_availability_of_nothing(ask: Ask, evse: dict[str, int], reason: str) -> None:
    answer = await ask("ChangeAvailability", {"operationalStatus": "Operative", "evse": evse})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)


@pytest.mark.requirement("C11.FR.01", "C11.FR.03", "C11.FR.04")
async def test_the_cache_is_cleared_where_there_is_one(ask: Ask, around: Surroundings) -> None:
    assert await ask("ClearCache", {}) == {"status": "Accepted"}
    around.station.cache_enabled = False
    answer = await ask("ClearCache", {})
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotEnabled")


@pytest.mark.requirement("P02.FR.06")
async def test_no_vendor_is_known(ask: Ask) -> None:
    assert await ask("DataTransfer", {"vendorId": "com.acme", "data": {"any": [1]}}) == {"status": "UnknownVendorId"}


async def test_what_is_not_served_is_refused(dialect: Ocpp201Dialect) -> None:
    assert dialect.serves("Reset")
    assert not dialect.serves("UnpublishFirmware")
    with pytest.raises(CallRefusedError, match="UnpublishFirmware") as refusal:
        await dialect.serve("UnpublishFirmware", {})
    assert refusal.value.code is ErrorCode.NOT_IMPLEMENTED
