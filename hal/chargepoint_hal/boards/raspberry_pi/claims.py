"""What the options of a whole board claim: every pin and every channel has one owner. Pure.

It takes options whose kinds are right already.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chargepoint_hal.driver_options import OptionProblem

Options = Mapping[str, Any]

OUTPUTS = frozenset(
    {
        "alive_pin",
        "contactor_pin",
        "three_phase_contactor_pin",
        "lock_pin",
        "unlock_pin",
        "residual_current_test_pin",
        "red_pin",
        "green_pin",
        "blue_pin",
        "buzzer_pin",
    }
)
WELL_INPUTS = frozenset(
    {"residual_current_pin", "protective_earth_pin", "emergency_stop_pin", "external_limit_pin", "mains_pin"}
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One place of the hardware, and the option that wants it."""

    place: tuple[str, str, int]
    """Kind, device, number."""
    option: str
    table: int
    """Which `evse` table; 0: the board's own options."""

    def __str__(self) -> str:
        kind, device, number = self.place
        return f"{kind} {number}{f' of {device!r}' if device else ''}"

    @property
    def owner(self) -> str:
        return f"{self.option!r} of table {self.table}" if self.table else repr(self.option)


def claim_problems(options: Options) -> Iterator[OptionProblem]:
    """A place that two options want, and levels that are given for pins that have none."""
    claims = list(_claims(options))
    owners: dict[tuple[str, str, int], Claim] = {}
    for claim in claims:
        before = owners.setdefault(claim.place, claim)
        if before is not claim:
            yield OptionProblem("evse", f"table {claim.table}: {claim} is {before.owner} already, not {claim.option!r}")
    for name, meant, kind in (
        ("active_low_outputs", OUTPUTS, "an output"),
        ("ok_when_high", WELL_INPUTS, "a 'well while' input"),
    ):
        pins = {claim.place[2] for claim in claims if claim.option in meant}
        for number in options.get(name, ()):
            if number not in pins:
                yield OptionProblem(name, f"pin {number} is not {kind} of this board: name it there, or leave it out")


def _claims(options: Options) -> Iterator[Claim]:
    for number, table in enumerate((options, *options.get("evse", ()))):
        for name, value in table.items():
            if name.endswith("_pin"):
                yield Claim(("pin", "", value), name, number)
            elif name == "pwm_channel":
                yield Claim(("PWM channel", table.get("pwm_device", ""), value), name, number)
            elif name.endswith("_channel"):
                yield Claim(("the converter's channel", "", value), name, number)
