"""The station's storage as its neighbours see it: one commit per step, the outbox, and what is known at start."""

import logging
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from chargepoint.charging.clock_correction import CorrectedStamps, Sync
from chargepoint.charging.effects import (
    Checkpoint,
    CountStart,
    Effect,
    Enqueue,
    ForgetVerdict,
    ForgetVerdicts,
    RememberAvailability,
    RememberEnded,
    RememberFaults,
    RememberLocalList,
    RememberMessages,
    RememberMonitoring,
    RememberProfiles,
    RememberReservations,
    RememberSelfTest,
    RememberUpdate,
    RememberVerdict,
    TransactionForgotten,
)
from chargepoint.charging.ports import DeadLetter, Recovered, SentAgain, TokenTraces
from chargepoint.model.errors import StorageError
from chargepoint.model.metering import MeterMemo
from chargepoint.model.moment import Moment
from chargepoint.model.tokens import IdToken
from chargepoint.storage import (
    ended_table,
    local_list_table,
    message_table,
    monitoring_table,
    profile_table,
    reservation_table,
    station_memory,
    token_traces,
    update_table,
)
from chargepoint.storage.database import NoRoomError, Opened, Watch, begin_anew, open_database, open_in_memory
from chargepoint.storage.dead_letters import put_back
from chargepoint.storage.disk import UNSTORABLE, Disk, Household
from chargepoint.storage.journal import Journal, PastTransaction
from chargepoint.storage.outbox import ROWS_KEPT, DurableOutbox
from chargepoint.storage.outbox_table import OutboxTable
from chargepoint.storage.recovered import FAULTS_LOST, recover
from chargepoint.storage.stamp_repair import Repaired, repair_stamps
from chargepoint.storage.stamps import DurableReport
from chargepoint.storage.station_memory import MeterMemory
from chargepoint.storage.token_memory import RememberedTokens
from chargepoint.storage.writer import ThreadWriter, Writer

log = logging.getLogger(__name__)

MACHINE_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def machine_boot() -> str | None:
    """The kernel's name for this boot of the machine; None where there is none."""
    try:
        return MACHINE_BOOT_ID.read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True, slots=True)
class StorageOptions:
    """What tests choose for themselves."""

    writer: Writer = field(default_factory=ThreadWriter)
    watch: Watch = field(default=lambda when: None)
    machine_boot: str | None = field(default_factory=machine_boot)
    make_message_id: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))
    rows_kept: int = ROWS_KEPT


class Storage(DurableOutbox):
    """Implements `StoragePort`, `OutboxPort` and the meters' memory over one database."""

    def __init__(self, opened: Opened, path: Path, options: StorageOptions) -> None:
        """Blocking: reads what is remembered. Use `open_storage`."""
        connection = opened.connection
        table = OutboxTable(connection, options.make_message_id)
        journal = Journal()
        self.recovered = recovered = recover(opened, options.machine_boot)

        def first(connection: sqlite3.Connection) -> None:
            station_memory.count_boot(connection, recovered.boot_id, options.machine_boot)
            if recovered.set_aside is not None:  # the power may be cut again before the core has its first step stored
                for evse_id, faults in FAULTS_LOST.items():
                    station_memory.save_faults(connection, evse_id, faults)
            journal.tidy(connection)

        household = Household(table.thin, journal.forget_what_is_stored, options.watch, first)
        file = Disk(connection, path, options.writer, household, lacks_room=opened.lacks_room)
        super().__init__(file, table, journal, options.rows_kept)
        self.tokens = RememberedTokens(self.recovered.cached_verdicts)
        self._meters: MeterMemory = station_memory.meters(connection)
        self._noted: MeterMemory = {}

    async def count_start(self) -> None:
        """At once if the disk takes it, else with the first step: on a full disk the station starts all the same."""
        with suppress(StorageError):  # the first step meets the same, and tells it
            await self._disk.write(lambda connection: None)

    async def commit(self, effects: Sequence[Effect], moment: Moment) -> None:
        """All durable effects of one step in one commit; StorageError when nothing was. Memory follows at once."""
        self._remember_tokens(effects)
        noted = dict(self._noted) if any(isinstance(effect, Checkpoint) for effect in effects) else {}
        await self._write(lambda connection: self._store_all(connection, effects, noted))
        self._meters |= noted
        self._noted = {meter: memo for meter, memo in self._noted.items() if noted.get(meter) is not memo}
        self._ring()

    async def save_setting(self, name: str, text: str | None) -> str | None:
        return await self._disk.write(lambda connection: station_memory.save_setting(connection, name, text))

    async def correct_stamps(self, moment: Moment) -> CorrectedStamps:
        """First sync: put right every stamp that was taken with an unset clock and has not been sent."""

        def work(connection: sqlite3.Connection) -> Repaired:
            self._journal.forget_what_is_stored()
            sync = Sync(moment, self.recovered.boots_of_this_machine, station_memory.first_boots(connection))
            return repair_stamps(connection, sync, self._table.largest_given_out)

        repaired = await self._disk.write(work)
        if repaired.rows:
            log.info("storage: the times of %d waiting reports were corrected", repaired.rows)
        return repaired.stamps

    def recall(self, meter: str) -> MeterMemo:
        """What was known of a meter when the process stopped."""
        return self._meters.get(meter, MeterMemo())

    def known_meters(self) -> MeterMemory:
        """What is stored of meters, by name; of those that are not fitted any more as well."""
        return dict(self._meters)

    def note(self, meter: str, memo: MeterMemo) -> None:
        """Store it with the next checkpoint: a commit of its own would wear the flash for nothing."""
        self._noted[meter] = memo

    async def remember(self, meter: str, memo: MeterMemo) -> None:
        """Store what `recall` gives after a restart."""
        await self._disk.write(lambda connection: station_memory.save_meter(connection, meter, memo))
        self._meters[meter] = memo
        self._noted.pop(meter, None)

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """Reports that were given up, the youngest first."""
        return await self._disk.read(lambda connection: self._table.dead_letters(connection, limit))

    async def send_again(self, row_id: int) -> SentAgain:
        """Put a dead letter back at its old place, with the dead start of its transaction; a second time is refused."""
        sent = await self._disk.write(lambda connection: put_back(connection, row_id, self._table, self._journal))
        if sent.rows:
            log.warning("storage: dead letters are sent again by order: rows %s", ", ".join(map(str, sent.rows)))
            self._ring()
        return sent

    async def traces_of(self, token: IdToken) -> TokenTraces:
        """Where this token is stored."""
        return await self._disk.read(lambda connection: token_traces.find(connection, token))

    async def history(self, limit: int = 100) -> list[PastTransaction]:
        """Transactions whose reports are all delivered or given up, the youngest first."""
        return await self._disk.read(lambda connection: self._journal.history(connection, limit))

    async def close(self) -> None:
        if self._table.answered_row is not None:
            with suppress(StorageError):  # then it is sent once more
                await self._write(lambda connection: None)
        await self._disk.close()

    def _remember_tokens(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case RememberVerdict(token, verdict):
                    self.tokens.remember(token, verdict)
                case ForgetVerdict(token):
                    self.tokens.forget_listed([token])
                case ForgetVerdicts():
                    self.tokens.forget()
                case RememberLocalList(update):
                    self.tokens.forget_listed(entry.token for entry in update.entries if entry.verdict is not None)
                case _:
                    continue

    def _store_all(self, connection: sqlite3.Connection, effects: Sequence[Effect], noted: MeterMemory) -> None:
        for effect in effects:
            self._store(connection, effect)
        for meter, memo in noted.items():
            station_memory.save_meter(connection, meter, memo)

    def _store(self, connection: sqlite3.Connection, effect: Effect) -> None:
        match effect:
            case Checkpoint(transaction):
                self._journal.checkpoint(connection, transaction)
            case Enqueue(report) if isinstance(report, DurableReport):
                self._add(connection, report)
            case RememberVerdict(token, verdict):
                station_memory.save_verdict(connection, token, verdict)
            case ForgetVerdicts():
                station_memory.forget_verdicts(connection)
            case RememberAvailability(evse_id, availability):
                station_memory.save_availability(connection, evse_id, availability)
            case RememberFaults(evse_id, faults):
                station_memory.save_faults(connection, evse_id, faults)
            case RememberSelfTest(evse_id, record):
                station_memory.save_self_test(connection, evse_id, record)
            case RememberProfiles(installed):
                profile_table.save(connection, installed)
            case RememberLocalList(update):
                local_list_table.apply(connection, update)
            case RememberReservations(reservations):
                reservation_table.save(connection, reservations)
            case RememberUpdate(record):
                update_table.save(connection, record)
            case RememberEnded(ended):
                ended_table.save(connection, ended)
            case RememberMonitoring(stored):
                monitoring_table.save(connection, stored)
            case ForgetVerdict(token):
                station_memory.forget_verdict(connection, token)
            case RememberMessages(messages):
                message_table.save(connection, messages)
            case CountStart():
                pass  # the disk does it with the first commit, which may be this one
            case TransactionForgotten(transaction_id):
                self._journal.forget(connection, transaction_id)
            case _:
                log.debug("storage: %s is not for the disk", type(effect).__name__)


async def open_storage(path: Path, options: StorageOptions | None = None) -> tuple[Storage, Recovered]:
    """The storage and what the disk remembers. StorageError where the file can not be used at all."""
    chosen = options or StorageOptions()
    try:
        storage = await chosen.writer.run(lambda: _open(path, chosen))
    except StorageError:
        await chosen.writer.close()
        raise
    await storage.count_start()
    return storage, storage.recovered


def _open(path: Path, options: StorageOptions) -> Storage:
    opened = _or_in_memory(path, lambda: open_database(path))
    try:
        return Storage(opened, path, options)
    except (sqlite3.Error, *UNSTORABLE) as error:  # nothing is written here: what is there can not be used
        opened.connection.close()
        why = repr(error)
        return Storage(_or_in_memory(path, lambda: begin_anew(path, why)), path, options)


def _or_in_memory(path: Path, opening: Callable[[], Opened]) -> Opened:
    """A new file that there is no room for keeps no station from starting, but nothing is stored before it is there."""
    try:
        return opening()
    except NoRoomError as error:
        if not error.is_for_new_file:
            raise
        log.error("storage: %s; no power is given before", error)  # noqa: TRY400 - the reason is in the text
        return open_in_memory(path)
