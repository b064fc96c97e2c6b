"""What two drivers of one station.toml want for themselves: a pin, or a serial port. Pure."""

from collections.abc import Iterable, Iterator

from chargepoint.settings.station_file import Problem
from chargepoint_hal.driver_options import Place


def place_problems(wanted: Iterable[tuple[str, Place]]) -> Iterator[Problem]:
    """Of places with the tables that want them, in the order of the file; a table may want one twice."""
    owners: dict[str, tuple[str, Place]] = {}
    for table, place in wanted:
        owner, its_place = owners.setdefault(place.name, (table, place))
        is_shared = bool(place.shared_by) and place.shared_by == its_place.shared_by
        if owner != table and not is_shared:
            what = f"{place.name} belongs to {owner} already ({its_place.option}): wire one of them elsewhere"
            yield f"{table}.{place.option}", what
