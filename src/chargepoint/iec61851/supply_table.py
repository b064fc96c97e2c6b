"""The supply sequences of IEC 61851-1 clause A.4 as data: states, and what leads from one to the next."""

from enum import Enum
from typing import TypedDict

from chargepoint.iec61851 import timing


class Supply(Enum):
    """What the station does on one EVSE's pilot and contactor."""

    STARTING = "starting"
    IDLE = "idle"
    HELD = "held"
    OFFERED = "offered"
    ENERGISED = "energised"
    STOPPING = "stopping"
    WAKE_PULSE = "wake_pulse"
    WAKE_REST = "wake_rest"
    PHASE_BREAK = "phase_break"
    FAULT_PULSE = "fault_pulse"
    FAULTED = "faulted"


SOUND = [
    Supply.STARTING,
    Supply.IDLE,
    Supply.HELD,
    Supply.OFFERED,
    Supply.ENERGISED,
    Supply.STOPPING,
    Supply.WAKE_PULSE,
    Supply.WAKE_REST,
    Supply.PHASE_BREAK,
]
CONTACTOR_CLOSED = [Supply.ENERGISED, Supply.STOPPING]


DEADLINES: dict[Supply, float] = {
    Supply.STARTING: timing.STEADY_BEFORE_PWM_SECONDS,
    Supply.STOPPING: timing.OPEN_UNDER_LOAD_AFTER_SECONDS,
    Supply.WAKE_PULSE: timing.WAKE_UP_PULSE_SECONDS,
    Supply.WAKE_REST: timing.WAKE_UP_REST_SECONDS,
    Supply.PHASE_BREAK: timing.PHASE_CHANGE_STATE_F_SECONDS,
    Supply.FAULT_PULSE: timing.STATE_F_HOLD_SECONDS,
}
"""The states that time ends, and how many seconds after entry."""


class Transition(TypedDict, total=False):
    """One row, in the shape that `transitions.Machine` reads."""

    trigger: str
    source: Supply | list[Supply]
    dest: Supply
    after: str | list[str]


TRANSITIONS: list[Transition] = [
    {"trigger": "started", "source": Supply.STARTING, "dest": Supply.HELD},
    {"trigger": "ev_came", "source": Supply.IDLE, "dest": Supply.HELD},
    {"trigger": "ev_left", "source": Supply.HELD, "dest": Supply.IDLE},
    {"trigger": "ev_left", "source": [Supply.OFFERED, Supply.WAKE_REST], "dest": Supply.IDLE, "after": "_order_steady"},
    {"trigger": "offer", "source": [Supply.HELD, Supply.WAKE_REST], "dest": Supply.OFFERED, "after": "_order_pwm"},
    {
        "trigger": "withdraw",
        "source": [Supply.OFFERED, Supply.WAKE_REST],
        "dest": Supply.HELD,
        "after": "_order_steady",
    },
    {"trigger": "energise", "source": Supply.OFFERED, "dest": Supply.ENERGISED, "after": "_order_close"},
    {
        "trigger": "demand_ended",
        "source": CONTACTOR_CLOSED,
        "dest": Supply.HELD,
        "after": ["_order_open", "_order_steady"],
    },
    {"trigger": "stop_softly", "source": Supply.ENERGISED, "dest": Supply.STOPPING, "after": "_order_steady"},
    {"trigger": "stop_overdue", "source": Supply.STOPPING, "dest": Supply.HELD, "after": "_order_open"},
    {
        "trigger": "wake",
        "source": Supply.OFFERED,
        "dest": Supply.WAKE_PULSE,
        "after": ["_spend_wake_up", "_order_state_f"],
    },
    {"trigger": "wake_rest", "source": Supply.WAKE_PULSE, "dest": Supply.WAKE_REST, "after": "_order_steady"},
    {
        "trigger": "break_pilot",
        "source": Supply.HELD,
        "dest": Supply.PHASE_BREAK,
        "after": "_order_state_f",
    },
    {
        "trigger": "break_over",
        "source": Supply.PHASE_BREAK,
        "dest": Supply.HELD,
        "after": ["_note_interruption", "_order_steady"],
    },
    {
        "trigger": "fault_with_state_f",
        "source": SOUND,
        "dest": Supply.FAULT_PULSE,
        "after": ["_order_open", "_order_state_f"],
    },
    {
        "trigger": "fault_without_state_f",
        "source": SOUND,
        "dest": Supply.FAULTED,
        "after": ["_order_open", "_order_steady"],
    },
    {"trigger": "pulse_over", "source": Supply.FAULT_PULSE, "dest": Supply.FAULTED, "after": "_order_steady"},
    {"trigger": "fault_cleared", "source": Supply.FAULTED, "dest": Supply.HELD},
]
