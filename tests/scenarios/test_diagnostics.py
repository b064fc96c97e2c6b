"""Logs that the CSMS asks for: what it is told of their way, and what is in them."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.transfer.outcomes import TransferFault
from support.file_transfer import FakeFileTransfer, members
from support.rig import START_UTC, Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig, FakeFileTransfer], Awaitable[None]]
LOCATION = "ftp://operator:canary-4711@files.example/logs"


def tell(directory: Path, story: Story) -> None:
    async def whole() -> None:
        transfer = FakeFileTransfer()
        async with Rig(directory, "1.6", file_transfer=transfer) as rig:
            await rig.wait(2)
            await story(rig, transfer)

    run_virtual(whole())


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def diagnostics(rig: Rig, location: str = LOCATION, **more: Any) -> str | None:
    return (await ask(rig, "GetDiagnostics", {"location": location, **more})).get("fileName")


async def get_log(rig: Rig, number: int, kind: str = "DiagnosticsLog", **more: Any) -> dict[str, Any]:
    wanted = {"logType": kind, "requestId": number, "log": {"remoteLocation": LOCATION, **more}}
    return await ask(rig, "GetLog", wanted)


def told(rig: Rig, action: str = "DiagnosticsStatusNotification") -> list[Any]:
    """Statuses, with the request's number where there is one."""
    notes = [note.payload for note in rig.csms.record.notifications if note.action == action]
    return [(note["status"], note["requestId"]) if "requestId" in note else note["status"] for note in notes]


def logs_told(rig: Rig) -> list[Any]:
    return told(rig, "LogStatusNotification")


def the_file(transfer: FakeFileTransfer) -> dict[str, str]:
    (content,) = transfer.brought.values()
    return members(content)


async def trigger(rig: Rig, action: str, message: str) -> str:
    return str((await ask(rig, action, {"requestedMessage": message}))["status"])


@pytest.mark.ocpp_1_6("GetDiagnostics", "DiagnosticsStatusNotification")
def test_diagnostics_are_uploaded_and_each_step_is_told(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await rig.charge(30)
        name = await diagnostics(rig)
        assert name is not None
        assert name.startswith("diagnostics-")
        await rig.wait(3)
        assert told(rig) == ["Uploading"]
        await rig.wait(10)
        assert told(rig) == ["Uploading", "Uploaded"]
        assert list(transfer.brought) == [f"{LOCATION}/{name}"]
        assert rig.is_live(), "charging goes on meanwhile"
        assert list((tmp_path / "uploads").iterdir()) == [], "nothing stays behind"

    tell(tmp_path, story)


def test_the_bundle_holds_what_a_technician_needs_and_no_token_in_full(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await rig.charge(30)
        write_log(tmp_path, rig)
        await diagnostics(rig)
        await rig.wait(10)
        found = the_file(transfer)
        assert json.loads(found["versions.json"])["chargepoint"]
        settings = json.loads(found["configuration.json"])["settings"]
        assert settings["meter_value_sample_interval_seconds"] == "10"
        assert "authorization_key" not in settings
        status = json.loads(found["status.json"])
        assert status["station"]["evses"]["1"]["transaction"] is not None
        assert status["csms"]["state"] == "accepted"
        assert json.loads(found["queue.json"])["dead"] == 0
        assert any("StartTransaction" in frame["text"] for frame in json.loads(found["frames.json"]))
        assert "line of now" in found["log.txt"]
        assert "04A2B3C4" not in "".join(found.values())
        assert "canary-4711" not in "".join(found.values())

    tell(tmp_path, story)


def write_log(directory: Path, rig: Rig) -> None:
    (directory / "logs").mkdir()
    lines = [
        f"{rig.utc_now() - timedelta(hours=age):%Y-%m-%dT%H:%M:%S.000Z} INFO x: line of {word}"
        for age, word in ((5, "the morning"), (1, "an hour ago"), (0, "now; password=canary-4711"))
    ]
    (directory / "logs" / "chargepoint.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_of_the_log_only_the_wanted_period_goes(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        write_log(tmp_path, rig)
        start, stop = START_UTC - timedelta(hours=2), START_UTC - timedelta(minutes=5)
        await diagnostics(rig, startTime=start.isoformat(), stopTime=stop.isoformat())
        await rig.wait(10)
        found = the_file(transfer)
        assert "an hour ago" in found["log.txt"]
        assert "morning" not in found["log.txt"]
        assert "now" not in found["log.txt"]
        assert json.loads(found["frames.json"]) == []

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("start_hours", "stop_hours"), [(1, None), (-1, -2), (None, -10)], ids=["future", "backwards", "before the log"]
)
def test_where_there_is_nothing_of_the_period_there_is_no_file_name(
    tmp_path: Path, start_hours: int | None, stop_hours: int | None
) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        write_log(tmp_path, rig)
        period = {"startTime": start_hours, "stopTime": stop_hours}
        wanted = {
            name: (START_UTC + timedelta(hours=hours)).isoformat()
            for name, hours in period.items()
            if hours is not None
        }
        assert await diagnostics(rig, **wanted) is None
        await rig.wait(10)
        assert told(rig) == []
        assert transfer.orders == []

    tell(tmp_path, story)


@pytest.mark.parametrize("location", ["", "nonsense", "sftp://host/x", "file:///etc", "http://", "http://host:99999/x"])
def test_a_bad_url_ends_in_upload_failed_and_the_station_goes_on(tmp_path: Path, location: str) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        assert await diagnostics(rig, location) is not None
        await rig.wait(5)
        assert told(rig)[-1] == "UploadFailed"
        assert await diagnostics(rig) is not None
        await rig.wait(10)
        assert told(rig)[-1] == "Uploaded"
        assert transfer.attempts == 1

    tell(tmp_path, story)


def test_retries_and_their_interval_are_the_csms_s(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.faults = [TransferFault.SERVER_BUSY, TransferFault.UNREACHABLE]
        await diagnostics(rig, retries=2, retryInterval=100)
        await rig.rest(150)
        assert (told(rig), transfer.attempts) == (["Uploading"], 2)
        await rig.rest(100)
        assert (told(rig), transfer.attempts) == (["Uploading", "Uploaded"], 3)
        transfer.faults = [TransferFault.SERVER_BUSY] * 9
        await diagnostics(rig, retries=0)
        await rig.rest(100)
        assert (told(rig)[2:], transfer.attempts) == (["Uploading", "UploadFailed"], 4)

    tell(tmp_path, story)


def test_odd_numbers_of_retries_do_no_harm(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await diagnostics(rig, retries=-5, retryInterval=-1)
        await rig.wait(10)
        (order,) = transfer.orders
        assert (order.attempts.retries, order.attempts.interval_seconds) == (0, 1.0)

    tell(tmp_path, story)


def test_a_trigger_tells_the_present_status_of_each_kind(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.takes_seconds = 60
        assert await trigger(rig, "TriggerMessage", "DiagnosticsStatusNotification") == "Accepted"
        await rig.wait(2)
        assert told(rig) == ["Idle"]
        await diagnostics(rig)
        await rig.wait(5)
        assert await trigger(rig, "TriggerMessage", "DiagnosticsStatusNotification") == "Accepted"
        await rig.wait(2)
        assert told(rig) == ["Idle", "Uploading", "Uploading"]
        await rig.rest(60)
        await trigger(rig, "TriggerMessage", "DiagnosticsStatusNotification")
        await rig.wait(2)
        assert told(rig)[3:] == ["Uploaded", "Idle"]

    tell(tmp_path, story)


def test_the_same_request_again_goes_on_with_the_same_file(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        first = await diagnostics(rig)
        await rig.wait(2)
        assert await diagnostics(rig) == first
        await rig.wait(20)
        assert told(rig) == ["Uploading", "Uploaded"]
        assert len(transfer.orders) == 1

    tell(tmp_path, story)


def test_a_second_request_for_another_place_wins(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await diagnostics(rig)
        await rig.wait(2)
        name = await diagnostics(rig, "http://other.example/")
        await rig.wait(20)
        assert told(rig) == ["Uploading", "Uploading", "Uploaded"]
        assert list(transfer.brought) == [f"http://other.example/{name}"]

    tell(tmp_path, story)


@pytest.mark.requirement("N01.FR.01", "N01.FR.02", "N01.FR.04", "N01.FR.07", "N01.FR.08", "N01.FR.09")
@pytest.mark.ocpp_1_6("GetLog", "LogStatusNotification")
def test_n01_fr_01_get_log_tells_its_own_status_with_its_number(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        answer = await get_log(rig, 17)
        assert answer["status"] == "Accepted"
        await rig.wait(10)
        assert logs_told(rig) == [("Uploading", 17), ("Uploaded", 17)]
        assert told(rig) == []
        assert list(transfer.brought) == [f"{LOCATION}/{answer['filename']}"]

    tell(tmp_path, story)


@pytest.mark.requirement("N01.FR.10")
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (TransferFault.PERMISSION_DENIED, "PermissionDenied"),
        (TransferFault.NOT_UNDERSTOOD, "BadMessage"),
        (TransferFault.NOT_SUPPORTED, "NotSupportedOperation"),
        (TransferFault.UNREACHABLE, "UploadFailure"),
    ],
)
def test_n01_fr_10_a_failed_upload_says_why(tmp_path: Path, fault: TransferFault, word: str) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.faults = [fault] * 3
        await get_log(rig, 18)
        await rig.rest(300)
        assert logs_told(rig) == [("Uploading", 18), (word, 18)]

    tell(tmp_path, story)


@pytest.mark.requirement("N01.FR.11")
def test_n01_fr_11_a_newer_get_log_cancels_the_older(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await get_log(rig, 1)
        await rig.wait(2)
        assert (await get_log(rig, 2))["status"] == "AcceptedCanceled"
        await rig.wait(20)
        assert logs_told(rig) == [("Uploading", 1), ("UploadFailure", 1), ("Uploading", 2), ("Uploaded", 2)]
        assert len(transfer.brought) == 1

    tell(tmp_path, story)


def test_get_log_and_get_diagnostics_cancel_each_other_each_in_its_own_words(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await diagnostics(rig)
        await rig.wait(2)
        assert (await get_log(rig, 5))["status"] == "AcceptedCanceled"
        await rig.wait(2)
        assert told(rig) == ["Uploading", "UploadFailed"]
        await diagnostics(rig)
        await rig.wait(20)
        assert logs_told(rig) == [("Uploading", 5), ("UploadFailure", 5)]
        assert told(rig)[2:] == ["Uploading", "Uploaded"]

    tell(tmp_path, story)


def test_a_station_without_a_security_log_rejects_a_request_for_it(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        assert await get_log(rig, 3, "SecurityLog") == {"status": "Rejected"}
        assert transfer.orders == []

    tell(tmp_path, story)


def test_an_upload_that_a_restart_breaks_off_is_told_as_failed(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.takes_seconds = 600
        await diagnostics(rig)
        await rig.wait(5)
        await rig.stop_controller()
        await rig.start_controller()
        await rig.until(lambda: told(rig) == ["Uploading", "UploadFailed"], 60)
        assert list((tmp_path / "uploads").iterdir()) == []
        await trigger(rig, "TriggerMessage", "DiagnosticsStatusNotification")
        await rig.wait(2)
        assert told(rig)[2:] == ["Idle"]
        await rig.stop_controller()
        await rig.start_controller()
        await rig.wait(30)
        assert told(rig)[3:] == [], "told once"

    tell(tmp_path, story)


def test_an_upload_that_ends_while_the_csms_is_away_is_told_when_it_is_back(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.takes_seconds = 30
        await diagnostics(rig)
        await rig.wait(5)
        rig.csms.go_offline()
        await rig.rest(60)
        rig.csms.come_back()
        await rig.until(lambda: told(rig) == ["Uploading", "Uploaded"], 300)

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("SupportedFileTransferProtocols")
def test_the_protocols_are_told_only_where_files_are_transferred(tmp_path: Path) -> None:
    key = {"key": ["SupportedFileTransferProtocols"]}

    async def with_transfer(rig: Rig, transfer: FakeFileTransfer) -> None:
        (found,) = (await ask(rig, "GetConfiguration", key))["configurationKey"]
        assert (found["value"], found["readonly"]) == ("FTP,FTPS,HTTP,HTTPS", True)

    async def without() -> None:
        async with Rig(tmp_path / "without", "1.6") as rig:
            answer = await rig.csms.call("GetDiagnostics", {"location": LOCATION})
            assert answer.error is not None
            assert answer.error.code == "NotSupported"
            (found,) = (await ask(rig, "GetConfiguration", key))["configurationKey"]
            assert found["value"] == ""

    (tmp_path / "with").mkdir()
    tell(tmp_path / "with", with_transfer)
    (tmp_path / "without").mkdir()
    run_virtual(without())


def test_how_far_the_upload_is_can_be_seen_while_it_runs(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        assert rig.assembly is not None
        transfer.takes_seconds = 60.0
        name = await diagnostics(rig)
        await rig.until(lambda: told(rig) == ["Uploading"], 10)
        await rig.wait(5)
        (shown,) = rig.assembly.transfers()
        assert shown.what == f"upload of {name}"
        assert shown.total_bytes is not None
        assert shown.done_bytes == shown.total_bytes // 2 > 0
        await rig.until(lambda: told(rig) == ["Uploading", "Uploaded"], 90)
        assert rig.assembly.transfers() == []

    tell(tmp_path, story)
