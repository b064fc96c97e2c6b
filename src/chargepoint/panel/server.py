"""Opens and closes the local interface, and says where it is."""

import asyncio
import contextlib
import logging
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from chargepoint.panel.address import URL_FILE, url_of
from chargepoint.panel.event_stream import EventStream
from chargepoint.panel.interface import Interface
from chargepoint.panel.ports import PanelSources

log = logging.getLogger(__name__)
http_log = logging.getLogger(f"{__name__}.http")
"""aiohttp's voice."""

ENDING_SECONDS = 1.0
"""What a request may still take when the interface closes."""


def is_our_error(record: logging.LogRecord) -> bool:
    """False for what aiohttp says of bytes that are no HTTP: they were answered, and anyone can send them."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


class Panel:
    """The HTTP server. `run` is for the supervisor; `start` and `stop` are its two halves."""

    def __init__(self, sources: PanelSources, host: str, port: int, run_dir: Path | None = None) -> None:
        self._sources = sources
        self._host = host
        self._port = port
        self._url_file = None if run_dir is None else run_dir / URL_FILE
        self._stream = EventStream(sources)
        self._runner: web.AppRunner | None = None
        self._url_is_written = False

    async def run(self) -> None:
        """Serve until cancelled; OSError when the address can not be listened on."""
        try:
            await self.start()
            await asyncio.get_running_loop().create_future()
        finally:
            await self.stop()

    async def start(self) -> str:
        """Listen (port 0: on any free one), write the URL beside the sockets of this run and return it."""
        http_log.addFilter(is_our_error)
        application = Interface(self._sources, self._stream, self._host).application()
        self._runner = web.AppRunner(
            application, logger=http_log, access_log=None, handle_signals=False, shutdown_timeout=ENDING_SECONDS
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self.stop()
            what = f"the local interface can not listen on {self._host} port {self._port}"
            raise OSError(error.errno, f"{what}: {error}: set another host or port in the [panel] table") from error
        self._stream.start()
        url = self._url()
        self._write_url(url)
        log.info("the local interface is at %s", url)
        return url

    async def stop(self) -> None:
        """End the streams and close the port; may be called at any time."""
        await self._stream.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._url_file is not None and self._url_is_written:
            self._url_is_written = False
            with contextlib.suppress(OSError):
                self._url_file.unlink()

    def _url(self) -> str:
        assert self._runner is not None
        host, port = self._runner.addresses[0][:2]
        return url_of(host, port)

    def _write_url(self, url: str) -> None:
        """Whole or not at all; without it `chargepoint status` uses the configured port."""
        if self._url_file is None:
            return
        part = self._url_file.with_suffix(".part")
        try:
            part.write_text(f"{url}\n", encoding="utf-8")
            part.replace(self._url_file)
            self._url_is_written = True
        except OSError as error:
            log.warning("%s: the URL of the local interface is not written: %s", self._url_file, error)
