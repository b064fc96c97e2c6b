"""The index of the wiring pages: every page and every driver of real hardware stands in it, under its name."""

import re
import tomllib
from pathlib import Path

from chargepoint_hal.registry import BOARDS, ENERGY_METERS, TOKEN_READERS

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "docs" / "hardware"
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")
OF_THE_BENCH = {"mock", "bench"}
"""They have nothing to wire."""


def test_every_page_stands_in_the_index_and_every_entry_leads_to_a_page() -> None:
    linked = set(re.findall(r"^\| \[([\w.-]+)\]\(\1\)", INDEX, re.MULTILINE))
    assert linked == {page.name for page in PAGES.glob("*.md")} - {"README.md"}


def test_every_driver_of_real_hardware_has_its_page() -> None:
    announced = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    drivers = {name for group in (BOARDS, ENERGY_METERS, TOKEN_READERS) for name in announced[group]}
    described = {name for row in INDEX.splitlines() if row.startswith("|") for name in re.findall(r"`([\w-]+)`", row)}
    assert drivers - OF_THE_BENCH == described
