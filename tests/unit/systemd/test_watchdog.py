"""When the watchdog is fed: the decision, and the task on virtual time over a real socket."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from chargepoint.daemon.watchdog import FRESH_SECONDS, SAFETY_START_SECONDS, Vitals, Watchdog, is_healthy, why_unhealthy
from chargepoint.system_notifier import SystemdNotifier
from support.virtual_time import run_virtual
from unit.systemd.service_manager import Sender, ServiceManager

STARTED = 100.0
LIVING = Vitals(started_at=STARTED, controller_heartbeat_at=STARTED + 60, safety_heard_at=STARTED + 60)
NOW = STARTED + 60.5


def test_both_loops_alive_is_healthy() -> None:
    assert is_healthy(NOW, LIVING)


@pytest.mark.parametrize("age_seconds", [FRESH_SECONDS, 60.0])
def test_a_silent_controller_is_unhealthy(age_seconds: float) -> None:
    vitals = replace(LIVING, controller_heartbeat_at=NOW - age_seconds)
    assert not is_healthy(NOW, vitals)
    assert "controller" in str(why_unhealthy(NOW, vitals))


@pytest.mark.parametrize("age_seconds", [FRESH_SECONDS, 60.0])
def test_a_silent_safety_process_is_unhealthy(age_seconds: float) -> None:
    vitals = replace(LIVING, safety_heard_at=NOW - age_seconds)
    assert not is_healthy(NOW, vitals)
    assert "safety" in str(why_unhealthy(NOW, vitals))


def test_just_fresh_is_fresh() -> None:
    just = NOW - FRESH_SECONDS + 0.01
    assert is_healthy(NOW, replace(LIVING, controller_heartbeat_at=just, safety_heard_at=just))


def test_the_safety_process_may_take_its_time_at_the_start_only() -> None:
    starting = replace(LIVING, safety_heard_at=None)
    soon = STARTED + SAFETY_START_SECONDS - 0.1
    assert is_healthy(soon, replace(starting, controller_heartbeat_at=soon))
    late = STARTED + SAFETY_START_SECONDS
    assert not is_healthy(late, replace(starting, controller_heartbeat_at=late))


def test_the_start_grace_is_not_for_a_safety_process_that_was_heard_and_fell_silent() -> None:
    now = STARTED + 5
    assert not is_healthy(now, replace(LIVING, controller_heartbeat_at=now, safety_heard_at=now - FRESH_SECONDS))


@dataclass(slots=True)
class ControllerLoop:
    """Renews on virtual time until it hangs."""

    hangs_at: float = float("inf")

    @property
    def heartbeat_at(self) -> float:
        return min(asyncio.get_running_loop().time(), self.hangs_at)


@dataclass(slots=True)
class SafetyLoop:
    """Heard from a time on until it hangs."""

    heard_from: float = 0.0
    hangs_at: float = float("inf")

    @property
    def heard_at(self) -> float | None:
        now = asyncio.get_running_loop().time()
        return min(now, self.hangs_at) if now >= self.heard_from else None


@dataclass(slots=True)
class Service:
    """A watchdog task between two loops and a real socket."""

    manager: ServiceManager
    sender: Sender
    controller: ControllerLoop = field(default_factory=ControllerLoop)
    safety: SafetyLoop = field(default_factory=SafetyLoop)
    watchdog_seconds: float | None = 20.0

    async def live(self, seconds: float) -> list[tuple[float, str]]:
        """What was said, with its time; the service is cancelled at the end."""
        loop = asyncio.get_running_loop()
        notifier = SystemdNotifier(self.sender, self.watchdog_seconds)
        watchdog = Watchdog(notifier, self.controller, self.safety, lambda: "charging on 1 of 1 EVSEs")
        running = asyncio.create_task(watchdog.run())
        said: list[tuple[float, str]] = []
        while loop.time() < seconds:
            await asyncio.sleep(0.05)
            said += [(loop.time(), words) for words in self.manager.heard()]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return said + [(loop.time(), words) for words in self.manager.heard()]


def times(said: list[tuple[float, str]], words: str) -> list[float]:
    return [at for at, each in said if each == words]


def test_a_healthy_life_from_ready_to_stopping(service_manager: ServiceManager, sender: Sender) -> None:
    said = run_virtual(Service(service_manager, sender, safety=SafetyLoop(heard_from=1.2)).live(60.0))
    assert Counter(words for _, words in said)["READY=1"] == 1
    assert times(said, "READY=1")[0] == pytest.approx(1.25, abs=0.06)
    fed = times(said, "WATCHDOG=1")
    gaps = [later - earlier for earlier, later in pairwise(fed)]
    assert len(fed) == 9
    assert max(gaps) < 20.0 / 2
    assert said[-1][1] == "STOPPING=1"
    assert [words for _, words in said if words.startswith("STATUS=")] == [
        "STATUS=starting: waits for the safety process",
        "STATUS=charging on 1 of 1 EVSEs",
    ]


@pytest.mark.parametrize("hangs", ["controller", "safety"])
def test_a_loop_that_hangs_is_not_fed_for(
    service_manager: ServiceManager, sender: Sender, hangs: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(service_manager, sender)
    if hangs == "controller":
        service.controller.hangs_at = 30.0
    else:
        service.safety.hangs_at = 30.0
    with caplog.at_level(logging.ERROR):
        said = run_virtual(service.live(90.0))
    fed = times(said, "WATCHDOG=1")
    assert fed
    assert max(fed) < 30.0 + FRESH_SECONDS
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "STATUS=hangs: a loop is silent, the watchdog is not fed" in [words for _, words in said]


def test_ready_is_not_said_before_the_safety_process_was_heard_nor_fed_for_long(
    service_manager: ServiceManager, sender: Sender
) -> None:
    said = run_virtual(Service(service_manager, sender, safety=SafetyLoop(float("inf"))).live(40.0))
    assert not times(said, "READY=1")
    assert max(times(said, "WATCHDOG=1")) < SAFETY_START_SECONDS


def test_a_loop_that_comes_back_is_fed_for_again(service_manager: ServiceManager, sender: Sender) -> None:
    safety = SafetyLoop(hangs_at=10.0)

    async def story() -> list[tuple[float, str]]:
        def recover() -> None:
            safety.hangs_at = float("inf")

        asyncio.get_running_loop().call_later(25.0, recover)
        return await Service(service_manager, sender, safety=safety).live(40.0)

    fed = times(run_virtual(story()), "WATCHDOG=1")
    assert not [at for at in fed if 13.0 < at < 24.9]
    assert [at for at in fed if at >= 24.9]


def test_a_short_watchdog_is_fed_three_times_in_its_period(service_manager: ServiceManager, sender: Sender) -> None:
    said = run_virtual(Service(service_manager, sender, watchdog_seconds=0.6).live(6.0))
    assert len(times(said, "WATCHDOG=1")) == pytest.approx(30, abs=1)


def test_without_a_watchdog_only_the_rest_is_said(service_manager: ServiceManager, sender: Sender) -> None:
    said = run_virtual(Service(service_manager, sender, watchdog_seconds=None).live(5.0))
    assert [words for _, words in said] == ["READY=1", "STATUS=charging on 1 of 1 EVSEs", "STOPPING=1"]
