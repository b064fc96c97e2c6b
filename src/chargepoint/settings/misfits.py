"""What must fit between the tables of station.toml: each allows it, all of them together do not. Pure.

Of a file with errors only a part is known. A misfit says which keys it rests on, so that none is told that comes from
a key which is wrong itself.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from chargepoint.settings.station_config import IDENTITY, PASSWORD, StationConfig
from chargepoint.settings.station_sections import CsmsSection, MeterSection, ReaderSection, TemperatureSection

DriverNames = Mapping[str, Sequence[str]]
"""Installed drivers of `board`, `meter`, `reader` and `iso15118`."""
Place = tuple[str | int | None, ...]
"""Keys from the outside in; None is any row of a list of tables."""

EVSE_IDS: Place = ("evse", None, "id")
CSMS_URL: Place = ("csms", "url")
CSMS_PROFILE: Place = ("csms", "security_profile")


@dataclass(frozen=True, slots=True)
class Misfit:
    where: str
    what: str
    rests_on: tuple[Place, ...]

    def is_sure(self, doubtful: Collection[Place]) -> bool:
        """Nothing that it rests on is among what is doubtful."""
        return not any(touches(place, one) for place in self.rests_on for one in doubtful)


def touches(place: Place, other: Place) -> bool:
    """One is the other, or lies in it."""
    return all(None in (mine, theirs) or mine == theirs for mine, theirs in zip(place, other, strict=False))


def misfits(
    config: StationConfig, drivers: DriverNames | None = None, provisioned: Collection[str] = ()
) -> Iterator[Misfit]:
    """All of them. `provisioned`: the names of the secrets that the station has without the file."""
    yield from _evse_misfits(config)
    yield from _curve_misfits(config.temperature)
    yield from _part_misfits(config)
    yield from _transport_misfits(config.csms)
    yield from _password_misfits(config, provisioned)
    yield from _firmware_misfits(config)
    yield from _stack_misfits(config)
    if drivers is not None:
        yield from _driver_misfits(config, drivers)


def _curve_misfits(temperature: TemperatureSection) -> Iterator[Misfit]:
    celsius, amps = temperature.curve_celsius, temperature.curve_amps
    on_celsius: Place = ("temperature", "curve_celsius")
    on_amps: Place = ("temperature", "curve_amps")
    if len(celsius) != len(amps):
        what = f"one amount of amps for each temperature is wanted, got {len(celsius)} °C and {len(amps)} A"
        yield Misfit("temperature.curve_amps", what, (on_celsius, on_amps))
    if any(warmer <= cooler for cooler, warmer in pairwise(celsius)):
        yield Misfit("temperature.curve_celsius", "each must be warmer than the one before it", (on_celsius,))
    if any(more > before for before, more in pairwise(amps)):
        yield Misfit("temperature.curve_amps", "none may be more than the one before it: warmer is less", (on_amps,))


def _evse_misfits(config: StationConfig) -> Iterator[Misfit]:
    ids = [row.id for row in config.evse]
    if sorted(ids) != list(range(1, len(ids) + 1)):
        what = f"the ids must be 1 to {len(ids)}, each once, got {', '.join(map(str, ids))}"
        yield Misfit("evse", what, (EVSE_IDS,))
    meters = [row.name for row in config.meter]
    for index, evse in enumerate(config.evse):
        if evse.phase_switching != "never" and evse.phases == 1:
            what = "there is nothing to switch with phases = 1: leave it out"
            yield Misfit(f"evse[{index}].phase_switching", what, (("evse", index, "phases"),))
        if evse.meter is not None and evse.meter not in meters:
            what = f"there is no [[meter]] named {evse.meter!r}{_nearest(evse.meter, meters)}"
            yield Misfit(f"evse[{index}].meter", what, (("evse", index, "meter"), ("meter", None, "name")))


def _part_misfits(config: StationConfig) -> Iterator[Misfit]:
    ids = {row.id for row in config.evse} | set(range(1, len(config.evse) + 1))  # wrong ids are told once
    kinds: tuple[tuple[str, Sequence[MeterSection | ReaderSection]], ...] = (
        ("meter", config.meter),
        ("reader", config.reader),
    )
    for kind, rows in kinds:
        for name, count in Counter(row.name for row in rows).items():
            if count > 1:
                what = f"{count} of them are named {name!r}: give each its own name"
                yield Misfit(kind, what, ((kind, None, "name"),))
    for index, meter in enumerate(config.meter):
        if meter.evse not in ids:
            what = f"there is no [[evse]] with id {meter.evse}"
            yield Misfit(f"meter[{index}].evse", what, (("meter", index, "evse"), EVSE_IDS))
    for index, reader in enumerate(config.reader):
        for evse_id in reader.evses:
            if evse_id not in ids:
                what = f"there is no [[evse]] with id {evse_id}"
                yield Misfit(f"reader[{index}].evses", what, (("reader", index, "evses"), EVSE_IDS))


def _transport_misfits(csms: CsmsSection) -> Iterator[Misfit]:
    uses_tls = csms.url.lower().startswith("wss:")
    profile = csms.security_profile
    if uses_tls and profile < 2:
        yield Misfit("csms.security_profile", "wss:// needs security profile 2 or 3", (CSMS_URL, CSMS_PROFILE))
    if not uses_tls and profile >= 2:
        yield Misfit("csms.url", f"security profile {profile} needs wss://", (CSMS_URL, CSMS_PROFILE))
    if len(set(csms.subprotocols)) < len(csms.subprotocols):
        yield Misfit("csms.subprotocols", "a version is listed twice", (("csms", "subprotocols"),))


def _password_misfits(config: StationConfig, provisioned: Collection[str]) -> Iterator[Misfit]:
    csms, profile = config.csms, config.csms.security_profile
    secrets: tuple[Place, ...] = (
        CSMS_PROFILE,
        ("station", "state_dir"),
        ("csms", "basic_auth_password"),
        ("csms", "basic_auth_password_file"),
    )
    if profile in (1, 2):
        is_password_named = csms.basic_auth_password is not None or csms.basic_auth_password_file is not None
        if not is_password_named and PASSWORD not in provisioned:
            what = f"security profile {profile} needs a password: name its file"
            yield Misfit("csms.basic_auth_password_file", what, secrets)
        if ":" in config.csms_identity:
            what = "a colon can not be part of a name that goes with a password"
            yield Misfit("csms.identity", what, (CSMS_PROFILE, ("csms", "identity"), ("station", "identity")))
    if csms.basic_auth_password is not None and csms.basic_auth_password_file is not None:
        what = "the password is given twice: remove it here and keep the file"
        yield Misfit("csms.basic_auth_password", what, secrets)
    if profile == 3 and None in (csms.client_certificate_file, csms.client_key_file) and IDENTITY not in provisioned:
        what = "security profile 3 needs client_certificate_file and client_key_file"
        files: tuple[Place, ...] = (("csms", "client_certificate_file"), ("csms", "client_key_file"))
        yield Misfit("csms.client_certificate_file", what, (CSMS_PROFILE, ("station", "state_dir"), *files))


def _stack_misfits(config: StationConfig) -> Iterator[Misfit]:
    if config.iso15118.options and config.iso15118.driver is None:
        what = "name the stack that these options are for, or leave them out"
        yield Misfit("iso15118.driver", what, (("iso15118", "driver"), ("iso15118", "options")))


def _firmware_misfits(config: StationConfig) -> Iterator[Misfit]:
    if config.firmware.backend != "file":
        return
    for key in ("slots_dir", "bundle_certificates_file"):
        if getattr(config.firmware, key) is None:
            yield Misfit(f"firmware.{key}", 'backend = "file" needs it', (("firmware", "backend"), ("firmware", key)))


def _driver_misfits(config: StationConfig, drivers: DriverNames) -> Iterator[Misfit]:
    used: list[tuple[str, Place, str]] = [("board", ("board",), config.board.driver)]
    used += [("meter", ("meter", index), row.driver) for index, row in enumerate(config.meter)]
    used += [("reader", ("reader", index), row.driver) for index, row in enumerate(config.reader)]
    if config.iso15118.driver is not None:
        used.append(("iso15118", ("iso15118",), config.iso15118.driver))
    for kind, table, name in used:
        installed = drivers.get(kind)
        if installed is not None and name not in installed:
            where = kind if len(table) == 1 else f"{kind}[{table[1]}]"
            all_of_them = f"installed are {', '.join(installed) or 'none'}"
            what = f"there is no {kind} driver {name!r}{_nearest(name, installed) or ':'} {all_of_them}"
            yield Misfit(f"{where}.driver", what, ((*table, "driver"),))


def _nearest(name: str, known: Collection[str]) -> str:
    found = get_close_matches(name, list(known), n=1)
    return f": did you mean {found[0]}?" if found else ""
