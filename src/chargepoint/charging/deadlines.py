"""Named deadlines on the monotonic clock: the core's only way to be woken."""

from enum import StrEnum


class Deadline(StrEnum):
    """What a session waits for."""

    CONNECTION = "connection"
    START_READING = "start_reading"
    STOP_OPEN = "stop_open"
    STOP_READING = "stop_reading"
    SIGNATURE = "signature"
    """Of the meter, for the end."""
    SAMPLE = "sample"
    ALIGNED_SAMPLE = "aligned_sample"
    KEPT_SAMPLE = "kept_sample"
    """For the report of the end alone, where its interval is another one."""
    KEPT_ALIGNED_SAMPLE = "kept_aligned_sample"
    CHECKPOINT = "checkpoint"
    READING_STALE = "reading_stale"
    METER_OUTAGE = "meter_outage"
    STATUS = "status"
    UNLOCK = "unlock"
    EVSE_RESET = "evse_reset"
    EV_READY = "ev_ready"
    REPLUG = "replug"
    """Of a plug that was pulled from an EV while its transaction waits."""
    RECOVERY = "recovery"
    SAFETY_LINK = "safety_link"
    PROFILES = "profiles"
    RESERVATIONS = "reservations"
    COST = "cost"
    MESSAGES = "messages"


class Deadlines:
    """A small set of times, each set anew by name."""

    def __init__(self) -> None:
        self._at: dict[Deadline, float] = {}

    def arm(self, name: Deadline, at: float) -> None:
        self._at[name] = at

    def disarm(self, *names: Deadline) -> None:
        for name in names:
            self._at.pop(name, None)

    def is_armed(self, name: Deadline) -> bool:
        return name in self._at

    def take_due(self, now: float) -> list[Deadline]:
        """The names whose time has come, earliest first; they are disarmed."""
        due = sorted((name for name, at in self._at.items() if at <= now), key=lambda name: self._at[name])
        for name in due:
            del self._at[name]
        return due

    def next(self) -> float | None:
        return min(self._at.values(), default=None)
