"""A current limit and who set it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Amps per phase; below the minimum current it is a pause."""

    amps: float
    set_by: str
    """`board`, `installer`, `cable`, `simplified_ev`, `remote_start`, `thermal`, `profile`, …"""
