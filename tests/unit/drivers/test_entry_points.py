"""Every driver that the project announces can be imported, says its options, and is in the document of options."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from chargepoint_hal.driver_options import Driver
from chargepoint_hal.registry import BOARDS, ENERGY_METERS, TOKEN_READERS

ROOT = Path(__file__).resolve().parents[3]
ANNOUNCED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
DRIVERS = [
    (group, name, target)
    for group in (BOARDS, ENERGY_METERS, TOKEN_READERS)
    for name, target in ANNOUNCED[group].items()
]


@pytest.mark.parametrize(("group", "name", "target"), DRIVERS, ids=[f"{name}" for _, name, _ in DRIVERS])
def test_a_driver_is_there_and_described(group: str, name: str, target: str) -> None:
    module, attribute = target.split(":")
    opener = getattr(import_module(module), attribute)
    assert isinstance(opener, Driver)
    kind = {BOARDS: "board", ENERGY_METERS: "meter", TOKEN_READERS: "reader"}[group]
    described = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert f"[[{kind}]] options of `{name}`" in described or f"options of `{name}`" in described
