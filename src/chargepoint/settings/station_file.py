"""Reads station.toml. Whatever is wrong with it is said at once: where, what, what is allowed, what was meant."""

import json
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from chargepoint.model.errors import ConfigurationError
from chargepoint.settings import values
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.config_schema import ConfigSchema, Location, allowed
from chargepoint.settings.misfits import DriverNames, Place, misfits, touches
from chargepoint.settings.names import SettingNames
from chargepoint.settings.salvage import salvaged
from chargepoint.settings.setting import Setting
from chargepoint.settings.station_config import IDENTITY, PASSWORD, StationConfig

Document = dict[str, Any]
Problem = tuple[str, str]
"""A path in the file, and what is wrong there."""
LARGEST_FILE_BYTES = 65_536
DEEPEST_NESTING = 12
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
LARGEST_INTEGER = 2**63 - 1
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 64
SECRET_KEYS = {"basic_auth_password"}
KEYS = "keys"
"""The key store in the state directory."""
SECRETS = (PASSWORD, IDENTITY)


@dataclass(frozen=True, slots=True)
class StationReading:
    """What a station.toml says, as far as it can be understood."""

    config: StationConfig
    """With the defaults in place of what is wrong."""
    problems: tuple[Problem, ...]
    doubtful: frozenset[Place]
    """Where `config` has not what was written."""

    def is_sure(self, *place: str | int) -> bool:
        """What `config` has there is what the file says."""
        return not any(touches(place, one) for one in self.doubtful)


def read_station_file(path: Path, drivers: DriverNames | None = None) -> StationConfig:
    """The configuration, or ConfigurationError with every error, one a line.

    `drivers` are the installed ones, for a hint on a misspelt name. Relative paths stay as written.
    """
    reading = examine_station_file(path, drivers)
    if reading.problems:
        raise ConfigurationError(problem_lines(path, reading.problems))
    return reading.config


def problem_lines(path: Path, problems: Iterable[Problem]) -> str:
    """One line for each problem."""
    return "\n".join(f"{path}: {where}: {what}" for where, what in problems)


def examine_station_file(path: Path, drivers: DriverNames | None = None) -> StationReading:
    """Everything that is right and everything that is wrong; ConfigurationError where it is no TOML at all."""
    document = _load(path)
    document.setdefault("station", {})
    run_dir = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if run_dir and isinstance(document["station"], dict):
        document["station"].setdefault("run_dir", run_dir)
    reading = _understand(document, drivers)
    problems = list(reading.problems)
    config = _with_password(reading.config, path.parent, problems)
    return replace(reading, config=config, problems=tuple(problems))


def _load(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
        if len(content) > LARGEST_FILE_BYTES:
            raise ConfigurationError(f"{path}: is larger than {LARGEST_FILE_BYTES} bytes: this is no station.toml")
        document = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"{path}: can not be read ({reason}): give the path of a station.toml") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text: {error}") from error
    except ValueError as error:  # also an integer of thousands of digits, which is no TOMLDecodeError
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path}: is nested too deeply: no table of station.toml needs that") from error
    levels = [level for _, level in zip(range(DEEPEST_NESTING + 1), _levels(document), strict=False)]
    if len(levels) > DEEPEST_NESTING:
        raise ConfigurationError(f"{path}: is nested too deeply: no table of station.toml needs that")
    if any(isinstance(value, int) and abs(value) > LARGEST_INTEGER for level in levels for value in level):
        raise ConfigurationError(f"{path}: is not TOML: a whole number is from -{LARGEST_INTEGER} to {LARGEST_INTEGER}")
    return document


def _levels(document: Document) -> Iterator[list[object]]:
    """Dotted keys make tables in tables without end; looked at level by level, never by recursion."""
    level: list[object] = [document]
    while tables := [
        part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)
    ]:
        level = [value for table in tables for value in table]
        yield level


def _number_evses(document: Document) -> None:
    """An EVSE without a number gets its place in the file, as in the safety process."""
    rows = document.get("evse")
    for place, row in enumerate(rows if isinstance(rows, list) else [], start=1):
        if isinstance(row, dict):
            row.setdefault("id", place)


def _understand(document: Document, drivers: DriverNames | None) -> StationReading:
    presets_problems: list[Problem] = []
    _number_evses(document)
    document = {**document, "settings": _presets(document.get("settings", {}), presets_problems)}
    doubtful: frozenset[Place] = frozenset()
    problems: list[Problem] = []
    try:
        config = _validated(document)
    except ValidationError as error:
        problems = _explained(error)
        config, doubtful = salvaged(document, _validated)
    provisioned = _provisioned(Path(config.station.state_dir))
    sure = (one for one in misfits(config, drivers, provisioned) if one.is_sure(doubtful))
    problems += [*presets_problems, *((one.where, one.what) for one in sure)]
    return StationReading(config, tuple(problems), doubtful)


def _validated(document: Document) -> StationConfig:
    return StationConfig.model_validate_json(json.dumps(document, default=str))


def _provisioned(state_dir: Path) -> frozenset[str]:
    """Names of the secrets that the service manager hands over or that a CSMS has set."""
    directories = [state_dir / KEYS]
    if credentials := os.environ.get("CREDENTIALS_DIRECTORY"):
        directories.append(Path(credentials))
    return frozenset(name for name in SECRETS for directory in directories if os.path.isfile(directory / name))


def _presets(table: object, problems: list[Problem]) -> dict[str, str]:
    """The [settings] table by neutral names; every problem in it is added."""
    if not isinstance(table, dict):
        problems.append(("settings", f"a table is wanted, got {table!r}"))
        return {}
    names = SettingNames(CATALOGUE)
    presets: dict[str, str] = {}
    spellings: dict[str, str] = {}
    for written, value in _flat(table):
        setting = names.find_any(written)
        where = f"settings.{written if written.isprintable() else json.dumps(written)}"
        if setting is None:
            near = names.nearest(written)
            hint = f": did you mean {near}?" if near else ": see the configuration reference for all settings"
            problems.append((where, f"no such setting{hint}"))
        elif setting.is_fact:
            problems.append((where, f"can not be set: {setting.summary}"))
        elif setting.name in spellings:
            first = spellings[setting.name]
            problems.append((where, f"is the same setting as {first}, which is set as well: keep one"))
        else:
            spellings[setting.name] = written
            try:
                text = _text(value)
                values.parse(cast(Setting[str], setting), text)
                presets[setting.name] = text
            except ValueError as error:
                problems.append((where, str(error)))
    return presets


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """`OCPPCommCtrlr.HeartbeatInterval = 60` is a table in a table unless quoted; both are meant the same."""
    rows: list[tuple[str, object]] = []
    for key, value in table.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return rows


def _text(value: object) -> str:
    match value:
        case bool() | int() | float() | str():
            return values.text_of(value)
        case list() if all(isinstance(item, str) for item in value):
            return ",".join(value)
        case _:
            raise ValueError(f"a number, a text, true, false or a list of texts is wanted, got {value!r}")


def _explained(error: ValidationError) -> list[Problem]:
    schema = ConfigSchema.of_station()
    rows = error.errors(include_url=False, include_context=True)
    problems: list[Problem] = []
    for row in rows:
        if row["type"] == "too_short" and any(_is_inside(other["loc"], row["loc"]) for other in rows):
            continue  # the list is only short of its wrong members, which are named themselves
        location, known = _known_part(schema, row["loc"])
        problem = (_path(location), _explanation(schema, location, row, known))
        if problem not in problems:
            problems.append(problem)
    return problems


def _is_inside(location: Location, table: Location) -> bool:
    return len(location) > len(table) and tuple(location[: len(table)]) == tuple(table)


def _known_part(schema: ConfigSchema, location: Location) -> tuple[Location, bool]:
    """The location without what pydantic appends for members of unions."""
    kept = list(location)
    while kept and schema.at(kept) is None and schema.at(kept[:-1]) is None:
        kept.pop()
    return kept, schema.at(kept) is not None


def _explanation(schema: ConfigSchema, location: Location, row: ErrorDetails, known: bool) -> str:
    if row["type"] == "extra_forbidden" or not known:
        near, keys = schema.nearest_key(location)
        return f"unknown key: did you mean {near}?" if near else f"unknown key: here may be {', '.join(keys)}"
    wanted = allowed(schema.at(location) or {})
    if location and location[-1] in SECRET_KEYS:
        return f"{wanted} is wanted"
    if row["type"] in ("too_short", "too_long"):
        return str(row["msg"])
    shown = repr(row["input"])
    return f"{wanted} is wanted, got {shown if len(shown) <= 60 else shown[:57] + '…'}"


def _path(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{_key(part)}" if text else _key(part)
    return text or "the file"


def _key(name: str) -> str:
    """As TOML writes it: a name with spaces, dots or control characters is quoted."""
    return name if BARE_KEY.fullmatch(name) else json.dumps(name)


def _with_password(config: StationConfig, beside: Path, problems: list[Problem]) -> StationConfig:
    """The password out of its file; a relative path is taken from the directory of station.toml."""
    file = config.csms.basic_auth_password_file
    if file is None:
        return config
    try:
        mode = stat.S_IMODE((beside / file).stat().st_mode)
        password = (beside / file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        problems.append(("csms.basic_auth_password_file", f"can not be read: {error}"))
        return config
    if mode & stat.S_IRWXO:
        problems.append(
            ("csms.basic_auth_password_file", f"everybody can read it (mode {mode:o}): run chmod 600 {file}")
        )
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        what = f"a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters is wanted"
        problems.append(("csms.basic_auth_password_file", what))
        return config
    if config.csms.security_profile not in (1, 2):
        return config
    csms = config.csms.model_copy(update={"basic_auth_password": SecretStr(password)})
    return config.model_copy(update={"csms": csms})
