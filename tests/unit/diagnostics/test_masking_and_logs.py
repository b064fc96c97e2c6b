"""No secret stands in what leaves the station, and of the log what was asked for."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chargepoint.diagnostics.log_files import LogFileLimits, log_file_handler, log_lines, oldest_stamp
from chargepoint.diagnostics.masking import without_secrets
from chargepoint.model.log_uploads import LogPeriod
from support.full_disk import no_room


@pytest.mark.parametrize(
    "text",
    [
        "connecting to wss://CP1:CANARY@csms/ocpp",
        "fetching ftp://user:p@CANARY@host/x",
        "PUT https://bucket.example/logs?X-Signature=CANARY",
        "Authorization: Basic Q0FOQVJZCANARY==",
        "authorization: bearer CANARY.CANARY",
        '{"key":"AuthorizationKey","value":"CANARY"}',
        "basic_auth_password = 'CANARY'",
        "password=CANARY;",
        '"apnPassword": "CANARY"',
        "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nCANARY cut short",
    ],
)
def test_what_is_secret_by_its_place_is_struck_out(text: str) -> None:
    assert "CANARY" not in without_secrets(text)


def test_what_is_secret_by_its_value_is_struck_out_wherever_it_stands() -> None:
    assert without_secrets("it said CANARY to us", ["CANARY"]) == "it said *** to us"
    assert without_secrets("it is a day", ["a"]) == "it is a day"


@pytest.mark.parametrize(
    "text",
    [
        "connected to wss://csms.example/CP1",
        "EVSE 1: limit 16.0 A set by cable",
        '{"key":"HeartbeatInterval","value":"300"}',
    ],
)
def test_what_is_not_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


def write(directory: Path, *lines: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "chargepoint.log").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def at(hour: int) -> datetime:
    return datetime(2026, 6, 1, hour, tzinfo=UTC)


def test_of_the_log_the_period_is_taken_with_its_tracebacks(tmp_path: Path) -> None:
    write(
        tmp_path,
        "2026-06-01T10:00:00.000Z INFO a: early",
        "2026-06-01T12:00:00.000Z ERROR a: wanted",
        "Traceback of it",
        "2026-06-01T14:00:00.000Z INFO a: late",
        "of the late one",
    )
    assert list(log_lines(tmp_path, LogPeriod(at(11), at(13)))) == [
        "2026-06-01T12:00:00.000Z ERROR a: wanted\n",
        "Traceback of it\n",
    ]
    assert len(list(log_lines(tmp_path, LogPeriod()))) == 5
    assert oldest_stamp(tmp_path) == at(10)
    assert oldest_stamp(tmp_path / "none") is None


def test_the_log_on_disk_is_bounded_in_order_and_without_secrets(tmp_path: Path) -> None:
    handler = log_file_handler(tmp_path / "logs", LogFileLimits(file_bytes=2000, files=3))
    for number in range(200):
        words = f"line {number:03d} wss://u:CANARY@host"
        handler.emit(logging.makeLogRecord({"msg": words, "levelname": "INFO", "name": "x"}))
    handler.close()
    lines = list(log_lines(tmp_path / "logs", LogPeriod()))
    numbers = [int(line.split("line ")[1][:3]) for line in lines]
    assert numbers == list(range(numbers[0], 200))
    assert 0 < sum(path.stat().st_size for path in (tmp_path / "logs").iterdir()) <= 6000
    assert all("CANARY" not in line for line in lines)


def test_a_full_disk_costs_the_lines_and_no_trace_of_a_stack_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = log_file_handler(tmp_path)
    record = logging.makeLogRecord({"msg": "a line"})
    with no_room():
        handler.handle(record)
    handler.handle(record)
    handler.close()
    assert capsys.readouterr().err == ""
    assert "a line" in (tmp_path / "chargepoint.log").read_text(encoding="utf-8")
