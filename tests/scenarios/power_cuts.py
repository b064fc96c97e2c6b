"""Power cuts anywhere in a session: what is left at each point, and the station that starts again from there.

A cut leaves three things: the files of the database as they are on the disk at that moment (a transaction that is not
committed has left nothing that counts), the world, and what the CSMS was told. One uncut run of the story copies all
three at every point where power can go; each copy is then a station that was cut exactly there.
"""

import asyncio
import copy
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from chargepoint.charging.recovery import CLOCK_WAIT_SECONDS
from chargepoint.charging.same_ev import LONGEST_OUTAGE_SECONDS
from chargepoint.model.power import PowerDirective
from chargepoint.model.status import SessionState
from chargepoint.settings import catalogue
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.wires import EvseSignal, StationSignal, Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.mock import MockBoard
from dev_csms.core import CsmsCore
from support.rig import START_UTC, Rig
from support.virtual_time import run_virtual

DATABASE_FILES = ("chargepoint.db", "chargepoint.db-wal")
LOOK_SECONDS = 29.0
"""Power also goes where nothing is said or stored for so long."""
OUTAGE_SECONDS = 1.0
GO_ON_SECONDS = 2.0
"""How long the person charges on after the power is back."""
FRESH_SECONDS = 4.5
"""And in a new transaction: a card that has just started one does not stop it."""
WATCH_SECONDS = 12.0
"""How long somebody looks whether another EV gets power: longer than any minimum off time."""
TICK_SECONDS = 0.1
QUIET_PLACE = "while it charges"
SETTINGS = {
    "allow_offline_tx_for_unknown_id": "true",
    "retry_back_off_wait_minimum_seconds": "1",
}
OPEN_WITHIN_SECONDS = 7.0
"""After the end of an authorisation: an EV has 6 s to follow its pilot."""
FRAME_PLACES = {
    "from_station": "before the CSMS gets",
    "taken_by_csms": "after the CSMS got",
    "to_station": "before the station gets",
}


class Line(StrEnum):
    """When the CSMS can be reached during the session."""

    ONLINE = "online"
    GONE_BEFORE = "gone before the session, back after it"
    GONE_MIDWAY = "gone while charging, back after the session"
    BACK_MIDWAY = "gone before the session, back while charging"


class Meanwhile(StrEnum):
    """What happens at the plug and with the time while the power is off."""

    NOTHING = "nothing"
    EV_LEAVES = "the EV leaves"
    EXCHANGED = "another EV is plugged in, over so long a time that it may be one"
    EXCHANGED_UNTIMED = "another EV is plugged in, and no clock has run through nor is set"


class Errand(StrEnum):
    """What the person at the plug still has to do."""

    CHARGE = "charge"
    LEAVE = "leave"
    WATCH = "watch another EV get nothing"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session goes by: 2.0.1's TxStartPoint and TxStopPoint (empty as they are by themselves), the outlet's
    rating, what the EV takes of it at which voltage, and how often that is told."""

    starts: str = ""
    ends: str = ""
    rating_amps: float = 32.0
    supply_volts: float = 230.0
    sample_seconds: int = 4
    charge_seconds: float = 10.0

    @property
    def last_until_the_ev_leaves(self) -> bool:
        return self.ends == "EVConnected"

    def settings(self) -> dict[str, str]:
        chosen = {"tx_start_point": self.starts, "tx_stop_point": self.ends}
        interval = {catalogue.METER_VALUE_SAMPLE_INTERVAL.name: str(self.sample_seconds)}
        return interval | {name: value for name, value in chosen.items() if value}

    @property
    def sample_wh(self) -> float:
        """What an EV takes from one sample to the next."""
        return 3 * self.supply_volts * self.rating_amps * self.sample_seconds / 3600.0


@dataclass(frozen=True, slots=True)
class Outside:
    """What a power cut does not touch."""

    world: World
    wires: Wires
    csms: CsmsCore
    csms_is_reachable: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """One point where the power goes. It can be lived through once."""

    place: str
    at_seconds: float
    errand: Errand
    power_was_allowed: bool
    """Safety had been told that the contactor may close."""
    disk: Mapping[str, bytes]
    outside: Outside


class CutStation(Rig):
    """A rig whose session can be cut, and one that begins where a cut has left everything."""

    def __init__(self, directory: Path, version: str, *, clock_is_trusted: bool = True, terms: Terms = Terms()) -> None:
        settings = SETTINGS | terms.settings()
        super().__init__(
            directory,
            version,
            settings=settings,
            config={"evse": ({"id": 1, "max_current_amps": terms.rating_amps},)},
            fine_seconds=TICK_SECONDS,
            clock_is_trusted=clock_is_trusted,
        )
        self.world.settings = replace(self.world.settings, supply_volts=terms.supply_volts)
        self.terms = terms
        self.errand = Errand.CHARGE
        self.cuts: list[Cut] = []
        self._power_was_allowed = False

    def utc_at(self, seconds: float) -> datetime:
        """The true wall time at a loop time."""
        return START_UTC + timedelta(seconds=seconds)

    # Cutting

    def record_cuts(self) -> None:
        """From now on keep a copy of what is left at every commit and every message."""
        self.commit_watch = lambda when: self._keep(f"{when.replace('_', ' ')} {len(self.cuts)}")
        self.csms.watch = lambda direction, text: self._keep(f"{FRAME_PLACES[direction]} {_frame_name(text)}")

    def _keep(self, place: str) -> None:
        files = {name: (self.directory / name) for name in DATABASE_FILES}
        disk = {name: path.read_bytes() for name, path in files.items() if path.exists()}
        now = asyncio.get_running_loop().time()
        self.cuts.append(Cut(place, now, self.errand, self._power_was_allowed, disk, self._copy_outside()))

    def send(self, directive: PowerDirective) -> None:
        self._power_was_allowed |= directive.power_allowed
        super().send(directive)

    def _copy_outside(self) -> Outside:
        wires = copied_wires(self.wires)
        world, csms = copy.deepcopy((self.world, self.csms.core), {id(self.wires): wires})
        return Outside(world, wires, csms, self.csms.is_reachable)

    # Beginning after a cut

    async def begin_after(self, cut: Cut) -> None:
        """The power is off; relays have dropped, the world goes on. The loop's time must be the cut's."""
        for name, content in cut.disk.items():
            (self.directory / name).write_bytes(content)
        self.wires.close()
        self.errand = cut.errand
        self.wires = cut.outside.wires
        self.move_to_world(cut.outside.world)
        self.csms.core = cut.outside.csms
        self.csms.is_reachable = cut.outside.csms_is_reachable
        self.csms.record.is_boot_accepted = False
        for connection in self.csms.record.connections:
            connection.closed_at = connection.closed_at or self.utc_now()
        MockBoard(self.wires, asyncio.get_running_loop().time).make_safe()
        await self.start_world()

    # Meanwhile

    async def be_without_power(self, meanwhile: Meanwhile) -> None:
        """Until the power comes back."""
        await self.wait(OUTAGE_SECONDS)
        if meanwhile is Meanwhile.NOTHING:
            return
        self.plug_out()
        if meanwhile is Meanwhile.EV_LEAVES:
            self.errand = Errand.LEAVE
            return
        self.errand = Errand.WATCH
        self.plug_in()
        if meanwhile is Meanwhile.EXCHANGED_UNTIMED:
            self.csms.go_offline()
        else:
            await self.rest(LONGEST_OUTAGE_SECONDS)

    # The person

    async def session(self, line: Line) -> None:
        """Plug in, swipe, charge with samples, swipe, plug out."""
        if line in (Line.GONE_BEFORE, Line.BACK_MIDWAY):
            self.csms.go_offline()
        self.plug_in()
        await self.wait(1.0)
        await self.swipe()
        await self.until(self.is_live, what="the contactor is closed")
        await self.wait_and_cut(self.terms.charge_seconds / 2)
        if line is Line.GONE_MIDWAY:
            self.csms.go_offline()
        if line is Line.BACK_MIDWAY:
            self.csms.come_back()
        await self.wait_and_cut(self.terms.charge_seconds / 2)
        self.errand = Errand.LEAVE
        await self.swipe()
        await self.leave()

    async def wait_and_cut(self, seconds: float) -> None:
        for _ in range(int(seconds // LOOK_SECONDS)):
            await self.wait(LOOK_SECONDS)
            self._keep(QUIET_PLACE)
        await self.wait(seconds % LOOK_SECONDS)

    def plug_in(self, evse: int = 1, plug: PlugIn | None = None) -> None:
        super().plug_in(evse, plug or PlugIn(max_current_amps=self.terms.rating_amps))

    async def go_on(self) -> None:
        """After the power is back: finish what the display shows, and leave."""
        await self.see_until(lambda: self.is_known, "the station knows where it stands", 2 * CLOCK_WAIT_SECONDS)
        if self.errand is Errand.WATCH:
            assert self.snapshot().session is not SessionState.TRANSACTION, "resumed for a stranger's EV"
            await self.see(WATCH_SECONDS)
            assert not self.is_live()
        charge_seconds = GO_ON_SECONDS
        if not self.is_authorized and self.errand is Errand.CHARGE:
            charge_seconds = FRESH_SECONDS
            if not self.truth()["plugged"]:
                self.plug_in()
                await self.see(1.0)
            await self.swipe()
            charges = SessionState.TRANSACTION
            await self.see_until(lambda: self.snapshot().session is charges, "the swipe starts a transaction")
        if self.snapshot().session is SessionState.TRANSACTION:
            await self.see_until(self.is_live, "the contactor is closed")
            await self.see(charge_seconds)
            await self.swipe()
        await self.leave()

    async def leave(self) -> None:
        if self.terms.last_until_the_ev_leaves:
            await self.see_until(lambda: not self.is_live() and not self.is_authorized, "the EV may be unplugged")
            self.plug_out()
        await self.see_until(lambda: self.snapshot().transaction is None, "the transaction has ended")
        if not self.terms.last_until_the_ev_leaves:
            self.plug_out()
        self.csms.come_back()
        await self.see(1.0)
        await self.drained()

    @property
    def is_known(self) -> bool:
        """The pilot was seen and what the journal had is decided."""
        seen = self.snapshot()
        return seen.observation is not None and seen.session is not SessionState.RECOVERING

    @property
    def is_authorized(self) -> bool:
        """Somebody is, in a transaction."""
        transaction = self.snapshot().transaction
        return transaction is not None and transaction.is_authorized

    async def see(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        await self.see_until(lambda: asyncio.get_running_loop().time() >= end, f"{seconds} s have passed")

    async def see_until(self, claim: Callable[[], bool], what: str, within_seconds: float = 60.0) -> None:
        """Wait, and look all the time that nothing is live outside a transaction that the station knows of."""
        deadline = asyncio.get_running_loop().time() + within_seconds
        unauthorized_seconds = 0.0
        while not claim():
            if self.is_live():
                assert self.is_known, "the contactor closed before the state was known\n" + self.describe()
                assert self.snapshot().transaction is not None, "live without a transaction\n" + self.describe()
                unauthorized_seconds = 0.0 if self.is_authorized else unauthorized_seconds + TICK_SECONDS
                assert unauthorized_seconds < OPEN_WITHIN_SECONDS, "live, and nobody is authorised\n" + self.describe()
            assert asyncio.get_running_loop().time() < deadline, f"never: {what}\n{self.describe()}"
            await asyncio.sleep(TICK_SECONDS)


def copied_wires(wires: Wires) -> Wires:
    """The same signals on other wires."""
    twin = Wires.in_memory(len(wires.evses))
    for shared in StationSignal:
        twin.write_station(shared, wires.read_station(shared))
    for evse in wires.evses:
        for signal in EvseSignal:
            twin.write(evse, signal, wires.read(evse, signal))
    return twin


def started_on_disk(cut: Cut, directory: Path) -> int:
    """How many transactions the disk knows of, running, waiting to be told, or told; `directory` must be empty."""
    for name, content in cut.disk.items():
        (directory / name).write_bytes(content)
    with closing(sqlite3.connect(directory / DATABASE_FILES[0])) as database:
        tables = ("transactions", "starts", "history")
        ids = " UNION ".join(f"SELECT transaction_id FROM {table}" for table in tables)
        (known,) = database.execute(f"SELECT COUNT(*) FROM ({ids})").fetchone()
    return int(known)


def record_session(
    directory: Path, version: str, line: Line, *, clock_is_trusted: bool = True, terms: Terms = Terms()
) -> CutStation:
    """One uncut session from the first boot to the drained queue, with every point where it could have been cut."""
    station = CutStation(directory, version, clock_is_trusted=clock_is_trusted, terms=terms)

    async def story() -> None:
        station.record_cuts()
        async with station:
            await station.session(line)

    run_virtual(story())
    return station


def live_through(
    cut: Cut,
    directory: Path,
    version: str,
    meanwhile: Meanwhile = Meanwhile.NOTHING,
    terms: Terms = Terms(),
) -> CutStation:
    """The power goes at the cut, comes back, and the person finishes."""
    is_timed = meanwhile is not Meanwhile.EXCHANGED_UNTIMED
    station = CutStation(directory, version, clock_is_trusted=is_timed, terms=terms)

    async def story() -> None:
        await station.begin_after(cut)
        try:
            await station.be_without_power(meanwhile)
            assert not station.is_live(), "live without power"
            await station.power_up(wait=False)
            await station.go_on()
        finally:
            await station.close()

    run_virtual(story(), start_seconds=cut.at_seconds)
    return station


def _frame_name(text: str) -> str:
    message_type, _, *rest = json.loads(text)
    return str(rest[0]) if message_type == 2 else f"the answer {text[:60]}"
