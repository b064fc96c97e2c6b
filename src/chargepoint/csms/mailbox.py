"""What is said from memory: STATE and NOISE reports and posted calls. Outlives connections; durable rows are not here.

Offline the newest STATE of each EVSE, each upload and each source of a site limit is kept and all else is dropped;
online everything goes in the order it was said.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chargepoint.csms.dialect import OutgoingCall
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import (
    CLASS_OF,
    BootReport,
    EventReport,
    HeartbeatReport,
    LogUploadReport,
    Report,
    ReportClass,
    SiteLimitReport,
    StatusReport,
)

KeptReport = StatusReport | LogUploadReport | SiteLimitReport
KEPT = (StatusReport, LogUploadReport, SiteLimitReport)

MOST_WAITING = 500
"""Beyond that the oldest is dropped: nothing here is billed."""
MOST_EVENTS_WAITING = 100
"""The same for what monitors tell: it pushes nothing else out."""

INSTRUCTION_LASTS_SECONDS = 1.0
"""The core may speak a moment after its verdict."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to send."""

    content: Report | OutgoingCall
    is_instructed: bool
    """Said while the CSMS's instruction to send was served, or posted."""
    said_at: float
    """Loop time."""

    @property
    def stamp(self) -> Stamp | None:
        return self.content.stamp if isinstance(self.content, StatusReport) else None


class Mailbox:
    """One for the station."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque()
        self._is_open = False
        self._instructions = 0
        self.last_row_id: int | None = None
        """Of the outbox: up to this one they were said in this start, over whatever connection."""
        self.is_boot_asked = False
        self.is_heartbeat_asked = False
        self.changed = asyncio.Event()
        """Set whenever something was said; whoever waits clears it."""
        self.asked = asyncio.Event()
        """Set when a boot or a heartbeat was asked for."""

    def say(self, report: Report) -> None:
        """A STATE or NOISE report; a billing one belongs into the outbox (ValueError)."""
        report_class = CLASS_OF[type(report)]
        if report_class is ReportClass.BILLING:
            raise ValueError(f"{type(report).__name__} is billed: it goes through the outbox, not through memory")
        if isinstance(report, BootReport | HeartbeatReport):
            self._ask(report)
        elif self._is_open or self._instructions or isinstance(report, EventReport):
            self._put(report)
            self._trim_events()
        elif isinstance(report, KEPT):
            self._replace(report)

    def post(self, call: OutgoingCall) -> None:
        """A call that the CSMS has asked for (NotifyReport); lost when the link is."""
        self._letters.append(Letter(call, True, asyncio.get_running_loop().time()))
        self._trim()

    @contextmanager
    def instructed(self) -> Iterator[None]:
        """While this is open, and shortly after, what is said was asked for by the CSMS."""
        self._instructions += 1
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(INSTRUCTION_LASTS_SECONDS, self._instruction_over)

    def _instruction_over(self) -> None:
        self._instructions -= 1

    def open(self) -> None:
        """The registration is accepted: keep everything from now on."""
        self._is_open = True
        self.changed.set()

    def close(self) -> None:
        """The link is gone: of what is left only the newest states stay."""
        self._is_open = False
        left = [letter.content for letter in self._letters]
        self._letters.clear()
        for content in left:
            if isinstance(content, KEPT):
                self._replace(content)
            elif isinstance(content, EventReport) and content.outlives_link:
                self._put(content)

    def first(self, only_instructed: bool) -> Letter | None:
        """The oldest that was asked for: Accepted has promised it within seconds. Else the oldest, if it may go."""
        asked_for = next((letter for letter in self._letters if letter.is_instructed), None)
        if asked_for is not None or only_instructed:
            return asked_for
        return self._letters[0] if self._letters else None

    def taken(self, letter: Letter) -> None:
        """It was sent, or there is no use in it."""
        if letter in self._letters:
            self._letters.remove(letter)

    def __len__(self) -> int:
        return len(self._letters)

    def _ask(self, report: BootReport | HeartbeatReport) -> None:
        if isinstance(report, BootReport):
            self.is_boot_asked = True
        else:
            self.is_heartbeat_asked = True
        self.asked.set()

    def _put(self, report: Report) -> None:
        self._letters.append(Letter(report, self._instructions > 0, asyncio.get_running_loop().time()))
        self._trim()

    def _replace(self, report: KeptReport) -> None:
        for letter in tuple(self._letters):
            content = letter.content
            if isinstance(content, KEPT) and _subject(content) == _subject(report):
                self._letters.remove(letter)
        self._put(report)

    def _trim_events(self) -> None:
        while sum(map(_is_event, self._letters)) > MOST_EVENTS_WAITING:
            self._letters.remove(next(filter(_is_event, self._letters)))

    def _trim(self) -> None:
        while len(self._letters) > MOST_WAITING:
            self._letters.popleft()
        self.changed.set()


def _is_event(letter: Letter) -> bool:
    return isinstance(letter.content, EventReport)


def _subject(report: KeptReport) -> tuple[object, ...]:
    """What of all that is told of it only the newest matters."""
    if isinstance(report, StatusReport):
        return (StatusReport, report.evse_id, report.connector_id)
    if isinstance(report, SiteLimitReport):
        return (SiteLimitReport, report.source)
    return (LogUploadReport, report.request_id)
