"""Finds boards, readers, meters and ISO 15118 stacks by entry point: others add theirs without touching this code."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from chargepoint_hal.driver_options import OptionRules

BOARDS = "chargepoint.boards"
TOKEN_READERS = "chargepoint.token_readers"
ENERGY_METERS = "chargepoint.energy_meters"
ISO15118_STACKS = "chargepoint.iso15118_stacks"

Options = Mapping[str, Any]


class UnknownDriverError(LookupError):
    """No driver of that name is installed; the text names the nearest and all that are."""


def driver_names(group: str) -> list[str]:
    """Names of every installed driver of a group, sorted."""
    return sorted({entry.name for entry in entry_points(group=group)})


def find_driver(group: str, name: str) -> Callable[..., Any]:
    """The opener registered under that name, imported now; UnknownDriverError or ImportError."""
    found = [entry for entry in entry_points(group=group) if entry.name == name]
    if not found:
        names = driver_names(group)
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownDriverError(f"no driver {name!r} in {group}: {hint}installed are {', '.join(names) or 'none'}")
    if len({entry.value for entry in found}) > 1:
        raise UnknownDriverError(f"driver {name!r} in {group} is offered by two packages: remove one")
    opener: Callable[..., Any] = found[0].load()
    return opener


def option_rules(group: str, name: str) -> OptionRules | None:
    """Which options a driver takes; None where it does not say. UnknownDriverError or ImportError as `find_driver`."""
    rules = getattr(find_driver(group, name), "rules", None)
    return rules if isinstance(rules, OptionRules) else None
