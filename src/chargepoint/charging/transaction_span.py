"""From which event to which other one a transaction lasts (2.0.1 TxStartPoint and TxStopPoint, E01 and E06). Pure.

Energy flows to an authorised EV alone, whatever is written here: a span says what the CSMS books, never what is live.
"""

from dataclasses import dataclass
from enum import StrEnum

from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView


class TxPoint(StrEnum):
    """What a station without parking bay sensors and signing meters can begin and end a transaction with."""

    EV_CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    POWER_PATH_CLOSED = "PowerPathClosed"
    ENERGY_TRANSFER = "EnergyTransfer"


BEFORE_ENERGY = frozenset({TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED, TxPoint.POWER_PATH_CLOSED})
ENDS_OF_AUTHORIZATION = frozenset({TxPoint.AUTHORIZED, TxPoint.POWER_PATH_CLOSED, TxPoint.ENERGY_TRANSFER})
"""Where one of these ends a transaction, the end of the authorisation does: it ends the energy too (E05.FR.10)."""
ENDS_OF_PLUG = frozenset({TxPoint.EV_CONNECTED, TxPoint.POWER_PATH_CLOSED, TxPoint.ENERGY_TRANSFER})


@dataclass(frozen=True, slots=True)
class TransactionSpan:
    """What begins and what ends a transaction now."""

    starts_at: frozenset[TxPoint]
    ends_at: frozenset[TxPoint]
    pulling_deauthorizes: bool
    """StopTxOnEVSideDisconnect."""
    awaits_plug_again: bool = False
    """A plug that was pulled from a tethered cable is waited for no longer than EVConnectionTimeOut (E10.FR.02)."""

    @property
    def starts_with_plug(self) -> bool:
        return TxPoint.EV_CONNECTED in self.starts_at

    @property
    def starts_with_authorization(self) -> bool:
        return TxPoint.AUTHORIZED in self.starts_at

    @property
    def awaits_energy(self) -> bool:
        """The start is told when energy flows; it is counted from the moment in which it may."""
        return not self.starts_at & BEFORE_ENERGY

    @property
    def ends_with_authorization(self) -> bool:
        return bool(self.ends_at & ENDS_OF_AUTHORIZATION)

    @property
    def ends_with_energy(self) -> bool:
        return TxPoint.ENERGY_TRANSFER in self.ends_at

    @property
    def ends_with_plug(self) -> bool:
        """Of an authorised transaction; one that nobody is authorised for ends with the plug always."""
        return self.pulling_deauthorizes or bool(self.ends_at & ENDS_OF_PLUG)


def span_of(settings: SettingsView) -> TransactionSpan:
    """As the settings have it; under OCPP 1.6 as that version has it, where the EV side has a setting of its own."""
    pulling_deauthorizes = settings.get(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT)
    if settings.get(catalogue.RULES_OF_1_6):
        return TransactionSpan(
            frozenset({TxPoint.POWER_PATH_CLOSED}), frozenset({TxPoint.AUTHORIZED}), pulling_deauthorizes
        )
    return TransactionSpan(
        frozenset(map(TxPoint, settings.get(catalogue.TX_START_POINT))),
        frozenset(map(TxPoint, settings.get(catalogue.TX_STOP_POINT))),
        pulling_deauthorizes,
        awaits_plug_again=True,
    )
