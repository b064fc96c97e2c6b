"""Finds what tests say they show, in marks and docstrings, by reading the source: nothing is imported or run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

TestFunction = ast.FunctionDef | ast.AsyncFunctionDef
CASE_ID = re.compile(r"\bTC_\w+(?: to TC_\w+)?")
"""Whatever looks like a test case of part 6, or a span of them, so that what is not spelled out is found too."""


@dataclass(frozen=True, slots=True)
class Test:
    """A test function, as pytest names it within its module, with the decorators of its class too."""

    function: TestFunction
    name: str
    decorators: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One name that one test says it shows."""

    name: str
    test: str
    """As pytest names it from the folder of the tests."""
    line: int
    speaks_1_6_only: bool

    @property
    def place(self) -> str:
        """file:line of the test, from the project's folder."""
        return f"tests/{self.test.partition('::')[0]}:{self.line}"


def marked_tests(tests: Path, mark: str) -> dict[str, list[str]]:
    """For each name in `@pytest.mark.<mark>("name", …)` the tests that carry it.

    A module's `pytestmark` counts for each of its tests. SyntaxError for a file that is no Python.
    """
    return by_name(marks(tests, mark))


def by_name(claims: list[Claim]) -> dict[str, list[str]]:
    """The tests of each name."""
    found: dict[str, list[str]] = {}
    for claim in claims:
        found.setdefault(claim.name, []).append(claim.test)
    return found


def marks(tests: Path, mark: str) -> list[Claim]:
    """Every name of every mark of that kind."""
    return [
        claim
        for path, module in _modules(tests, f"mark.{mark}(")
        for test in _tests(module)
        for claim in _claims(path, tests, test, _marked(module, test, mark))
    ]


def told_cases(tests: Path) -> list[Claim]:
    """The case ids in the docstrings of tests: a test whose docstring names a case says that it is told as there."""
    return [
        claim
        for path, module in _modules(tests, "TC_")
        for test in _tests(module)
        for claim in _claims(path, tests, test, CASE_ID.findall(ast.get_docstring(test.function) or ""))
    ]


def _modules(tests: Path, sign: str) -> Iterator[tuple[Path, ast.Module]]:
    """Those files only that have the sign somewhere: to parse all takes longer than all else."""
    for path in sorted(tests.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if sign in source:
            yield path, _parsed(source)


@cache
def _parsed(source: str) -> ast.Module:
    """Each file once for all documents."""
    return ast.parse(source)


def _tests(module: ast.Module) -> Iterator[Test]:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if _is_test(inner):
                    yield Test(inner, f"{node.name}::{inner.name}", (*node.decorator_list, *inner.decorator_list))
        elif _is_test(node):
            yield Test(node, node.name, tuple(node.decorator_list))


def _is_test(node: ast.stmt) -> TypeGuard[TestFunction]:
    return isinstance(node, TestFunction) and node.name.startswith("test_")


def _claims(path: Path, tests: Path, test: Test, names: list[str]) -> Iterator[Claim]:
    for name in dict.fromkeys(names):
        place = path.relative_to(tests).as_posix()
        yield Claim(name, f"{place}::{test.name}", test.function.lineno, _speaks_1_6_only(path, test))


def _speaks_1_6_only(path: Path, test: Test) -> bool:
    """A test under both versions takes `version`; one for 1.6 is of v16, or has one beside it for 2.0.1."""
    if any(argument.arg == "version" for argument in test.function.args.args):
        return False
    if path.parent.name == "v16" or "_1_6" in path.stem:
        return True
    has_sibling = path.with_name(f"{path.stem}_2_0_1.py").exists()
    is_marked = any(_names(decorator, "ocpp_1_6") for decorator in test.decorators)
    return (has_sibling or is_marked) and not any(
        isinstance(node, ast.Constant) and node.value == "2.0.1" for node in ast.walk(test.function)
    )


def _marked(module: ast.Module, test: Test, mark: str) -> list[str]:
    everywhere = [name for node in module.body for name in _pytestmark(node, mark)]
    return everywhere + [name for decorator in test.decorators for name in _names(decorator, mark)]


def _pytestmark(node: ast.stmt, mark: str) -> list[str]:
    if not isinstance(node, ast.Assign):
        return []
    target = node.targets[0]
    if not isinstance(target, ast.Name) or target.id != "pytestmark":
        return []
    listed = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    return [name for each in listed for name in _names(each, mark)]


def _names(node: ast.expr, mark: str) -> list[str]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != mark:
        return []
    if ast.unparse(node.func) != f"pytest.mark.{mark}":
        return []
    return [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
