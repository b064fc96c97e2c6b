"""What is done in each state of an update. Decides nothing: every activity ends in an outcome of the table.

Each of them may be begun anew after a power cut, and may be cancelled but for what is beyond recall.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import assert_never

from chargepoint.charging.commands import HoldForInstall, InstallHold, NoteUpkeep, Upkeep, VerdictStatus
from chargepoint.firmware.ports import BundleRefusedError, InstallError, Leaving, Standing, UpdatePorts, UpdateRules
from chargepoint.firmware.update import Step, Update, first_outcome
from chargepoint.firmware.update_table import Activity, Outcome
from chargepoint.model.firmware import FirmwareRequest, UpdateRecord, UpdateState
from chargepoint.security.certificates import CertificateError, read_chain
from chargepoint.security.firmware_signature import is_signed_by
from chargepoint.security.security_events import SecurityEvent
from chargepoint.transfer.outcomes import TransferFailed
from chargepoint.transfer.port import Attempts, DownloadOrder

log = logging.getLogger(__name__)

ANSWER_TRAVELS_SECONDS = 0.2
"""The answer to the request leaves before the first status."""
LAST_WORDS_SECONDS = 3.0
"""InstallRebooting leaves before the station does (L01.FR.15)."""
LOOK_SECONDS = 2.0
LONGEST_SLEEP_SECONDS = 60.0
"""The clock may be set meanwhile."""

HOLD_IN: Mapping[Activity, InstallHold | None] = {
    Activity.WAIT_FOR_RETRIEVAL: InstallHold.NONE,
    Activity.FETCH: InstallHold.NONE,
    Activity.WAIT_FOR_RETRY: InstallHold.NONE,
    Activity.CHECK_SIGNATURE: InstallHold.NONE,
    Activity.PLAN_INSTALLATION: None,
    Activity.WAIT_FOR_INSTALLATION: InstallHold.NONE,
    Activity.WAIT_FOR_TRANSACTIONS: None,
    Activity.INSTALL: InstallHold.RUNNING,
    Activity.RESTART: InstallHold.RUNNING,
    Activity.PROVE: InstallHold.RUNNING,
    Activity.TIDY_UP: InstallHold.NONE,
}
"""Whether anything may start meanwhile (L01.FR.07); None: the activity itself says it."""

RESTS_IN = frozenset({Activity.WAIT_FOR_RETRIEVAL, Activity.WAIT_FOR_INSTALLATION, Activity.TIDY_UP})
"""Nothing is done meanwhile: a reset that waits until the station is idle may come between."""


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    mark: str | None = None


class UpdateActivities:
    """`do` gives None when there is nothing more to do in this process."""

    def __init__(
        self, ports: UpdatePorts, rules: UpdateRules, directory: Path, store: Callable[[Step], Awaitable[None]]
    ):
        self._ports = ports
        self._rules = rules
        self._directory = directory
        self._store = store

    async def do(self, update: Update) -> Result | None:
        activity = update.activity
        hold = HOLD_IN[activity]
        if hold is not None:
            await self.hold(hold)
        await self._note_upkeep(activity not in RESTS_IN)
        record = update.record
        match activity:
            case Activity.WAIT_FOR_RETRIEVAL:
                return await self._wait_for_retrieval(record)
            case Activity.FETCH:
                return await self._fetch(record)
            case Activity.WAIT_FOR_RETRY:
                await asyncio.sleep(record.request.retry_seconds)
                return Result(Outcome.RETRY_TIME_CAME)
            case Activity.CHECK_SIGNATURE:
                return Result(await self._check_signature(record))
            case Activity.PLAN_INSTALLATION:
                return await self._plan(record.request)
            case Activity.WAIT_FOR_INSTALLATION:
                await self._until(record.request.install_at)
                return Result(Outcome.INSTALL_TIME_CAME)
            case Activity.WAIT_FOR_TRANSACTIONS:
                return await self._wait_for_transactions()
            case Activity.INSTALL:
                return await self._install(record)
            case Activity.RESTART:
                return await self._restart(update)
            case Activity.PROVE:
                return await self._prove(record.mark or "")
            case Activity.TIDY_UP:
                await self._ports.worker.run(self._tidy)
                return None
            case _:
                assert_never(activity)

    async def hold(self, hold: InstallHold) -> bool:
        """True when no transaction runs."""
        verdict = await self._ports.station.execute(HoldForInstall(hold))
        return verdict.status is VerdictStatus.ACCEPTED

    async def rest(self) -> None:
        """The update was given up."""
        await self.hold(InstallHold.NONE)
        await self._note_upkeep(False)

    async def _note_upkeep(self, is_under_way: bool) -> None:
        await self._ports.station.execute(NoteUpkeep(Upkeep.FIRMWARE_UPDATE, is_under_way))

    def _file(self, record: UpdateRecord) -> Path:
        return self._directory / f"update-{record.number}.bin"

    # The download

    async def _wait_for_retrieval(self, record: UpdateRecord) -> Result:
        if record.state is UpdateState.REQUESTED:
            await asyncio.sleep(ANSWER_TRAVELS_SECONDS)
            return Result(first_outcome(record.request, self._ports.clock.now()))
        await self._until(record.request.retrieve_at)
        return Result(Outcome.RETRIEVE_TIME_CAME)

    async def _until(self, at: datetime | None) -> None:
        """While the clock is not to be trusted, no time has come."""
        while at is not None:
            now = self._ports.clock.now()
            left = (at - now.utc).total_seconds()
            if now.utc_trusted and left <= 0:
                return
            await asyncio.sleep(min(left, LONGEST_SLEEP_SECONDS) if now.utc_trusted else LONGEST_SLEEP_SECONDS)

    async def _fetch(self, record: UpdateRecord) -> Result:
        await self._ports.worker.run(lambda: self._directory.mkdir(parents=True, exist_ok=True))
        order = DownloadOrder(
            record.request.location, self._file(record), most_bytes=self._rules.most_bytes, attempts=Attempts(retries=0)
        )
        came = await self._ports.transfer.download(order)
        if not isinstance(came, TransferFailed):
            return Result(Outcome.FETCHED)
        log.warning("firmware: the download failed (attempt %d): %s", record.downloads, came.text)
        return Result(Outcome.FETCH_FAILED if came.is_worth_retrying else Outcome.FETCH_HOPELESS)

    async def _check_signature(self, record: UpdateRecord) -> Outcome:
        request, path = record.request, self._file(record)

        def check() -> bool:
            certificate = read_chain(request.signing_certificate_pem or "")[0]
            return is_signed_by(certificate, request.signature_base64 or "", path)

        try:
            is_good = await self._ports.worker.run(check)
        except OSError as error:
            log.warning("firmware: the downloaded file is gone: %s", error)
            return Outcome.FILE_LOST
        except CertificateError as error:
            log.warning("firmware: %s", error)
            is_good = False
        if is_good:
            return Outcome.SIGNATURE_GOOD
        await self._ports.witness.record(
            SecurityEvent.INVALID_FIRMWARE_SIGNATURE, "the signature does not fit the downloaded file"
        )
        return Outcome.SIGNATURE_BAD

    # The installation

    async def _plan(self, request: FirmwareRequest) -> Result:
        now = self._ports.clock.now()
        if request.install_at is not None and not (now.utc_trusted and now.utc >= request.install_at):
            return Result(Outcome.INSTALL_LATER)
        is_free = await self._is_free()
        return Result(Outcome.STATION_FREE if is_free else Outcome.STATION_BUSY)

    async def _wait_for_transactions(self) -> Result:
        while not await self._is_free():  # noqa: ASYNC110  # the desk has no bell
            await asyncio.sleep(LOOK_SECONDS)
        return Result(Outcome.STATION_FREE)

    async def _is_free(self) -> bool:
        """No transaction runs, and none can begin; what may begin meanwhile is the CSMS's choice (L01.FR.07)."""
        if self._ports.may_sessions_begin() and not await self.hold(InstallHold.SHARING):
            return False
        return await self.hold(InstallHold.WAITING)

    async def _install(self, record: UpdateRecord) -> Result:
        """A signed file may have waited for days: it is looked at once more."""
        path = self._file(record)
        if record.request.is_signed:
            checked = await self._check_signature(record)
            if checked is not Outcome.SIGNATURE_GOOD:
                return Result(checked)
        elif not await self._ports.worker.run(path.is_file):
            return Result(Outcome.FILE_LOST)
        try:
            mark = await self._ports.installer.install(path)
        except BundleRefusedError as error:
            log.warning("firmware: the file is refused: %s", error)
            return Result(Outcome.BUNDLE_REFUSED)
        except InstallError as error:
            log.warning("firmware: the installation failed: %s", error)
            return Result(Outcome.INSTALL_FAILED)
        return Result(Outcome.PLACED, mark)

    async def _restart(self, update: Update) -> Result | None:
        mark = update.record.mark or ""
        try:
            standing = await self._ports.installer.standing(mark)
            if standing in (Standing.ON_TRIAL, Standing.CONFIRMED):
                return Result(Outcome.NEW_FIRMWARE_RUNS)
            if standing is not Standing.READY or not update.may_restart:
                return await self._fall_back(mark, standing)
            await self._store(update.restart_ordered())
            await asyncio.sleep(LAST_WORDS_SECONDS)
            leaving = await self._ports.installer.activate(mark)
        except InstallError as error:
            log.warning("firmware: the new one can not be started: %s", error)
            return Result(Outcome.ROLLED_BACK)
        self._leave(leaving)
        return None

    async def _fall_back(self, mark: str, standing: Standing) -> Result:
        if standing is Standing.READY:
            log.error("firmware: the new one was never started, though it was ordered %s times", "several")
            await self._ports.installer.roll_back(mark)
        return Result(Outcome.ROLLED_BACK)

    async def _prove(self, mark: str) -> Result | None:
        """The new firmware has some time to become healthy; else the old one is taken back."""
        installer = self._ports.installer
        try:
            standing = await installer.standing(mark)
            if standing is Standing.CONFIRMED:
                return Result(Outcome.PROVEN)
            if standing is not Standing.ON_TRIAL:
                return Result(Outcome.ROLLED_BACK)
            if await self._becomes_healthy():
                await installer.confirm(mark)
                await self._ports.witness.record(SecurityEvent.FIRMWARE_UPDATED, "the new firmware is healthy")
                return Result(Outcome.PROVEN)
            log.error("firmware: the new one is not healthy in time: the old one is taken back")
            self._leave(await installer.roll_back(mark))
        except InstallError as error:
            log.error("firmware: %s: what runs keeps running", error)  # noqa: TRY400  # not our fault
            await asyncio.sleep(LONGEST_SLEEP_SECONDS)
            return await self._prove(mark)
        return None

    async def _becomes_healthy(self) -> bool:
        try:
            async with asyncio.timeout(self._rules.prove_within_seconds):
                while not self._ports.is_healthy():  # noqa: ASYNC110  # nobody rings when all is well
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            return False
        return True

    def _leave(self, leaving: Leaving) -> None:
        if leaving is Leaving.PROCESS:
            self._ports.leave()

    def _tidy(self) -> None:
        for left in self._directory.glob("update-*"):
            left.unlink(missing_ok=True)
