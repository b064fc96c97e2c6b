"""What may be asked of the local interface, and the errors that say what, where and what to do."""

import asyncio
import json
from http import HTTPStatus
from typing import cast

from aiohttp import web

from chargepoint.charging.commands import VerdictStatus
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.model.data_transfer import DataTransfer
from chargepoint.model.identifiers import EvseId
from chargepoint.panel.guard import is_known_host, is_same_origin

LARGEST_BODY_BYTES = 16 * 1024
BODY_PATIENCE_SECONDS = 10.0
LONGEST_PIN = 20
"""What both OCPP versions can say as an id token."""
DEFAULT_FRAMES = 50
MOST_FRAMES = 1000
LONGEST_TRANSFER_FIELDS = {"vendor_id": 255, "message_id": 50, "data": 8192}
SAFE_METHODS = frozenset({"GET", "HEAD"})

HTTP_STATUS = {
    VerdictStatus.ACCEPTED: HTTPStatus.OK,
    VerdictStatus.SCHEDULED: HTTPStatus.OK,
    VerdictStatus.UNLOCKED: HTTPStatus.OK,
    VerdictStatus.REJECTED: HTTPStatus.CONFLICT,
    VerdictStatus.UNLOCK_FAILED: HTTPStatus.CONFLICT,
    VerdictStatus.TRANSACTION_RUNNING: HTTPStatus.CONFLICT,
    VerdictStatus.UNKNOWN_TARGET: HTTPStatus.NOT_FOUND,
    VerdictStatus.NOT_SUPPORTED: HTTPStatus.NOT_IMPLEMENTED,
    VerdictStatus.NOT_IMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
}


class RequestError(Exception):
    """The request can not be done as it stands."""

    def __init__(self, status: HTTPStatus, what: str, remedy: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.remedy = remedy


def error_response(request: web.BaseRequest, error: RequestError) -> web.Response:
    """The error as JSON."""
    where = f"{request.method} {request.path}"
    body = {"error": error.what, "where": where, "what_to_do": error.remedy}
    return web.json_response(body, status=error.status)


def check_sender(request: web.Request, listening_host: str) -> None:
    """RequestError 403 for a page of another site, whichever way it comes."""
    host = request.headers.get("Host")
    if not is_known_host(host, listening_host):
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            f"the host {str(host)[:80]!r} is not this station's local interface",
            f"use http://localhost or http://{listening_host}, or set host in the [panel] table to that name",
        )
    if request.method not in SAFE_METHODS and not is_same_origin(request.headers.get("Origin"), host):
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            f"orders of a page from {request.headers['Origin'][:80]!r} are not taken",
            "use the station's own page, or a program that sends no Origin header",
        )


async def body_of(request: web.Request, remedy: str) -> object:
    """`{}` for an empty one."""
    try:
        async with asyncio.timeout(BODY_PATIENCE_SECONDS):
            body = await request.read()
    except TimeoutError as error:
        raise RequestError(HTTPStatus.REQUEST_TIMEOUT, "the body did not come", remedy) from error
    if not body.strip():
        return {}
    try:
        return cast(object, json.loads(body))
    except (ValueError, RecursionError) as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the body is no JSON", remedy) from error


async def refuse_fields(request: web.Request) -> None:
    """An order without a body; an empty one or `{}` is taken, anything else is a misunderstanding."""
    remedy = "send the request without a body"
    if await body_of(request, remedy) != {}:
        raise RequestError(HTTPStatus.BAD_REQUEST, "this order has no fields", remedy)


async def data_transfer_of(request: web.Request) -> DataTransfer:
    """RequestError 400 that names the field which is missing, unknown, no text or too long."""
    remedy = 'send {"vendor_id": "…", "message_id": "…", "data": "…"}; the last two may be left out'
    body = await body_of(request, remedy)
    if not isinstance(body, dict):
        raise RequestError(HTTPStatus.BAD_REQUEST, "the body is no JSON object", remedy)
    if unknown := sorted(set(body) - set(LONGEST_TRANSFER_FIELDS)):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"{unknown[0][:40]}: there is no such field", remedy)
    fields: dict[str, str] = {}
    for name, value in body.items():
        longest = LONGEST_TRANSFER_FIELDS[name]
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"{name}: a text of 1 to {longest} characters is wanted", remedy)
        fields[name] = value
    if "vendor_id" not in fields:
        raise RequestError(HTTPStatus.BAD_REQUEST, "vendor_id: is missing", remedy)
    return DataTransfer(**fields)


async def pin_of(request: web.Request) -> str:
    """RequestError 400 for what is no PIN; it names nothing of what was typed."""
    remedy = 'send {"pin": "…"}'
    body = await body_of(request, remedy)
    pin = body.get("pin") if isinstance(body, dict) and len(body) == 1 else None
    if not isinstance(pin, str) or not 0 < len(pin) <= LONGEST_PIN or not pin.isascii() or not pin.isalnum():
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"pin: 1 to {LONGEST_PIN} letters and digits are wanted, and nothing else", remedy
        )
    return pin


def evse_of(request: web.Request, station: StationSnapshot) -> EvseId:
    """The EVSE in the path; RequestError 404 for one that the station has not."""
    text = request.match_info["evse"]
    for evse_id in station.evses:
        if text == str(evse_id):
            return evse_id
    known = ", ".join(str(evse_id) for evse_id in sorted(station.evses))
    raise RequestError(HTTPStatus.NOT_FOUND, f"there is no EVSE {text[:40]!r}", f"this station has EVSE {known}")


def row_of(request: web.Request) -> int:
    """The row of a dead letter in the path; RequestError 404 for what is no number of a row."""
    text = request.match_info["row"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise RequestError(HTTPStatus.NOT_FOUND, f"{text[:40]!r} is no row", "take one from GET /api/dead-letters")
    return int(text)


def frame_limit(request: web.Request) -> int:
    """How many frames are wanted."""
    text = request.query.get("limit", str(DEFAULT_FRAMES))
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= MOST_FRAMES):
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"limit: {text[:40]!r} is no number of frames", f"give 1 to {MOST_FRAMES}"
        )
    return int(text)
