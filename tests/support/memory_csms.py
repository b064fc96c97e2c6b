"""The development CSMS at the other end of an in-memory link: both OCPP versions, no socket, virtual time."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chargepoint.csms.channel import ChannelClosedError, ConnectFailedError, ConnectStep, OpenedLink
from dev_csms.core import CsmsCore
from dev_csms.outcomes import AnswerArrived, CallAnswer, Disconnect, SendText
from dev_csms.records import Direction
from dev_csms.session import CsmsSession
from dev_csms.wire import Version

SUBPROTOCOLS = {"ocpp1.6": Version.V16, "ocpp2.0.1": Version.V201}
TRAVEL_SECONDS = 0.02

FrameWatcher = Callable[[str, str], None]
"""Told (direction, text) of each frame before it is delivered: `from_station`, `to_station`; and `taken_by_csms`
once the CSMS has read and booked it."""


@dataclass(slots=True)
class MemoryChannel:
    """The station's end of one link."""

    csms: "MemoryCsms"
    session: CsmsSession
    _inbox: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    _closed_because: str | None = None
    waiting: dict[str, asyncio.Future[CallAnswer]] = field(default_factory=dict)

    async def send(self, text: str) -> None:
        if self._closed_because is not None:
            raise ChannelClosedError(self._closed_because)
        self.csms.watch("from_station", text)
        if self.csms.is_black_hole:
            return
        if self._is_for_vendor(text):
            return
        outcomes = self.session.receive(text, self.csms.utc_now())
        self.csms.watch("taken_by_csms", text)
        for outcome in outcomes:
            match outcome:
                case SendText(answer, delay_seconds):
                    asyncio.get_running_loop().call_later(TRAVEL_SECONDS + delay_seconds, self.deliver, answer)
                case Disconnect():
                    self.cut("the CSMS closed the link")
                case AnswerArrived(answer):
                    waiter = self.waiting.pop(answer.message_id, None)
                    if waiter is not None and not waiter.done():
                        waiter.set_result(answer)

    def _is_for_vendor(self, text: str) -> bool:
        """A DataTransfer that this CSMS knows more of than that it is none of its own."""
        frame = json.loads(text)
        if self.csms.vendor is None or frame[0] != 2 or frame[2] != "DataTransfer":
            return False
        self.session.core.note_frame(self.csms.station_id, Direction.FROM_STATION, text, self.csms.utc_now())
        answer = self.csms.vendor(frame[3])
        if answer is not None:
            reply = json.dumps([3, frame[1], answer])
            seconds = TRAVEL_SECONDS + self.csms.vendor_thinks_seconds
            asyncio.get_running_loop().call_later(seconds, self.deliver, reply)
        return True

    def deliver(self, text: str) -> None:
        if self._closed_because is None:
            text = self.csms.rewrite(text)
            self.csms.watch("to_station", text)
            self.session.sent(text, self.csms.utc_now())
            self._inbox.put_nowait(text)

    async def receive(self) -> str:
        if self._closed_because is not None:
            raise ChannelClosedError(self._closed_because)
        text = await self._inbox.get()
        if text is None:
            raise ChannelClosedError(self._closed_because)
        return text

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.cut(reason or "closed by the station")

    def cut(self, reason: str) -> None:
        if self._closed_because is None:
            self._closed_because = reason
            self.session.closed(self.csms.utc_now())
            self._inbox.put_nowait(None)
            for waiter in self.waiting.values():
                waiter.cancel()


class MemoryCsms:
    """One CSMS that one station talks to; implements `Connector` for it."""

    def __init__(self, station_id: str, versions: tuple[str, ...], utc_now: Callable[[], datetime]) -> None:
        self.core = CsmsCore()
        self.station_id = station_id
        self.versions = versions
        self.utc_now = utc_now
        self.attempts: list[datetime] = []
        """When the station tried to connect."""
        self.is_reachable = True
        self.is_black_hole = False
        self.watch: FrameWatcher = lambda direction, text: None
        self.rewrite: Callable[[str], str] = lambda text: text
        """What really goes to the station in place of a frame."""
        self.vendor: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None
        """Answers the station's DataTransfer; None for silence."""
        self.vendor_thinks_seconds = 0.0
        self.channel: MemoryChannel | None = None
        self.offered: tuple[str, ...] = ("ocpp2.0.1", "ocpp1.6")

    @property
    def url(self) -> str:
        return f"memory://csms/{self.station_id}"

    async def connect(self) -> OpenedLink:
        self.attempts.append(self.utc_now())
        await asyncio.sleep(TRAVEL_SECONDS)
        if not self.is_reachable:
            raise ConnectFailedError(ConnectStep.TCP, "refused: nobody listens")
        for subprotocol in self.offered:
            if subprotocol in self.versions:
                session = CsmsSession(self.core, self.station_id, SUBPROTOCOLS[subprotocol])
                session.opened(self.utc_now(), "/" + self.station_id)
                self.channel = MemoryChannel(self, session)
                return OpenedLink(self.channel, subprotocol)
        raise ConnectFailedError(ConnectStep.SUBPROTOCOL, "no common OCPP version")

    def go_offline(self) -> None:
        """Cut the link and refuse new ones."""
        self.is_reachable = False
        self.cut("the network is down")

    def come_back(self) -> None:
        self.is_reachable = True

    def cut(self, reason: str = "cut") -> None:
        if self.channel is not None:
            self.channel.cut(reason)
            self.channel = None

    async def call(self, action: str, payload: dict[str, Any], strict: bool = True) -> CallAnswer:
        """Send a request to the station and wait for its answer."""
        if self.channel is None:
            raise AssertionError("the station is not connected")
        channel = self.channel
        message_id, text = channel.session.make_call(action, payload, strict)
        waiter: asyncio.Future[CallAnswer] = asyncio.get_running_loop().create_future()
        channel.waiting[message_id] = waiter
        channel.deliver(text)
        async with asyncio.timeout(60):
            return await waiter

    @property
    def record(self) -> Any:
        return self.core.station(self.station_id)

    def actions(self) -> list[str]:
        """The actions of the station's CALLs, in order."""
        texts = [json.loads(frame.text) for frame in self.core.frames if frame.direction == "from_station"]
        return [frame[2] for frame in texts if frame[0] == 2]
