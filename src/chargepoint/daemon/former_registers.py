"""What is stored of meters that this station does not have by that name. Pure.

Older releases kept a register by the meter's address on its bus or network, and a person may give a meter another
name: the meter is the same by its serial number, and its lifetime register goes on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from chargepoint.model.metering import MeterMemo


@dataclass(frozen=True, slots=True)
class MeterPlace:
    name: str
    """In station.toml."""
    address: str
    """Map, unit and line, as the driver calls it: what an older release kept the register by."""


class FormerRegisters:
    """Each is taken over once."""

    def __init__(self, known: Mapping[str, MeterMemo], fitted: Collection[str]) -> None:
        """`known`: all that is stored, by name; `fitted`: the names of the meters that station.toml has."""
        self._unclaimed = {name: memo for name, memo in known.items() if name not in fitted}

    def claim(self, address: str, serial_number: str | None) -> MeterMemo | None:
        """Of this serial number, the one that got furthest; else what was at this address; None for a new meter."""
        names = [
            name for name, memo in self._unclaimed.items() if serial_number and memo.serial_number == serial_number
        ]
        if not names and address in self._unclaimed:
            names = [address]
        claimed = [self._unclaimed.pop(name) for name in names]
        return max(claimed, key=lambda memo: memo.last_energy_wh or memo.offset_wh, default=None)
