"""A real HTTP(S) file server on loopback: serves and takes files, and can be told to misbehave."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Brought:
    """One file that came."""

    method: str
    path: str
    headers: dict[str, str]
    size_bytes: int
    sha256: str
    content: bytes
    """Its beginning, up to 4 MB."""


@dataclass(slots=True)
class HttpFileServer:
    """Files of `folder` under their names; what is brought is remembered."""

    folder: Path
    port: int = 0
    scheme: str = "http"
    statuses: list[int] = field(default_factory=list)
    """Answered to the next requests instead of doing anything."""
    refused_methods: dict[str, int] = field(default_factory=dict)
    cuts_after_bytes: list[int] = field(default_factory=list)
    """One for each download that is to break."""
    redirects: dict[str, str] = field(default_factory=dict)
    redirect_status: int = 307
    is_silent: bool = False
    hides_length: bool = False
    hides_validators: bool = False
    password: str | None = None
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    brought: list[Brought] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None
    """While it is there and not set, uploads are not answered."""

    def url(self, path: str, credentials: str = "", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{credentials}{host}:{self.port}/{path}"

    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for method, _, headers in self.requests if method == "GET"]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs, dict(request.headers)))
        if request.path in self.redirects:
            return web.Response(status=self.redirect_status, headers={"Location": self.redirects[request.path]})
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        if request.method in self.refused_methods:
            return web.Response(status=self.refused_methods[request.method])
        if self.password is not None and self.password not in request.headers.get("Authorization", ""):
            return web.Response(status=401)
        if self.is_silent:
            await asyncio.Event().wait()
        return await (self._send(request) if request.method == "GET" else self._take(request))

    async def _send(self, request: web.Request) -> web.StreamResponse:
        path = self.folder / request.match_info["name"]
        if not path.is_file():
            return web.Response(status=404)
        if self.cuts_after_bytes or self.hides_length or self.hides_validators:
            return await self._send_oddly(request, path)
        return web.FileResponse(path)

    async def _send_oddly(self, request: web.Request, path: Path) -> web.StreamResponse:
        """Only whole files, and perhaps not to their end."""
        content, etag = _read(path)
        cut = self.cuts_after_bytes.pop(0) if self.cuts_after_bytes else None
        response = web.StreamResponse()
        if not self.hides_length:
            response.content_length = len(content)
        if not self.hides_validators:
            response.headers["ETag"] = etag
        await response.prepare(request)
        await response.write(content[:cut])
        if cut is not None and request.transport is not None:
            await asyncio.sleep(0)
            request.transport.close()
        return response

    async def _take(self, request: web.Request) -> web.StreamResponse:
        digest, size, beginning = hashlib.sha256(), 0, bytearray()
        async for chunk in request.content.iter_chunked(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            if len(beginning) < 4 * 1024 * 1024:
                beginning += chunk
        self.came.set()
        if self.gate is not None:
            await self.gate.wait()
        self.brought.append(
            Brought(request.method, request.path_qs, dict(request.headers), size, digest.hexdigest(), bytes(beginning))
        )
        return web.Response(status=201)


def _read(path: Path) -> tuple[bytes, str]:
    """With the ETag that aiohttp's own FileResponse gives."""
    stat = path.stat()
    return path.read_bytes(), f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'


@asynccontextmanager
async def http_file_server(folder: Path, tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpFileServer]:
    server = HttpFileServer(folder, scheme="http" if tls is None else "https")
    app = web.Application(client_max_size=2**40)
    app.router.add_route("*", "/{name:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()
