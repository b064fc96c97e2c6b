"""The settings store with persistence behind it: a change is validated, stored, applied, then told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from chargepoint.charging.events import SettingChanged
from chargepoint.charging.ports import StationPort, StoragePort
from chargepoint.daemon.disk_patience import COMMIT_RETRY_SECONDS, REASON, patiently
from chargepoint.model.errors import StorageError
from chargepoint.settings.setting import AnySetting, SetOutcome, Setting, T
from chargepoint.settings.store import SettingsStore

log = logging.getLogger(__name__)

CHANGED = (SetOutcome.ACCEPTED, SetOutcome.REBOOT_REQUIRED)
Keeper = Callable[[str], Awaitable[tuple[SetOutcome, str]]]
"""Decides about a change of a setting whose value lives elsewhere, and makes it."""


Rule = Callable[[str], Awaitable[str | None]]
"""Why a value that fits the setting can not be taken now, or None."""


class LiveSettings:
    """Implements `SettingsPort`."""

    def __init__(self, store: SettingsStore, storage: StoragePort) -> None:
        self._store = store
        self._storage = storage
        self._station: StationPort | None = None
        self._keepers: dict[str, Keeper] = {}
        self._rules: dict[str, Rule] = {}
        self._revisions: Counter[str] = Counter()
        self._withdrawal: asyncio.Task[None] | None = None
        """Of the last change that a disk which hung had not taken when it was answered."""

    def attach_station(self, station: StationPort) -> None:
        """Made after the settings, because the core reads them."""
        self._station = station

    def attach_keeper(self, setting: AnySetting, keeper: Keeper) -> None:
        """From now on changes of this setting are the keeper's; nothing of them is stored here."""
        self._keepers[setting.name] = keeper

    def attach_rule(self, setting: AnySetting, rule: Rule) -> None:
        """From now on a change of this setting is stored only where the rule has nothing against it."""
        self._rules[setting.name] = rule

    async def remember(self, setting: AnySetting, text: str) -> None:
        """What the station itself has learnt, for the next start as well; StorageError, and then it is not applied."""
        await self._storage.save_setting(setting.name, text)
        self._store.impose(setting, text)

    def impose(self, setting: AnySetting, text: str) -> None:
        """Put a value in force for this run alone; ValueError where the text does not fit."""
        self._store.impose(setting, text)

    def note_fact(self, setting: AnySetting, text: str) -> None:
        """A fact has changed. ValueError where the text does not fit or the setting is no fact."""
        self._store.note_fact(setting, text)

    def get(self, setting: Setting[T]) -> T:
        return self._store.get(setting)

    def find_1_6(self, key: str) -> AnySetting | None:
        return self._store.find_1_6(key)

    def find_2_0_1(self, component: str, variable: str, instance: str | None) -> AnySetting | None:
        return self._store.find_2_0_1(component, variable, instance)

    def all(self) -> Sequence[AnySetting]:
        return self._store.all()

    def text(self, setting: AnySetting) -> str:
        return self._store.text(setting)

    async def change(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        """A value that can not be stored is not applied either: it would be gone after the next restart."""
        outcome, why = await self._change(setting, text)
        if outcome in CHANGED:
            self._revisions[setting.name] += 1
        return outcome, why

    def revision(self, setting: AnySetting) -> int:
        """How often it was changed by order since the start: of a secret nothing more can be told."""
        return self._revisions[setting.name]

    async def _change(self, setting: AnySetting, text: str) -> tuple[SetOutcome, str]:
        keeper = self._keepers.get(setting.name)
        if keeper is not None:
            return await keeper(text)
        outcome, why = self._store.assess(setting, text)
        if outcome not in CHANGED:
            return outcome, why
        rule = self._rules.get(setting.name)
        objection = None if rule is None else await rule(text)
        if objection is not None:
            return SetOutcome.REJECTED, objection
        try:
            is_stored = await self._is_stored(setting.name, text)
        except StorageError as error:
            return SetOutcome.REJECTED, f"it can not be stored now: {error}"
        if not is_stored:
            return SetOutcome.REJECTED, f"it can not be stored now: {REASON}"
        self._store.apply(setting, text)
        if self._station is not None:
            await self._station.tell(SettingChanged(setting.name))
        return outcome, why

    async def _is_stored(self, name: str, text: str) -> bool:
        """False where the disk hangs: what it takes all the same when it is back is taken back, and until then nothing
        else is stored, or that would be taken back with it."""
        if self._withdrawal is not None and not self._withdrawal.done():
            return False
        saving = asyncio.create_task(self._storage.save_setting(name, text), name=f"save {name}")
        try:
            return await patiently(saving)
        finally:
            if not saving.done():
                self._withdrawal = asyncio.create_task(self._withdraw(name, saving), name=f"withdraw {name}")

    async def _withdraw(self, name: str, saving: asyncio.Task[str | None]) -> None:
        try:
            before = await saving
        except StorageError:
            return  # nothing was stored
        while True:
            try:
                await self._storage.save_setting(name, before)
            except StorageError as error:
                log.warning("settings: %s was refused and is stored, it is taken back: %s", name, error)
            else:
                return
            await asyncio.sleep(COMMIT_RETRY_SECONDS)
