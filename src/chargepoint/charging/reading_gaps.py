"""How long something has lasted, by readings of which some are lost. Pure.

Between two readings that show the same, it lasted; but of a gap no more counts than a meter that gives fresh readings
would leave. So no spacing of the readings holds a protection off for ever, one reading alone proves nothing, and two
that are far apart prove little. After `FORGOTTEN_AFTER_SECONDS` without any reading nothing is left of what was seen
before: such a silence is METER_SILENT's business, which has acted by then.
"""

from chargepoint.charging.meter_view import METER_OUTAGE_SECONDS

FORGOTTEN_AFTER_SECONDS = 2 * METER_OUTAGE_SECONDS


def proven_seconds(before: float | None, at: float, fresh_seconds: float) -> float | None:
    """What the time between two readings in a row counts; None where the first is forgotten, or was none."""
    if before is None or at - before > max(FORGOTTEN_AFTER_SECONDS, fresh_seconds):
        return None
    return min(at - before, fresh_seconds)
