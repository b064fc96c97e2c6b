"""Performs the core's effects: what lowers power first and at once, then one commit, then the rest.

Steps are taken in by the core as they come; their durable part is committed in order by one worker, several steps
in one commit when they pile up. A directive that raises power is sent only after its step is committed, and only
if nothing newer has been decided for that EVSE meanwhile.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from chargepoint.charging.commands import Command, Verdict, VerdictStatus
from chargepoint.charging.effects import (
    AskAuthorization,
    CountStart,
    Direct,
    Effect,
    Enqueue,
    Present,
    Restart,
    Show,
    SignReading,
    UnlockFinished,
)
from chargepoint.charging.events import (
    ClockSynchronised,
    Event,
    EvseObserved,
    MeterSigned,
    SafetyLinkClosed,
    SafetyLinkOpened,
    TimePassed,
    TokenJudged,
    TokenNotJudged,
)
from chargepoint.charging.ports import Clock, CsmsPort, StoragePort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.charging.station import Station
from chargepoint.daemon.directive_book import DirectiveBook
from chargepoint.daemon.disk_patience import COMMIT_RETRY_SECONDS, patiently, refused_without_disk
from chargepoint.daemon.ports import DirectivePort, DisplayPort, RestartPort, SigningPort
from chargepoint.daemon.stamp_corrections import StampCorrections
from chargepoint.daemon.step_commits import StepCommits
from chargepoint.daemon.steps import Step, is_durable
from chargepoint.daemon.unlock_questions import UnlockQuestions
from chargepoint.model.errors import CsmsError
from chargepoint.model.moment import Moment

log = logging.getLogger(__name__)

RENEW_SECONDS = 1.0
"""Directives are repeated this often, which renews their leases."""


class Controller:
    """The one caller of the core; implements `StationPort`."""

    def __init__(
        self,
        station: Station,
        clock: Clock,
        storage: StoragePort,
        directives: DirectivePort,
        display: DisplayPort,
        restart: RestartPort,
    ) -> None:
        self._station = station
        self._clock = clock
        self._book = DirectiveBook(directives)
        self._commits = StepCommits(storage, self.note, self._book.withhold)
        self._corrections = StampCorrections(storage, clock)
        self._display = display
        self._restart = restart
        self._csms: CsmsPort | None = None
        self._signer: SigningPort | None = None
        self._steps: deque[Step] = deque()
        self._steps_came = asyncio.Event()
        self._deadline_moved = asyncio.Event()
        self._wakes_at: float | None = None
        """When `keep_time` looks next unless a deadline comes before."""
        self._unlocks = UnlockQuestions()
        self._questions: set[asyncio.Task[None]] = set()
        self.heartbeat_at = 0.0
        """Loop time of the last renewal of a core that keeps up: the watchdog's proof of life."""
        self.note_step: Callable[[], None] = lambda: None
        """Told of every step of the core; returns at once."""

    def attach_csms(self, csms: CsmsPort) -> None:
        """The edge is made after the controller, because each needs the other."""
        self._csms = csms

    def attach_signer(self, signer: SigningPort) -> None:
        """Only where a meter signs."""
        self._signer = signer

    # StationPort

    async def tell(self, event: Event) -> None:
        """Returns when the step is committed and performed; sooner where the disk has no room or hangs."""
        if isinstance(event, ClockSynchronised):
            await self._synchronise()
            return
        moment = self._clock.now()
        stored = self._begin(self._handled(event, moment), moment)
        if stored is not None:
            await patiently(stored)

    async def _synchronise(self) -> None:
        """Where the disk hangs, the core puts right what it has in hand, and the disk follows when it can."""
        corrected = await self._corrections.make_soon()
        moment = self._clock.now()
        self._begin(self._handled(ClockSynchronised(corrected or {}), moment), moment)
        behind = self._keep(asyncio.create_task(self._correct_behind(), name="correct-stamps-behind"))
        if corrected is not None:
            await patiently(behind)

    async def _correct_behind(self) -> None:
        """What the core has said meanwhile, and what still waited for the disk."""
        if self._steps and (last := self._steps[-1].done) is not None:
            await last
        await self._corrections.make()

    def note(self, event: Event) -> None:
        """Take in a fact and act on it without waiting for its commit: what safety saw must never queue."""
        moment = self._clock.now()
        self._begin(self._handled(event, moment), moment)

    def _handled(self, event: Event, moment: Moment) -> list[Effect]:
        """The core's effects. What it has really taken in is noted: permission is renewed by that alone."""
        if isinstance(event, SafetyLinkOpened | SafetyLinkClosed):
            self._book.linked(isinstance(event, SafetyLinkOpened))
        effects = self._station.handle(event, moment)
        if isinstance(event, EvseObserved):
            self._book.observed(event.observation.evse_id, asyncio.get_running_loop().time())
        return effects

    async def execute(self, command: Command) -> Verdict:
        """The core's verdict, stored; where the disk takes nothing, of what is in force and needs no storing."""
        moment = self._clock.now()
        if self._disk_is_stuck(moment) and (refused := refused_without_disk(command)) is not None:
            return refused
        waiter = self._unlocks.expect(command)
        verdict, effects = self._station.execute(command, moment)
        stored = self._begin(effects, moment)
        if stored is not None and not await patiently(stored):
            log.warning("storage: %s is in force and not stored yet", type(command).__name__)
        if waiter is None:
            return verdict
        if not verdict.unlock_pending:
            waiter.cancel()
            return verdict
        finished = await waiter
        status = VerdictStatus.UNLOCKED if finished.is_unlocked else VerdictStatus.UNLOCK_FAILED
        return Verdict(status, finished.reason)

    def snapshot(self) -> StationSnapshot:
        return self._station.snapshot(self._clock.now())

    @property
    def steps_waiting(self) -> int:
        """Steps whose commit is outstanding."""
        return len(self._steps)

    # Tasks

    async def start(self) -> None:
        """Take up what the disk remembers; where the clock is right at once, with the times of earlier starts."""
        moment = self._clock.now()
        corrected = await self._corrections.make() if moment.utc_trusted else {}
        effects = self._station.start(moment)
        effects += self._station.handle(ClockSynchronised(corrected), moment) if corrected else []
        self._begin([CountStart(), *effects], moment)

    async def keep_time(self) -> None:
        """Wake the core at its deadlines, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._deadline_moved.clear()
            due = self._wakes_at = self._station.next_deadline()
            try:
                async with asyncio.timeout_at(due):
                    await self._deadline_moved.wait()
            except TimeoutError:
                due = self._station.next_deadline()
                if due is not None and loop.time() >= due:
                    self.note(TimePassed())

    async def renew_directives(self) -> None:
        """Repeat the directives each second, for ever: an unrenewed lease is the end of power. A core that can not take
        a step now, or does not take in what safety sees, is not renewed and has no pulse.
        """
        while True:
            self.note(TimePassed())
            now = asyncio.get_running_loop().time()
            if self._book.renew(now):
                self.heartbeat_at = now
            await asyncio.sleep(RENEW_SECONDS)

    async def commit_steps(self) -> None:
        """Commit what was decided and perform what had to wait for that, in order, for ever."""
        while True:
            while not self._steps:
                self._steps_came.clear()
                await self._steps_came.wait()
            batch = list(self._steps)
            if not await self._commits.commit(batch):
                await asyncio.sleep(COMMIT_RETRY_SECONDS)
                continue
            for step in batch:
                self._steps.popleft()
                self._finish(step)

    def safety_link_opened(self) -> None:
        """A (new) safety process: tell it at once what holds."""
        self._book.renew(asyncio.get_running_loop().time())

    def _see_deadline(self) -> None:
        """One that is later than it was needs no other alarm: the alarm that is set looks what is due."""
        due = self._station.next_deadline()
        if due is not None and (self._wakes_at is None or due < self._wakes_at):
            self._deadline_moved.set()

    # Performing

    def _begin(self, effects: Sequence[Effect], moment: Moment) -> asyncio.Future[None] | None:
        step = self._sorted(effects, moment)
        self._see_deadline()
        self.note_step()
        return self._take(step)

    def _sorted(self, effects: Sequence[Effect], moment: Moment) -> Step:
        """Less power is sent on the way: it never waits, not for the disk, not for a lock."""
        step = Step(moment)
        for effect in effects:
            if is_durable(effect):
                step.durable.append(effect)
                continue
            if isinstance(effect, Direct) and self._book.order(effect):
                continue
            if isinstance(effect, UnlockFinished):  # what the lock has done waits for no disk
                self._unlocks.answer(effect)
                continue
            step.after.append(effect)
        return step

    def _take(self, step: Step) -> asyncio.Future[None] | None:
        """Queue the rest of the step; None when it needed no commit and was performed at once."""
        if step.needs_no_commit(bool(self._steps), self._disk_is_stuck(step.moment)):
            self._finish(step)
            return None
        step.done = asyncio.get_running_loop().create_future()
        self._steps.append(step)
        self._steps_came.set()
        return step.done

    def _disk_is_stuck(self, moment: Moment) -> bool:
        waits_since = self._steps[0].moment.monotonic if self._steps else moment.monotonic
        return self._commits.is_stuck(moment.monotonic - waits_since)

    def _finish(self, step: Step) -> None:
        for effect in step.after:
            self._perform_one(effect)
        if step.done is not None and not step.done.done():
            step.done.set_result(None)

    def _perform_one(self, effect: Effect) -> None:
        match effect:
            case Direct(directive):
                self._book.permit(directive)
            case Enqueue(report):
                if self._csms is not None:
                    self._csms.say(report)
            case AskAuthorization():
                self._keep(asyncio.create_task(self._ask(effect), name=f"authorise-{effect.request_id}"))
            case SignReading():
                self._keep(asyncio.create_task(self._sign(effect), name=f"sign-{effect.evse_id}-{effect.edge}"))
            case Restart(kind, retries):
                self._restart.restart(kind, retries)
            case Show(notice, evse_id, text):
                self._display.show(notice, evse_id, text)
            case Present(message):
                self._display.present(message)
            case _:
                log.error("an effect came to the wrong place: %s", type(effect).__name__)

    def _keep(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)
        return task

    async def _sign(self, effect: SignReading) -> None:
        unsigned = MeterSigned(effect.evse_id, effect.transaction_id, effect.edge, None)
        self.note(unsigned if self._signer is None else await self._signer.sign(effect))

    async def _ask(self, effect: AskAuthorization) -> None:
        try:
            if self._csms is None:
                raise CsmsError("no CSMS is configured")
            async with asyncio.timeout(effect.timeout_seconds):
                verdict = await self._csms.authorize(effect.token)
        except (CsmsError, TimeoutError) as error:
            reason = str(error) or f"no answer within {effect.timeout_seconds:g} s"
            log.info("authorise %s: %s; the offline rules decide", effect.token.redacted, reason)
            await self.tell(TokenNotJudged(effect.request_id, reason))
        else:
            await self.tell(TokenJudged(effect.request_id, verdict))
