"""The safety process: opens the board first, then ticks it with absolute deadlines until it is told to stop.

Every way out makes the board safe: SIGTERM and SIGINT (exit 0), any exception (exit 1), and the interpreter's end.
"""

import atexit
import logging
import os
import signal
from collections.abc import Callable, Mapping
from time import sleep
from typing import Any, assert_never

from chargepoint.model.errors import ChargePointError
from chargepoint.model.power import PowerDirective
from chargepoint.safety import serving_lock
from chargepoint.safety.link import ControllerCame, ControllerLeft, LinkEvent, SafetyLink
from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import SafetyPlan
from chargepoint.safety.punctuality import Punctuality
from chargepoint.safety.realtime import QuietCollector, ask_for_punctuality
from chargepoint.system_clock import monotonic
from chargepoint.system_notifier import Notifier
from chargepoint_hal.contract import Board

logger = logging.getLogger(__name__)

BoardOpener = Callable[[Mapping[str, Any]], Board]

HOUSEKEEPING_SECONDS = 1.0
STATISTICS_SECONDS = 5.0
WATCHDOG_SECONDS = 0.5
ON_TIME_SECONDS = 0.1
"""The watchdog is fed only if no tick since the last feeding was later than the 100 ms that IEC 61851-1 gives."""


def run(plan: SafetyPlan, open_board: BoardOpener, notifier: Notifier) -> int:
    """The exit code. Whatever `open_board` raises is passed on: nothing was energised yet."""
    board = open_board(plan.board_options)
    atexit.register(board.make_safe)
    try:
        _serve(plan, board, notifier)
    except ChargePointError:
        raise  # the person who wrote the configuration reads it without a traceback
    except Exception:
        board.make_safe()
        logger.exception("the safety process ends with every contactor open")
        return 1
    finally:
        board.make_safe()
        notifier.stopping()
        board.close()
        atexit.unregister(board.make_safe)
    return 0


def make_safe(plan: SafetyPlan, open_board: BoardOpener) -> int:
    """After a process that could not do it itself, as one that was killed: every contactor open, every pilot steady.

    The exit code: 1 where another process serves. Whatever `open_board` raises is passed on.
    """
    lock = None
    if plan.run_dir.is_dir():
        lock = serving_lock.take(plan.socket_path)
        if lock is None:
            logger.error("the board is not touched: the safety process of %s owns it", plan.socket_path)
            return 1
    try:
        board = open_board(plan.board_options)
        board.make_safe()
        board.close()
    finally:
        if lock is not None:
            os.close(lock)
    return 0


def _serve(plan: SafetyPlan, board: Board, notifier: Notifier) -> None:
    stop = StopRequest()
    loop = SafetyLoop(board, plan)
    ask_for_punctuality()
    link = SafetyLink(plan.socket_path, loop.hello())
    collector = QuietCollector()
    try:
        _Service(loop, link, notifier, collector).run(plan.period_seconds, stop)
    finally:
        loop.make_safe()
        collector.close()
        link.close()
        stop.close()


class StopRequest:
    """SIGTERM and SIGINT, seen by the loop at its next tick."""

    def __init__(self) -> None:
        self.is_made = False
        self._before = {number: signal.signal(number, self._make) for number in (signal.SIGTERM, signal.SIGINT)}

    def close(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _make(self, _number: int, _frame: object) -> None:
        self.is_made = True


class _Service:
    """The loop, its link and its duties beside the ticks."""

    def __init__(self, loop: SafetyLoop, link: SafetyLink, notifier: Notifier, collector: QuietCollector) -> None:
        self._loop = loop
        self._link = link
        self._notifier = notifier
        self._collector = collector
        self._collected_at = 0.0
        self._told_at = 0.0
        self._fed_at = 0.0

    def run(self, period_seconds: float, stop: StopRequest) -> None:
        """Ticks until the stop is requested. A missed period is skipped, never caught up with."""
        statistics = Punctuality(period_seconds)
        watchdog = Punctuality(period_seconds)
        due = monotonic()
        self._collected_at = self._told_at = self._fed_at = due
        is_ready = False
        while not stop.is_made:
            began = monotonic()
            self._tick(began)
            ended = monotonic()
            lateness_seconds = began - due
            statistics.note(lateness_seconds, ended - began)
            watchdog.note(lateness_seconds, ended - began)
            if not is_ready:
                is_ready = True
                self._notifier.ready()
            due = (began if lateness_seconds > period_seconds else due) + period_seconds
            self._attend(statistics, watchdog, ended, slack_seconds=due - ended)
            sleep(max(0.0, due - monotonic()))

    def _tick(self, now: float) -> None:
        """The pins first, the link afterwards."""
        for observation in self._loop.tick(now):
            self._link.publish(observation)
        for event in self._link.poll():
            self._react(event, now)

    def _react(self, event: LinkEvent, now: float) -> None:
        match event:
            case ControllerCame():
                self._loop.link_opened()
            case ControllerLeft():
                self._loop.link_lost(now)
            case PowerDirective():
                try:
                    self._loop.apply(event, now)
                except ValueError as error:
                    self._link.refuse(str(error))
            case _:
                assert_never(event)

    def _attend(self, statistics: Punctuality, watchdog: Punctuality, now: float, slack_seconds: float) -> None:
        if now - self._fed_at >= WATCHDOG_SECONDS:
            self._fed_at = now
            if watchdog.worst_lateness_seconds <= ON_TIME_SECONDS:
                self._notifier.watchdog()
            watchdog.start_again()
        if now - self._told_at >= STATISTICS_SECONDS:
            self._told_at = now
            self._link.publish(statistics.told())
            statistics.start_again()
        if now - self._collected_at >= HOUSEKEEPING_SECONDS and slack_seconds > statistics.period_seconds / 2:
            self._collected_at = now
            self._collector.collect()
