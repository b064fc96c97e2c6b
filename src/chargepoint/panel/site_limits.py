"""Limits that the site imposes, as they come in and are shown: `/api/site-limit`."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chargepoint.charging.commands import ImposeSiteLimit, ReleaseSiteLimit
from chargepoint.model.charging_profiles import (
    ChargingSchedule,
    InstalledProfile,
    LimitSource,
    RateUnit,
    SchedulePeriod,
)
from chargepoint.model.moment import Moment
from chargepoint.panel.requests import RequestError, body_of

REMEDY = (
    'send {"source": "EMS", "unit": "A", "limit": 16}: source EMS, SO or Other; unit A per phase or W of all phases; '
    'for a schedule "steps": [{"after_seconds": 0, "limit": 16}, …] and "duration_seconds" in the place of limit; '
    '"phases": 1 beside a limit holds every EVSE that can be switched to one phase'
)
MOST_STEPS = 100
LONGEST_SECONDS = 31_622_400
"""A year."""
Amount = Annotated[float, Field(ge=0.0, le=1e6, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=LONGEST_SECONDS)]
Phases = Literal[1, 3] | None
"""The most that may be used; None: as many as leave enough for each of them."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Step(_Strict):
    after_seconds: Seconds
    limit: Amount
    phases: Phases = None


class _SiteLimit(_Strict):
    source: Literal["EMS", "SO", "Other"] = "EMS"
    unit: Literal["A", "W"] = "A"
    limit: Amount | None = None
    phases: Phases = None
    steps: Annotated[list[_Step], Field(min_length=1, max_length=MOST_STEPS)] | None = None
    duration_seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)] | None = None
    grid_critical: bool | None = None


async def imposed_limit(request: web.Request, moment: Moment) -> ImposeSiteLimit:
    """RequestError 400 that names the field which is missing, unknown or out of range."""
    body = await body_of(request, REMEDY)
    try:
        wanted = _SiteLimit.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:80] or "the body"
        raise RequestError(HTTPStatus.BAD_REQUEST, f"{where}: {first['msg']}", REMEDY) from error
    if (wanted.limit is None) is (wanted.steps is None):
        raise RequestError(HTTPStatus.BAD_REQUEST, "limit or steps: one of them is wanted", REMEDY)
    if wanted.phases is not None and wanted.steps is not None:
        raise RequestError(HTTPStatus.BAD_REQUEST, "phases: each of the steps says its own", REMEDY)
    return ImposeSiteLimit(LimitSource(wanted.source), _schedule(wanted, moment.utc), wanted.grid_critical)


def _schedule(wanted: _SiteLimit, utc: datetime) -> ChargingSchedule:
    """A single limit without an end needs no clock, and is given none."""
    steps = wanted.steps or []
    if wanted.limit is not None:
        steps = [_Step(after_seconds=0, limit=wanted.limit, phases=wanted.phases)]
    is_timed = wanted.steps is not None or wanted.duration_seconds is not None
    return ChargingSchedule(
        RateUnit(wanted.unit),
        tuple(SchedulePeriod(step.after_seconds, step.limit, step.phases) for step in steps),
        start=utc.replace(microsecond=0) if is_timed else None,
        duration_seconds=wanted.duration_seconds,
    )


def released_limit(request: web.Request) -> ReleaseSiteLimit:
    """Of the source in the query; without one, of all. RequestError 400 for a word that is no source."""
    text = request.query.get("source")
    if text is None:
        return ReleaseSiteLimit()
    if text not in (LimitSource.EMS, LimitSource.SYSTEM_OPERATOR, LimitSource.OTHER):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"source: {text[:40]!r} is none", "use EMS, SO or Other")
    return ReleaseSiteLimit(LimitSource(text))


def site_limits_json(installed: tuple[InstalledProfile, ...]) -> list[dict[str, object]]:
    """What holds or will, of each source."""
    return [
        {
            "source": one.source.value,
            "unit": one.profile.schedule.unit.value,
            "start": None if one.profile.schedule.start is None else one.profile.schedule.start.isoformat(),
            "duration_seconds": one.profile.schedule.duration_seconds,
            "steps": [
                {"after_seconds": period.start_seconds, "limit": period.limit, "phases": period.phases}
                for period in one.profile.schedule.periods
            ],
        }
        for one in installed
        if one.source is not LimitSource.CSO
    ]
