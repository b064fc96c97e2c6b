"""Which monitors there are: hard-wired ones for ever, preconfigured ones by the base, custom ones by the CSMS's order.

A custom monitor may have the id of a preconfigured one: it overrules that until the base is set anew (N04.FR.15).
"""

from collections.abc import Iterable

from chargepoint.model.monitoring import (
    ClearOutcome,
    InstallAnswer,
    InstallOutcome,
    Monitor,
    MonitoringBase,
    MonitorOrigin,
    MonitorWish,
)
from chargepoint.monitoring.rules import objection

MOST_CUSTOM_MONITORS = 100
FIRST_CUSTOM_ID = 10_001
"""Above every id that the station itself gives."""


class MonitorSet:
    """The monitors of one station."""

    def __init__(self, built_in: Iterable[Monitor], base: MonitoringBase, custom: Iterable[Monitor]) -> None:
        """`built_in`: the hard-wired and the preconfigured ones, each with an id below FIRST_CUSTOM_ID."""
        self._built_in = {monitor.monitor_id: monitor for monitor in built_in}
        self.base = base
        self.custom = {monitor.monitor_id: monitor for monitor in custom}
        self.cleared: frozenset[int] = frozenset()
        """Preconfigured ones that were cleared since the base was set."""

    def active(self) -> list[Monitor]:
        """By id, so that the hard-wired ones come first."""
        found = {monitor.monitor_id: monitor for monitor in self._built_in.values() if self._is_active(monitor)}
        found |= self.custom
        return [found[monitor_id] for monitor_id in sorted(found)]

    def _is_active(self, monitor: Monitor) -> bool:
        if monitor.origin is MonitorOrigin.HARD_WIRED:
            return True
        if monitor.monitor_id in self.cleared or self.base is MonitoringBase.HARD_WIRED_ONLY:
            return False
        return monitor.is_factory_default or self.base is MonitoringBase.ALL

    def install(self, wish: MonitorWish) -> InstallAnswer:
        """N04: a new monitor, or another one in the place of the one with this id."""
        refusal = self._objection_to_id(wish) or objection(wish) or self._objection_of_others(wish)
        if refusal is not None:
            return InstallAnswer(refusal[0], why=refusal[1])
        monitor_id = self._new_id() if wish.monitor_id is None else wish.monitor_id
        self.custom[monitor_id] = Monitor(
            monitor_id, wish.subject, wish.kind, wish.value, wish.severity, wish.only_in_transaction
        )
        return InstallAnswer(InstallOutcome.ACCEPTED, monitor_id)

    def _objection_to_id(self, wish: MonitorWish) -> tuple[InstallOutcome, str] | None:
        if wish.monitor_id is None:
            return None
        replaced = next((monitor for monitor in self.active() if monitor.monitor_id == wish.monitor_id), None)
        if replaced is None:
            return InstallOutcome.UNKNOWN_ID, f"there is no monitor {wish.monitor_id} to be replaced"
        if replaced.subject != wish.subject:
            return InstallOutcome.OTHER_VARIABLE, f"monitor {wish.monitor_id} watches another variable"
        if replaced.origin is MonitorOrigin.HARD_WIRED:
            return InstallOutcome.HARD_WIRED, f"monitor {wish.monitor_id} is hard-wired"
        return None

    def _objection_of_others(self, wish: MonitorWish) -> tuple[InstallOutcome, str] | None:
        for monitor in self.active():
            is_alike = (monitor.subject, monitor.kind, monitor.severity) == (wish.subject, wish.kind, wish.severity)
            if is_alike and monitor.monitor_id != wish.monitor_id:
                return InstallOutcome.DUPLICATE, f"monitor {monitor.monitor_id} has this kind and severity"
        if wish.monitor_id not in self.custom and len(self.custom) >= MOST_CUSTOM_MONITORS:
            return InstallOutcome.TOO_MANY, f"there are {MOST_CUSTOM_MONITORS} monitors: clear some first"
        return None

    def _new_id(self) -> int:
        return max([FIRST_CUSTOM_ID - 1, *self.custom]) + 1

    def clear(self, monitor_id: int) -> ClearOutcome:
        """N06. What a cleared monitor had overruled stays off until the base is set."""
        known = self._built_in.get(monitor_id)
        if known is not None and known.origin is MonitorOrigin.HARD_WIRED:
            return ClearOutcome.HARD_WIRED
        if monitor_id not in self.custom and (known is None or not self._is_active(known)):
            return ClearOutcome.NOT_FOUND
        self.custom.pop(monitor_id, None)
        if known is not None:
            self.cleared |= {monitor_id}
        return ClearOutcome.CLEARED

    def set_base(self, base: MonitoringBase) -> None:
        """N03: ALL leaves the custom ones, the others end them."""
        self.base = base
        self.cleared = frozenset()
        if base is not MonitoringBase.ALL:
            self.custom.clear()
