"""`chargepoint meter scan` and `chargepoint token learn` as a person on a ladder meets them."""

import asyncio
import os
import threading
import tomllib
import tty
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chargepoint.cli.commands import application
from chargepoint_hal.registry import TOKEN_READERS, find_driver
from unit.meters.known_registers import KNOWN
from unit.meters.tcp_meter import device, tcp_server

FRAME = b"\x0213005D1DA5F6\x03"


async def test_a_meter_is_found_shown_and_written(tmp_path: Path) -> None:
    path = tmp_path / "meters.toml"
    async with tcp_server(device(1, KNOWN["eastron-sdm630"].table())) as port:
        arguments = [
            "meter",
            "scan",
            "--tcp",
            f"127.0.0.1:{port}",
            "--units",
            "1",
            "--timeout",
            "2",
            "--write",
            str(path),
        ]
        result = await asyncio.to_thread(CliRunner().invoke, application, arguments)
        again = await asyncio.to_thread(CliRunner().invoke, application, arguments)
    assert result.exit_code == 0, result.output
    assert "eastron-sdm630 (Eastron SDM630)" in result.stdout
    assert "volts 230.5, 229, 231.25 V" in result.stdout
    assert "look: the power of L2 is negative" not in result.stdout
    assert "look: the current of L2 flows backwards" in result.stdout
    assert f"written: {path}" in result.stdout
    (meter,) = tomllib.loads(path.read_text())["meter"]
    assert meter["options"] == {"map": "eastron-sdm630", "host": "127.0.0.1", "port": port, "unit": 1}
    assert again.exit_code == 1
    assert "nothing is written" in again.output


@dataclass
class HeldCard:
    """An RDM6300 with a card in its field: it repeats the number until the card is taken away."""

    path: str
    master: int
    taken_away: threading.Event = field(default_factory=threading.Event)

    def repeat(self) -> None:
        while not self.taken_away.wait(0.02):
            os.write(self.master, FRAME)


@pytest.fixture
def card() -> Iterator[HeldCard]:
    master, far_end = os.openpty()
    tty.setraw(far_end)
    held = HeldCard(os.ttyname(far_end), master)
    thread = threading.Thread(target=held.repeat)
    thread.start()
    yield held
    held.taken_away.set()
    thread.join()
    os.close(far_end)
    os.close(master)


def station_with(path: Path, reader: str) -> str:
    path.write_text(f"[[evse]]\nid = 1\n{reader}")
    return str(path)


def test_a_card_is_learned_in_every_writing(tmp_path: Path, card: HeldCard) -> None:
    reader = (
        f'[[reader]]\nname = "front"\ndriver = "rdm6300"\noptions = {{ serial_port = "{card.path}", digits = 8 }}\n'
    )
    config = station_with(tmp_path / "station.toml", reader)
    result = CliRunner().invoke(application, ["token", "learn", "--config", config, "--count", "1", "--seconds", "20"])
    assert result.exit_code == 0, result.output
    assert "card of type Local, 5 bytes" in result.stdout, "the whole number, whatever the options keep of it"
    for text in ("13005D1DA5", "A51D5D0013", "005D1DA5", "0006102437", "093,07589"):
        assert text in result.stdout


def test_what_the_reader_is_told_to_write_is_what_was_shown_for_it(tmp_path: Path, card: HeldCard) -> None:
    reader = f'[[reader]]\nname = "front"\ndriver = "rdm6300"\noptions = {{ serial_port = "{card.path}" }}\n'
    config = station_with(tmp_path / "station.toml", reader)
    result = CliRunner().invoke(application, ["token", "learn", "--config", config, "--count", "1", "--seconds", "20"])
    shown = {
        tuple(sorted(tomllib.loads(way.replace(", ", "\n")).items())): text
        for text, name in (line.split(maxsplit=1) for line in result.stdout.splitlines() if line.startswith("  "))
        for way in name.split("; ")
        if "=" in way
    }
    assert shown.keys() == {
        (("reverse", True),),
        (("digits", 8),),
        (("digits", 8), ("reverse", True)),
    }
    for options, text in shown.items():
        opened = find_driver(TOKEN_READERS, "rdm6300")({"serial_port": card.path, **dict(options)})
        sighting = opened.wait_for_token(20.0)
        opened.close()
        assert sighting.value == text


@pytest.mark.parametrize(
    ("reader", "complaint"),
    [
        ("", "no reader at all"),
        ('[[reader]]\nname = "back"\ndriver = "rdm6300"\noptions = { serial_port = "/nowhere" }\n', "there are back"),
    ],
)
def test_a_reader_that_is_not_described_is_named(tmp_path: Path, reader: str, complaint: str) -> None:
    config = station_with(tmp_path / "station.toml", reader)
    wanted = ["--reader", "front"] if reader else []
    result = CliRunner().invoke(application, ["token", "learn", "--config", config, *wanted])
    assert result.exit_code == 2
    assert complaint in result.output
