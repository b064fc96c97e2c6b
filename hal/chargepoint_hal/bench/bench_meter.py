"""The energy meter of one bench EVSE: integrates what really flows. Pure; the register map is the server's matter."""

from collections.abc import Mapping
from dataclasses import dataclass

Quantity = float | str | None
Quantities = Mapping[str, Quantity]

IMPLAUSIBLE_JUMP_WH = 5_000_000.0
GRID_HERTZ = 50.0
PHASES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class PowerFlow:
    """What flows at one moment: amps of each of the three phases and the volts they share."""

    amps: tuple[float, float, float]
    volts: float

    def watts(self) -> float:
        return self.volts * sum(self.amps)


@dataclass(slots=True)
class BenchMeter:
    """Registers in double precision. `quantities` is what a reader of the registers is shown."""

    serial_number: str
    phases: int
    energy_import_wh: float = 0.0
    energy_export_wh: float = 0.0
    flow: PowerFlow = PowerFlow((0.0, 0.0, 0.0), 0.0)
    is_silent: bool = False
    is_implausible: bool = False
    _frozen: Quantities | None = None

    def integrate(self, watts_before: float, watts_after: float, span_seconds: float) -> float:
        """Count one span in which power was a straight line; the energy of the span in Wh."""
        energy_wh = (watts_before + watts_after) / 2.0 * span_seconds / 3600.0
        self.energy_import_wh += energy_wh
        return energy_wh

    def set_frozen(self, is_frozen: bool) -> None:
        if is_frozen and self._frozen is None:
            self._frozen = self._measured()
        elif not is_frozen:
            self._frozen = None

    def quantities(self) -> Quantities:
        """Values by the names that register maps use; a phase that is not wired is None."""
        return self._frozen if self._frozen is not None else self._measured()

    def _measured(self) -> Quantities:
        energy_wh = self.energy_import_wh + (IMPLAUSIBLE_JUMP_WH if self.is_implausible else 0.0)
        watts = self.flow.watts()
        measured: dict[str, Quantity] = {
            "energy_import_wh": energy_wh,
            "energy_export_wh": self.energy_export_wh,
            "power_watts": watts,
            "frequency_hertz": GRID_HERTZ if self.flow.volts > 0 else 0.0,
            "power_factor": 1.0,
            "serial_number": self.serial_number,
        }
        for phase in PHASES:
            is_wired = phase <= self.phases
            amps = self.flow.amps[phase - 1]
            measured[f"current_l{phase}_amps"] = amps if is_wired else None
            measured[f"voltage_l{phase}_volts"] = self.flow.volts if is_wired else None
            measured[f"power_l{phase}_watts"] = amps * self.flow.volts if is_wired else None
        return measured
