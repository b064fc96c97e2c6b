"""Follows one update at a time, each step stored before the next is taken; answers the CSMS about it."""

import asyncio
import logging
from pathlib import Path

from chargepoint.charging.effects import Effect, Enqueue, RememberUpdate
from chargepoint.firmware.activities import UpdateActivities
from chargepoint.firmware.ports import UpdatePorts, UpdateRules
from chargepoint.firmware.update import Step, Update
from chargepoint.model.errors import StorageError
from chargepoint.model.firmware import FirmwareRequest, FirmwareStatus, UpdateAnswer, UpdateRecord
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import UpdateReport
from chargepoint.security.certificates import CertificateError, CertificateFault
from chargepoint.security.firmware_signature import check_signing_certificate
from chargepoint.security.revocation import check_not_revoked
from chargepoint.security.security_events import SecurityEvent

log = logging.getLogger(__name__)

STORE_AGAIN_SECONDS = 5.0


class Updater:
    """Implements the dialects' `FirmwarePort`; `run` is its task."""

    def __init__(self, ports: UpdatePorts, rules: UpdateRules, directory: Path, recovered: UpdateRecord | None) -> None:
        """`directory` is for downloads alone: what lies there is deleted when an update is over."""
        self._ports = ports
        self._rules = rules
        self._activities = UpdateActivities(ports, rules, directory, self._store)
        self._record = recovered
        self._update = None if recovered is None else Update(recovered)
        self._course: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._one_request_at_a_time = asyncio.Lock()

    # FirmwarePort

    @property
    def is_under_way(self) -> bool:
        return self._update is not None and not self._update.is_over

    def last_told(self) -> tuple[FirmwareStatus, int | None]:
        record = self._record
        if record is None or record.told is None or record.told is FirmwareStatus.INSTALLED:
            return FirmwareStatus.IDLE, None
        return record.told, record.request.request_id

    async def request(self, wanted: FirmwareRequest) -> UpdateAnswer:
        """Checked before it is answered (L01.FR.23); the file itself is not looked for (L01.FR.26)."""
        refusal = await self._refusal(wanted)
        if refusal is not None:
            return refusal
        async with self._one_request_at_a_time:
            if self._update is not None and self._update.is_beyond_recall:
                return UpdateAnswer.REJECTED
            is_replacing = self.is_under_way
            await self._give_up()
            number = 1 if self._record is None else self._record.number + 1
            record = UpdateRecord(number, wanted)
            await self._commit([RememberUpdate(record)])
            self._record, self._update = record, Update(record)
            self._wanted.set()
        log.info("firmware: update %d is asked for%s", number, " in the place of another" if is_replacing else "")
        return UpdateAnswer.ACCEPTED_CANCELED if is_replacing else UpdateAnswer.ACCEPTED

    async def _refusal(self, wanted: FirmwareRequest) -> UpdateAnswer | None:
        if wanted.signing_certificate_pem is None:
            return None if await self._takes_plain() else UpdateAnswer.NOT_SUPPORTED
        roots = await self._ports.roots.trusted()
        pem, now = wanted.signing_certificate_pem, self._ports.clock.now().utc

        def check() -> None:
            signer = check_signing_certificate(pem, roots, now)
            check_not_revoked(signer, self._ports.revocation_lists(), roots)

        try:
            await self._ports.worker.run(check)
        except CertificateError as error:
            await self._ports.witness.record(SecurityEvent.INVALID_FIRMWARE_SIGNING_CERTIFICATE, str(error))
            is_revoked = error.fault is CertificateFault.REVOKED
            return UpdateAnswer.REVOKED_CERTIFICATE if is_revoked else UpdateAnswer.INVALID_CERTIFICATE
        return None

    async def _takes_plain(self) -> bool:
        """`auto`: never again once a signed update could be checked, whoever has deleted the root since."""
        plain = self._rules.plain_requests
        if plain != "auto":
            return plain == "always"
        try:
            return not await self._ports.roots.were_ever_known()
        except StorageError as error:
            log.warning("firmware: whether a manufacturer's root was known can not be read: %s", error)
            return False

    async def _give_up(self) -> None:
        """The course of an update that may be given up ends; what it held is free again."""
        course, self._course, self._update = self._course, None, None
        if course is not None and not course.done():
            course.cancel()
            await asyncio.wait({course})
            await self._activities.rest()

    # The task

    async def run(self) -> None:
        """For ever: after a restart the stored update goes on where it was."""
        await self._takes_plain()  # what station.toml brings counts from its first start on
        followed: Update | None = None
        while True:
            self._wanted.clear()
            update = self._update
            if update is None or update is followed:
                await self._wanted.wait()
                continue
            course = self._course = asyncio.create_task(self._follow(update), name="firmware update")
            try:
                await asyncio.wait({course})
            finally:
                course.cancel()
            followed = update
            if not course.cancelled():
                course.result()

    async def _follow(self, update: Update) -> None:
        interrupted = update.resumed()
        if interrupted is not None:
            await self._store(interrupted)
        while (result := await self._activities.do(update)) is not None:
            await self._store(update.take(result.outcome, result.mark))

    async def _store(self, step: Step) -> None:
        """The step and what is told of it, in one commit; on a disk that takes nothing the update waits."""
        moment = self._ports.clock.now()
        effects: list[Effect] = [RememberUpdate(step.record)]
        if step.told is not None:
            stamp = Stamp(self._ports.boot_id, moment.monotonic, moment.utc, moment.utc_trusted)
            effects.append(Enqueue(UpdateReport(step.told.value, stamp, step.record.request.request_id)))
        self._record = step.record
        log.info("firmware: update %d is %s", step.record.number, step.record.state)
        while True:
            try:
                await self._commit(effects)
            except StorageError as error:
                log.warning("firmware: the update waits for the disk: %s", error)
                await asyncio.sleep(STORE_AGAIN_SECONDS)
            else:
                return

    async def _commit(self, effects: list[Effect]) -> None:
        await self._ports.storage.commit(effects, self._ports.clock.now())
