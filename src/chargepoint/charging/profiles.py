"""The charging profiles of the station: what is installed, and the limit that each EVSE gets from it now.

The rules are in `smart_charging`; here they meet the sessions: which transaction runs, how long it has lasted, who
shares the station's limit. Also the lower limit after a long time without the CSMS. Nothing here energises.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from chargepoint.charging.commands import (
    AskCompositeSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileCommand,
    RemoteCommand,
    StartRemotely,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import RememberProfiles
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.share_handover import ShareHandover
from chargepoint.model.charging_profiles import (
    WHOLE_STATION,
    ChargingProfile,
    InstalledProfile,
    ProfilePurpose,
    RateUnit,
)
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.limits import Limit
from chargepoint.model.moment import Moment
from chargepoint.model.status import SessionState
from chargepoint.model.transactions import Transaction
from chargepoint.settings import catalogue
from chargepoint.smart_charging.composite_schedule import (
    STATION_PURPOSES,
    Circumstances,
    Window,
    composite,
    limit_at,
    next_change,
)
from chargepoint.smart_charging.profile_set import Installation, Placement, ProfileRules, ProfileSet
from chargepoint.smart_charging.rates import Rate, Wiring

ACCEPTED = Verdict(VerdictStatus.ACCEPTED)
CLOCK_STEP_SECONDS = 1.0
"""A jump of the wall clock against the monotonic one by more than this is a step: limits are found anew."""
BOUNDARY_MARGIN_SECONDS = 0.001
"""Past a boundary by this much the wall clock shows it too."""
UNITS = {"Current": RateUnit.AMPS, "Power": RateUnit.WATTS}


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the present limits were found by; another basis needs new ones."""

    profiles: ProfileSet
    transactions: tuple[TransactionId | None, ...]
    is_clock_trusted: bool


class ProfileDesk:
    """Executes profile commands and keeps `PowerWish.imposed` of every session true."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, deadlines: Deadlines) -> None:
        self._sessions = sessions
        self._context = context
        self._deadlines = deadlines
        self._profiles = ProfileSet()
        self._limits: dict[EvseId, Limit | None] = {}
        self._handover = ShareHandover()
        self._basis: _Basis | None = None
        self._holds_until: float | None = None
        self._wall_zero: datetime | None = None
        """What the wall clock says of the monotonic clock's 0."""
        self._offline_since: float | None = None

    # Orders

    def restore(self, installed: tuple[InstalledProfile, ...], moment: Moment) -> None:
        """What was persisted before the restart; the CSMS is out of reach until it is heard."""
        self._profiles = ProfileSet.of(installed)
        self._offline_since = moment.monotonic

    def execute(self, command: ProfileCommand, moment: Moment) -> Verdict:
        match command:
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
        if not isinstance(command, StartRemotely) or command.profile is None:
            return None
        if command.profile.purpose is not ProfilePurpose.TX:
            return Verdict(VerdictStatus.REJECTED, "the charging profile of a remote start is a TxProfile")
        place = Placement(
            command.evse_id or min(self._sessions),
            moment.utc,
            TransactionId("to be started"),
            is_clock_trusted=moment.utc_trusted,
        )
        refusal = self._profiles.install(command.profile, place, self._rules()).refusal
        return None if refusal is None else Verdict(VerdictStatus.REJECTED, f"charging profile: {refusal}")

    def csms_came(self) -> None:
        self._offline_since = None

    def csms_went(self, moment: Moment) -> None:
        if self._offline_since is None:
            self._offline_since = moment.monotonic

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
        installation = self._put(command.profile, place, self._rules(command.same_level_replaces))
        if installation.refusal is None:
            return ACCEPTED
        return Verdict(VerdictStatus.REJECTED, installation.refusal)

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
            units=frozenset(UNITS[name] for name in units),
            same_level_replaces=same_level_replaces,
        )

    def _keep(self, profiles: ProfileSet) -> None:
        if profiles != self._profiles:
            self._profiles = profiles
            self._context.emit(RememberProfiles(profiles.installed))

    def _compose(self, command: AskCompositeSchedule, moment: Moment) -> Verdict:
        if command.evse_id not in (WHOLE_STATION, *self._sessions):
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        window = Window(
            moment.utc,
            command.duration_seconds,
            command.unit or RateUnit.AMPS,
            self._context.settings.get(catalogue.CHARGING_SCHEDULE_MAX_PERIODS),
        )
        circumstances = self._circumstances(command.evse_id, moment)
        schedule = composite(self._profiles, circumstances, window, self._ceiling(command.evse_id, window.unit))
        return Verdict(VerdictStatus.ACCEPTED, schedule=schedule)

    def _ceiling(self, evse_id: EvseId, unit: RateUnit) -> Rate:
        """What the hardware allows; of the whole station the sum over its EVSEs, each by its own phases."""
        wiring, total = self._wiring(evse_id), 0.0
        for key, session in self._sessions.items():
            if evse_id in (WHOLE_STATION, key):
                amps = session.wish.own_limit(session.safety.observation).amps
                total += Rate(amps, RateUnit.AMPS, self._wiring(key).phases, wiring.volts).in_unit(unit)
        return Rate(total, unit, wiring.phases, wiring.volts)

    def _wiring(self, evse_id: EvseId) -> Wiring:
        phases = {key: session.view.configuration.phases for key, session in self._sessions.items()}
        widest = max(phases.values())
        volts = self._context.settings.get(catalogue.NOMINAL_VOLTS)
        return Wiring(phases.get(evse_id, widest), widest, volts)

    # Consequences

    def follow(self, moment: Moment) -> bool:
        """Make every session's imposed limits true for now; True when one has changed."""
        self._follow_transactions(moment)
        self._find_limits(moment)
        limits = self._handover.settle(self._limits, self._drawing(), self._is_shared(), moment)
        self._deadlines.disarm(Deadline.PROFILES)
        coming = (self._holds_until, self._offline_limit_at(), self._handover.over_at)
        times = [at for at in coming if at is not None and at > moment.monotonic]
        if times:
            self._deadlines.arm(Deadline.PROFILES, min(times))
        offline = self._offline_limit(moment)
        has_changed = False
        for evse_id, session in self._sessions.items():
            imposed = tuple(limit for limit in (limits.get(evse_id), offline) if limit is not None)
            has_changed |= imposed != session.wish.imposed
            session.wish.imposed = imposed
        return has_changed

    def _drawing(self) -> frozenset[EvseId]:
        return frozenset(evse_id for evse_id, session in self._sessions.items() if session.run.record is not None)

    def _is_shared(self) -> bool:
        """Only what the whole station may take is handed from one to another."""
        return any(one.profile.purpose in STATION_PURPOSES for one in self._profiles.installed)

    def _follow_transactions(self, moment: Moment) -> None:
        """A start brings its profile along; a transaction's profiles end with it.

        The profile was judged when the start was accepted: what was installed since does not keep it out.
        """
        for evse_id, session in self._sessions.items():
            profile = session.run.take_profile()
            if profile is not None and session.run.record is not None:
                place = Placement(evse_id, moment.utc, session.run.record.transaction_id, None, moment.utc_trusted)
                has_room = replace(self._rules(), max_installed=len(self._profiles.installed) + 1)
                self._put(profile, place, has_room)
        running = {record.transaction_id for session in self._sessions.values() if (record := session.run.record)}
        for one in self._profiles.installed:
            if one.transaction_id is not None and one.transaction_id not in running:
                self._keep(self._profiles.without_transaction(one.transaction_id)[0])

    def _find_limits(self, moment: Moment) -> None:
        records = (session.run.record for session in self._sessions.values())
        transactions = tuple(None if record is None else record.transaction_id for record in records)
        basis = _Basis(self._profiles, transactions, moment.utc_trusted)
        wall_zero = moment.utc - timedelta(seconds=moment.monotonic)
        drift = None if self._wall_zero is None else abs((wall_zero - self._wall_zero).total_seconds())
        is_stepped = drift is None or drift > CLOCK_STEP_SECONDS
        is_over = self._holds_until is not None and moment.monotonic >= self._holds_until
        if basis == self._basis and not is_over and not is_stepped:
            return
        self._basis, self._wall_zero, self._holds_until = basis, wall_zero, None
        self._limits = {evse_id: self._limit(evse_id, moment) for evse_id in self._sessions}

    def _limit(self, evse_id: EvseId, moment: Moment) -> Limit | None:
        if not self._profiles.installed:
            return None
        circumstances = self._circumstances(evse_id, moment)
        change = next_change(self._profiles, circumstances, moment.utc)
        if change is not None:
            at = moment.monotonic + (change - moment.utc).total_seconds() + BOUNDARY_MARGIN_SECONDS
            self._holds_until = at if self._holds_until is None else min(at, self._holds_until)
        rate = limit_at(self._profiles, circumstances, moment.utc)
        return None if rate is None else Limit(rate.amps, "profile")

    def _circumstances(self, evse_id: EvseId, moment: Moment) -> Circumstances:
        """Who claims a part of the station's limit: whoever has a transaction, in the order of their starts."""
        records = [record for session in self._sessions.values() if (record := session.run.record) is not None]
        records.sort(key=lambda record: (record.started_at.boot_id, record.started_at.monotonic, record.evse_id))
        claimants = [record.evse_id for record in records]
        own = next((record for record in records if record.evse_id == evse_id), None)
        if own is None:
            claimants.append(evse_id)
        return Circumstances(
            evse_id,
            None if own is None else own.transaction_id,
            None if own is None else moment.utc - timedelta(seconds=self._lasted_seconds(own, moment)),
            moment.utc_trusted,
            len(claimants),
            claimants.index(evse_id),
            self._wiring(evse_id),
            own is None or self._is_by_monotonic(own) or own.started_at.trusted,
        )

    def _is_by_monotonic(self, transaction: Transaction) -> bool:
        return transaction.started_at.boot_id == self._context.boot_id

    def _lasted_seconds(self, transaction: Transaction, moment: Moment) -> float:
        """By the monotonic clock; over a restart by the wall clock, never less than nothing."""
        started = transaction.started_at
        if self._is_by_monotonic(transaction):
            return moment.monotonic - started.monotonic
        return max(0.0, (moment.utc - started.utc).total_seconds())

    # Offline

    def _offline_limit_at(self) -> float | None:
        """When the offline limit begins to hold; None: never."""
        if self._offline_since is None or self._context.settings.get(catalogue.OFFLINE_LIMIT_AMPS) <= 0:
            return None
        return self._offline_since + self._context.settings.get(catalogue.OFFLINE_LIMIT_AFTER)

    def _offline_limit(self, moment: Moment) -> Limit | None:
        begins_at = self._offline_limit_at()
        if begins_at is None or moment.monotonic < begins_at:
            return None
        return Limit(self._context.settings.get(catalogue.OFFLINE_LIMIT_AMPS), "offline")
