"""Deadlines of what moves or speaks: the contactor's mirror contact, a controller's word, the plug lock. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chargepoint.iec61851 import timing
from chargepoint.model.faults import Fault
from chargepoint.model.power import LockState


@dataclass(frozen=True, slots=True)
class ContactorWatch:
    """Feedback is the truth; `fault` says how it contradicts the command."""

    commanded: bool = False
    has_feedback: bool = False
    """True once the mirror contact has answered: from then on its silence is a fault."""
    disagrees_since: float | None = None
    fault: Fault | None = None


def watch_contactor(
    before: ContactorWatch,
    commanded: bool,
    is_closed: bool | None,
    now: float,
    within_seconds: float = timing.CONTACTOR_FEEDBACK_SECONDS,
) -> ContactorWatch:
    """The next value. Two samples must disagree, the deadline apart; where feedback was never seen none is fitted."""
    has_feedback = before.has_feedback or is_closed is not None
    if is_closed is commanded or not has_feedback:
        return ContactorWatch(commanded, has_feedback)
    if before.disagrees_since is None or before.commanded is not commanded:
        return ContactorWatch(commanded, has_feedback, disagrees_since=now)
    if now - before.disagrees_since < within_seconds:
        return replace(before, fault=None)
    if is_closed is None:
        return replace(before, fault=Fault.CONTACTOR_FEEDBACK_MISSING)
    return replace(before, fault=Fault.CONTACTOR_WELDED if is_closed else Fault.CONTACTOR_STUCK_OPEN)


def watch_controlled(offers: bool) -> Callable[[ContactorWatch, bool, bool | None, float], ContactorWatch]:
    """The same for a controller that closes by itself while PWM is offered, and opens after its own sequences."""

    def watch(before: ContactorWatch, commanded: bool, is_closed: bool | None, now: float) -> ContactorWatch:
        if offers and not commanded and is_closed is not None:
            return ContactorWatch(commanded, has_feedback=True)
        return watch_contactor(before, commanded, is_closed, now, timing.CONTROLLER_FEEDBACK_SECONDS)

    return watch


@dataclass(frozen=True, slots=True)
class WordWatch:
    """A controller that owns the pilot and answers, but does not tell the pilot's state."""

    untold_since: float | None = None
    is_overdue: bool = False
    """So long that what it told last counts no more."""


def watch_word(is_told: bool, is_excused: bool, before: WordWatch, now: float) -> WordWatch:
    """The next value. It is excused under our own state F, which hides the EV, and while it does not answer at all."""
    if is_told or is_excused:
        return WordWatch()
    since = now if before.untold_since is None else before.untold_since
    return WordWatch(since, now - since >= timing.CONTROLLER_UNTOLD_SECONDS)


@dataclass(frozen=True, slots=True)
class Opening:
    """The last opening: when the demand ended, and how long until the feedback said open; None where nobody saw it."""

    since: float | None = None
    lasted_seconds: float | None = None


def begun(since: float, is_closed: bool | None) -> Opening:
    """An opening is under way; without feedback that showed closed just before, there is nothing to time."""
    return Opening(since=since) if is_closed else Opening()


def timed(before: Opening, commanded: bool, is_closed: bool | None, now: float) -> Opening:
    """The next value; a closing ends it, and so does a feedback that falls silent: then nobody saw it open."""
    if before.since is None:
        return before
    if commanded or is_closed is None:
        return Opening()
    return before if is_closed else Opening(lasted_seconds=now - before.since)


@dataclass(frozen=True, slots=True)
class LockWatch:
    """`wanted` None: never sent anywhere yet."""

    wanted: bool | None = None
    off_since: float | None = None
    """Since when the lock is not where it was sent."""
    sent_at: float = 0.0
    is_jammed: bool = False
    must_resend: bool = False


def watch_lock(before: LockWatch, wanted: bool | None, position: LockState, now: float) -> LockWatch:
    """The next value; `must_resend` holds for one call each time a retry is due."""
    target = LockState.LOCKED if wanted else LockState.UNLOCKED
    if wanted is None or position in (LockState.ABSENT, target):
        return LockWatch(wanted, sent_at=before.sent_at)
    if before.wanted is not wanted or before.off_since is None:
        was_moved_by_hand = before.wanted is wanted
        return LockWatch(wanted, off_since=now, sent_at=now, must_resend=was_moved_by_hand)
    resend = now - before.sent_at >= timing.LOCK_RETRY_SECONDS
    return replace(
        before,
        is_jammed=now - before.off_since >= timing.LOCK_MOVE_SECONDS,
        must_resend=resend,
        sent_at=now if resend else before.sent_at,
    )
