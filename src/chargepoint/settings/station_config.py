"""station.toml as one value."""

from pydantic import Field

from chargepoint.settings.station_sections import (
    BenchSection,
    BoardSection,
    CsmsSection,
    EvseSection,
    FirmwareSection,
    Iso15118Section,
    MeterSection,
    PanelSection,
    ReaderSection,
    SafetySection,
    Section,
    StationSection,
    SupplySection,
    TemperatureSection,
)

PASSWORD, IDENTITY = "authorization-key", "station"
"""Names of secrets in the key store and among the service manager's credentials."""


class StationConfig(Section):
    station: StationSection = Field(default_factory=StationSection)
    board: BoardSection = Field(default_factory=BoardSection)
    safety: SafetySection = Field(default_factory=SafetySection)
    supply: SupplySection = Field(default_factory=SupplySection)
    temperature: TemperatureSection = Field(default_factory=TemperatureSection)
    evse: tuple[EvseSection, ...] = Field(default=(EvseSection(),), min_length=1, max_length=16)
    meter: tuple[MeterSection, ...] = Field(default=(), max_length=32)
    reader: tuple[ReaderSection, ...] = Field(default=(), max_length=16)
    iso15118: Iso15118Section = Field(default_factory=Iso15118Section)
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
