"""The local authorisation list: the rules of its updates, and where a CSMS contradicts its own list.

1.6 sections 3.5.2 and 5.15 with errata 3.52; 2.0.1 D01. Only an update of the CSMS changes the list; a running
transaction whose token leaves it goes on.
"""

from collections.abc import Callable, Mapping

from chargepoint.charging.commands import Refusal, UpdateLocalList, Verdict, VerdictStatus
from chargepoint.charging.effects import Effect, RememberLocalList
from chargepoint.model.local_list import ListEntry, ListSummary, ListUpdate, StoredList
from chargepoint.model.moment import Moment
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict, look_up
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView

NO_CONFLICT = frozenset({AuthorizationStatus.CONCURRENT_TX})
"""Says that the token is in use, not that it is bad: no contradiction to a list that accepts it."""


class LocalAuthorizationList:
    """The list in memory. Silent while LocalAuthListEnabled is off, but not forgotten."""

    def __init__(self, settings: SettingsView, stored: StoredList, emit: Callable[[Effect], None]) -> None:
        self._settings = settings
        self._emit = emit
        self._version = stored.version
        self._entries = dict(stored.entries)
        self._has_conflict = False

    def listed(self, token: IdToken) -> TokenVerdict | None:
        """The list's word on a token."""
        return look_up(token, self._entries) if self._is_enabled() else None

    def summary(self) -> ListSummary:
        return ListSummary(self._is_enabled(), self._version, len(self._entries))

    def execute(self, command: UpdateLocalList) -> Verdict:
        """All of the update or nothing of it."""
        if not self._is_enabled():
            return Verdict(VerdictStatus.NOT_SUPPORTED, "LocalAuthListEnabled is off")
        update = command.update
        refusal = self._version_refusal(command) or self._content_refusal(update)
        if refusal is not None:
            return refusal
        changed = {} if update.is_full else _without(self._entries, update)
        changed |= {entry.token.key: entry.verdict for entry in update.entries if entry.verdict is not None}
        longest = self._settings.get(catalogue.LOCAL_AUTH_LIST_MAX_LENGTH)
        if len(changed) > longest:
            return _rejected(f"the list would have {len(changed)} entries, LocalAuthListMaxLength is {longest}")
        self._version, self._entries = update.version, changed
        self._emit(RememberLocalList(update))
        return Verdict(VerdictStatus.ACCEPTED)

    def compare(self, token: IdToken, verdict: TokenVerdict, moment: Moment) -> None:
        """Note where an answer of the CSMS and its list contradict each other (1.6 section 3.5.2)."""
        listed = self.listed(token)
        if listed is None or verdict.status in NO_CONFLICT:
            return
        is_good = listed.is_accepted_at(moment.utc) or listed.status in NO_CONFLICT
        self._has_conflict |= is_good is not verdict.is_accepted_at(moment.utc)

    def take_conflict(self) -> bool:
        """True once after a contradiction was noted."""
        has_conflict, self._has_conflict = self._has_conflict, False
        return has_conflict

    def _is_enabled(self) -> bool:
        return self._settings.get(catalogue.LOCAL_AUTH_LIST_ENABLED)

    def _version_refusal(self, command: UpdateLocalList) -> Verdict | None:
        version = command.update.version
        if version <= 0:
            return _rejected(f"listVersion {version}: a version is above 0 (1.6 errata 3.52, 2.0.1 D01.FR.18)")
        present = self._version if self._entries or command.empty_list_has_version else 0
        if command.update.is_full or version > present:
            return None
        reason = f"listVersion {version} is not above the present {present}: send the full list"
        return Verdict(VerdictStatus.REJECTED, reason, refusal=Refusal.VERSION_MISMATCH)

    def _content_refusal(self, update: ListUpdate) -> Verdict | None:
        if len({entry.token.key for entry in update.entries}) < len(update.entries):
            return _rejected("a token is in the update twice (case does not count, its type does)")
        if update.is_full and any(_is_removal(entry) for entry in update.entries):
            return _rejected("an entry of a full list has no idTagInfo: only a differential update removes")
        return None


def _without(entries: Mapping[str, TokenVerdict], update: ListUpdate) -> dict[str, TokenVerdict]:
    """What an update is silent about. What was listed without a type is what it names now with one, and the reverse."""
    named = {key for entry in update.entries for key in entry.token.keys}
    return {key: verdict for key, verdict in entries.items() if key not in named}


def _is_removal(entry: ListEntry) -> bool:
    return entry.verdict is None


def _rejected(reason: str) -> Verdict:
    return Verdict(VerdictStatus.REJECTED, reason)
