"""The states of a session, plug-in to plug-out, as a table."""

from chargepoint.model.status import SessionState

S = SessionState

SESSION_TRANSITIONS: list[dict[str, object]] = [
    {"trigger": "plugged", "source": S.IDLE, "dest": S.PLUGGED},
    {"trigger": "plugged", "source": S.AUTHORIZED, "dest": S.STARTING},
    {"trigger": "granted", "source": S.IDLE, "dest": S.AUTHORIZED},
    {"trigger": "granted", "source": [S.PLUGGED, S.FINISHED], "dest": S.STARTING},
    {"trigger": "grant_ended", "source": S.AUTHORIZED, "dest": S.IDLE},
    {"trigger": "grant_ended", "source": S.STARTING, "dest": S.PLUGGED},
    {"trigger": "started", "source": S.STARTING, "dest": S.TRANSACTION},
    {"trigger": "authorization_ended", "source": [S.STARTING, S.TRANSACTION], "dest": S.FINISHED},
    {
        "trigger": "stop_decided",
        "source": [S.IDLE, S.AUTHORIZED, S.PLUGGED, S.STARTING, S.TRANSACTION, S.FINISHED],
        "dest": S.STOPPING,
    },
    {"trigger": "ended_plugged", "source": S.STOPPING, "dest": S.FINISHED},
    {"trigger": "ended_unplugged", "source": S.STOPPING, "dest": S.IDLE},
    {"trigger": "unplugged", "source": [S.PLUGGED, S.STARTING, S.FINISHED], "dest": S.IDLE},
    {"trigger": "found_open", "source": S.IDLE, "dest": S.RECOVERING},
    {"trigger": "resumed", "source": S.RECOVERING, "dest": S.TRANSACTION},
    {"trigger": "resumed_unauthorized", "source": S.RECOVERING, "dest": S.PLUGGED},
    {"trigger": "resumed_revoked", "source": S.RECOVERING, "dest": S.FINISHED},
    {"trigger": "not_resumed", "source": S.RECOVERING, "dest": S.STOPPING},
]
"""A transaction may be open in all of them but IDLE, by 2.0.1's TxStartPoint and TxStopPoint; energy flows in
TRANSACTION alone. `unplugged` during a transaction is a reason to stop or to suspend, not a transition of its own."""


def session_diagram() -> str:
    """The table as a mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {S.IDLE}"]
    for row in SESSION_TRANSITIONS:
        source = row["source"]
        sources = source if isinstance(source, list) else [source]
        lines += [f"    {state} --> {row['dest']}: {row['trigger']}" for state in sources]
    return "\n".join(lines) + "\n"
