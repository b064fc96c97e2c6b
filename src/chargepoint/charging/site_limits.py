"""What speaks against a limit that the site wishes to impose. Lower or higher, it is the site's own word."""

from chargepoint.charging.commands import ImposeSiteLimit, Verdict, VerdictStatus
from chargepoint.charging.limit_news import is_single
from chargepoint.model.charging_profiles import LimitSource
from chargepoint.model.moment import Moment
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView
from chargepoint.smart_charging.profile_set import is_well_formed


def objection_to(command: ImposeSiteLimit, settings: SettingsView, moment: Moment) -> Verdict | None:
    """A limit that changes with time needs a clock: before it is known only a single one is taken."""
    why_not = None
    if not settings.get(catalogue.EXTERNAL_CONTROL_SIGNALS_ENABLED):
        why_not = "external_control_signals_enabled is false: no limit is taken"
    elif command.source is LimitSource.CSO:
        why_not = "the CSO sets its limits through the CSMS"  # K11.FR.05
    elif not is_well_formed(command.schedule):
        why_not = "limits begin at 0 s, in order of time, none of them negative"
    elif not is_single(command.schedule) and not moment.utc_trusted:
        why_not = "the clock is not known yet: give one limit without an end"
    return None if why_not is None else Verdict(VerdictStatus.REJECTED, why_not)
