"""A CSMS in memory and the connections to it."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from chargepoint.csms.channel import ChannelClosedError, ConnectFailedError, OpenedLink
from chargepoint.csms.dialect import (
    JsonObject,
)
from unit.csms.fake_neighbours import NOON


class MemoryChannel:
    """One end of a connection in memory; `FakeCsms` holds the other."""

    def __init__(self, csms: "FakeCsms") -> None:
        self._csms = csms
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self.closed_because: str | None = None

    async def send(self, text: str) -> None:
        if self.closed_because is not None:
            raise ChannelClosedError(self.closed_because)
        self._csms.hear(self, text)

    async def receive(self) -> str:
        text = await self._inbox.get()
        if text is None:
            raise ChannelClosedError(self.closed_because or "closed")
        return text

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.drop(f"closed by this station (code {code})")

    def deliver(self, text: str) -> None:
        self._inbox.put_nowait(text)

    def drop(self, because: str = "the CSMS closed the connection") -> None:
        if self.closed_because is None:
            self.closed_because = because
            self._inbox.put_nowait(None)


class FakeCsms:
    """Hears frames, answers by action: with a payload, a CALLERROR code (text), None (silence) or a function."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str, JsonObject, str]] = []
        """When, action, payload, message id of each CALL of the station."""
        self.answers: list[list[Any]] = []
        """CALLRESULTs and CALLERRORs of the station."""
        self.frames: list[str] = []
        self.replies: dict[str, deque[Any]] = defaultdict(deque)
        """One-time replies by action; then the standing one."""
        self.standing: dict[str, Any] = {
            "BootNotification": lambda _: self.boot("Accepted", 300),
            "Heartbeat": lambda _: {"currentTime": NOON.isoformat()},
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
        }
        self.channel: MemoryChannel | None = None
        self.drops_after_answer_to: str | None = None

    def boot(self, status: str, interval: int) -> JsonObject:
        return {"status": status, "interval": interval, "currentTime": NOON.isoformat()}

    def hear(self, channel: MemoryChannel, text: str) -> None:
        self.frames.append(text)
        frame = json.loads(text)
        if frame[0] != 2:
            self.answers.append(frame)
            return
        _, message_id, action, payload = frame
        self.heard.append((asyncio.get_running_loop().time(), action, payload, message_id))
        reply = self.replies[action].popleft() if self.replies[action] else self.standing.get(action, {})
        if callable(reply):
            reply = reply(payload)
        if isinstance(reply, str):
            channel.deliver(json.dumps([4, message_id, reply, "no", {}]))
        elif reply is not None:
            channel.deliver(json.dumps([3, message_id, reply]))
        if action == self.drops_after_answer_to:
            self.drops_after_answer_to = None
            channel.drop()

    def ask(self, action: str, payload: JsonObject, message_id: str = "csms-1") -> None:
        self.say(json.dumps([2, message_id, action, payload]))

    def say(self, text: str) -> None:
        assert self.channel is not None
        self.channel.deliver(text)

    def drop(self) -> None:
        assert self.channel is not None
        self.channel.drop()

    def actions(self) -> list[str]:
        return [action for _, action, _, _ in self.heard]

    def times_of(self, wanted: str) -> list[float]:
        return [at for at, action, _, _ in self.heard if action == wanted]


class MemoryConnector:
    """Opens channels to a `FakeCsms`; `versions` are negotiated one after the other."""

    url = "ws://csms.test/CP%201"

    def __init__(self, csms: FakeCsms) -> None:
        self.csms = csms
        self.refuses_for_ever: ConnectFailedError | None = None
        self.versions: deque[str] = deque()
        self.attempts: list[float] = []

    async def connect(self) -> OpenedLink:
        self.attempts.append(asyncio.get_running_loop().time())
        if self.refuses_for_ever is not None:
            raise self.refuses_for_ever
        self.csms.channel = MemoryChannel(self.csms)
        return OpenedLink(self.csms.channel, self.versions.popleft() if self.versions else "ocpp1.6")


def statuses(csms: FakeCsms) -> Sequence[tuple[int, str]]:
    return [(p["connectorId"], p["status"]) for _, action, p, _ in csms.heard if action == "StatusNotification"]
