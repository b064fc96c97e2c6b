"""What the CSMS may order, and the answers; every request and every answer obeys the schema."""

from collections.abc import Mapping
from typing import Any

import pytest

from chargepoint.charging.commands import (
    ReportKind,
    ResetKind,
    SendReport,
    StartRemotely,
    UnlockConnector,
)
from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode
from chargepoint.csms.v16.data_transfer import (
    data_transfer_call,
    read_data_transfer,
)
from chargepoint.csms.v16.dialect import Ocpp16Dialect, make_dialect
from chargepoint.csms.v16.smart_charging import read_profile
from chargepoint.csms.v16.support import Direction, support_table
from chargepoint.model.data_transfer import DataTransferAnswer, DataTransferStatus
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.registration import RegistrationStatus
from chargepoint.model.status import Availability
from chargepoint.model.tokens import IdToken
from unit.csms.v16.asking import ask, status_of
from unit.csms.v16.fakes import FakeStation, Plug, Surroundings
from unit.csms.v16.schema_check import action_names, call_problems

ONE, TWO = EvseId(1), EvseId(2)


PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]},
}


class TestRemoteStart:
    async def test_on_a_connector(self, dialect: Dialect, around: Surroundings) -> None:
        assert await status_of(dialect, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 2}) == "Accepted"
        assert around.station.plugs[TWO].transaction == "remote-APP"
        assert around.station.plugs[ONE].transaction is None

    async def test_without_a_connector_the_station_chooses(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.plugs[ONE].transaction = TransactionId("running")
        assert await status_of(dialect, "RemoteStartTransaction", {"idTag": "APP"}) == "Accepted"
        assert around.station.plugs[TWO].transaction == "remote-APP"

    async def test_a_charging_profile_goes_along(self, dialect: Dialect, around: Surroundings) -> None:
        request = {"idTag": "APP", "connectorId": 1, "chargingProfile": PROFILE}
        assert await status_of(dialect, "RemoteStartTransaction", request) == "Accepted"
        (command,) = around.station.commands
        assert isinstance(command, StartRemotely)
        assert command.profile == read_profile(PROFILE)
        assert command.token.is_same_as(IdToken("app"))

    @pytest.mark.parametrize("connector", [0, 3, -1])
    async def test_on_no_connector_of_ours(self, dialect: Dialect, around: Surroundings, connector: int) -> None:
        request = {"idTag": "APP", "connectorId": connector}
        assert await status_of(dialect, "RemoteStartTransaction", request) == "Rejected"
        assert around.station.commands == []

    async def test_on_a_busy_connector(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.plugs[ONE].transaction = TransactionId("running")
        assert await status_of(dialect, "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == "Rejected"


class TestRemoteStop:
    async def test_by_the_number_the_csms_gave(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.plugs[ONE].transaction = TransactionId("ours")
        around.outbox.numbers[77] = TransactionId("ours")
        assert await status_of(dialect, "RemoteStopTransaction", {"transactionId": 77}) == "Accepted"
        assert around.station.plugs[ONE].transaction is None

    async def test_of_a_number_never_given(self, dialect: Dialect, around: Surroundings) -> None:
        """A transaction that started offline has none yet; -1 is nobody's."""
        around.station.plugs[ONE].transaction = TransactionId("ours")
        for number in (78, -1, 0):
            assert await status_of(dialect, "RemoteStopTransaction", {"transactionId": number}) == "Rejected"
        assert around.station.plugs[ONE].transaction == "ours"

    async def test_of_a_transaction_that_has_ended(self, dialect: Dialect, around: Surroundings) -> None:
        around.outbox.numbers[77] = TransactionId("ended")
        assert await status_of(dialect, "RemoteStopTransaction", {"transactionId": 77}) == "Rejected"


async def test_while_pending_nobody_starts_or_stops_remotely(dialect: Dialect, around: Surroundings) -> None:
    around.registration = RegistrationStatus.PENDING
    around.outbox.numbers[77] = TransactionId("ours")
    assert await status_of(dialect, "RemoteStartTransaction", {"idTag": "APP"}) == "Rejected"
    assert await status_of(dialect, "RemoteStopTransaction", {"transactionId": 77}) == "Rejected"
    assert around.station.commands == []


class TestChangeAvailability:
    async def test_of_one_connector(self, dialect: Dialect, around: Surroundings) -> None:
        request = {"connectorId": 2, "type": "Inoperative"}
        assert await status_of(dialect, "ChangeAvailability", request) == "Accepted"
        assert around.station.plugs[TWO].availability is Availability.INOPERATIVE
        assert around.station.plugs[ONE].availability is Availability.OPERATIVE

    async def test_of_the_whole_station(self, dialect: Dialect, around: Surroundings) -> None:
        request = {"connectorId": 0, "type": "Inoperative"}
        assert await status_of(dialect, "ChangeAvailability", request) == "Accepted"
        assert {plug.availability for plug in around.station.plugs.values()} == {Availability.INOPERATIVE}

    async def test_waits_for_a_transaction(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.plugs[ONE].transaction = TransactionId("running")
        request = {"connectorId": 1, "type": "Inoperative"}
        assert await status_of(dialect, "ChangeAvailability", request) == "Scheduled"

    async def test_of_a_connector_we_do_not_have(self, dialect: Dialect) -> None:
        assert await status_of(dialect, "ChangeAvailability", {"connectorId": 3, "type": "Operative"}) == "Rejected"


class TestUnlock:
    async def test_ends_the_transaction(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.plugs[ONE].transaction = TransactionId("running")
        assert await status_of(dialect, "UnlockConnector", {"connectorId": 1}) == "Unlocked"
        assert around.station.commands == [UnlockConnector(ONE, stops_transaction=True)]

    async def test_failed(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.plugs[ONE].lock_jammed = True
        assert await status_of(dialect, "UnlockConnector", {"connectorId": 1}) == "UnlockFailed"

    async def test_without_a_lock(self) -> None:
        around = Surroundings(station=FakeStation(plugs={ONE: Plug(has_lock=False)}))
        assert await status_of(make_dialect(around.context()), "UnlockConnector", {"connectorId": 1}) == "NotSupported"

    @pytest.mark.parametrize("connector", [0, 3])
    async def test_of_an_unknown_connector(self, dialect: Dialect, around: Surroundings, connector: int) -> None:
        assert await status_of(dialect, "UnlockConnector", {"connectorId": connector}) == "NotSupported"
        assert around.station.commands == []


@pytest.mark.parametrize(("word", "kind"), [("Hard", ResetKind.HARD), ("Soft", ResetKind.SOFT)])
async def test_reset(dialect: Dialect, around: Surroundings, word: str, kind: ResetKind) -> None:
    assert await status_of(dialect, "Reset", {"type": word}) == "Accepted"
    assert around.station.reset is kind
    around.station.may_reset = False
    assert await status_of(dialect, "Reset", {"type": word}) == "Rejected"


class TestClearCache:
    async def test_clears(self, dialect: Dialect, around: Surroundings) -> None:
        assert await status_of(dialect, "ClearCache", {}) == "Accepted"
        assert around.station.cached_tokens == set()

    async def test_is_rejected_without_a_cache(self, dialect: Dialect, around: Surroundings) -> None:
        around.station.has_cache = False
        assert await status_of(dialect, "ClearCache", {}) == "Rejected"
        assert around.station.cached_tokens == {"04A2B3C4"}


TRIGGERS: list[tuple[dict[str, Any], str, SendReport | None]] = [
    ({"requestedMessage": "Heartbeat"}, "Accepted", SendReport(ReportKind.HEARTBEAT)),
    ({"requestedMessage": "Heartbeat", "connectorId": 99}, "Accepted", SendReport(ReportKind.HEARTBEAT)),
    ({"requestedMessage": "StatusNotification"}, "Accepted", SendReport(ReportKind.STATUS_NOTIFICATION)),
    (
        {"requestedMessage": "StatusNotification", "connectorId": 0},
        "Accepted",
        SendReport(ReportKind.STATUS_NOTIFICATION, EvseId(0)),
    ),
    ({"requestedMessage": "StatusNotification", "connectorId": 3}, "Rejected", None),
    ({"requestedMessage": "StatusNotification", "connectorId": -1}, "Rejected", None),
    ({"requestedMessage": "MeterValues"}, "Accepted", SendReport(ReportKind.METER_VALUES)),
    ({"requestedMessage": "MeterValues", "connectorId": 2}, "Accepted", SendReport(ReportKind.METER_VALUES, TWO)),
    ({"requestedMessage": "MeterValues", "connectorId": 0}, "Rejected", None),
    ({"requestedMessage": "FirmwareStatusNotification"}, "NotImplemented", None),
    ({"requestedMessage": "BootNotification"}, "Rejected", None),
]


@pytest.mark.parametrize(("request_payload", "status", "promise"), TRIGGERS)
async def test_trigger_message(
    dialect: Dialect, around: Surroundings, request_payload: dict[str, Any], status: str, promise: SendReport | None
) -> None:
    assert await status_of(dialect, "TriggerMessage", request_payload) == status
    assert around.station.promised == ([promise] if promise else [])
    assert around.posted == [], "the core sends it, after the answer"


async def test_a_boot_may_be_triggered_while_pending(dialect: Dialect, around: Surroundings) -> None:
    around.registration = RegistrationStatus.PENDING
    assert await status_of(dialect, "TriggerMessage", {"requestedMessage": "BootNotification"}) == "Accepted"
    assert around.station.promised == [SendReport(ReportKind.BOOT_NOTIFICATION)]


async def test_a_station_that_uploads_no_logs_has_no_diagnostics_to_tell_of(around: Surroundings) -> None:
    around.logs = None
    wanted = {"requestedMessage": "DiagnosticsStatusNotification"}
    assert await status_of(make_dialect(around.context()), "TriggerMessage", wanted) == "NotImplemented"
    assert around.posted == []


class TestDataTransfer:
    async def test_of_a_vendor_nobody_registered(self, dialect: Dialect) -> None:
        assert await ask(dialect, "DataTransfer", {"vendorId": "org.example"}) == {"status": "UnknownVendorId"}

    async def test_goes_to_its_vendors_handler(self, around: Surroundings) -> None:
        async def echo(message_id: str | None, data: str | None) -> DataTransferAnswer:
            if message_id != "echo":
                return DataTransferAnswer(DataTransferStatus.UNKNOWN_MESSAGE_ID)
            return DataTransferAnswer(DataTransferStatus.ACCEPTED, data)

        dialect = Ocpp16Dialect(around.context(), vendors={"org.example": echo})
        request = {"vendorId": "org.example", "messageId": "echo", "data": "hello"}
        assert await ask(dialect, "DataTransfer", request) == {"status": "Accepted", "data": "hello"}
        request["vendorId"] = "Org.EXAMPLE"
        assert await ask(dialect, "DataTransfer", request) == {"status": "Accepted", "data": "hello"}
        request["messageId"] = "other"
        assert await ask(dialect, "DataTransfer", request) == {"status": "UnknownMessageId"}

    def test_of_ours(self) -> None:
        call = data_transfer_call("org.example", "hello", "{}")
        assert call_problems(call.action, call.payload) == []
        with pytest.raises(ValueError, match="vendorId"):
            data_transfer_call("v" * 256)
        with pytest.raises(ValueError, match="messageId"):
            data_transfer_call("v", "m" * 51)

    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            ({"status": "UnknownVendorId"}, DataTransferStatus.UNKNOWN_VENDOR_ID),
            ({"status": "Perhaps"}, DataTransferStatus.REJECTED),
            ({}, DataTransferStatus.REJECTED),
            ({"status": ["Accepted"], "data": 5}, DataTransferStatus.REJECTED),
        ],
    )
    def test_answers_are_read(self, answer: dict[str, Any], status: DataTransferStatus) -> None:
        assert read_data_transfer(answer) == DataTransferAnswer(status)


async def test_an_action_of_a_profile_not_offered_is_not_implemented(dialect: Dialect) -> None:
    for action in ("SetDefaultTariff", "Nonsense"):
        assert not dialect.serves(action)
        with pytest.raises(CallRefusedError) as refusal:
            await dialect.serve(action, {})
        assert refusal.value.code is ErrorCode.NOT_IMPLEMENTED


def test_the_whole_core_profile_and_triggers_are_supported() -> None:
    table = support_table()
    assert {row.action for row in table} == action_names()
    by_profile: Mapping[str, set[bool]] = {
        profile: {row.is_supported for row in table if row.profile == profile} for profile in ("Core", "RemoteTrigger")
    }
    assert by_profile == {"Core": {True}, "RemoteTrigger": {True}}


def test_the_support_table_says_what_the_dialect_serves(dialect: Dialect) -> None:
    for row in support_table():
        if row.direction is Direction.FROM_CSMS:
            assert row.is_supported == dialect.serves(row.action)
