"""What every part of the core is given: settings, token memory, identity of this run, and where effects go."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chargepoint.charging.effects import Effect
from chargepoint.charging.heard_texts import HeardTexts
from chargepoint.charging.local_list import LocalAuthorizationList
from chargepoint.charging.ports import TokenMemory
from chargepoint.charging.supply_voltage import SupplyLimits
from chargepoint.charging.temperature_limit import TemperatureRules
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.moment import Moment, Stamp, seconds_since
from chargepoint.model.tokens import IdToken, TokenVerdict
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView


@dataclass(frozen=True, slots=True)
class EvseConfiguration:
    """One EVSE as configured at the station; no remote message changes it."""

    evse_id: EvseId
    max_current_amps: float = 32.0
    phases: int = 3
    switches_phases: bool = False
    """It can be held to one phase. Corrected by what the safety process says."""
    least_amps: float = 6.0
    """A lower limit is a pause."""
    installer_limit_amps: float | None = None
    meter_required: bool = True
    """`billing = "required"`: no transaction without a valid meter reading."""
    has_lock: bool = False
    """Corrected by what the safety process says it has."""
    reading_fresh_seconds: float = 3.0
    """Older readings are stale: two poll cycles and some."""
    supply: SupplyLimits = field(default_factory=SupplyLimits)
    temperature: TemperatureRules = field(default_factory=TemperatureRules)
    tolerated_faults: frozenset[Fault] = frozenset()
    """Told, but the outlet works on: a lower limit answers them."""
    meter_signs: bool = False
    """The meter can sign what it measured."""
    meter_signs_between: bool = False
    """Also while a transaction goes on."""
    connector_type: str | None = None
    """2.0.1 ConnectorEnumType, as far as it is configured; a reservation may ask for it."""

    @property
    def is_tethered(self) -> bool:
        """The cable can not be unplugged at the station."""
        return self.connector_type is not None and self.connector_type.startswith("c")


@dataclass(slots=True)
class CoreContext:
    """Shared by the sessions of one station. The claims and what was heard are all
    that changes."""

    settings: SettingsView
    tokens: TokenMemory
    local_list: LocalAuthorizationList
    boot_id: int
    make_transaction_id: Callable[[], TransactionId]
    emit: Callable[[Effect], None]
    lease_seconds: float = 20.0
    random: Callable[[], float] = lambda: 0.5
    """0…1, for waits that must not end everywhere at once."""
    boots_of_this_machine: frozenset[int] = frozenset()
    """Starts of the process since the machine booted, this one too: they share one monotonic clock."""
    is_online: bool = False
    was_accepted: bool = False
    """The CSMS has accepted this start of the station, whatever became of the link since."""
    is_closing: bool = False
    """A reset is pending: nothing new starts."""
    heard_texts: HeardTexts = field(default_factory=HeardTexts)

    def cached(self, token: IdToken, moment: Moment) -> TokenVerdict | None:
        """The cache's word, where there is a cache; too old is none, and of an unknown age too (C10.FR.08)."""
        if not self.settings.get(catalogue.AUTHORIZATION_CACHE_ENABLED):
            return None
        verdict = self.tokens.cached(token, moment)
        life_seconds = self.settings.get(catalogue.AUTHORIZATION_CACHE_LIFE_TIME)
        if verdict is None or verdict.valid_until is not None or life_seconds == 0:
            return verdict
        if verdict.heard_at is None or (moment.utc - verdict.heard_at).total_seconds() > life_seconds:
            return None
        return verdict

    @property
    def may_begin(self) -> bool:
        """Transactions may begin: the station was accepted, or need not have been (2.0.1 B, section 1.5)."""
        return self.was_accepted or self.settings.get(catalogue.TX_BEFORE_ACCEPTED_ENABLED)

    def seconds_since(self, stamp: Stamp, moment: Moment) -> float | None:
        """None where no clock can tell."""
        return seconds_since(stamp, moment, self.boots_of_this_machine)

    def stamp(self, moment: Moment) -> Stamp:
        return Stamp(self.boot_id, moment.monotonic, moment.utc, moment.utc_trusted)
