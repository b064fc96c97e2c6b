"""The words to systemd arrive on a real socket, and a socket that is gone ends nothing."""

import logging
import os
from importlib.util import find_spec

import pytest

from chargepoint.system_notifier import NullNotifier, SystemdNotifier, notifier_of_this_service, watchdog_seconds_in
from unit.systemd.service_manager import Sender, ServiceManager


def test_under_systemd_the_library_speaks_or_its_absence_is_said(
    service_manager: ServiceManager, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(service_manager.path))
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    notifier = notifier_of_this_service()
    notifier.status("charging\non EVSE 1")
    notifier.ready()
    notifier.watchdog()
    notifier.stopping()
    if find_spec("systemd") is None:
        assert "install systemd-python" in caplog.text
        assert service_manager.heard() == []
    else:
        assert notifier.watchdog_seconds == 2.0
        assert service_manager.heard() == ["STATUS=charging on EVSE 1", "READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_without_systemd_nobody_is_told() -> None:
    notifier = notifier_of_this_service({})
    assert isinstance(notifier, NullNotifier)
    assert notifier.watchdog_seconds is None
    notifier.ready()
    notifier.watchdog()
    notifier.status("charging")
    notifier.stopping()


def test_a_service_manager_that_is_gone_is_logged_once_and_again_after_it_was_back(
    service_manager: ServiceManager, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = SystemdNotifier(sender)
    away = service_manager.path.rename(service_manager.path.with_name("away"))
    with caplog.at_level(logging.WARNING):
        notifier.watchdog()
        notifier.watchdog()
        assert len(caplog.records) == 1
        away.rename(service_manager.path)
        notifier.watchdog()
        service_manager.path.rename(away)
        notifier.watchdog()
    assert len(caplog.records) == 2
    assert service_manager.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "42"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "41"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_how_long_systemd_waits(environment: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds_in(environment, own_pid=42) == seconds
