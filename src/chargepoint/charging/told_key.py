"""How often the public key of a meter goes along with what it signed (PublicKeyWithSignedMeterValue)."""

from dataclasses import replace

from chargepoint.charging.context import CoreContext
from chargepoint.model.metering import SignedMeterData
from chargepoint.settings import catalogue


class ToldKey:
    """Of one EVSE's present transaction."""

    def __init__(self, context: CoreContext) -> None:
        self._context = context
        self._was_told = False

    def of(self, signed: SignedMeterData | None) -> SignedMeterData | None:
        """What goes out next, with its key if the CSMS wants it this time."""
        if signed is None:
            return None
        wish = self._context.settings.get(catalogue.PUBLIC_KEY_WITH_SIGNED_METER_VALUE)
        if wish == "EveryMeterValue" or (wish == "OncePerTransaction" and not self._was_told):
            self._was_told = True
            return signed
        return replace(signed, public_key_hex="")

    def forget(self) -> None:
        """Another transaction begins."""
        self._was_told = False
