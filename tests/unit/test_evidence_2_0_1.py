"""The table of part 6 and the report of requirements say what tests claim, and no claim is taken that cannot be."""

import re
from pathlib import Path

import pytest

from evidence import cases_2_0_1, device_model, not_applicable, requirements_2_0_1
from evidence.cases_2_0_1 import BLOCKS, BY_STACK, NEEDS, TESTS, Case, all_cases, features
from evidence.marks import by_name, marks, told_cases
from evidence.requirements_2_0_1 import use_cases

FEATURE = re.compile(r"[A-Z]+-\d+(?:\.\d+)?")
CASES = (
    Case("TC_B_01_CS", "Cold boot", "Core", "mandatory", ""),
    Case("TC_B_15_CS", "Not supported", "Core", "conditional", "NOT C-56"),
    Case("TC_O_15_CS", "Language", "Advanced User Interface", "removed", ""),
)


def written(tests: Path, docstring: str) -> Path:
    (tests / "test_boot.py").write_text(f'def test_a() -> None:\n    """{docstring}"""\n', encoding="utf-8")
    return tests


def problems_of(tests: Path, docstring: str, absent: dict[str, str] | None = None) -> list[str]:
    return cases_2_0_1.problems(told_cases(written(tests, docstring)), CASES, absent or {})


def test_the_cases_of_a_docstring_are_those_that_the_test_tells(tmp_path: Path) -> None:
    claims = told_cases(written(tmp_path, "TC_B_01_CS, TC_B_02_CS: and more"))
    assert [(each.name, each.test) for each in claims] == [
        ("TC_B_01_CS", "test_boot.py::test_a"),
        ("TC_B_02_CS", "test_boot.py::test_a"),
    ]
    assert problems_of(tmp_path, "TC_B_01_CS") == []


def test_an_unknown_case_is_an_error_with_its_place(tmp_path: Path) -> None:
    (said,) = problems_of(tmp_path, "TC_B_99_CS")
    assert said.startswith("tests/test_boot.py:1: TC_B_99_CS is no case of a charging station")
    assert problems_of(tmp_path, "TC_B_01")[0].endswith("write TC_B_01_CS")
    assert "name each" in problems_of(tmp_path, "TC_B_01_CS to TC_B_15_CS")[0]
    assert "removed" in problems_of(tmp_path, "TC_O_15_CS")[0]


def test_a_case_is_told_or_does_not_apply_and_never_both(tmp_path: Path) -> None:
    absent = {"TC_B_15_CS": "SummaryInventory is there"}
    assert problems_of(tmp_path, "TC_B_01_CS", absent) == []
    (said,) = problems_of(tmp_path, "TC_B_15_CS", absent)
    assert said.startswith("tests/test_boot.py:1: TC_B_15_CS is told, but")
    (said,) = problems_of(tmp_path, "TC_B_01_CS", {"TC_B_77_CS": "a misspelled one"})
    assert "TC_B_77_CS is no case" in said


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("E02.FR.05", None),
        ("E02.FR.99", "tests/test_boot.py:2: no requirement E02.FR.99"),
        ("K15.FR.01", "tests/test_boot.py:2: K15.FR.01 is shown, but"),
        ("L01.FR.17", None),  # of the security whitepaper alone
    ],
)
def test_an_unknown_or_absent_requirement_is_an_error_with_its_place(
    tmp_path: Path, mark: str, said: str | None
) -> None:
    (tmp_path / "test_boot.py").write_text(
        f"@pytest.mark.requirement('{mark}')\ndef test_a() -> None: ...\n", encoding="utf-8"
    )
    found = requirements_2_0_1.problems(marks(tmp_path, "requirement"), use_cases())
    assert [each.startswith(said or "") for each in found] == ([] if said is None else [True])


def test_what_speaks_1_6_only_shows_nothing_of_2_0_1(tmp_path: Path) -> None:
    for name in ("test_boot", "test_boot_2_0_1", "test_keys_1_6", "test_both"):
        (tmp_path / f"{name}.py").write_text(
            "@pytest.mark.requirement('B01.FR.01')\ndef test_a() -> None: ...\n"
            "@pytest.mark.requirement('B01.FR.01')\ndef test_b(version: str) -> None: ...\n"
            "@pytest.mark.requirement('B01.FR.01')\ndef test_c() -> None:\n    tell('2.0.1')\n",
            encoding="utf-8",
        )
    assert [each.test for each in marks(tmp_path, "requirement") if each.speaks_1_6_only] == [
        "test_boot.py::test_a",
        "test_keys_1_6.py::test_a",
        "test_keys_1_6.py::test_c",
    ]


def test_the_table_of_cases_is_whole_and_its_conditions_can_be_read() -> None:
    cases = all_cases()
    assert len({case.id for case in cases}) == len(cases) == 424
    assert {case.block for case in cases} == set(BLOCKS)
    assert {case.need for case in cases} == set(NEEDS)
    assert [case.id for case in cases if bool(case.condition) != (case.need == "conditional")] == []
    assert {code for case in cases for code in FEATURE.findall(case.condition)} == set(features())


def test_every_use_case_has_its_requirements() -> None:
    cases = {case.id: case for case in use_cases()}
    assert {name[0] for name in cases} == set(BLOCKS)
    assert cases["B07"].title == "Get Base Report"
    assert cases["B07"].by_actor["station"][:6] == tuple(f"B07.FR.0{number}" for number in (1, 2, 3, 4, 5, 7))
    assert cases["A00"].by_actor["others"][0] == "A00.FR.002"
    everything = [each for case in use_cases() for ids in case.by_actor.values() for each in ids]
    assert len(everything) == len(set(everything))


def test_no_case_is_open() -> None:
    told = by_name(told_cases(TESTS))
    wanted = [case for case in all_cases() if case.is_aimed_at]
    assert [case.id for case in wanted if case.id not in told and case.id not in not_applicable.CASES] == []


def test_what_is_mandatory_always_applies() -> None:
    """Of ISO 15118 a station has what its stack asks for; K15 to K17 are beyond that."""
    cases = {case.id: case for case in all_cases()}
    absent = [cases[name] for name in not_applicable.CASES]
    assert [case.id for case in absent if case.need == "mandatory" and case.profile != BY_STACK] == []
    assert {case.block for case in absent if case.profile == BY_STACK} == {"K"}


def test_the_documents_say_who_tells_what_and_why_the_rest_does_not_apply() -> None:
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in cases_2_0_1.section().splitlines()}
    assert "`scenarios/test_provisioning_2_0_1.py::" in rows["TC_B_01_CS"]
    assert not_applicable.CASES["TC_B_28_CS"] in rows["TC_B_28_CS"]
    assert "TC_O_15_CS" not in rows
    report = requirements_2_0_1.table()
    assert "| K15 Charging with load leveling based on High Level Communication | 0 | 0 | 01 06 09" in report


def test_each_standard_variable_of_a_component_that_is_there_is_there_too_or_absent_for_a_reason() -> None:
    assert device_model.unexplained() == []
