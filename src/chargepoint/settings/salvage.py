"""Takes what is sound out of a station.toml with errors, so that the rest of it can be judged as well. Pure."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from chargepoint.settings.config_schema import ConfigSchema
from chargepoint.settings.misfits import Place
from chargepoint.settings.station_config import StationConfig

Document = dict[str, Any]
Location = tuple[str | int, ...]
ROUNDS = 10
"""Each takes away what the last one found wrong; two are the rule."""
LISTS_OF_TABLES = frozenset({"evse", "meter", "reader"})


def salvaged(
    document: Document, validated: Callable[[Document], StationConfig]
) -> tuple[StationConfig, frozenset[Place]]:
    """A configuration of all that is right, and the places whose content it does not have."""
    kept = deepcopy(document)
    schema = ConfigSchema.of_station()
    doubtful: set[Place] = set()
    for _ in range(ROUNDS):
        try:
            return validated(kept), frozenset(doubtful)
        except ValidationError as error:
            locations = _innermost(row["loc"] for row in error.errors(include_url=False, include_context=False))
            doubtful |= {place for location in locations for place in _doubtful_by(location, schema)}
            for location in locations:
                _remove(kept, location)
    return StationConfig(), frozenset({()})


def _innermost(locations: Iterable[Location]) -> list[Location]:
    """A list that is too short for its wrong rows is told of as well: the rows are what is wrong."""
    found = set(locations)
    return [one for one in found if not any(len(other) > len(one) and other[: len(one)] == one for other in found)]


def _doubtful_by(location: Location, schema: ConfigSchema) -> Iterable[Place]:
    """What was written under a misspelt name may have been meant for the nearest one."""
    yield location
    if location and schema.at(location) is None and schema.at(location[:-1]) is not None:
        near, _ = schema.nearest_key(location)
        if near is not None:
            yield (*location[:-1], near)


def _remove(document: Document, location: Location) -> None:
    """The innermost key that is there. A row keeps its place, and an EVSE its number."""
    owner, path = document, list(location)
    while path:
        key = str(path.pop(0))
        inner = owner.get(key)
        if isinstance(inner, list) and key in LISTS_OF_TABLES and path:
            place = int(path.pop(0))
            if not path or not isinstance(inner[place], dict):
                inner[place] = {"id": place + 1} if key == "evse" else {}
                return
            owner = inner[place]
        elif isinstance(inner, dict) and path:
            owner = inner
        else:
            owner.pop(key, None)
            return
