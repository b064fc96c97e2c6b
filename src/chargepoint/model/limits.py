"""A current limit and who set it."""

from dataclasses import dataclass

SITE = "site"
"""Who sets a limit at the site itself, and not the CSMS (2.0.1 ChargingStationExternalConstraints)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Amps per phase; below the minimum current it is a pause."""

    amps: float
    set_by: str
    """One of LIMIT_WORDS."""


LIMIT_WORDS: dict[str, str] = {
    "board": "what this outlet is configured for",
    "installer": "the installer has limited it",
    "operator": "the operator has lowered MaximumCurrentAmps",
    "temperature": "it is too warm inside for more",
    "cable": "the plugged cable takes no more",
    "simplified_ev": "this EV can not say that it stops: no more than 10 A",
    "remote_start": "the remote start asked for no more",
    "profile": "a charging profile of the CSMS",
    "offline": "the CSMS has been away for long",
    SITE: "the building or the grid's operator has limited the site",
}
"""Why, for a person."""
