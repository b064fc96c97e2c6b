"""Runs `chargepoint token learn`: opens one reader of a station.toml by itself and shows each card in every way."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import typer

from chargepoint import system_clock
from chargepoint.model.errors import ConfigurationError
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_file import read_station_file
from chargepoint.settings.station_sections import ReaderSection
from chargepoint_hal.contract import TokenReader, TokenSighting
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.readers.card_ids import forms_of
from chargepoint_hal.readers.presentations import PresentationFilter
from chargepoint_hal.registry import TOKEN_READERS, UnknownDriverError, find_driver, option_rules

WAIT_SECONDS = 0.25
WRITING_OPTIONS = frozenset({"reverse", "length", "digits"})
"""Left out, so that the card is seen as the reader gives it."""


def learn_cards(path: Path, name: str | None, count: int, seconds: float) -> int:
    """How many cards were shown; ConfigurationError where there is no such reader or it can not be opened."""
    row = _described(read_station_file(path), name, path)
    reader = _opened(row)
    rules = option_rules(TOKEN_READERS, row.driver)
    typer.echo(f"{reader.name}: hold a card to it; Ctrl-C ends")
    try:
        return watch(reader, count, seconds, typer.echo, () if rules is None else rules.options)
    except KeyboardInterrupt:
        return 1
    finally:
        reader.close()


def watch(reader: TokenReader, count: int, seconds: float, say: Callable[[str], None], options: Collection[str]) -> int:
    """Show cards until there were so many, or for so long; 0 is no bound. `options`: those that the reader takes."""
    presentations, shown = PresentationFilter(), 0
    ends_at = system_clock.monotonic() + seconds
    while not count or shown < count:
        now = system_clock.monotonic()
        if seconds and now >= ends_at:
            break
        try:
            sighting = reader.wait_for_token(WAIT_SECONDS)
        except HardwareError as error:
            say(str(error))
            continue
        if sighting is None:
            continue
        presentations, new = presentations.seen(sighting, now)
        if new is not None:
            shown += 1
            for line in lines_of(new, options):
                say(line)
    return shown


def lines_of(sighting: TokenSighting, options: Collection[str]) -> list[str]:
    """Every way to write the card, each with what it is."""
    try:
        raw = bytes.fromhex(sighting.value)
    except ValueError:
        return [f"card of type {sighting.kind}: {sighting.value} (a text: there is one way to write it)"]
    head = f"card of type {sighting.kind}, {len(raw)} bytes"
    return [head, *(f"  {text:<24} {name}" for name, text in forms_of(raw, options).items())]


def _described(config: StationConfig, name: str | None, path: Path) -> ReaderSection:
    rows = [row for row in config.reader if name in (None, row.name)]
    if not rows:
        names = ", ".join(row.name for row in config.reader) or "none"
        raise ConfigurationError(f"{path}: no reader {name or 'at all'}: there are {names}")
    return rows[0]


def _opened(row: ReaderSection) -> TokenReader:
    options: Mapping[str, object] = {key: value for key, value in row.options.items() if key not in WRITING_OPTIONS}
    try:
        reader = find_driver(TOKEN_READERS, row.driver)(options)
    except (UnknownDriverError, ImportError, ValueError, OSError, HardwareError) as error:
        raise ConfigurationError(f"reader {row.name}: driver {row.driver!r} can not be opened: {error}") from error
    if not isinstance(reader, TokenReader):
        raise ConfigurationError(f"reader {row.name}: driver {row.driver!r} gives no token reader")
    return reader
