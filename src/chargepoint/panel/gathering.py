"""Takes one picture of the station out of its sources."""

from chargepoint.charging.ports import OutboxDepth
from chargepoint.model.errors import StorageError
from chargepoint.panel.ports import DepthSource, PanelSources
from chargepoint.panel.status import Picture


async def take_picture(sources: PanelSources) -> Picture:
    """Everything the interface shows; a database that does not answer leaves its part unknown."""
    outbox = await _depth(sources.outbox)
    return Picture(
        moment=sources.clock.now(),
        station=sources.station.snapshot(),
        csms=sources.csms.status(),
        outbox=outbox,
        safety=sources.safety,
        facts=sources.facts,
        clock_source=sources.clock.source,
        task_restarts=tuple(sorted(sources.task_restarts().items())),
        certificates=tuple(sources.certificates()),
        transfers=tuple(sources.transfers()),
    )


async def _depth(outbox: DepthSource) -> OutboxDepth | None:
    try:
        return await outbox.depth()
    except StorageError:
        return None
