"""A package of others brings an ISO 15118 stack: station.toml names it, and the process runs it."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from chargepoint.app.configuration_check import checked_station
from chargepoint.app.drivers import open_stack
from chargepoint.charging.contract_port import Iso15118Stack
from chargepoint.model.errors import ConfigurationError
from chargepoint.settings.station_config import StationConfig
from support.installed_stack import install_stack

NAMED = "[iso15118]\ndriver = 'theirs'\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where packages are found."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_stack", raising=False)
    return tmp_path


def checked(folder: Path, text: str) -> StationConfig:
    path = folder / "station.toml"
    path.write_text(text)
    return checked_station(path, now=None).config


async def test_without_a_name_there_is_none_and_with_one_it_is_opened_with_its_options(folder: Path) -> None:
    install_stack(folder)
    assert await open_stack(checked(folder, "")) is None
    stack = await open_stack(checked(folder, f"{NAMED}options = {{ told = 'x' }}"))
    assert isinstance(stack, Iso15118Stack)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[iso15118]\ndriver = 'their'", "iso15118.driver: there is no iso15118 driver 'their': did you mean theirs?"),
        ("[iso15118]\noptions = { told = 'x' }", "iso15118.driver: name the stack that these options are for"),
        (f"{NAMED}options = {{ tell = 'x' }}", "iso15118.options.tell: unknown option"),
        (f"{NAMED}options = {{}}", "iso15118.options.told: "),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_started(folder: Path, text: str, said: str) -> None:
    install_stack(folder)
    with pytest.raises(ConfigurationError) as error:
        checked(folder, text)
    assert said in str(error.value)


@pytest.mark.parametrize("module", ["import no_such_library", "def open_stack(options): return 7"])
async def test_what_is_no_stack_is_no_station_that_runs_without_one(folder: Path, module: str) -> None:
    install_stack(folder, dedent(module))
    config = StationConfig.model_validate({"iso15118": {"driver": "theirs"}})
    with pytest.raises(ConfigurationError, match="iso15118: driver 'theirs'"):
        await open_stack(config)
