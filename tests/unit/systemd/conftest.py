"""A service manager that listens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unit.systemd.service_manager import Sender, ServiceManager


@pytest.fixture
def service_manager(tmp_path: Path) -> Iterator[ServiceManager]:
    manager = ServiceManager(tmp_path)
    yield manager
    manager.close()


@pytest.fixture
def sender(service_manager: ServiceManager) -> Iterator[Sender]:
    made = Sender(service_manager.path)
    yield made
    made.close()
