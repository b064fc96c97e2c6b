"""The charging profiles of the station: what is installed, and the limit that each EVSE gets from it now.

The rules are in `smart_charging`; here they meet the sessions: which transaction runs, how long it has lasted, who
shares the station's limit. Limits of the site are kept with them. Nothing here energises.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import assert_never

from chargepoint.charging.commands import (
    AskCompositeSchedule,
    ClearProfiles,
    ImposeSiteLimit,
    InstallProfile,
    ProfileCommand,
    ReleaseSiteLimit,
    RemoteCommand,
    StartRemotely,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import RememberProfiles
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.limit_news import LimitNews
from chargepoint.charging.offline_limit import OfflineLimit
from chargepoint.charging.phase_choice import PhaseKeeping
from chargepoint.charging.share_handover import ShareHandover
from chargepoint.charging.site_limits import objection_to
from chargepoint.charging.station_claims import StationClaims
from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    ChargingProfile,
    InstalledProfile,
    LimitSource,
    ProfilePurpose,
    RateUnit,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.limits import SITE, Limit
from chargepoint.model.moment import Moment
from chargepoint.model.status import SessionState
from chargepoint.settings import catalogue
from chargepoint.smart_charging.composite_schedule import (
    FOREVER,
    STATION_PURPOSES,
    Circumstances,
    StationPart,
    Window,
    composite,
    composite_of_station,
    limit_at,
    next_change,
)
from chargepoint.smart_charging.profile_set import (
    Installation,
    Placement,
    ProfileRules,
    ProfileSet,
    Refusal,
)
from chargepoint.smart_charging.rates import UNIT_OF_NAME

ACCEPTED = Verdict(VerdictStatus.ACCEPTED)
CLOCK_STEP_SECONDS = 1.0
"""A jump of the wall clock against the monotonic one by more than this is a step: limits are found anew."""
BOUNDARY_MARGIN_SECONDS = 0.001
"""Past a boundary by this much the wall clock shows it too."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the present limits were found by; another basis needs new ones."""

    profiles: ProfileSet
    transactions: tuple[tuple[TransactionId, int | None] | None, ...]
    """At each EVSE, with its priority."""
    drawing: frozenset[EvseId]
    is_clock_trusted: bool
    phases_possible: tuple[int | None, ...]


class ProfileDesk:
    """Executes profile commands and keeps `PowerWish.imposed` of every session true."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, deadlines: Deadlines) -> None:
        self._sessions = sessions
        self._context = context
        self._deadlines = deadlines
        self._profiles = ProfileSet()
        self._claims = StationClaims(sessions, context)
        self._news = LimitNews(sessions, context)
        self.offline = OfflineLimit(context.settings)
        self._limits: dict[EvseId, Limit | None] = {}
        self._phases: dict[EvseId, int] = {}
        """On which those limits are used."""
        self._kept_until: dict[EvseId, float] = {}
        """Those that stay on one phase, by the monotonic clock."""
        self._keeping = PhaseKeeping()
        self._handover = ShareHandover()
        self._basis: _Basis | None = None
        self._holds_until: float | None = None
        self._wall_zero: datetime | None = None
        """What the wall clock says of the monotonic clock's 0."""

    # Orders

    def restore(self, installed: tuple[InstalledProfile, ...], moment: Moment) -> None:
        """What was persisted before the restart; the CSMS is out of reach until it is heard."""
        self._profiles = ProfileSet.of(installed)
        self._news.restored(self._profiles.imposed_by_site().installed)
        self.offline.csms_went(moment)

    @property
    def installed(self) -> tuple[InstalledProfile, ...]:
        """By the CSMS and by the site, also while smart charging is turned off."""
        return self._profiles.installed

    def execute(self, command: ProfileCommand, moment: Moment) -> Verdict:
        match command:
            case ImposeSiteLimit():
                return self._impose(command, moment)
            case ReleaseSiteLimit(source):
                return self._release(source)
            case _ if not self._is_enabled:
                return Verdict(VerdictStatus.NOT_SUPPORTED, "smart charging is turned off")  # K01.FR.29
            case InstallProfile():
                return self._install(command, moment)
            case ClearProfiles(wanted):
                profiles, cleared = self._profiles.clear(wanted)
                self._keep(profiles)
                return ACCEPTED if cleared else Verdict(VerdictStatus.UNKNOWN_TARGET, "no installed profile matches")
            case AskCompositeSchedule():
                return self._compose(command, moment)
            case _:
                assert_never(command)

    def objection(self, command: RemoteCommand, moment: Moment) -> Verdict | None:
        """A remote start whose charging profile could not be installed is no start (K05.FR.02, .05)."""
        if not isinstance(command, StartRemotely) or command.profile is None or not self._is_enabled:
            return None
        if command.profile.purpose is not ProfilePurpose.TX:
            reason = "the charging profile of a remote start is a TxProfile"
            return Verdict(VerdictStatus.REJECTED, reason, profile_refusal=Refusal.PURPOSE_NOT_SETTABLE)
        starting = TransactionId("to be started")
        for evse_id in self._sessions if command.evse_id is None else (command.evse_id,):
            place = Placement(evse_id, moment.utc, starting, is_clock_trusted=moment.utc_trusted)
            refusal = self._profiles.install(command.profile, place, self._rules()).refusal
            if refusal is not None:
                return Verdict(VerdictStatus.REJECTED, f"charging profile: {refusal}", profile_refusal=refusal)
        return None

    def _install(self, command: InstallProfile, moment: Moment) -> Verdict:
        session = self._sessions.get(command.evse_id)
        running = None if session is None or session.state is not SessionState.TRANSACTION else session.run.record
        place = Placement(
            command.evse_id,
            moment.utc,
            None if running is None else running.transaction_id,
            command.transaction_id,
            moment.utc_trusted,
        )
        refusal = self._put(command.profile, place, self._rules(command.same_level_replaces)).refusal
        return ACCEPTED if refusal is None else Verdict(VerdictStatus.REJECTED, refusal, profile_refusal=refusal)

    def _impose(self, command: ImposeSiteLimit, moment: Moment) -> Verdict:
        objection = objection_to(command, self._context.settings, moment)
        if objection is None:
            self._keep(self._profiles.impose(command.schedule, command.source, moment.utc))
            self._news.imposed(command.source, command.schedule, command.is_grid_critical)
        return objection or ACCEPTED

    def _release(self, wanted: LimitSource | None) -> Verdict:
        imposed = {one.source for one in self._profiles.imposed_by_site().installed}
        released = [source for source in LimitSource if source in imposed and wanted in (None, source)]
        for source in released:
            self._keep(self._profiles.released_by(source)[0])
            self._news.released(source)
        return ACCEPTED if released else Verdict(VerdictStatus.UNKNOWN_TARGET, "no limit of the site holds")

    def _put(self, profile: ChargingProfile, place: Placement, rules: ProfileRules) -> Installation:
        installation = self._profiles.install(profile, place, rules)
        self._keep(installation.profiles)
        return installation

    def _rules(self, same_level_replaces: bool = True) -> ProfileRules:
        settings = self._context.settings
        units = settings.get(catalogue.CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT)
        return ProfileRules(
            evse_ids=frozenset(self._sessions),
            max_installed=settings.get(catalogue.MAX_CHARGING_PROFILES_INSTALLED),
            max_stack_level=settings.get(catalogue.CHARGE_PROFILE_MAX_STACK_LEVEL),
            max_periods=settings.get(catalogue.CHARGING_SCHEDULE_MAX_PERIODS),
            units=frozenset(UNIT_OF_NAME[name] for name in units),
            same_level_replaces=same_level_replaces,
            least_phases=self._claims.least_phases(),
        )

    @property
    def _is_enabled(self) -> bool:
        return self._context.settings.get(catalogue.SMART_CHARGING_ENABLED)

    @property
    def _in_force(self) -> ProfileSet:
        """While smart charging is turned off the CSMS's profiles are kept and hold nobody; the site's do."""
        return self._profiles if self._is_enabled else self._profiles.imposed_by_site()

    def _keep(self, profiles: ProfileSet) -> None:
        if profiles != self._profiles:
            self._profiles = profiles
            self._context.emit(RememberProfiles(profiles.installed))

    def _compose(self, command: AskCompositeSchedule, moment: Moment) -> Verdict:
        if command.evse_id not in (WHOLE_STATION, *self._sessions):
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        rules = self._rules()
        unit = command.unit or min(rules.units, default=RateUnit.AMPS)
        if unit not in rules.units:  # K08.FR.07
            return Verdict(
                VerdictStatus.REJECTED,
                f"no schedule is given in {unit}",
                profile_refusal=Refusal.UNIT_NOT_SUPPORTED,
            )
        window = Window(moment.utc, command.duration_seconds, unit, rules.max_periods)
        circumstances = self._circumstances(command.evse_id, moment)
        if command.evse_id == WHOLE_STATION:
            parts = (StationPart(self._circumstances(key, moment), self._claims.ceiling(key)) for key in self._sessions)
            schedule = composite_of_station(self._in_force, circumstances, parts, window)
        else:
            schedule = composite(self._in_force, circumstances, window, self._claims.ceiling(command.evse_id))
        return Verdict(VerdictStatus.ACCEPTED, schedule=schedule)

    # Consequences

    def follow(self, moment: Moment) -> bool:
        """Make every session's imposed limits true for now; True when one has changed."""
        self._follow_transactions(moment)
        self._find_limits(moment)
        limits = self._handover.settle(self._limits, self._drawing(), self._is_shared(), moment)
        self._deadlines.disarm(Deadline.PROFILES)
        coming = (self._holds_until, self.offline.begins_at(), self._handover.over_at)
        times = [at for at in coming if at is not None and at > moment.monotonic]
        if times:
            self._deadlines.arm(Deadline.PROFILES, min(times))
        offline = self.offline.limit(moment)
        has_changed = False
        for evse_id, session in self._sessions.items():
            imposed = tuple(limit for limit in (limits.get(evse_id), offline) if limit is not None)
            phases = self._phases_for(evse_id, moment)
            has_changed |= (imposed, phases) != (session.wish.imposed, session.wish.imposed_phases)
            session.wish.imposed, session.wish.imposed_phases = imposed, phases
        return has_changed

    def tell_of_rates(self, moment: Moment) -> None:
        """Once the sessions have concluded by their new limits."""
        self._news.follow(moment)

    def _drawing(self) -> frozenset[EvseId]:
        return frozenset(evse_id for evse_id, session in self._sessions.items() if session.run.may_draw)

    def _is_shared(self) -> bool:
        """Only what the whole station may take is handed from one to another."""
        return any(one.profile.purpose in STATION_PURPOSES for one in self._in_force.installed)

    def _follow_transactions(self, moment: Moment) -> None:
        """A start brings its profile along; a transaction's profiles end with it.

        The profile was judged when the start was accepted: what was installed since does not keep it out.
        """
        for evse_id, session in self._sessions.items():
            profile = session.run.take_profile()
            if profile is not None and session.run.record is not None and self._is_enabled:  # K05.FR.04
                place = Placement(evse_id, moment.utc, session.run.record.transaction_id, None, moment.utc_trusted)
                has_room = replace(self._rules(), max_installed=len(self._profiles.installed) + 1)
                self._put(profile, place, has_room)
        running = {record.transaction_id for session in self._sessions.values() if (record := session.run.record)}
        for one in self._profiles.installed:
            if one.transaction_id is not None and one.transaction_id not in running:
                self._keep(self._profiles.without_transaction(one.transaction_id)[0])

    def _find_limits(self, moment: Moment) -> None:
        if not self._in_force.installed and not self._claims.phases_possible():
            self._basis, self._holds_until, self._limits, self._phases, self._kept_until = None, None, {}, {}, {}
            return
        records = (session.run.record for session in self._sessions.values())
        transactions = tuple(
            None if record is None else (record.transaction_id, record.charging_priority) for record in records
        )
        basis = _Basis(
            self._in_force, transactions, self._drawing(), moment.utc_trusted, self._claims.phases_possible()
        )
        wall_zero = moment.utc - timedelta(seconds=moment.monotonic)
        drift = None if self._wall_zero is None else abs((wall_zero - self._wall_zero).total_seconds())
        is_stepped = drift is None or drift > CLOCK_STEP_SECONDS
        is_over = self._holds_until is not None and moment.monotonic >= self._holds_until
        if basis == self._basis and not is_over and not is_stepped:
            return
        self._basis, self._wall_zero, self._holds_until = basis, wall_zero, None
        self._phases, self._kept_until = {}, {}
        self._limits = {evse_id: self._limit(evse_id, moment) for evse_id in self._sessions}

    def _limit(self, evse_id: EvseId, moment: Moment) -> Limit | None:
        profiles, session = self._in_force, self._sessions[evse_id]
        if not profiles.installed and not session.view.configuration.switches_phases:
            return None
        rate = limit_at(profiles, self._circumstances(evse_id, moment), moment.utc)
        kept_until = self._keeping.kept_until(session, rate, moment.monotonic)
        if kept_until is not None:
            self._phases[evse_id], self._kept_until[evse_id] = 1, kept_until
            rate = limit_at(profiles, self._circumstances(evse_id, moment), moment.utc)
        change = next_change(profiles, self._circumstances(evse_id, moment), moment.utc)
        if change is not None:
            at = moment.monotonic + (change - moment.utc).total_seconds() + BOUNDARY_MARGIN_SECONDS
            self._holds_until = at if self._holds_until is None else min(at, self._holds_until)
        if rate is None:
            return None
        self._phases[evse_id] = rate.phases
        return Limit(rate.amps, SITE if rate.is_external else "profile")

    def _circumstances(self, evse_id: EvseId, moment: Moment) -> Circumstances:
        """On one phase for as long as it is kept there."""
        circumstances, kept_until = self._claims.circumstances(evse_id, moment), self._kept_until.get(evse_id)
        if kept_until is None:
            return circumstances
        seconds = kept_until - moment.monotonic
        until = FOREVER if seconds == inf else moment.utc + timedelta(seconds=seconds)
        return replace(circumstances, one_phase_until=until)

    def _phases_for(self, evse_id: EvseId, moment: Moment) -> int | None:
        """No more while others still give way."""
        wanted, before = self._phases.get(evse_id), self._sessions[evse_id].wish.imposed_phases
        is_more = before is not None and (wanted is None or wanted > before)
        return before if is_more and self._handover.is_on(moment) else wanted
