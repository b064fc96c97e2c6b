"""docs/ocpp-2.0.1-requirements.md: the requirements of part 2 that bind a charging station, and which a test shows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evidence import not_applicable
from evidence.cases_2_0_1 import BLOCKS, TESTS
from evidence.marks import Claim, marks

FACTS = Path(__file__).resolve().parent / "part2_requirements.txt"
MARK = "requirement"
WHITEPAPER = "whitepaper"
INTRODUCTION = """# OCPP 2.0.1: requirements

By use case, the requirements of part 2 with the errata of 2025-09 that bind a charging station. *Shown* are those that
a test names in `@pytest.mark.requirement("E02.FR.05")`, found by `grep -rn E02.FR.05 tests`; tests that speak OCPP 1.6
only do not count. Requirements that bind only others, the CSMS above all, are left out.
"""
HEAD = ("use case", "shown", "not shown", "not applicable")


@dataclass(frozen=True, slots=True)
class UseCase:
    """One use case of part 2 with its requirements' ids."""

    id: str
    title: str
    by_actor: Mapping[str, tuple[str, ...]]
    """`station`, `others`, or `whitepaper` for what only the security whitepaper of 1.6 has."""


@lru_cache(maxsize=1)
def use_cases() -> tuple[UseCase, ...]:
    """In the order of part 2. ValueError for a line that is none."""
    return tuple(_read(FACTS.read_text(encoding="utf-8").splitlines()))


def _read(lines: Iterable[str]) -> Iterator[UseCase]:
    name, title, by_actor = "", "", dict[str, tuple[str, ...]]()
    for line in lines:
        if line.startswith("#"):
            continue
        if line.startswith(" "):
            actor, *runs = line.split()
            by_actor[actor] = tuple(f"{name}.FR.{number}" for run in runs for number in _numbers(run))
            continue
        if name:
            yield UseCase(name, title, by_actor)
        name, _, title = line.partition(" ")
        by_actor = {}
    yield UseCase(name, title, by_actor)


def _numbers(run: str) -> Iterator[str]:
    """`05-07` is 05, 06 and 07."""
    first, _, last = run.partition("-")
    for number in range(int(first), int(last or first) + 1):
        yield f"{number:0{len(first)}d}"


def absence(requirement: str) -> str | None:
    """Why it does not apply here, if so."""
    return not_applicable.REQUIREMENTS.get(requirement) or not_applicable.USE_CASES.get(requirement.partition(".")[0])


def problems(claims: Iterable[Claim], cases: Iterable[UseCase]) -> list[str]:
    """What is marked and cannot be, a line each with its place: unknown, or said not to apply."""
    cases = tuple(cases)
    known = {each for case in cases for ids in case.by_actor.values() for each in ids}
    found = []
    for claim in claims:
        if claim.name not in known:
            found.append(f"{claim.place}: no requirement {claim.name}: see tools/evidence/part2_requirements.txt")
        elif not claim.speaks_1_6_only and absence(claim.name) is not None:
            found.append(
                f"{claim.place}: {claim.name} is shown, but tools/evidence/not_applicable.py says why it is not"
            )
    names = {*not_applicable.REQUIREMENTS, *not_applicable.USE_CASES} - known - {case.id for case in cases}
    return [*found, *(f"tools/evidence/not_applicable.py: no requirement or use case {name}" for name in sorted(names))]


def own_problems() -> list[str]:
    """Those of the project's tests."""
    return problems(marks(TESTS, MARK), use_cases())


def table() -> str:
    """The whole document."""
    shown = {claim.name for claim in marks(TESTS, MARK) if not claim.speaks_1_6_only}
    lines = [INTRODUCTION]
    for letter, name in BLOCKS.items():
        lines += [f"## {letter} {name}", "", f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
        lines += [_row(case, shown) for case in use_cases() if case.id.startswith(letter)] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _row(case: UseCase, shown: set[str]) -> str:
    own = case.by_actor.get("station", ())
    absent = {each: reason for each in own if (reason := absence(each)) is not None}
    reasons = "; ".join(
        f"{_few([each for each in absent if absent[each] == reason])}: {reason}"
        for reason in dict.fromkeys(absent.values())
    )
    told = [each for each in own if each in shown]
    still_open = [each for each in own if each not in shown and each not in absent]
    return f"| {case.id} {case.title} | {_counted(told)} | {_counted(still_open)} | {reasons} |"


def _counted(ids: list[str]) -> str:
    return f"**{len(ids)}** {_few(ids)}" if ids else "0"


def _few(ids: list[str]) -> str:
    """The numbers alone: the use case stands beside them."""
    return " ".join(each.rpartition(".")[2] for each in ids)
