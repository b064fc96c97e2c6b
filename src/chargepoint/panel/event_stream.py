"""Tells every watcher of `GET /api/events` what changed: the status, frames and notices as server-sent events.

One task looks for changes, however many watch, and none while nobody does. A watcher that does not read is dropped.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

from chargepoint.panel.changes import lasting
from chargepoint.panel.gathering import take_picture
from chargepoint.panel.ports import PanelSources
from chargepoint.panel.status import Json, frame_json, notice_json, status_of

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""The status is sent at most this often."""
REPEAT_SECONDS = 5.0
"""And at least this often: ages and countdowns move on, and a dead watcher is found out."""
WAITING_EVENTS = 128
"""A watcher that is further behind is dropped: it connects again and starts from the present."""
MOST_WATCHERS = 32


class TooManyWatchersError(Exception):
    """Every place is taken."""


def event(kind: str, body: Json) -> bytes:
    """One server-sent event."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return f"event: {kind}\ndata: {text}\n\n".encode()


class Watcher:
    """The events that one reader still has to get."""

    def __init__(self, drop: Callable[[], None]) -> None:
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_EVENTS)
        self._drop = drop
        self.is_dropped = False

    def put(self, message: bytes | None) -> None:
        """None ends the stream. A full queue drops the watcher."""
        if self.is_dropped:
            return
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.is_dropped = True
            self._drop()

    async def messages(self) -> AsyncIterator[bytes]:
        """Until the stream ends."""
        while (message := await self._waiting.get()) is not None:
            yield message


class EventStream:
    """The watchers, and the tasks that feed them between `start` and `stop`."""

    def __init__(self, sources: PanelSources) -> None:
        self._sources = sources
        self._watchers: set[Watcher] = set()
        self._someone_came = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        feeds: dict[str, Coroutine[None, None, None]] = {
            "panel-status": self._watch_status(),
            "panel-frames": self._watch_frames(),
            "panel-notices": self._watch_notices(),
        }
        for name, feed in feeds.items():
            task = asyncio.create_task(feed, name=name)
            task.add_done_callback(_tell_of_failure)
            self._tasks.append(task)

    async def stop(self) -> None:
        """End every stream and the feeds."""
        for watcher in list(self._watchers):
            watcher.put(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def join(self, drop: Callable[[], None]) -> Watcher:
        """A new watcher, to be given to `leave`; `drop` is called when it is too slow."""
        if len(self._watchers) >= MOST_WATCHERS:
            raise TooManyWatchersError
        watcher = Watcher(drop)
        self._watchers.add(watcher)
        self._someone_came.set()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    async def serve(self, watcher: Watcher, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Write the past and the present, then what comes, until the stream ends."""
        for frame in self._sources.frames.last():
            await write(event("frame", frame_json(frame)))
        for shown in self._sources.notices.last():
            await write(event("notice", notice_json(shown)))
        await write(event("status", status_of(await take_picture(self._sources))))
        async for message in watcher.messages():
            await write(message)

    def _tell(self, message: bytes) -> None:
        for watcher in list(self._watchers):
            watcher.put(message)

    async def _watch_status(self) -> None:
        loop = asyncio.get_running_loop()
        told: Json | None = None
        repeat_at = loop.time()
        while True:
            if not self._watchers:
                self._someone_came.clear()
                await self._someone_came.wait()
            status = status_of(await take_picture(self._sources))
            if loop.time() >= repeat_at or lasting(status) != told:
                told = lasting(status)
                repeat_at = loop.time() + REPEAT_SECONDS
                self._tell(event("status", status))
            await asyncio.sleep(LOOK_SECONDS)

    async def _watch_frames(self) -> None:
        async for frame in self._sources.frames.watch():
            self._tell(event("frame", frame_json(frame)))

    async def _watch_notices(self) -> None:
        async for shown in self._sources.notices.watch():
            self._tell(event("notice", notice_json(shown)))


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the event stream of the local interface has lost its %s", task.get_name(), exc_info=error)
