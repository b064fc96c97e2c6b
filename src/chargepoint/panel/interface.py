"""The routes of the local interface: each reads a picture of the station, or hands one order to the core."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib.resources import files

from aiohttp import web

from chargepoint.charging.commands import AcknowledgeFaults, Command, EnterPin
from chargepoint.model.errors import CsmsError, StorageError
from chargepoint.panel.event_stream import EventStream, TooManyWatchersError
from chargepoint.panel.gathering import take_picture
from chargepoint.panel.letters import letters_json
from chargepoint.panel.metrics import CONTENT_TYPE, exposition
from chargepoint.panel.ports import PanelSources
from chargepoint.panel.requests import (
    HTTP_STATUS,
    LARGEST_BODY_BYTES,
    RequestError,
    check_sender,
    data_transfer_of,
    error_response,
    evse_of,
    frame_limit,
    pin_of,
    refuse_fields,
    row_of,
)
from chargepoint.panel.site_limits import imposed_limit, released_limit
from chargepoint.panel.status import csms_status, frame_json, status_of

COMMIT_PATIENCE_SECONDS = 5.0
CALLS = (
    "GET / | GET /api/status | GET /api/events | GET /api/frames?limit= | POST /api/csms/disconnect | "
    "POST /api/csms/connect | POST /api/csms/data-transfer | POST /api/evses/{id}/acknowledge-faults | "
    "POST /api/evses/{id}/pin | "
    "POST /api/site-limit | DELETE /api/site-limit?source= | GET /api/dead-letters | "
    "POST /api/dead-letters/{row}/send-again | GET /metrics"
)
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Interface:
    """Answers requests. `host` is what the server listens on, for the check of who asks."""

    def __init__(self, sources: PanelSources, stream: EventStream, host: str) -> None:
        self._sources = sources
        self._stream = stream
        self._host = host
        self._page = files("chargepoint.panel").joinpath("page.html").read_text(encoding="utf-8")

    def application(self) -> web.Application:
        """Ready to be served."""
        application = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY_BYTES)
        application.on_response_prepare.append(_harden)
        application.add_routes(
            [
                web.get("/", self._show_page),
                web.get("/api/status", self._status),
                web.get("/api/events", self._events, allow_head=False),
                web.get("/api/frames", self._frames),
                web.post("/api/csms/disconnect", self._disconnect),
                web.post("/api/csms/connect", self._connect),
                web.post("/api/csms/data-transfer", self._transfer_data),
                web.post("/api/evses/{evse}/acknowledge-faults", self._acknowledge_faults),
                web.post("/api/evses/{evse}/pin", self._enter_pin),
                web.post("/api/site-limit", self._impose_site_limit),
                web.delete("/api/site-limit", self._release_site_limit),
                web.get("/api/dead-letters", self._dead_letters),
                web.post("/api/dead-letters/{row}/send-again", self._send_again),
                web.get("/metrics", self._metrics),
            ]
        )
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            check_sender(request, self._host)
            return await handler(request)
        except RequestError as error:
            return error_response(request, error)
        except web.HTTPClientError as error:
            refused = RequestError(HTTPStatus(error.status), error.reason, f"use {CALLS}")
            response = error_response(request, refused)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
            return response

    async def _show_page(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html", charset="utf-8")

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response(status_of(await take_picture(self._sources)))

    async def _frames(self, request: web.Request) -> web.Response:
        limit = frame_limit(request)
        frames = self._sources.frames.last()[-limit:]
        return web.json_response({"frames": [frame_json(frame) for frame in frames]}, dumps=_readable)

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = exposition(await take_picture(self._sources))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _disconnect(self, request: web.Request) -> web.Response:
        await refuse_fields(request)
        self._sources.csms.hold_closed()
        return self._csms_response()

    async def _connect(self, request: web.Request) -> web.Response:
        await refuse_fields(request)
        self._sources.csms.open_now()
        return self._csms_response()

    async def _transfer_data(self, request: web.Request) -> web.Response:
        transfer = await data_transfer_of(request)
        try:
            answer = await self._sources.csms.transfer_data(transfer)
        except CsmsError as error:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE, str(error), "see csms in GET /api/status, then again: nothing is kept"
            ) from error
        return web.json_response({"status": answer.status.value, "data": answer.data}, dumps=_readable)

    def _csms_response(self) -> web.Response:
        """The order is taken; what came of it is in the link's state."""
        return web.json_response({"csms": csms_status(self._sources.csms.status())})

    async def _acknowledge_faults(self, request: web.Request) -> web.Response:
        await refuse_fields(request)
        evse_id = evse_of(request, self._sources.station.snapshot())
        return await self._carry_out(
            AcknowledgeFaults(evse_id), "remove the cause that GET /api/status names, then again"
        )

    async def _enter_pin(self, request: web.Request) -> web.Response:
        if not self._sources.has_pin_pad:
            raise RequestError(
                HTTPStatus.FORBIDDEN, "this station has no PIN pad", "set pin_pad = true in the [panel] table"
            )
        evse_id = evse_of(request, self._sources.station.snapshot())
        return await self._carry_out(EnterPin(await pin_of(request), evse_id), "wait, then type the right one")

    async def _impose_site_limit(self, request: web.Request) -> web.Response:
        command = await imposed_limit(request, self._sources.clock.now())
        return await self._carry_out(command, "send a limit that the station can take now")

    async def _release_site_limit(self, request: web.Request) -> web.Response:
        await refuse_fields(request)
        return await self._carry_out(released_limit(request), "see site_limits in GET /api/status")

    async def _carry_out(self, command: Command, remedy: str) -> web.Response:
        try:
            async with asyncio.timeout(COMMIT_PATIENCE_SECONDS):
                verdict = await self._sources.station.execute(command)
        except TimeoutError as error:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "the order is taken but waits for the database",
                "see faults in GET /api/status and the log for the disk",
            ) from error
        body = {"status": verdict.status, "reason": verdict.reason}
        if HTTP_STATUS[verdict.status] is HTTPStatus.OK:
            return web.json_response(body)
        what = verdict.reason or f"the station answered {verdict.status}"
        raise RequestError(HTTP_STATUS[verdict.status], what, remedy)

    async def _dead_letters(self, _request: web.Request) -> web.Response:
        with _database_answers():
            letters = await self._sources.outbox.dead_letters()
        return web.json_response(letters_json(letters), dumps=_readable)

    async def _send_again(self, request: web.Request) -> web.Response:
        await refuse_fields(request)
        row = row_of(request)
        with _database_answers():
            sent = await self._sources.outbox.send_again(row)
        if sent.rows:
            return web.json_response({"rows": list(sent.rows)})
        status = HTTPStatus.NOT_FOUND if sent.is_unknown else HTTPStatus.CONFLICT
        raise RequestError(status, sent.why_not, "see GET /api/dead-letters; what is sent again is no dead letter")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        transport = request.transport
        try:
            watcher = self._stream.join(transport.abort if transport is not None else lambda: None)
        except TooManyWatchersError as error:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE, "too many watch already", "close another stream, or poll /api/status"
            ) from error
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            await self._stream.serve(watcher, response.write)
        except ConnectionError:
            return response  # the watcher has gone, or was dropped
        finally:
            self._stream.leave(watcher)
        return response


@contextmanager
def _database_answers() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise RequestError(
            HTTPStatus.SERVICE_UNAVAILABLE, str(error), "see the log for the disk, then again"
        ) from error


async def _harden(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    response.headers.update(SECURITY_HEADERS)


def _readable(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)
