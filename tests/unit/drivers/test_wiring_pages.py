"""The wiring pages: every page and every driver of real hardware stands in their index under its name, and what they
show of a station.toml is right, alone and together."""

import re
import tomllib
from pathlib import Path

import pytest

from chargepoint.app.configuration_check import checked_station
from chargepoint_hal.registry import BOARDS, ENERGY_METERS, TOKEN_READERS, driver_names

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


SAMPLE = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
REST = {
    "station": '[station]\nidentity = "CP-0001"\n',
    "csms": '[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n',
    "board": '[board]\ndriver = "mock"\n',
}
"""What a sample of a driver leaves to other pages."""


def samples(kind: str) -> dict[str, str]:
    """Every piece of a station.toml that has such a table, by its page and place there."""
    return {
        f"{page.stem}-{place}": text
        for page in sorted(PAGES.glob("*.md"))
        for place, text in enumerate(SAMPLE.findall(page.read_text(encoding="utf-8")), start=1)
        if kind in tomllib.loads(text)
    }


def check(folder: Path, *pieces: str) -> None:
    """Together they are a station.toml without errors."""
    text = "\n".join(pieces)
    rest = "\n".join(piece for table, piece in REST.items() if table not in tomllib.loads(text))
    path = folder / "station.toml"
    path.write_text(f"{text}\n{rest}", encoding="utf-8")
    checked_station(path, None)


def test_every_driver_that_is_not_found_by_a_scan_has_a_sample() -> None:
    shown = {tomllib.loads(text)["board"]["driver"] for text in samples("board").values()}
    assert shown == set(driver_names(BOARDS)) - OF_THE_BENCH
    readers = {row["driver"] for text in samples("reader").values() for row in tomllib.loads(text)["reader"]}
    assert readers == set(driver_names(TOKEN_READERS)) - OF_THE_BENCH


@pytest.mark.parametrize("board", samples("board"))
def test_every_sample_of_a_board_is_right_alone_and_with_every_meter_and_reader(board: str, tmp_path: Path) -> None:
    """A reader that takes the pins of the board is no reader for it."""
    for other in ("", *samples("meter").values(), *samples("reader").values()):
        check(tmp_path, samples("board")[board], other)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in ("meter", "reader") for name in samples(kind)])
def test_every_sample_of_a_meter_or_reader_is_right(kind: str, name: str, tmp_path: Path) -> None:
    check(tmp_path, samples(kind)[name])
