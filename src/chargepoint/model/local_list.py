"""The local authorisation list: what the CSMS sends of it, and what the station remembers of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chargepoint.model.tokens import IdToken, TokenVerdict


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One token of an update; no verdict removes it from the list."""

    token: IdToken
    verdict: TokenVerdict | None


@dataclass(frozen=True, slots=True)
class ListUpdate:
    """The whole list anew, or changes to it. Taken whole or not at all."""

    version: int
    """Of the list after the update."""
    is_full: bool
    entries: tuple[ListEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredList:
    """The list as the disk remembers it: by token key. Version 0: the CSMS has never sent one."""

    version: int = 0
    entries: Mapping[str, TokenVerdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListSummary:
    """What the CSMS may ask about the list."""

    is_enabled: bool = False
    version: int = 0
    length: int = 0
