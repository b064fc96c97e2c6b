"""The control interface: HTTP/JSON on loopback, to read what the CSMS was told and to order calls and faults."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from dev_csms.bodies import (
    CallBody,
    ControlError,
    DisconnectBody,
    FaultBody,
    ListenBody,
    SendBody,
    TokenBody,
    read_body,
)
from dev_csms.connection import CallFailedError
from dev_csms.core import CsmsCore
from dev_csms.gate import Gate
from dev_csms.records import Frame, StationRecord, as_json
from dev_csms.wire import CallRefusedError, Json

CALLS = (
    "GET /stations | GET /stations/{id} | POST /stations/{id}/call | POST /stations/{id}/send | GET /transactions | "
    "GET /bill | GET /frames?station=&since= | GET /frames/stream?since= | GET, POST, DELETE /faults | POST /tokens | "
    "POST /disconnect | POST /listen"
)


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except ControlError as error:
        return web.json_response(error.body, status=error.status)
    except CallRefusedError as error:
        refused = ControlError(
            HTTPStatus.BAD_REQUEST, str(error), "body.payload", 'correct it, or send "strict": false'
        )
        return web.json_response(refused.body, status=refused.status)
    except CallFailedError as error:
        failed = ControlError(
            HTTPStatus.GATEWAY_TIMEOUT, str(error), request.path, "see GET /stations for who is connected"
        )
        return web.json_response(failed.body, status=failed.status)
    except web.HTTPClientError as error:
        unknown = ControlError(
            HTTPStatus(error.status), error.reason, f"{request.method} {request.path}", f"use {CALLS}"
        )
        return web.json_response(unknown.body, status=unknown.status)


class Control:
    """The routes, and the streams that are open."""

    def __init__(self, core: CsmsCore, gate: Gate) -> None:
        self._core = core
        self._gate = gate
        self._streams: set[asyncio.Queue[Frame | None]] = set()
        self._runner: web.AppRunner | None = None

    async def open(self, host: str, port: int) -> str:
        """Listen; the URL."""
        app = web.Application(middlewares=[_errors_as_json])
        app.add_routes(
            [
                web.get("/stations", self._stations),
                web.get("/stations/{station}", self._station),
                web.post("/stations/{station}/call", self._call),
                web.post("/stations/{station}/send", self._send),
                web.get("/transactions", self._transactions),
                web.get("/bill", self._bill),
                web.get("/frames", self._frames),
                web.get("/frames/stream", self._stream),
                web.get("/faults", self._show_faults),
                web.post("/faults", self._add_fault),
                web.delete("/faults", self._clear_faults),
                web.post("/tokens", self._set_token),
                web.post("/disconnect", self._disconnect),
                web.post("/listen", self._listen),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """End open streams and stop listening."""
        for queue in self._streams:
            queue.put_nowait(None)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _stations(self, _request: web.Request) -> web.Response:
        return web.json_response({name: _summary(record) for name, record in self._core.stations.items()})

    async def _station(self, request: web.Request) -> web.Response:
        record = self._known_station(request)
        transactions = [item.to_json() for item in self._core.transactions if item.station == record.station]
        return web.json_response(as_json(record) | _summary(record) | {"transactions": transactions})

    async def _transactions(self, request: web.Request) -> web.Response:
        station = request.query.get("station")
        found = [item.to_json() for item in self._core.transactions if station in (None, item.station)]
        return web.json_response(found)

    async def _bill(self, request: web.Request) -> web.Response:
        return web.json_response(as_json(self._core.bill(request.query.get("station"))))

    async def _call(self, request: web.Request) -> web.Response:
        body = read_body(CallBody, await _text(request))
        connection = self._gate.connection(request.match_info["station"])
        answer = await connection.call(body.action, body.payload, body.strict, body.timeout_seconds)
        return web.json_response(as_json(answer))

    async def _send(self, request: web.Request) -> web.Response:
        body = read_body(SendBody, await _text(request))
        await self._gate.connection(request.match_info["station"]).send(body.text)
        return web.json_response({"sent": True})

    async def _frames(self, request: web.Request) -> web.Response:
        since, station = _since(request), request.query.get("station")
        found = [as_json(frame) for frame in self._core.frames if frame.number > since]
        return web.json_response([frame for frame in found if station in (None, frame["station"])])

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events, one frame each; with `since` the frames after that number come first."""
        since, station = (
            _since(request, self._core.frames[-1].number if self._core.frames else 0),
            request.query.get("station"),
        )
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        queue: asyncio.Queue[Frame | None] = asyncio.Queue()
        for frame in self._core.frames:
            if frame.number > since:
                queue.put_nowait(frame)
        self._core.frame_listeners.append(queue.put_nowait)
        self._streams.add(queue)
        try:
            await response.prepare(request)
            while (shown := await queue.get()) is not None:
                if station in (None, shown.station):
                    await response.write(f"id: {shown.number}\ndata: {json.dumps(as_json(shown))}\n\n".encode())
        except ConnectionResetError:
            pass  # the viewer left
        finally:
            self._core.frame_listeners.remove(queue.put_nowait)
            self._streams.discard(queue)
        return response

    async def _show_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(as_json(self._core.faults.waiting))

    async def _add_fault(self, request: web.Request) -> web.Response:
        self._core.faults.add(read_body(FaultBody, await _text(request)).fault())
        return web.json_response(as_json(self._core.faults.waiting))

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._core.faults.clear()
        return web.json_response([])

    async def _set_token(self, request: web.Request) -> web.Response:
        body = read_body(TokenBody, await _text(request))
        if body.id_token is None:
            self._core.tokens.default = body.rule()
        else:
            self._core.tokens.set(body.id_token, body.rule())
        return web.json_response(as_json(self._core.tokens))

    async def _disconnect(self, request: web.Request) -> web.Response:
        body = read_body(DisconnectBody, await _text(request))
        if body.station is None:
            return web.json_response({"dropped": await self._gate.drop_all(body.close_code)})
        await self._gate.connection(body.station).drop(body.close_code)
        return web.json_response({"dropped": 1})

    async def _listen(self, request: web.Request) -> web.Response:
        body = read_body(ListenBody, await _text(request))
        self._gate.refuse_status = body.status
        self._gate.confirms_subprotocol = body.confirm_subprotocol
        await self._gate.listen(body.accept or body.status is not None)
        return web.json_response(
            {
                "listening": self._gate.is_listening,
                "status": self._gate.refuse_status,
                "confirm_subprotocol": self._gate.confirms_subprotocol,
            }
        )

    def _known_station(self, request: web.Request) -> StationRecord:
        station = request.match_info["station"]
        if station not in self._core.stations:
            known = ", ".join(self._core.stations) or "none yet"
            raise ControlError(
                HTTPStatus.NOT_FOUND, f"no station {station!r}", request.path, f"use one that has called: {known}"
            )
        return self._core.stations[station]


def _summary(record: StationRecord) -> Json:
    newest = {f"{note.evse_id}.{note.connector_id}": note.status for note in record.statuses}
    return {
        "is_connected": record.is_connected,
        "version": as_json(record.version),
        "is_boot_accepted": record.is_boot_accepted,
        "status": newest,
        "anomaly_count": len(record.anomalies),
        "schema_error_count": len(record.schema_errors),
    }


async def _text(request: web.Request) -> str:
    try:
        return await request.text()
    except (UnicodeDecodeError, LookupError) as error:
        raise ControlError(HTTPStatus.BAD_REQUEST, f"not UTF-8: {error}", "body", "send JSON in UTF-8") from error


def _since(request: web.Request, default: int = 0) -> int:
    text = request.query.get("since")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise ControlError(
            HTTPStatus.BAD_REQUEST, f"since is {text!r}", "query.since", "give the number of the last frame you have"
        )
    return int(text)
