"""The run folder: where everything of one demonstration lives, and the two files that configure it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

IDENTITY = "DEMO-01"
FIRST_REGISTER_WH = 250_000.0


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths below one directory. The bench's are apart from the station's: a power cut does not end the world."""

    root: Path

    @property
    def bench_config(self) -> Path:
        return self.root / "bench.toml"

    @property
    def bench_directory(self) -> Path:
        return self.root / "bench"

    @property
    def station_config(self) -> Path:
        return self.root / "station.toml"

    @property
    def state_directory(self) -> Path:
        return self.root / "state"

    @property
    def run_directory(self) -> Path:
        return self.root / "run"

    @property
    def csms_ports(self) -> Path:
        return self.root / "csms.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def prepare(self) -> None:
        """Make the directories."""
        for directory in (self.bench_directory, self.state_directory, self.run_directory, self.logs):
            directory.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What differs between one station and the next."""

    ocpp: str = "2.0.1"
    sample_seconds: int = 5
    log_level: str = "INFO"
    wires: Path | None = None
    """Where the board's wires are, if not the bench's."""
    safety: Mapping[str, object] = field(default_factory=dict)
    """More keys of [safety]."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """More keys of [settings]."""


def bench_toml(first_register_wh: float = FIRST_REGISTER_WH) -> str:
    """One EVSE with a socket and a three-phase meter; every port is any free one."""
    return (
        "port = 0\nmeter_port = 0\nreader_port = 0\nsupply_volts = 230.0\nmonoflop_seconds = 0.5\n"
        f'\n[[evse]]\nphases = 3\noutlet = "socket"\n\n[evse.meter]\nenergy_import_wh = {float(first_register_wh)}\n'
    )


def station_toml(folder: RunFolder, recipe: Recipe, csms_url: str) -> str:
    """A station on that bench, every port any free one. JSON strings and lists of them are TOML as well."""
    tables: dict[str, dict[str, object]] = {
        "[station]": {
            "identity": IDENTITY,
            "state_dir": str(folder.state_directory),
            "run_dir": str(folder.run_directory),
            "log_level": recipe.log_level,
        },
        "[board]": {"driver": "mock"},
        "[board.options]": {"wires": str(recipe.wires or folder.bench_directory / "wires")},
        "[safety]": {"start": "external", **recipe.safety},
        "[bench]": {"start": "external"},
        "[[evse]]": {"id": 1, "max_current_amps": 32, "phases": 3},
        "[[meter]]": {"name": "main", "evse": 1},
        "[meter.options]": {"bench_directory": str(folder.bench_directory), "evse": 1},
        "[[reader]]": {"name": "front"},
        "[reader.options]": {"bench_directory": str(folder.bench_directory)},
        "[csms]": {"url": csms_url, "subprotocols": [f"ocpp{recipe.ocpp}"]},
        "[panel]": {"port": 0},
        "[settings]": {"MeterValueSampleInterval": recipe.sample_seconds, **recipe.settings},
    }
    return "\n".join(_table(head, entries) for head, entries in tables.items())


def _table(head: str, entries: dict[str, object]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join([head, *lines, ""])
