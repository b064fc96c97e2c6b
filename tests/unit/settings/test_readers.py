"""What a CSMS or an operator can set is read by somebody: a setting that nobody reads would be a promise not kept."""

import ast
from pathlib import Path

import pytest

import chargepoint
from chargepoint.settings import catalogue
from chargepoint.settings.setting import Access, AnySetting

SOURCES = Path(chargepoint.__file__).parent
DEFINED_IN = (SOURCES / "settings" / "catalogue.py", SOURCES / "settings" / "entries")
CAN_BE_SET = {
    name: setting
    for name in catalogue.__all__
    if (setting := getattr(catalogue, name)) in catalogue.CATALOGUE
    and setting.access is not Access.READ_ONLY
    and setting is not catalogue.TIME_SOURCE
}
"""Except what 2.0.1 wants to be settable and has one value only: nothing is promised."""


def names_read() -> set[str]:
    """Every name and attribute that a module outside the catalogue uses; imports alone do not count."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        if any(path == place or place in path.parents for place in DEFINED_IN):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Name):
                found.add(node.id)
    return found


@pytest.fixture(scope="module")
def read() -> set[str]:
    return names_read()


@pytest.mark.parametrize(("name", "setting"), CAN_BE_SET.items(), ids=CAN_BE_SET.keys())
def test_a_setting_that_can_be_changed_has_a_reader(name: str, setting: AnySetting, read: set[str]) -> None:
    assert name in read, f"nobody reads {setting.name}: honour it, or make it read-only"


def test_nobody_reads_what_is_not_there(read: set[str]) -> None:
    assert len(CAN_BE_SET) > 30
    assert "OFFLINE_THRESHOLDS" not in read
