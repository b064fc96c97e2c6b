"""What all tests may use: a directory in memory, and lines that are shown at the end of a run.

`record_property("shown", line)` is printed after the results, from whichever worker the test ran in.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("untimed", settings.get_profile("search"), derandomize=True)
settings.load_profile("untimed")
"""How long an example takes says something about the machine only; and what a change is judged by is the same for each
change. `--hypothesis-profile=search` looks for new examples."""

MEMORY = Path("/dev/shm")


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """Like `tmp_path`, but in memory where the machine has that: for tests with hundreds of databases, which are not
    about what a disk keeps."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(prefix="chargepoint-", dir=MEMORY) as directory:
        yield Path(directory)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that wait for real processes go first, so that a run does not end waiting for them."""
    items.sort(key=lambda item: item.get_closest_marker("real_processes") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the lines after the results."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, line in report.user_properties:
                if name == "shown":
                    terminalreporter.write_line(str(line))


def pytest_collection_finish() -> None:
    """What is there for the whole run is not looked through again and again by the collector."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
