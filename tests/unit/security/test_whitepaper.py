"""Each requirement of the 1.6 security whitepaper is shown by a test, or it is somebody else's."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

TESTS = Path(__file__).parents[2]
ALL: Mapping[str, tuple[int, ...]] = {
    "A00": (
        *range(1, 6),
        *range(201, 207),
        *range(301, 325),
        *range(401, 430),
        *range(501, 513),
        *range(601, 604),
        *range(701, 705),
        706,
        *range(801, 807),
    ),
    "A01": tuple(range(1, 13)),
    "A02": tuple(range(1, 14)),
    "A03": tuple(range(1, 14)),
    "A04": tuple(range(1, 5)),
    "A05": tuple(range(1, 10)),
    "L01": tuple(range(1, 30)),
    "M03": tuple(range(1, 5)),
    "M04": tuple(range(1, 8)),
    "M05": (*range(1, 5), 6, *range(8, 14)),
    "N01": (*range(1, 6), *range(7, 13)),
}
CSMS, OPERATOR, MAKER = "the CSMS's", "the operator's", "the manufacturer's"
NOT_OURS: Mapping[str, str] = {
    "A00.FR.002": CSMS,
    "A00.FR.201": OPERATOR,
    "A00.FR.206": OPERATOR,
    "A00.FR.305": CSMS,
    "A00.FR.306": CSMS,
    "A00.FR.314": CSMS,
    "A00.FR.317": CSMS,
    "A00.FR.321": CSMS,
    "A00.FR.323": CSMS,
    "A00.FR.324": CSMS,
    "A00.FR.403": CSMS,
    "A00.FR.404": CSMS,
    "A00.FR.405": CSMS,
    "A00.FR.406": OPERATOR,
    "A00.FR.408": CSMS,
    "A00.FR.409": CSMS,
    "A00.FR.410": CSMS,
    "A00.FR.418": CSMS,
    "A00.FR.421": CSMS,
    "A00.FR.425": CSMS,
    "A00.FR.428": CSMS,
    "A00.FR.512": "of whoever issues certificates",
    "A00.FR.601": OPERATOR,
    "A00.FR.602": OPERATOR,
    "A00.FR.603": OPERATOR,
    "A00.FR.701": CSMS,
    "A00.FR.702": CSMS,
    "A00.FR.703": OPERATOR,
    "A00.FR.704": CSMS,
    "A00.FR.706": CSMS,
    "A00.FR.801": MAKER,
    "A00.FR.802": MAKER,
    "A00.FR.803": MAKER,
    "A00.FR.804": MAKER,
    "A00.FR.806": CSMS,
    "A01.FR.05": CSMS,
    "A01.FR.06": OPERATOR,
    "A01.FR.07": OPERATOR,
    "A01.FR.08": CSMS,
    "A01.FR.09": CSMS,
    "A02.FR.04": CSMS,
    "A02.FR.11": CSMS,
    "A02.FR.12": CSMS,
    "A03.FR.01": OPERATOR,
    "A03.FR.04": CSMS,
    "A03.FR.11": CSMS,
    "A03.FR.12": CSMS,
    "A04.FR.03": CSMS,
    "L01.FR.08": OPERATOR,
    "L01.FR.11": CSMS,
    "L01.FR.14": "a download is never paused: nothing here has a higher claim to the network",
    "L01.FR.22": "the station can speak while it installs, and tells Installing",
}


def required() -> Iterator[str]:
    for block, numbers in ALL.items():
        for number in numbers:
            yield f"{block}.FR.{number:0{3 if block == 'A00' else 2}d}"


def shown() -> set[str]:
    """By a mark or by a name, in tests that are not of 2.0.1 alone, where the same numbers mean other things."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        if "2_0_1" in path.name or "v201" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found |= {name for decorator in node.decorator_list for name in _marked(decorator)}
                found |= {f"{block}.FR.{number}".upper() for block, number in NAMED.findall(node.name)}
    return found


NAMED = re.compile(r"([almn]\d\d)_fr_(\d+)")


def _marked(decorator: ast.expr) -> list[str]:
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != "pytest.mark.requirement":
        return []
    return [str(each.value) for each in decorator.args if isinstance(each, ast.Constant)]


def test_each_requirement_is_shown_or_somebody_elses() -> None:
    ours = set(required()) - NOT_OURS.keys()
    assert sorted(ours - shown()) == []
    assert sorted(NOT_OURS.keys() - set(required())) == []
