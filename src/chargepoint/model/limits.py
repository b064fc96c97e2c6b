"""A current limit and who set it."""

from dataclasses import dataclass

SITE = "site"
"""Who sets a limit at the site itself, and not the CSMS (2.0.1 ChargingStationExternalConstraints)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Amps per phase; below the minimum current it is a pause."""

    amps: float
    set_by: str
    """`board`, `installer`, `operator`, `temperature`, `cable`, `simplified_ev`, `remote_start`, `profile`, `site`."""
