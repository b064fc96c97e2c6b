"""May we talk: what BootNotification's answer allows, as tables. Pure; time is an argument.

BootNotification is sent once per start of the daemon. A mere reconnect over the same OCPP version goes on without one
when the registration was accepted before (OCPP-J 1.6 5.4 and 2.0.1 part 4 5.3 say so); a new version, or a
registration that was not accepted, begins with one. So does another connection profile: it may be another CSMS
(2.0.1 errata B10.FR.10).
"""

from collections.abc import Mapping
from enum import StrEnum

from chargepoint.csms.dialect import DialectTraits
from chargepoint.model.registration import BootReason, RegistrationAnswer, RegistrationStatus

OWN_BOOT_INTERVAL_SECONDS = 30.0
"""Where the CSMS gives no interval, or no answer that makes sense: doubles at each attempt …"""
LONGEST_BOOT_INTERVAL_SECONDS = 600.0
"""… up to this, so that a CSMS is not flooded (1.6 4.2, 2.0.1 B02.FR.07)."""
LONGEST_HEARTBEAT_INTERVAL_SECONDS = 86_400.0
"""One a day stays for the clock, even where heartbeats are switched off (OCPP-J 1.6 5.3)."""


class Said(StrEnum):
    """What a message of ours is, as far as permission goes."""

    BOOT = "boot"
    HEARTBEAT = "heartbeat"
    INSTRUCTED = "instructed"
    """Asked for by TriggerMessage, GetBaseReport or GetReport."""
    REPORT = "report"


class Service(StrEnum):
    """Which CALLs of the CSMS are served."""

    ALL = "all"
    WHILE_PENDING = "while_pending"
    WHILE_REJECTED = "while_rejected"


MAY_SAY: Mapping[RegistrationStatus | None, frozenset[Said]] = {
    None: frozenset({Said.BOOT}),
    RegistrationStatus.PENDING: frozenset({Said.BOOT, Said.INSTRUCTED}),
    RegistrationStatus.REJECTED: frozenset({Said.BOOT}),
    RegistrationStatus.ACCEPTED: frozenset(Said),
}
"""1.6 4.2; 2.0.1 B01.FR.08, B02.FR.02, B03.FR.02."""

SERVICE: Mapping[RegistrationStatus | None, Service] = {
    None: Service.WHILE_PENDING,
    RegistrationStatus.PENDING: Service.WHILE_PENDING,
    RegistrationStatus.REJECTED: Service.WHILE_REJECTED,
    RegistrationStatus.ACCEPTED: Service.ALL,
}


def is_served(action: str, status: RegistrationStatus | None, traits: DialectTraits) -> bool:
    match SERVICE[status]:
        case Service.ALL:
            return True
        case Service.WHILE_PENDING:
            return traits.served_while_pending is None or action in traits.served_while_pending
        case Service.WHILE_REJECTED:
            return action in traits.served_while_rejected


class Registration:
    """The registration of this run of the daemon; outlives connections."""

    def __init__(self, reason: BootReason) -> None:
        self._reason = reason
        self._known_as: tuple[str, int] | None = None
        self._status: RegistrationStatus | None = None
        self._boot_at = 0.0
        self._unanswered = 0
        self._is_boot_triggered = False
        self._is_heartbeat_asked = False
        self._clock_told_at = 0.0

    @property
    def status(self) -> RegistrationStatus | None:
        return self._status

    @property
    def is_accepted(self) -> bool:
        return self._status is RegistrationStatus.ACCEPTED

    def may_say(self, what: Said) -> bool:
        return what in MAY_SAY[self._status]

    def link_opened(self, subprotocol: str, now: float, network_profile: int = 1) -> None:
        """Begin with BootNotification unless this version of this CSMS has accepted us before; an interval it gave
        us is kept."""
        if (subprotocol, network_profile) != self._known_as:
            self._known_as = (subprotocol, network_profile)
            self._status = None
            self._boot_at = now
        elif self._status is None:
            self._boot_at = now
        self._is_boot_triggered = False
        self._is_heartbeat_asked = False

    def boot_asked(self) -> None:
        """TriggerMessage(BootNotification)."""
        self._is_boot_triggered = True

    def heartbeat_asked(self) -> None:
        """TriggerMessage(Heartbeat)."""
        self._is_heartbeat_asked = True

    def next_boot_reason(self) -> BootReason:
        return BootReason.TRIGGERED if self._is_boot_triggered else self._reason

    def boot_answered(self, answer: RegistrationAnswer, now: float) -> None:
        self._status = answer.status
        self._is_boot_triggered = False
        self._clock_told_at = now
        if answer.status is RegistrationStatus.ACCEPTED:
            self._unanswered = 0
        elif answer.interval_seconds > 0:
            self._boot_at = now + answer.interval_seconds
        else:
            self._boot_at = now + self._own_interval()

    def boot_failed(self, now: float) -> None:
        """No answer, or one without sense: what was known stays, and it is tried again."""
        self._boot_at = now + self._own_interval()
        self._is_boot_triggered = False

    def _own_interval(self) -> float:
        self._unanswered += 1
        doubled = OWN_BOOT_INTERVAL_SECONDS * 2.0 ** min(self._unanswered - 1, 10)
        return min(doubled, LONGEST_BOOT_INTERVAL_SECONDS)

    def boot_due_at(self) -> float | None:
        """When to send BootNotification; None: it is not due at all."""
        if self._is_boot_triggered:
            return 0.0
        return None if self.is_accepted else self._boot_at

    def heartbeat_due_at(self, last_answered_at: float, interval_seconds: float) -> float | None:
        """The interval counts from the last answer of the CSMS, to whatever it was; one a day is for the clock."""
        if self._is_heartbeat_asked and self.may_say(Said.INSTRUCTED):
            return 0.0
        if not self.may_say(Said.HEARTBEAT):
            return None
        daily = self._clock_told_at + LONGEST_HEARTBEAT_INTERVAL_SECONDS
        return min(daily, last_answered_at + interval_seconds) if interval_seconds > 0 else daily

    def heartbeat_done(self, now: float) -> None:
        """Answered or not: the next one is an interval away."""
        self._is_heartbeat_asked = False
        self._clock_told_at = now
