"""The demonstration as a person starts it: real processes, a real bill beside the real meter."""

import pytest

from live_session.command import AGREED, USAGE, main

pytestmark = pytest.mark.real_processes


def test_one_session_is_billed_as_the_meter_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--once", "--seconds", "3", "--ocpp", "2.0.1"]) == AGREED
    shown = capsys.readouterr().out
    assert "they agree" in shown
    assert "TransactionEvent" in shown


def test_a_session_outlives_the_csms_and_a_kill_9(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--offline-demo", "--seconds", "3", "--ocpp", "1.6"]) == AGREED
    shown = capsys.readouterr().out
    assert "they agree" in shown
    assert "StopTransaction" in shown


def test_wrong_arguments_are_named_and_start_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--ocpp", "1.5"]) == USAGE
    assert "1.5" in capsys.readouterr().err
