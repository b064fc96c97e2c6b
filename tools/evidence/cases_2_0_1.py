"""The test cases of OCPP 2.0.1 part 6 for a charging station, and which test tells each.

A test tells a case when its docstring names the case's id: it follows the steps and the validations of part 6.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evidence import not_applicable
from evidence.marks import Claim, by_name, told_cases

HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1] / "tests"
BLOCKS = {
    "A": "Security",
    "B": "Provisioning",
    "C": "Authorization",
    "D": "Local authorization list",
    "E": "Transactions",
    "F": "Remote control",
    "G": "Availability",
    "H": "Reservation",
    "I": "Tariff and cost",
    "J": "Meter values",
    "K": "Smart charging",
    "L": "Firmware management",
    "M": "Certificates",
    "N": "Diagnostics",
    "O": "Display messages",
    "P": "Data transfer",
}
"""The functional blocks of part 2."""
NEEDS = ("mandatory", "conditional", "uncertified", "removed")
BY_STACK = "ISO 15118"
"""The profile of which a station has what its ISO 15118 stack asks for; mandatory in it is what bears its name."""
INTRODUCTION = """\
A case is *told by* a test that follows its steps and validations. *Mandatory* and *conditional* are those of the
certification profiles (part 5 with the errata of 2025-09); a condition is written in the features below. *Uncertified*
cases are in part 6 only. What does not apply says what it would need. The ids of tests begin in `tests/`."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of part 6; `condition` is empty for what everyone must show."""

    id: str
    title: str
    profile: str
    need: str
    condition: str

    @property
    def block(self) -> str:
        """The functional block's letter."""
        return self.id.split("_")[1]

    @property
    def is_aimed_at(self) -> bool:
        """The station is to show it, or to say why it does not apply."""
        return self.need != "removed"


@lru_cache(maxsize=1)
def all_cases() -> tuple[Case, ...]:
    """In the order of part 6."""
    with (HERE / "part6_cases.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(Case(**row) for row in csv.DictReader(lines))


def features() -> dict[str, str]:
    """What the letters of the conditions stand for."""
    with (HERE / "part6_features.csv").open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row["meaning"] for row in csv.DictReader(lines)}


def problems(
    claims: Iterable[Claim], cases: Iterable[Case], absent: Mapping[str, str] = not_applicable.CASES
) -> list[str]:
    """What is claimed and cannot be, a line each with its place: unknown, removed, or said not to apply."""
    known = {case.id: case for case in cases}
    found = []
    for claim in claims:
        case = known.get(claim.name)
        if case is None:
            right = f"{claim.name}_CS"
            found.append(
                f"{claim.place}: {claim.name} is no case of a charging station in part 6: "
                + (f"write {right}" if right in known else "name each by its id of tools/evidence/part6_cases.csv")
            )
        elif case.need == "removed":
            found.append(f"{claim.place}: {claim.name} was removed by the errata: name no removed case")
        elif claim.name in absent:
            found.append(
                f"{claim.place}: {claim.name} is told, but tools/evidence/not_applicable.py says why it is not"
            )
    found += [f"tools/evidence/not_applicable.py: {name} is no case" for name in absent if name not in known]
    return found


def own_problems() -> list[str]:
    """Those of the project's tests."""
    return problems(told_cases(TESTS), all_cases())


def section() -> str:
    """The cases of every profile, but for what was removed."""
    told = by_name(told_cases(TESTS))
    shown = [case for case in all_cases() if case.id in told or case.is_aimed_at]
    lines = ["## Test cases of part 6", "", INTRODUCTION, "", *_legend(), ""]
    for letter, name in BLOCKS.items():
        block = [case for case in shown if case.block == letter]
        if block:
            lines += [f"### {letter} {name}: {_counts(block, told)}", "", *_rows(block, told), ""]
    return "\n".join(lines).rstrip() + "\n"


def _legend() -> list[str]:
    return ["| feature | |", "|---|---|", *(f"| {name} | {meaning} |" for name, meaning in features().items())]


def _counts(block: list[Case], told: Mapping[str, list[str]]) -> str:
    verdicts = [_verdict(case, told) for case in block]
    absent = sum(verdict.startswith("not applicable") for verdict in verdicts)
    still_open = verdicts.count("open")
    return f"{len(block) - absent - still_open} told, {absent} not applicable, {still_open} open"


def _rows(block: list[Case], told: Mapping[str, list[str]]) -> list[str]:
    lines = ["| case | title | profile | needed | told by |", "|---|---|---|---|---|"]
    for case in block:
        need = f"{case.need}: {case.condition}" if case.condition else case.need
        lines.append(f"| {case.id} | {case.title} | {case.profile} | {need} | {_verdict(case, told)} |")
    return lines


def _verdict(case: Case, told: Mapping[str, list[str]]) -> str:
    if case.id in told:
        return "<br>".join(f"`{test}`" for test in told[case.id])
    if case.id in not_applicable.CASES:
        return f"not applicable: {not_applicable.CASES[case.id]}"
    return "open"
