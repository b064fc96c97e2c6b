"""What one session looks like from outside, now."""

from chargepoint.charging.availability import why_not_charging
from chargepoint.charging.display_room import DisplayRoom
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.snapshot import EvseSnapshot
from chargepoint.model.moment import Moment
from chargepoint.model.status import EvseStatus


def snapshot_of(session: EvseSession, display: DisplayRoom, moment: Moment) -> EvseSnapshot:
    seen = session.safety.observation
    transaction = session.transaction
    return EvseSnapshot(
        evse_id=session.evse_id,
        session=session.state,
        status=session.present_status or EvseStatus.PREPARING,
        availability=session.availability,
        limit=session.wish.limit,
        power_allowed=session.wish.power_allowed,
        why_not_charging=why_not_charging(
            session.state, seen, frozenset(session.view.blocking_faults), session.run.awaits_clock
        ),
        observation=seen,
        transaction=None if transaction is None else transaction.record,
        charging_state=session.charging_state,
        meter=session.meter.fresh(moment.monotonic),
        faults=session.view.faults,
        latched_faults=session.safety.latched_faults,
        waiting_token=None if session.grant is None else session.grant.token,
        cost=display.costs_shown(session.evse_id, moment),
        self_test=session.safety.self_test.record,
        self_tested_at=session.safety.self_test.tested_at,
    )
