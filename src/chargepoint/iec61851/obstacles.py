"""Why not: the reasons that keep the offer off the pilot and the contactor open, strongest first.

The supply machine acts on exactly these lists and publishes them, so what it says is why it did it.
"""

from dataclasses import dataclass

from chargepoint.iec61851.duty_cycle import LOWEST_OFFER_AMPS
from chargepoint.iec61851.supply_words import SupplyInputs, SupplyRules
from chargepoint.model.pilot import DEMAND_STATES, PilotState
from chargepoint.model.power import LockState, WhyOpen

SIMPLIFIED_EV_AMPS = 10.0
"""IEC 61851-1 clause A.2.3: an EV without S2 (A → C directly) is not offered more."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """What the contactor's and the pilot's past forbids at this moment."""

    locked_out: bool = False
    resting: bool = False
    """Minimum off time, or X1 not held long enough."""
    changing_phases: bool = False
    """The contactor has not been open long enough, or the pilot was not interrupted yet, for another number of them."""


def limit_amps(inputs: SupplyInputs, rules: SupplyRules, simplified_ev: bool) -> float:
    """The least of directive, installer, external limit, cable and simplified EV; 0.0 without a directive or a readable
    cable."""
    if inputs.directive is None:
        return 0.0
    amps = min(inputs.directive.limit_amps, rules.maximum_current_amps)
    if inputs.is_limited_externally:
        amps = min(amps, rules.external_limit_amps)
    if rules.has_socket:
        amps = min(amps, inputs.cable_rating_amps or 0.0)
    return min(amps, SIMPLIFIED_EV_AMPS) if simplified_ev else amps


def permission_obstacles(inputs: SupplyInputs, rules: SupplyRules, simplified_ev: bool) -> list[WhyOpen]:
    """What the controller withholds: these end a running supply softly."""
    directive = inputs.directive
    if directive is None:
        return [WhyOpen.NO_CONTROLLER]
    if not inputs.lease_is_valid:
        return (
            [WhyOpen.LEASE_EXPIRED] if inputs.controller_is_linked else [WhyOpen.LEASE_EXPIRED, WhyOpen.NO_CONTROLLER]
        )
    found: list[WhyOpen] = []
    if not directive.power_allowed:
        found.append(WhyOpen.NOT_PERMITTED)
    least_amps = max(rules.minimum_current_amps, LOWEST_OFFER_AMPS)
    if rules.has_socket and inputs.cable_rating_amps is None:
        if directive.limit_amps < least_amps:
            found.append(WhyOpen.LIMIT_BELOW_MINIMUM)
        if inputs.is_plugged_in:
            found.append(WhyOpen.CABLE_UNKNOWN)
    elif limit_amps(inputs, rules, simplified_ev) < least_amps:
        found.append(WhyOpen.LIMIT_BELOW_MINIMUM)
    return found


def offer_obstacles(inputs: SupplyInputs, rules: SupplyRules, pauses: Pauses, simplified_ev: bool) -> list[WhyOpen]:
    """What keeps the PWM off, faults aside."""
    found: list[WhyOpen] = []
    if pauses.locked_out:
        found.append(WhyOpen.CHATTER_LOCKOUT)
    if inputs.pilot is PilotState.A:
        found.append(WhyOpen.NO_EV)
    found += permission_obstacles(inputs, rules, simplified_ev)
    if pauses.resting:
        found.append(WhyOpen.MINIMUM_OFF_TIME)
    if pauses.changing_phases:
        found.append(WhyOpen.PHASE_CHANGE)
    if inputs.is_testing:
        found.append(WhyOpen.SELF_TEST)
    if inputs.pilot is PilotState.D and not rules.ventilation:
        found.append(WhyOpen.VENTILATION)
    return found


def closing_obstacles(inputs: SupplyInputs, is_offered: bool) -> list[WhyOpen]:
    """What else keeps the contactor open."""
    found: list[WhyOpen] = []
    if inputs.is_plugged_in and inputs.lock not in (LockState.ABSENT, LockState.LOCKED):
        found.append(WhyOpen.LOCK_NOT_CLOSED)
    if inputs.is_plugged_in and inputs.pilot not in DEMAND_STATES:
        found.append(WhyOpen.EV_NOT_READY)
    if is_offered and not inputs.diode_is_proven:
        found.append(WhyOpen.DIODE_UNCHECKED)
    return found
