"""Requests for firmware as 1.6 words them, and its two ways of telling how far they came."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode, OutgoingCall
from chargepoint.csms.v16 import firmware
from chargepoint.csms.v16.dialect import make_dialect
from chargepoint.model.firmware import DOWNLOAD_ATTEMPTS, RETRY_SECONDS, FirmwareRequest, FirmwareStatus, UpdateAnswer
from chargepoint.model.reports import UpdateReport
from unit.csms.v16.asking import ask, status_of
from unit.csms.v16.fakes import NOON_STAMP, Surroundings
from unit.csms.v16.schema_check import call_problems

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PLAIN = {"location": "ftp://files.example/x", "retrieveDate": "2026-06-01T14:00:00+02:00"}
FIRMWARE = {
    "location": "https://files.example/x",
    "retrieveDateTime": "2026-06-01T12:00:00Z",
    "signingCertificate": "pem",
    "signature": "AAAA",
}


@dataclass(slots=True)
class FakeUpdater:
    """Takes every request and remembers it."""

    answer: UpdateAnswer = UpdateAnswer.ACCEPTED
    told: tuple[FirmwareStatus, int | None] = (FirmwareStatus.IDLE, None)
    is_under_way: bool = False
    wanted: list[FirmwareRequest] = field(default_factory=list)

    async def request(self, wanted: FirmwareRequest) -> UpdateAnswer:
        self.wanted.append(wanted)
        return self.answer

    def last_told(self) -> tuple[FirmwareStatus, int | None]:
        return self.told


@pytest.fixture
def updater() -> FakeUpdater:
    return FakeUpdater()


@pytest.fixture
def updating(around: Surroundings, updater: FakeUpdater) -> Dialect:
    return make_dialect(replace(around.context(), firmware=updater))


def test_the_tables_are_total() -> None:
    assert set(firmware.UPDATE_STATUS) == set(UpdateAnswer)
    assert set(firmware.TRIGGERED_STATUS) == set(FirmwareStatus)
    assert set(firmware.FIRMWARE_STATUS) == {status.value for status in FirmwareStatus}


async def test_a_plain_request_is_taken_with_its_date_and_retries(updating: Dialect, updater: FakeUpdater) -> None:
    assert await ask(updating, "UpdateFirmware", {**PLAIN, "retries": 2, "retryInterval": 30}) == {}
    assert await ask(updating, "UpdateFirmware", PLAIN) == {}
    first, second = updater.wanted
    assert first == FirmwareRequest(PLAIN["location"], NOON, attempts=3, retry_seconds=30.0)
    assert (second.attempts, second.retry_seconds) == (DOWNLOAD_ATTEMPTS, RETRY_SECONDS)


@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (-5, 1), (1, 2)])
async def test_odd_retries_are_read_as_none(
    updating: Dialect, updater: FakeUpdater, retries: int, attempts: int
) -> None:
    await ask(updating, "UpdateFirmware", {**PLAIN, "retries": retries, "retryInterval": -1})
    assert (updater.wanted[0].attempts, updater.wanted[0].retry_seconds) == (attempts, 0.0)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(UpdateAnswer.NOT_SUPPORTED, ErrorCode.NOT_SUPPORTED), (UpdateAnswer.REJECTED, ErrorCode.GENERIC)],
)
async def test_what_a_plain_answer_has_no_word_for_is_an_error(
    updating: Dialect, updater: FakeUpdater, answer: UpdateAnswer, code: ErrorCode
) -> None:
    updater.answer = answer
    with pytest.raises(CallRefusedError) as refusal:
        await updating.serve("UpdateFirmware", PLAIN)
    assert refusal.value.code is code


@pytest.mark.parametrize("answer", [each for each in UpdateAnswer if each is not UpdateAnswer.NOT_SUPPORTED])
async def test_a_signed_request_is_answered_in_the_whitepaper_s_words(
    updating: Dialect, updater: FakeUpdater, answer: UpdateAnswer
) -> None:
    updater.answer = answer
    wanted = {"requestId": 7, "firmware": {**FIRMWARE, "installDateTime": "2026-06-01T12:00:00Z"}}
    assert await status_of(updating, "SignedUpdateFirmware", wanted) == answer.name.title().replace("_", "")
    (request,) = updater.wanted
    assert request.is_signed
    assert (request.request_id, request.install_at, request.signature_base64) == (7, NOON, "AAAA")


@pytest.mark.parametrize("fields", [{"retrieveDate": "soon"}, {"location": "https://files.example/" + "x" * 600}])
async def test_nonsense_is_refused_before_anything_begins(
    updating: Dialect, updater: FakeUpdater, fields: dict[str, str]
) -> None:
    with pytest.raises(CallRefusedError) as refusal:
        await updating.serve("UpdateFirmware", {**PLAIN, **fields})
    assert refusal.value.code is ErrorCode.PROPERTY_CONSTRAINT
    assert updater.wanted == []


@pytest.mark.parametrize("action", ["UpdateFirmware", "SignedUpdateFirmware"])
async def test_without_an_installer_both_are_not_supported(dialect: Dialect, action: str) -> None:
    payload: dict[str, Any] = PLAIN if action == "UpdateFirmware" else {"requestId": 1, "firmware": FIRMWARE}
    with pytest.raises(CallRefusedError) as refusal:
        await dialect.serve(action, payload)
    assert refusal.value.code is ErrorCode.NOT_SUPPORTED


@pytest.mark.requirement("L01.FR.10", "L01.FR.21")
@pytest.mark.parametrize("status", list(FirmwareStatus))
def test_l01_fr_21_a_status_goes_the_way_its_request_came(dialect: Dialect, status: FirmwareStatus) -> None:
    signed = dialect.encode(UpdateReport(status.value, NOON_STAMP, 7), None)
    assert signed is not None
    assert signed.action == "SignedFirmwareStatusNotification"
    assert call_problems(signed.action, signed.payload) == []
    assert ("requestId" in signed.payload) == (status is not FirmwareStatus.IDLE)
    plain = dialect.encode(UpdateReport(status.value, NOON_STAMP), None)
    if plain is not None:
        assert plain.action == "FirmwareStatusNotification"
        assert call_problems(plain.action, plain.payload) == []


@pytest.mark.requirement("L01.FR.28", "L01.FR.29")
async def test_l01_fr_29_the_extended_trigger_says_the_last_status(
    updating: Dialect, updater: FakeUpdater, around: Surroundings
) -> None:
    wanted = {"requestedMessage": "FirmwareStatusNotification"}
    assert await status_of(updating, "ExtendedTriggerMessage", wanted) == "Accepted"
    updater.told = (FirmwareStatus.DOWNLOAD_FAILED, 7)
    assert await status_of(updating, "ExtendedTriggerMessage", wanted) == "Accepted"
    assert around.posted == [
        OutgoingCall("SignedFirmwareStatusNotification", {"status": "Idle"}),
        OutgoingCall("SignedFirmwareStatusNotification", {"status": "DownloadFailed", "requestId": 7}),
    ]


async def test_the_plain_trigger_says_idle_once_all_is_over(
    updating: Dialect, updater: FakeUpdater, around: Surroundings
) -> None:
    wanted = {"requestedMessage": "FirmwareStatusNotification"}
    updater.told, updater.is_under_way = (FirmwareStatus.INSTALL_SCHEDULED, 7), True
    assert await status_of(updating, "TriggerMessage", wanted) == "Accepted"
    updater.told, updater.is_under_way = (FirmwareStatus.INSTALLATION_FAILED, 7), False
    assert await status_of(updating, "TriggerMessage", wanted) == "Accepted"
    assert [call.payload["status"] for call in around.posted] == ["Downloaded", "Idle"]
