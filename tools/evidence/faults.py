"""docs/faults.md: each fault, how to inject it on the bench, what follows, and what clears it.

What follows is taken from the tables that the station itself works with. Only the way in is written here, and
tests/scenarios/test_fault_table.py goes it, row by row.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chargepoint.charging.availability import ADVISORY_FAULTS, STOPPING_FAULTS
from chargepoint.charging.fault_words import FAULT_WORDS
from chargepoint.charging.meter_view import METER_OUTAGE_SECONDS
from chargepoint.charging.over_current import TRIPS_AFTER_SECONDS
from chargepoint.charging.safety_view import SAFETY_LINK_GRACE_SECONDS
from chargepoint.charging.supply_voltage import OUT_AFTER_SECONDS
from chargepoint.csms.v16.status_projection import error_code
from chargepoint.csms.v16.vocabulary import STOP_REASON
from chargepoint.csms.v201.built_in_monitors import FAULT_TOLD
from chargepoint.model.fault_clearing import CLEARS, LATCHING
from chargepoint.model.faults import Fault
from chargepoint.model.status import EvseStatus
from chargepoint_hal.bench.world_faults import WORLD_FAULTS
from evidence.monitoring import OF_STATION, component_text, subject_of


class Situation(StrEnum):
    """What the bench shows before the fault is injected."""

    FREE = "nobody is there"
    WAITING = "an EV is plugged in"
    CHARGING = "an EV charges"


@dataclass(frozen=True, slots=True)
class BenchCall:
    """One POST to the bench's HTTP interface."""

    path: str
    body: Mapping[str, object]

    def __str__(self) -> str:
        return f"`POST {self.path} {json.dumps(self.body)}`"


class ByHand(StrEnum):
    """What the bench has no call for."""

    SWIPE = "hold a card to the reader"
    STOP_SAFETY = "`systemctl stop chargepoint-safety`"
    START_SAFETY = "`systemctl start chargepoint-safety`"
    FILL_DISK = "fill the disk of `state_dir`"
    FREE_DISK = "make room on it"
    DAMAGE_DATABASE = "stop the station, write over the first bytes of `chargepoint.db`, start it"
    RESTART = "start the station once more"


Act = BenchCall | ByHand


@dataclass(frozen=True, slots=True)
class Injection:
    """How the fault comes and how its cause goes."""

    situation: Situation
    acts: tuple[Act, ...]
    undone_by: tuple[Act, ...]
    in_turn_seconds: float | None = None
    """The acts are repeated in turn, one each so many seconds, until the fault is there; None: once each."""


EVSE = "/bench/evse/1"
PLUG_IN_CHATTER = BenchCall(f"{EVSE}/plug-in", {"quirk": "chatter"})
PLUG_OUT = BenchCall(f"{EVSE}/plug-out", {})
JUMPS = tuple(BenchCall("/bench/meter/1", {"energy_import_wh": wh}) for wh in (9_000_000.0, 2_000_000.0))


def of_world(fault: Fault, situation: Situation, *then: Act) -> Injection:
    """The bench can raise it by name."""
    on, off = (BenchCall(f"{EVSE}/fault", {"fault": fault.value, "active": active}) for active in (True, False))
    return Injection(situation, (on, *then), (off,))


INJECTIONS: Mapping[Fault, Injection] = {
    **{fault: of_world(fault, Situation.CHARGING) for fault in WORLD_FAULTS},
    Fault.CONTACTOR_WELDED: of_world(Fault.CONTACTOR_WELDED, Situation.CHARGING, ByHand.SWIPE),
    Fault.CONTACTOR_STUCK_OPEN: of_world(Fault.CONTACTOR_STUCK_OPEN, Situation.WAITING, ByHand.SWIPE),
    Fault.LOCK_JAMMED: of_world(Fault.LOCK_JAMMED, Situation.WAITING, ByHand.SWIPE),
    Fault.METER_IMPLAUSIBLE: Injection(Situation.CHARGING, JUMPS, (), in_turn_seconds=2.0),
    Fault.RESIDUAL_CURRENT_SELF_TEST: of_world(Fault.RESIDUAL_CURRENT_SELF_TEST, Situation.CHARGING, PLUG_OUT),
    Fault.CHATTER_LOCKOUT: Injection(Situation.FREE, (PLUG_IN_CHATTER, ByHand.SWIPE), (PLUG_OUT,)),
    Fault.SAFETY_LINK_LOST: Injection(Situation.CHARGING, (ByHand.STOP_SAFETY,), (ByHand.START_SAFETY,)),
    Fault.FAULT_MEMORY_LOST: Injection(Situation.WAITING, (ByHand.DAMAGE_DATABASE,), (ByHand.RESTART,)),
    Fault.STORAGE_CORRUPT: Injection(Situation.FREE, (ByHand.DAMAGE_DATABASE,), (ByHand.RESTART,)),
    Fault.STORAGE_FULL: Injection(Situation.CHARGING, (ByHand.FILL_DISK,), (ByHand.FREE_DISK,)),
}
"""Total over the vocabulary."""

NEEDS_TEST_INPUT = frozenset({Fault.RESIDUAL_CURRENT_SELF_TEST})
"""Found in the monitor's own test alone, which waits for the end of a session."""

SEEN_LATER: Mapping[Fault, str] = {
    Fault.OVER_CURRENT: f"after {TRIPS_AFTER_SECONDS:g} s",
    Fault.UNDER_VOLTAGE: f"after {OUT_AFTER_SECONDS:g} s",
    Fault.OVER_VOLTAGE: f"after {OUT_AFTER_SECONDS:g} s",
    Fault.SAFETY_LINK_LOST: f"after {SAFETY_LINK_GRACE_SECONDS:g} s without a word",
    Fault.FAULT_MEMORY_LOST: "at the start that puts the database aside",
    **dict.fromkeys(
        (Fault.METER_SILENT, Fault.METER_FROZEN, Fault.METER_IMPLAUSIBLE),
        f"after {METER_OUTAGE_SECONDS:g} s without a usable reading, where billing needs one",
    ),
}
"""Every other one is acted on in the tick that sees it."""

INTRODUCTION = """# Faults

Each fault by its one name: how to inject it on the bench, what the station does, what it tells, what ends it. A test
(tests/scenarios/test_fault_table.py) goes through every row as it stands here, over the bench's HTTP interface.

The bench's calls are for EVSE 1; its address is in `bench.json` of `run_dir`. Faults of the station as a whole have
connector 0 under 1.6, where `vendorErrorCode` is the fault's name; under 2.0.1 NotifyEvent carries it as `techCode`
and comes again with `cleared` (docs/monitoring.md). *Acknowledge* is the button of the local page,
`POST /api/evses/1/acknowledge-faults`; no reset and no power cut does it. What clears with the EV unplugged waits for
an empty plug: an EV that is there when the power comes back has to leave first, though it may be another one.

"""


def status_with(fault: Fault) -> EvseStatus:
    """Which status the fault gives an outlet that would charge; the station's own stays what it is."""
    if fault in OF_STATION:
        return EvseStatus.AVAILABLE
    return EvseStatus.SUSPENDED_EVSE if fault in ADVISORY_FAULTS else EvseStatus.FAULTED


def opens_contactor(fault: Fault) -> bool:
    """Nothing of the station as a whole does; a lock-out rests it."""
    return fault not in OF_STATION


def table() -> str:
    return INTRODUCTION + "\n".join(map(_chapter, Fault))


def _chapter(fault: Fault) -> str:
    injection = INJECTIONS[fault]
    subject = subject_of(fault)
    status = status_with(fault)
    severity = FAULT_TOLD[fault].severity
    connector = 0 if fault in OF_STATION else 1
    lines = [
        f"## {fault}",
        "",
        f"*{FAULT_WORDS[fault]}*",
        "",
        "| | |",
        "|---|---|",
        f"| inject | while {injection.situation}: {_way_in(injection)}{_meaning(fault)} |",
        f"| the station | {_reaction(fault)} |",
        f"| OCPP 1.6 | connector {connector}: {status}, `{error_code(status, fault)}` |",
        f"| OCPP 2.0.1 | `{component_text(subject)}` `{subject.variable}`, severity {severity.value} |",
        f"| clears | {_way_out(fault, injection)} |",
        "",
    ]
    return "\n".join(lines)


def _way_in(injection: Injection) -> str:
    text = ", then ".join(map(str, injection.acts))
    return text if injection.in_turn_seconds is None else f"{text}, in turn each {injection.in_turn_seconds:g} s"


def _meaning(fault: Fault) -> str:
    is_named = any(isinstance(act, BenchCall) and "fault" in act.body for act in INJECTIONS[fault].acts)
    return f": {WORLD_FAULTS[fault]}" if is_named else ""


def _reaction(fault: Fault) -> str:
    if fault in OF_STATION:
        return "tells it; charging goes on"
    when = SEEN_LATER.get(fault, "at once")
    if fault in NEEDS_TEST_INPUT:
        return (
            "in the test that follows each session, and once a day: keeps the contactor open; a running charge goes on"
        )
    if fault in STOPPING_FAULTS:
        reason = STOPPING_FAULTS[fault]
        return f"{when}: commands the contactor open and ends the transaction ({STOP_REASON[reason]}; 2.0.1: {reason})"
    if fault in ADVISORY_FAULTS:
        return f"{when}: keeps the contactor open for a while; the transaction waits"
    return f"{when}: commands the contactor open; a transaction waits and goes on afterwards"


def _way_out(fault: Fault, injection: Injection) -> str:
    undone = ", then ".join(map(str, injection.undone_by)) or "stop that"
    kept = "; remembered over restarts and power cuts until then" if fault in LATCHING else ""
    return f"{CLEARS[fault]}{kept}; the cause goes with {undone}"
