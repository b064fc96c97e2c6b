"""Finds the marks of tests by reading the source: nothing is imported or run."""

import ast
from collections.abc import Iterator
from pathlib import Path


def marked_tests(tests: Path, mark: str) -> dict[str, list[str]]:
    """For each name in `@pytest.mark.<mark>("name", …)` the tests that carry it, as pytest names them from `tests`.

    A module's `pytestmark` counts for each of its tests. SyntaxError for a file that is no Python.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        place = path.relative_to(tests).as_posix()
        for test, name in _marked(ast.parse(path.read_text(encoding="utf-8")), mark):
            found.setdefault(name, []).append(f"{place}::{test}")
    return found


def _marked(module: ast.Module, mark: str) -> Iterator[tuple[str, str]]:
    everywhere = [name for node in module.body for name in _pytestmark(node, mark)]
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = [name for decorator in node.decorator_list for name in _names(decorator, mark)]
            for name in dict.fromkeys(everywhere + own):
                yield node.name, name


def _pytestmark(node: ast.stmt, mark: str) -> list[str]:
    if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != "pytestmark":
        return []
    marks = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    return [name for each in marks for name in _names(each, mark)]


def _names(node: ast.expr, mark: str) -> list[str]:
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != f"pytest.mark.{mark}":
        return []
    return [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
