"""Judges a station.toml with all that it names before anything is started: tables, drivers' options, files.

Reads and tells; starts, opens and changes nothing. What only a look at the hardware can tell stays for the opening.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chargepoint.app.children import bench_file, starts_bench
from chargepoint.app.configuration_notes import over_current_notes
from chargepoint.app.shared_places import place_problems
from chargepoint.csms.address import station_url
from chargepoint.model.errors import ConfigurationError
from chargepoint.safety.plan import board_options, read_safety_plan
from chargepoint.security.certificates import CertificateError
from chargepoint.security.provisioned_files import (
    coming_ends,
    file_problems,
    read_certificate_file,
    read_revocation_file,
)
from chargepoint.security.tls import TlsFiles
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_file import Problem, StationReading, examine_station_file, problem_lines
from chargepoint_hal.bench.settings import BenchSettingsError, EvseSettings, Outlet, load_settings
from chargepoint_hal.driver_options import Fitted, OptionRules, Place
from chargepoint_hal.registry import (
    BOARDS,
    ENERGY_METERS,
    ISO15118_STACKS,
    TOKEN_READERS,
    UnknownDriverError,
    driver_names,
    option_rules,
)

GROUPS: Mapping[str, str] = {
    "board": BOARDS,
    "meter": ENERGY_METERS,
    "reader": TOKEN_READERS,
    "iso15118": ISO15118_STACKS,
}


@dataclass(frozen=True, slots=True)
class CheckedStation:
    """A station.toml without errors."""

    config: StationConfig
    url: str
    """What the CSMS is asked for."""
    notes: tuple[str, ...]
    """What is no error, but worth knowing."""


@dataclass(frozen=True, slots=True)
class _UsedDriver:
    """One table that names a driver, and the options that it is opened with."""

    kind: str
    path: str
    place: tuple[str | int, ...]
    driver: str
    options: Mapping[str, object]


def checked_station(path: Path, now: datetime | None) -> CheckedStation:
    """ConfigurationError with every error, one a line. Without `now` no certificate is too old or too new: a station
    that has just been switched on may not know the time yet, and it charges without its CSMS too."""
    installed = {kind: driver_names(group) for kind, group in GROUPS.items()}
    reading = examine_station_file(path, installed)
    config, notes, url = reading.config, list[str](), ""
    problems = list(reading.problems)
    problems += _option_problems(reading, installed, notes)
    try:
        url = station_url(config.csms.url, config.csms_identity)
    except ConfigurationError as error:
        problems.append(("csms.url", str(error)))
    files = TlsFiles(config.csms.ca_file, config.csms.client_certificate_file, config.csms.client_key_file)
    problems += [(f"csms.{key}", what) for key, what in file_problems(files, now)]
    problems += _firmware_problems(config, notes)
    if reading.is_sure("bench") and reading.is_sure("board", "driver"):
        problems += _bench_problems(reading, bench_file(config, path))
    if problems:
        raise ConfigurationError(problem_lines(path, dict.fromkeys(problems)))
    read_safety_plan(path)  # the safety process reads the file by itself: nothing that it refuses may pass here
    notes += over_current_notes(config)
    if now is not None:
        notes += [f"csms.{end}" for end in coming_ends(files, now)]
    return CheckedStation(config, url, tuple(notes))


def _option_problems(
    reading: StationReading, installed: Mapping[str, list[str]], notes: list[str]
) -> Iterator[Problem]:
    wanted: list[tuple[str, Place]] = []
    for used in _used_drivers(reading.config):
        is_sure = reading.is_sure(*used.place, "driver") and reading.is_sure(*used.place, "options")
        if not is_sure or used.driver not in installed[used.kind]:
            continue
        try:
            rules = option_rules(GROUPS[used.kind], used.driver)
        except (UnknownDriverError, ImportError, AttributeError) as error:
            yield f"{used.path}.driver", f"{used.driver!r} can not be loaded ({error}): install it anew or name another"
            continue
        if rules is None:
            if used.options:
                notes.append(
                    f"{used.path}.options: {used.driver} does not tell its rules; it judges them when it opens"
                )
            continue
        wrong = rules.problems(used.options)
        wanted += [(f"{used.path}.options", place) for place in (() if wrong else rules.places(used.options))]
        for problem in wrong:
            yield f"{used.path}.options{'.' * bool(problem.option)}{_key(problem.option)}", problem.what
        if used.kind == "board":
            yield from _board_problems(reading, used, rules)
    yield from place_problems(wanted)


def _board_problems(reading: StationReading, used: _UsedDriver, rules: OptionRules) -> Iterator[Problem]:
    """What the rest of the file asks of a board with these options, as the safety process does at its start."""
    period_seconds = reading.config.safety.period_ms / 1000.0
    if reading.is_sure("safety", "period_ms") and (what := rules.period_problem(used.options, period_seconds)):
        yield "safety.period_ms", what
    fitted = None if rules.problems(used.options) else rules.fitted(used.options)
    if fitted is not None:
        yield from _fitting_problems(reading, used.driver, fitted)


def _fitting_problems(reading: StationReading, driver: str, fitted: tuple[Fitted, ...]) -> Iterator[Problem]:
    config, offered = reading.config, ", ".join(str(number) for number in range(1, len(fitted) + 1))
    for index, row in enumerate(config.evse if reading.is_sure("evse") else ()):
        if row.id > len(fitted):
            what = f"{row.id} is not on the board {driver!r} with these options: it has {offered}"
            yield f"evse[{index}].id", what
            continue
        is_socket = (row.outlet or config.safety.outlet) == "socket" and reading.is_sure("safety", "outlet")
        if is_socket and not fitted[row.id - 1].has_proximity:
            yield (
                f"evse[{index}].outlet",
                f"a socket needs a proximity pilot and the board {driver!r} with these options has none: "
                'set outlet = "tethered" if the cable is fixed',
            )
        if row.phase_switching != "never" and not fitted[row.id - 1].switches_phases:
            yield (
                f"evse[{index}].phase_switching",
                "a contactor of its own for L2 and L3, with feedback, is needed and the board "
                f'{driver!r} with these options has none: leave it out or set it to "never"',
            )


def _key(option: str) -> str:
    return option if option.isprintable() else repr(option)


def _used_drivers(config: StationConfig) -> Iterator[_UsedDriver]:
    options = board_options(config.board.driver, config.board.options, Path(config.station.run_dir))
    yield _UsedDriver("board", "board", ("board",), config.board.driver, options)
    for index, meter in enumerate(config.meter):
        yield _UsedDriver("meter", f"meter[{index}]", ("meter", index), meter.driver, meter.options)
    for index, reader in enumerate(config.reader):
        yield _UsedDriver("reader", f"reader[{index}]", ("reader", index), reader.driver, reader.options)
    stack = config.iso15118
    if stack.driver is not None:
        yield _UsedDriver("iso15118", "iso15118", ("iso15118",), stack.driver, stack.options)


def _firmware_problems(config: StationConfig, notes: list[str]) -> Iterator[Problem]:
    """Only what the chosen backend reads."""
    firmware = config.firmware
    if firmware.backend == "none":
        return
    named = {"manufacturer_roots_file": firmware.manufacturer_roots_file}
    if firmware.backend == "file":
        named["bundle_certificates_file"] = firmware.bundle_certificates_file
        if firmware.slots_dir is not None and not os.path.isdir(firmware.slots_dir):
            notes.append(f"firmware.slots_dir: {firmware.slots_dir} is not there: no firmware can be installed")
    for key, file in named.items():
        if file is not None:
            try:
                read_certificate_file(file, key)
            except ConfigurationError as error:
                yield f"firmware.{key}", str(error)
    try:
        read_revocation_file(firmware.revocation_list_file)
    except CertificateError as error:
        yield "firmware.revocation_list_file", str(error)


def _bench_problems(reading: StationReading, file: Path) -> Iterator[Problem]:
    """Of the bench that this station would start; without a file of its own it has one EVSE."""
    config = reading.config
    if not starts_bench(config):
        return
    benches: tuple[EvseSettings, ...] = (EvseSettings(),)
    if os.path.exists(file):
        try:
            benches = load_settings(file).evses
        except BenchSettingsError as error:
            yield from (("bench.config", problem) for problem in error.problems)
            return
    elif "config" in config.bench.model_fields_set:
        yield "bench.config", f"{file} is not there: give the path of a bench.toml, or leave the key out"
        return
    if reading.is_sure("evse") and len(config.evse) > len(benches):
        told = f"{file} has {len(benches)}" if os.path.exists(file) else f"without {file} it has 1"
        yield "bench.config", f"{len(config.evse)} EVSEs need as many on the bench, {told}: add [[evse]] tables there"
        return
    fitted = tuple(Fitted(evse.outlet is Outlet.SOCKET, evse.phases == 3) for evse in benches)
    yield from _fitting_problems(reading, config.board.driver, fitted)
