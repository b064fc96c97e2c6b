"""station.toml as one value, and what must fit between its tables."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import Field

from chargepoint.settings.station_sections import (
    BenchSection,
    BoardSection,
    CsmsSection,
    EvseSection,
    FirmwareSection,
    MeterSection,
    PanelSection,
    ReaderSection,
    SafetySection,
    Section,
    StationSection,
    SupplySection,
)

Problem = tuple[str, str]
"""A path in the file, and what is wrong there."""
DriverNames = Mapping[str, Sequence[str]]
"""Installed drivers of `board`, `meter` and `reader`."""


PASSWORD, IDENTITY = "authorization-key", "station"
"""Names of secrets in the key store and among the service manager's credentials."""


class StationConfig(Section):
    station: StationSection = Field(default_factory=StationSection)
    board: BoardSection = Field(default_factory=BoardSection)
    safety: SafetySection = Field(default_factory=SafetySection)
    supply: SupplySection = Field(default_factory=SupplySection)
    evse: tuple[EvseSection, ...] = Field(default=(EvseSection(),), min_length=1, max_length=16)
    meter: tuple[MeterSection, ...] = Field(default=(), max_length=32)
    reader: tuple[ReaderSection, ...] = Field(default=(), max_length=16)
    csms: CsmsSection = Field(default_factory=CsmsSection)
    firmware: FirmwareSection = Field(default_factory=FirmwareSection)
    panel: PanelSection = Field(default_factory=PanelSection)
    bench: BenchSection = Field(default_factory=BenchSection)
    settings: dict[str, str] = Field(default_factory=dict)
    """Presets of the settings catalogue: neutral name to text."""

    @property
    def csms_identity(self) -> str:
        """The name that the station connects with."""
        return self.csms.identity or self.station.identity

    def meter_of(self, evse_id: int) -> MeterSection | None:
        """The meter of an EVSE: the one that its table names, else the first that names the EVSE."""
        named = next((row.meter for row in self.evse if row.id == evse_id), None)
        return next((row for row in self.meter if (row.name == named if named else row.evse == evse_id)), None)

    def evses_of(self, reader: ReaderSection) -> tuple[int, ...]:
        """The EVSEs that a reader serves."""
        return reader.evses or tuple(row.id for row in self.evse)


def misfits(
    config: StationConfig, drivers: DriverNames | None = None, provisioned: Collection[str] = ()
) -> Iterator[Problem]:
    """Everything that each table allows but all of them together do not. `provisioned`: the names of the secrets that
    the station has without the file."""
    yield from _evse_misfits(config)
    yield from _part_misfits(config)
    yield from _csms_misfits(config.csms, config.csms_identity, provisioned)
    if config.firmware.backend == "file":
        for key in ("slots_dir", "bundle_certificates_file"):
            if getattr(config.firmware, key) is None:
                yield f"firmware.{key}", 'backend = "file" needs it'
    if drivers is not None:
        yield from _driver_misfits(config, drivers)


def _evse_misfits(config: StationConfig) -> Iterator[Problem]:
    ids = [row.id for row in config.evse]
    if sorted(ids) != list(range(1, len(ids) + 1)):
        yield "evse", f"the ids must be 1 to {len(ids)}, each once, got {', '.join(map(str, ids))}"
    meters = {row.name for row in config.meter}
    for index, evse in enumerate(config.evse):
        if evse.meter is not None and evse.meter not in meters:
            yield f"evse[{index}].meter", f"there is no [[meter]] named {evse.meter!r}"


def _part_misfits(config: StationConfig) -> Iterator[Problem]:
    ids = {row.id for row in config.evse}
    kinds: tuple[tuple[str, Sequence[MeterSection | ReaderSection]], ...] = (
        ("meter", config.meter),
        ("reader", config.reader),
    )
    for kind, rows in kinds:
        for name, count in Counter(row.name for row in rows).items():
            if count > 1:
                yield kind, f"{count} of them are named {name!r}: give each its own name"
    for index, meter in enumerate(config.meter):
        if meter.evse not in ids:
            yield f"meter[{index}].evse", f"there is no [[evse]] with id {meter.evse}"
    for index, reader in enumerate(config.reader):
        for evse_id in reader.evses:
            if evse_id not in ids:
                yield f"reader[{index}].evses", f"there is no [[evse]] with id {evse_id}"


def _csms_misfits(csms: CsmsSection, identity: str, provisioned: Collection[str]) -> Iterator[Problem]:
    uses_tls = csms.url.lower().startswith("wss:")
    profile = csms.security_profile
    if uses_tls and profile < 2:
        yield "csms.security_profile", "wss:// needs security profile 2 or 3"
    if not uses_tls and profile >= 2:
        yield "csms.url", f"security profile {profile} needs wss://"
    if profile in (1, 2):
        is_password_named = csms.basic_auth_password is not None or csms.basic_auth_password_file is not None
        if not is_password_named and PASSWORD not in provisioned:
            yield "csms.basic_auth_password_file", f"security profile {profile} needs a password: name its file"
        if ":" in identity:
            yield "csms.identity", "a colon can not be part of a name that goes with a password"
    if csms.basic_auth_password is not None and csms.basic_auth_password_file is not None:
        yield "csms.basic_auth_password", "the password is given twice: remove it here and keep the file"
    if profile == 3 and None in (csms.client_certificate_file, csms.client_key_file) and IDENTITY not in provisioned:
        yield "csms.client_certificate_file", "security profile 3 needs client_certificate_file and client_key_file"
    if len(set(csms.subprotocols)) < len(csms.subprotocols):
        yield "csms.subprotocols", "a version is listed twice"


def _driver_misfits(config: StationConfig, drivers: DriverNames) -> Iterator[Problem]:
    used = [("board", "board.driver", config.board.driver)]
    used += [("meter", f"meter[{index}].driver", row.driver) for index, row in enumerate(config.meter)]
    used += [("reader", f"reader[{index}].driver", row.driver) for index, row in enumerate(config.reader)]
    for kind, path, name in used:
        installed = drivers.get(kind)
        if installed is not None and name not in installed:
            yield path, f"there is no {kind} driver {name!r}: installed are {', '.join(installed) or 'none'}"
