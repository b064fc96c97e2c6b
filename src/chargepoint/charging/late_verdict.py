"""What the CSMS's word on a running transaction's token changes (1.6 StopTransactionOnInvalidId, 2.0.1 C15, E05)."""

from dataclasses import dataclass, replace

from chargepoint.model.tokens import AuthorizationStatus, TokenVerdict
from chargepoint.model.transactions import Transaction
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView


@dataclass(frozen=True, slots=True)
class LateVerdict:
    """The changed record, whether the transaction stops now, and what to tell the person."""

    record: Transaction
    stops: bool = False
    text: str | None = None


def judge(record: Transaction, verdict: TokenVerdict, register_wh: float | None, settings: SettingsView) -> LateVerdict:
    """An acceptance heals an earlier refusal; a refusal counts once."""
    if verdict.status is AuthorizationStatus.ACCEPTED:
        group = verdict.group or record.group_token
        confirmed = replace(record, group_token=group, token_was_confirmed=True, is_deauthorized=False)
        if record.charging_priority is None:  # one of its own comes before that of its token (K03.FR.05)
            confirmed = replace(confirmed, charging_priority=verdict.charging_priority)
        return LateVerdict(confirmed)
    if record.is_deauthorized:
        return LateVerdict(record)
    energy_wh = record.last_energy_wh if register_wh is None else register_wh
    refused = replace(record, is_deauthorized=True, deauthorized_energy_wh=energy_wh)
    return LateVerdict(
        refused, must_stop(refused, settings), verdict.personal_message or f"the CSMS says {verdict.status}"
    )


def must_stop(record: Transaction, settings: SettingsView) -> bool:
    """StopTransactionOnInvalidId; MaxEnergyOnInvalidId is for when that is off (2.0.1 E05.FR.03 and .10)."""
    return record.is_deauthorized and settings.get(catalogue.STOP_TRANSACTION_ON_INVALID_ID)


def may_go_on(record: Transaction, register_wh: float | None, settings: SettingsView) -> bool:
    """False for a refused token whose MaxEnergyOnInvalidId is used up or can not be measured."""
    if not record.is_deauthorized:
        return True
    if register_wh is None or record.deauthorized_energy_wh is None:
        return False
    return register_wh - record.deauthorized_energy_wh < _allowance_wh(settings)


def _allowance_wh(settings: SettingsView) -> float:
    return float(settings.get(catalogue.MAX_ENERGY_ON_INVALID_ID))
