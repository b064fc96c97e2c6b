"""Looks at the station, the bench and the CSMS all the time and hands what it sees to the screen."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from live_session.frame_lines import FrameReader
from live_session.http import NO_ANSWER, Http, Json
from live_session.picture import Addresses, Picture
from live_session.screen import Screen

LOOK_SECONDS = 0.25
RETRY_SECONDS = 0.5
LONGEST_LINE_BYTES = 8 * 1024 * 1024


class Watch:
    """`picture` is never older than LOOK_SECONDS and an answer's time while `run` runs."""

    def __init__(self, http: Http, screen: Screen, panel_url_file: Path) -> None:
        self._http = http
        self._screen = screen
        self._panel_url_file = panel_url_file
        self._reader = FrameReader()
        self._last_frame = 0
        self.picture = Picture()
        self.addresses = Addresses()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_looking())
            tasks.create_task(self._follow_frames())

    async def look(self) -> Picture:
        """One look at all of them; parts that did not answer are empty."""
        panel, bench = _first_line(self._panel_url_file), self.addresses.bench
        self.addresses = Addresses(panel, bench, self.addresses.csms_control, self.addresses.csms)
        status = await self._http.get_or_none(f"{panel}/api/status") if panel else None
        truth = await self._http.get_or_none(f"{bench}/bench") if bench else None
        self.picture = Picture(status or {}, truth or {})
        return self.picture

    async def _keep_looking(self) -> None:
        while True:
            self._screen.show(await self.look(), self.addresses)
            await asyncio.sleep(LOOK_SECONDS)

    async def _follow_frames(self) -> None:
        while True:
            try:
                async for frame in self._frames():
                    self._last_frame = frame["number"]
                    self._screen.show_frame(self._reader.line(frame["direction"], frame["text"]))
            except NO_ANSWER:
                await asyncio.sleep(RETRY_SECONDS)

    async def _frames(self) -> AsyncIterator[Json]:
        """The CSMS's stream of server-sent events."""
        url = f"{self.addresses.csms_control}/frames/stream?since={self._last_frame}"
        endless = aiohttp.ClientTimeout(total=None, sock_connect=5.0)
        async with self._http.session.get(url, timeout=endless, read_bufsize=LONGEST_LINE_BYTES) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])


def _first_line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
