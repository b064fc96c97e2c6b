"""People at a station with several outlets: what the stories about them share."""

from chargepoint_hal.bench.ev import PlugIn
from support.rig import Rig

ALICE, BOB, CAROL = "04A2B3C4", "0499AA11", "04C0FFEE"
ONE_EACH = ((1,), (2,))
"""Each reader is bound to its own EVSE."""


async def charges(rig: Rig, evse: int, card: str = ALICE, plug: PlugIn | None = None) -> None:
    """Plug in, show the card, and see it charge; the EV asks for power at once."""
    rig.plug_in(evse, plug)
    await rig.wait(2)
    await rig.swipe(card, evses=(evse,))
    await rig.until(lambda: rig.is_live(evse), 30, f"EVSE {evse} charges")


def status(rig: Rig, connector: int) -> str | None:
    found: str | None = rig.csms.record.status(connector, 0 if connector == 0 else 1)
    return found


def amps_drawn(rig: Rig) -> float:
    """What all EVs together take from one phase."""
    return sum(float(max(rig.truth(row.id)["amps"])) for row in rig.config.evse)


def offered_amps(rig: Rig, evse: int) -> float:
    return float(rig.truth(evse)["duty_percent"]) * 0.6
