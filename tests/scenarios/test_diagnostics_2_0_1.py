"""GetLog of OCPP 2.0.1 (N01) by the steps of part 6."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.transfer.outcomes import TransferFault
from scenarios.stories import Operator, calls_of_station
from support.file_transfer import FakeFileTransfer, members
from support.rig import START_UTC, Rig
from support.virtual_time import run_virtual

Story = Callable[[Rig, FakeFileTransfer], Awaitable[None]]
LOCATION = "https://operator:canary-4711@files.example/logs"


def tell(directory: Path, story: Story, *, has_key_store: bool = False) -> None:
    async def whole() -> None:
        transfer = FakeFileTransfer()
        async with Rig(directory, "2.0.1", file_transfer=transfer, has_key_store=has_key_store) as rig:
            await rig.wait(2)
            await story(rig, transfer)
            assert rig.csms.record.schema_errors == []

    run_virtual(whole())


async def get_log(
    rig: Rig, number: int, kind: str = "DiagnosticsLog", log: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    wanted = {"logType": kind, "requestId": number, "log": {"remoteLocation": LOCATION, **(log or {})}, **more}
    answer = await rig.csms.call("GetLog", wanted)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


def told(rig: Rig) -> list[Any]:
    notes = calls_of_station(rig, "LogStatusNotification")
    return [(note["status"], note["requestId"]) if "requestId" in note else note["status"] for note in notes]


@pytest.mark.requirement("N01.FR.01", "N01.FR.02", "N01.FR.04", "N01.FR.07", "N01.FR.08", "N01.FR.09", "N01.FR.13")
def test_the_diagnostics_are_uploaded_and_each_step_is_told(tmp_path: Path) -> None:
    """TC_N_25_CS"""

    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        answer = await get_log(rig, 17)
        assert answer["status"] == "Accepted"
        await rig.until(lambda: told(rig) == [("Uploading", 17), ("Uploaded", 17)], 20)
        ((url, content),) = transfer.brought.items()
        assert url == f"{LOCATION}/{answer['filename']}"
        assert "canary-4711" not in "".join(members(content).values())

    tell(tmp_path, story)


@pytest.mark.requirement("N01.FR.01", "N01.FR.02", "N01.FR.03", "N01.FR.07", "N01.FR.08", "N01.FR.09", "N01.FR.13")
def test_the_security_log_is_uploaded_and_each_step_is_told(tmp_path: Path) -> None:
    """TC_N_35_CS"""

    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        answer = await get_log(rig, 19, "SecurityLog")
        assert answer["status"] == "Accepted"
        await rig.until(lambda: told(rig) == [("Uploading", 19), ("Uploaded", 19)], 20)
        ((url, content),) = transfer.brought.items()
        assert url == f"{LOCATION}/{answer['filename']}"
        assert b"StartupOfTheDevice" in content

    tell(tmp_path, story, has_key_store=True)


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
def test_a_failed_upload_says_why_after_the_last_attempt(tmp_path: Path, fault: TransferFault, word: str) -> None:
    """TC_N_26_CS"""

    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.faults = [fault] * 3
        await get_log(rig, 18, retries=2, retryInterval=20)
        await rig.until(lambda: told(rig) == [("Uploading", 18), (word, 18)], 300)

    tell(tmp_path, story)


@pytest.mark.requirement("N01.FR.05")
def test_what_is_not_there_is_rejected(tmp_path: Path) -> None:
    """TC_N_34_CS"""

    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        future = {"oldestTimestamp": (START_UTC + timedelta(days=1)).isoformat()}
        for answer in (await get_log(rig, 1, log=future), await get_log(rig, 2, "SecurityLog")):
            assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotFound")
        odd = {"remoteLocation": LOCATION, "latestTimestamp": "later"}
        refused = await rig.csms.call("GetLog", {"logType": "DiagnosticsLog", "requestId": 3, "log": odd})
        assert refused.error is not None
        assert refused.error.code == "PropertyConstraintViolation"
        await rig.wait(10)
        assert (transfer.orders, told(rig)) == ([], [])

    tell(tmp_path, story)


@pytest.mark.requirement("N01.FR.12", "N01.FR.20")
def test_a_second_request_cancels_the_first_and_both_are_told(tmp_path: Path) -> None:
    """TC_N_36_CS"""

    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        await get_log(rig, 1)
        await rig.wait(2)
        second = await get_log(rig, 2)
        assert second["status"] == "AcceptedCanceled"
        assert "filename" in second
        course = [("Uploading", 1), ("AcceptedCanceled", 1), ("Uploading", 2), ("Uploaded", 2)]
        await rig.until(lambda: told(rig) == course, 20)
        assert len(transfer.brought) == 1

    tell(tmp_path, story)


@pytest.mark.requirement("F06.FR.14", "F06.FR.15", "N01.FR.13")
def test_a_trigger_tells_how_the_upload_stands(tmp_path: Path) -> None:
    """TC_F_16_CS"""

    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        operator = Operator(rig)
        assert await operator.trigger("LogStatusNotification") == "Accepted"
        await rig.until(lambda: told(rig) == ["Idle"], 5)
        transfer.takes_seconds = 60
        await get_log(rig, 5)
        await rig.wait(5)
        assert await operator.trigger("LogStatusNotification") == "Accepted"
        await rig.until(lambda: told(rig) == ["Idle", ("Uploading", 5), ("Uploading", 5)], 5)

    tell(tmp_path, story)


def test_an_upload_that_a_restart_breaks_off_is_told_as_failed(tmp_path: Path) -> None:
    async def story(rig: Rig, transfer: FakeFileTransfer) -> None:
        transfer.takes_seconds = 600
        await get_log(rig, 9)
        await rig.wait(5)
        await rig.stop_controller()
        await rig.start_controller()
        await rig.until(lambda: told(rig) == [("Uploading", 9), ("UploadFailure", 9)], 60)

    tell(tmp_path, story)
