"""The EV's diode: without it the wave is mirrored, and a wet plug could pass for an EV (IEC 61851-1 clause A.2)."""

from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.model.faults import PilotSignal
from chargepoint.model.pilot import PLUGGED_STATES, PilotState

DIODE_PROVEN_VOLTS = -10.0
MIRROR_TOLERANCE_VOLTS = 1.2
MIRROR_LEAST_VOLTS = 2.0
SAMPLES_TO_PROVE = 3
SAMPLES_TO_FAULT = 2


@dataclass(frozen=True, slots=True)
class DiodeCheck:
    """`is_proven` is wanted before every closing; `is_faulted` stays until state A."""

    is_proven: bool = False
    is_faulted: bool = False
    run_is_good: bool | None = None
    run_since: float = 0.0
    run_samples: int = 0


def check_diode(
    before: DiodeCheck, volts: tuple[float, float], signal: PilotSignal, state: PilotState | None, now: float
) -> DiodeCheck:
    """The next value after one sample of (high, low) volts.

    Only PWM can tell, so each new PWM is proven anew; only state A clears a fault.
    """
    if state is PilotState.A:
        return DiodeCheck()
    if state not in PLUGGED_STATES or signal is not PilotSignal.PWM:
        return DiodeCheck(is_faulted=before.is_faulted)
    verdict = _verdict(volts)
    if verdict is None:
        return before if before.run_is_good is None else replace(before, run_is_good=None, run_samples=0)
    if verdict and before.is_proven and not before.is_faulted:
        return before if before.run_is_good else replace(before, run_is_good=True, run_since=now, run_samples=1)
    if verdict is not before.run_is_good:
        return replace(before, run_is_good=verdict, run_since=now, run_samples=1)
    return _concluded(replace(before, run_samples=before.run_samples + 1), now)


def _verdict(volts: tuple[float, float]) -> bool | None:
    high_volts, low_volts = volts
    if low_volts <= DIODE_PROVEN_VOLTS and abs(high_volts + low_volts) > MIRROR_TOLERANCE_VOLTS:
        return True
    if high_volts > MIRROR_LEAST_VOLTS and abs(high_volts + low_volts) <= MIRROR_TOLERANCE_VOLTS:
        return False
    return None


def _concluded(check: DiodeCheck, now: float) -> DiodeCheck:
    lasted_seconds = now - check.run_since
    if check.run_is_good:
        proven = check.run_samples >= SAMPLES_TO_PROVE and lasted_seconds >= timing.DIODE_PROVEN_SECONDS
        return replace(check, is_proven=check.is_proven or proven)
    mirrored = check.run_samples >= SAMPLES_TO_FAULT and lasted_seconds >= timing.DIODE_MIRRORED_SECONDS
    return replace(check, is_faulted=True, is_proven=False) if mirrored else check
