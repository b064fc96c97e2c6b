"""Keeps what the CSMS may read of the public keys of meters that sign (OCA, Signed Meter Values in OCPP, 3.3.1)."""

import asyncio
import logging
from collections.abc import Mapping

from chargepoint.csms.signed_values import told_key
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.identifiers import EvseId
from chargepoint.settings import catalogue
from chargepoint_hal.contract import SigningMeter
from chargepoint_hal.faults import HardwareError

log = logging.getLogger(__name__)

RETRY_SECONDS = 60.0


class PublicKeys:
    """One key for each EVSE; a meter that was exchanged tells its own with the next value that it signs."""

    def __init__(self, meters: Mapping[EvseId, SigningMeter], settings: LiveSettings) -> None:
        self._meters = meters
        self._settings = settings

    def note(self, evse_id: EvseId, public_key_hex: str) -> None:
        """A meter has told its key."""
        if public_key_hex:
            self._settings.note_fact(catalogue.meter_public_key(evse_id), told_key(public_key_hex))

    async def run(self) -> None:
        """Ask each meter until it has answered; then there is nothing more to do."""
        waiting = dict(self._meters)
        while waiting:
            for evse_id, meter in list(waiting.items()):
                try:
                    self.note(evse_id, await meter.public_key_hex())
                except HardwareError as error:
                    log.debug("meter %s of EVSE %d tells no key yet: %s", meter.name, evse_id, error)
                else:
                    del waiting[evse_id]
            if waiting:
                await asyncio.sleep(RETRY_SECONDS)
