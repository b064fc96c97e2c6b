"""The bench's HTTP/JSON interface on loopback: a thin shell over `World`.

Every call returns at once, none waits for the station's reaction. What makes no sense is answered with 400 or 404 and
`{"error": what, where and what to do}`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

from aiohttp import web

from chargepoint_hal.bench.checking import Kind, Rule, problems_in
from chargepoint_hal.bench.ev import UNCHANGED, EvChange, PlugIn
from chargepoint_hal.bench.pilot_circuit import CABLE_OHMS
from chargepoint_hal.bench.quirks import QUIRKS
from chargepoint_hal.bench.settings import MAXIMUM_ENERGY_WH
from chargepoint_hal.bench.world import HIGHEST_CELSIUS, LOWEST_CELSIUS, World
from chargepoint_hal.bench.world_faults import BenchError, NoSuchEvseError
from chargepoint_hal.contract import EvseNumber
from chargepoint_hal.readers.card_ids import KINDS

LARGEST_BODY_BYTES = 64 * 1024
LONGEST_SECONDS = 7 * 24 * 3600.0
AMPS = Rule(Kind.NUMBER, 0, 80)
CABLE = Rule(Kind.WHOLE_NUMBER, choices=tuple(CABLE_OHMS), may_be_null=True)
FAULT_RULES: Mapping[str, Rule] = {
    "fault": Rule(Kind.TEXT, required=True),
    "active": Rule(Kind.BOOLEAN, required=True),
}
PLUG_IN_RULES: Mapping[str, Rule] = {
    "max_current_amps": AMPS,
    "phases": Rule(Kind.WHOLE_NUMBER, choices=(1, 2, 3)),
    "ready_after_seconds": Rule(Kind.NUMBER, 0, LONGEST_SECONDS),
    "energy_wanted_wh": Rule(Kind.NUMBER, 0, 1e7, may_be_null=True),
    "ventilation": Rule(Kind.BOOLEAN),
    "quirk": Rule(Kind.TEXT, choices=tuple(QUIRKS), may_be_null=True),
    "cable_amps": CABLE,
}
PLUG_OUT_RULES: Mapping[str, Rule] = {"cable_stays": Rule(Kind.BOOLEAN)}
EV_RULES: Mapping[str, Rule] = {
    "ready": Rule(Kind.BOOLEAN),
    "max_current_amps": AMPS,
    "diode_ok": Rule(Kind.BOOLEAN),
    "pilot_shorted": Rule(Kind.BOOLEAN),
    "cable_amps": CABLE,
}
TOKEN_RULES: Mapping[str, Rule] = {
    "uid": Rule(Kind.TEXT, 1, 64, required=True),
    "type": Rule(Kind.TEXT, choices=KINDS),
    "evses": Rule(Kind.WHOLE_NUMBERS, 1, may_be_null=True),
    "held_seconds": Rule(Kind.NUMBER, 0, LONGEST_SECONDS),
}
METER_RULES: Mapping[str, Rule] = {
    "energy_import_wh": Rule(Kind.NUMBER, 0, MAXIMUM_ENERGY_WH, required=True),
    "serial_number": Rule(Kind.TEXT, 1, 20),
}
TEMPERATURE_RULES: Mapping[str, Rule] = {"celsius": Rule(Kind.NUMBER, LOWEST_CELSIUS, HIGHEST_CELSIUS, required=True)}
POWER_RULES: Mapping[str, Rule] = {"mains": Rule(Kind.TEXT, choices=("on", "off"), required=True)}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Fields = dict[str, Any]


class Control:
    """Routes of the interface; each answers with the truth after the call."""

    def __init__(self, world: World) -> None:
        self._world = world

    def application(self) -> web.Application:
        """The aiohttp application, ready to be served."""
        application = web.Application(middlewares=[errors_as_json], client_max_size=LARGEST_BODY_BYTES)
        application.add_routes(
            [
                web.get("/bench", self._truth),
                web.post("/bench/evse/{evse}/plug-in", self._plug_in),
                web.post("/bench/evse/{evse}/plug-out", self._plug_out),
                web.post("/bench/evse/{evse}/ev", self._change_ev),
                web.post("/bench/evse/{evse}/fault", self._set_fault),
                web.post("/bench/evse/{evse}/temperature", self._set_temperature),
                web.post("/bench/token", self._present_token),
                web.post("/bench/meter/{evse}", self._set_meter),
                web.post("/bench/power", self._set_power),
            ]
        )
        return application

    async def _truth(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.truth())

    async def _plug_in(self, request: web.Request) -> web.Response:
        evse = self._evse(request)
        self._world.plug_in(evse, PlugIn(**await _fields(request, PLUG_IN_RULES)))
        return self._truth_of(evse)

    async def _plug_out(self, request: web.Request) -> web.Response:
        evse = self._evse(request)
        fields = await _fields(request, PLUG_OUT_RULES)
        self._world.plug_out(evse, fields.get("cable_stays", False))
        return self._truth_of(evse)

    async def _change_ev(self, request: web.Request) -> web.Response:
        evse = self._evse(request)
        self._world.change_ev(evse, EvChange(**{"cable_amps": UNCHANGED, **await _fields(request, EV_RULES)}))
        return self._truth_of(evse)

    async def _set_fault(self, request: web.Request) -> web.Response:
        evse = self._evse(request)
        fields = await _fields(request, FAULT_RULES)
        self._world.set_fault(evse, fields["fault"], fields["active"])
        return self._truth_of(evse)

    async def _set_temperature(self, request: web.Request) -> web.Response:
        evse = self._evse(request)
        fields = await _fields(request, TEMPERATURE_RULES)
        self._world.set_temperature(evse, float(fields["celsius"]))
        return self._truth_of(evse)

    async def _present_token(self, request: web.Request) -> web.Response:
        fields = await _fields(request, TOKEN_RULES)
        self._world.present_token(
            fields["uid"], fields.get("type", "ISO14443"), fields.get("evses"), fields.get("held_seconds", 0.5)
        )
        return web.json_response(self._world.truth())

    async def _set_meter(self, request: web.Request) -> web.Response:
        evse = self._evse(request)
        fields = await _fields(request, METER_RULES)
        energy_wh = float(fields["energy_import_wh"])
        self._world.change_meter(evse, energy_import_wh=energy_wh, serial_number=fields.get("serial_number"))
        return self._truth_of(evse)

    async def _set_power(self, request: web.Request) -> web.Response:
        fields = await _fields(request, POWER_RULES)
        self._world.set_mains(fields["mains"] == "on")
        return web.json_response(self._world.truth())

    def _evse(self, request: web.Request) -> EvseNumber:
        """The EVSE of the path; NoSuchEvseError for a number or a word that none has."""
        text = request.match_info["evse"]
        if not (text.isascii() and text.isdigit()) or len(text) > 4:
            raise NoSuchEvseError(f"{request.path[:80]}: EVSE {text[:40]!r} is not a number; give one of GET /bench")
        return self._world.evse(int(text)).number

    def _truth_of(self, evse: EvseNumber) -> web.Response:
        return web.json_response(self._world.evse(evse).truth())


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as JSON with what, where and what to do."""
    try:
        return await handler(request)
    except NoSuchEvseError as error:
        # a path that names no EVSE is not found; a body that names none is a bad request
        status = 404 if "evse" in request.match_info else 400
        return _refusal(request, status, str(error))
    except BenchError as error:
        return _refusal(request, 400, str(error))
    except web.HTTPRequestEntityTooLarge:
        return _refusal(request, 400, f"the body is larger than {LARGEST_BODY_BYTES} bytes: send one JSON object")
    except web.HTTPNotFound:
        routes = sorted({resource.canonical for resource in request.app.router.resources()})
        return _refusal(request, 404, f"no such path; there are {', '.join(routes)}")
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        response = _refusal(request, 405, f"method {error.method[:20]} is not for this path: use {allowed}")
        response.headers["Allow"] = allowed
        return response


def _refusal(request: web.Request, status: int, what: str) -> web.Response:
    where = f"{request.method[:20]} {request.path[:80]}"
    return web.json_response({"error": f"{where}: {what}", "where": where}, status=status)


async def _fields(request: web.Request, rules: Mapping[str, Rule]) -> Fields:
    """The body's fields, checked; no body is an empty object. BenchError names every error at once."""
    body = await request.read()
    document = _parsed(body) if body.strip() else {}
    problems = problems_in("body", document, rules)
    if problems:
        raise BenchError("; ".join(problems))
    return dict(document)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise BenchError("body: nested too deeply, send one flat JSON object") from error
    except ValueError as error:  # also UnicodeDecodeError
        raise BenchError(f"body: not JSON ({str(error)[:120]}), send one JSON object") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
