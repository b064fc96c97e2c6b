"""The tables of station.toml. Each key has a default, a range and a unit; the reference text is made from them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from chargepoint.model.power import DEFAULT_LEASE_SECONDS, SHORTEST_LEASE_SECONDS

Seconds = Annotated[float, Field(json_schema_extra={"unit": "s"}, allow_inf_nan=False)]
Volts = Annotated[float, Field(json_schema_extra={"unit": "V"}, allow_inf_nan=False)]
Amps = Annotated[float, Field(json_schema_extra={"unit": "A"}, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.:+-]+$")]
Text = Annotated[str, Field(min_length=1, pattern=r"^[ -~]+$")]
Options = dict[str, object]

WHOLE_STATION_AMPS = 80.0
CurveCelsius = Annotated[float, Field(ge=-40.0, le=150.0, allow_inf_nan=False)]
CurveAmps = Annotated[float, Field(ge=0.0, le=WHOLE_STATION_AMPS, allow_inf_nan=False)]
EvseNumber = Annotated[int, Field(ge=1, le=99)]


class Section(BaseModel):
    """A table: unknown keys are refused, values are of the type written, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class StationSection(Section):
    identity: Annotated[Text, Field(max_length=48)] = "CP-0001"
    """The name of this station; the CSMS knows it by it."""
    vendor: Annotated[Text, Field(max_length=20)] = "chargepoint"
    """Told to the CSMS when the station boots."""
    model: Annotated[Text, Field(max_length=20)] = "AC wallbox"
    """Told to the CSMS when the station boots."""
    serial_number: Annotated[Text, Field(max_length=25)] = "0000001"
    """Told to the CSMS when the station boots."""
    state_dir: Path = Path("state")
    """Where the database lives; must survive a power cut."""
    run_dir: Path = Path("run")
    """Sockets of this run; $RUNTIME_DIRECTORY where systemd gives one."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is logged."""


class BoardSection(Section):
    driver: Name = "mock"
    """The installed board driver; `mock` talks to the bench."""
    options: Options = Field(default_factory=dict)
    """The driver's own keys."""


class SafetySection(Section):
    """Read by the safety process as well, with the standard library alone."""

    period_ms: Annotated[float, Field(ge=1.0, le=35.0, allow_inf_nan=False, json_schema_extra={"unit": "ms"})] = 10.0
    """The period of the safety loop."""
    lease_seconds: Annotated[Seconds, Field(ge=SHORTEST_LEASE_SECONDS, le=3600.0)] = DEFAULT_LEASE_SECONDS
    """How long permission to energise outlives the controller, which renews it each second."""
    minimum_current_amps: Annotated[Amps, Field(ge=6.0, le=16.0)] = 6.0
    """Below it charging pauses."""
    external_limit_amps: Annotated[Amps, Field(ge=0.0, le=80.0)] = 6.0
    """Per phase, while the board's input for an external limit asks for one; below the minimum current is a pause."""
    ventilation: bool = False
    """True: the site is ventilated, EVs of pilot state D may charge."""
    state_f_on_fault: bool = True
    """Show pilot state F on a fault."""
    wake_up: bool = True
    """Try once to wake an EV that does not ask for power."""
    outlet: Literal["socket", "tethered"] = "socket"
    """A socket reads the cable's rating; a tethered cable has none to read."""
    maximum_temperature_celsius: Annotated[
        float, Field(ge=20.0, le=150.0, allow_inf_nan=False, json_schema_extra={"unit": "°C"})
    ] = 80.0
    """Above it the contactor opens."""
    max_closings: Annotated[int, Field(ge=1, le=100)] = 6
    """Closings of the contactor in ten minutes before it is locked out."""
    minimum_off_seconds: Annotated[Seconds, Field(ge=0.0, le=600.0)] = 10.0
    """Shortest time between opening and closing."""
    start_ramp_seconds: Annotated[Seconds, Field(ge=0.0, le=600.0)] = 35.0
    """An EV that cut its own supply off gets the minimum current for so long after the next closing; 0: none."""
    start_ramp_always: bool = False
    """True: every EV gets it, at each closing."""
    start: Literal["auto", "external"] = "auto"
    """`auto`: the daemon starts the safety process where none is running; `external`: systemd does."""


class TemperatureSection(Section):
    """What the station's warmth leaves of the current. Above [safety] maximum_temperature_celsius it opens."""

    curve_celsius: Annotated[tuple[CurveCelsius, ...], Field(max_length=16)] = ()
    """The temperatures of a curve, rising, as [60.0, 75.0]; the board needs a thermometer. Empty: no derating."""
    curve_amps: Annotated[tuple[CurveAmps, ...], Field(max_length=16)] = ()
    """What each of them leaves, as [32.0, 6.0]: linear between; the first and the last hold outside."""
    hysteresis_kelvin: Annotated[float, Field(ge=0.0, le=20.0, allow_inf_nan=False)] = 3.0
    """It must be so much cooler than the curve wants before more is offered."""
    raise_seconds: Annotated[Seconds, Field(ge=1.0, le=600.0)] = 15.0
    """Between two steps up of one ampere; less is offered at once."""
    stale_seconds: Annotated[Seconds, Field(ge=1.0, le=60.0)] = 10.0
    """How long the last reading counts when the thermometer is silent."""
    stale_limit_amps: Annotated[Amps, Field(ge=0.0, le=WHOLE_STATION_AMPS)] = 0.0
    """And then no more than this. Below the minimum current a thermometer that fails opens the contactor at once."""


class SupplySection(Section):
    """The mains, as the meters see them."""

    under_volts: Annotated[Volts, Field(ge=100.0, le=225.0)] = 195.5
    """Below it, on any phase, charging pauses after 5 s: 230 V - 15 %."""
    over_volts: Annotated[Volts, Field(ge=235.0, le=300.0)] = 264.5
    """Above it, on any phase, charging pauses after 5 s: 230 V + 15 %."""
    back_seconds: Annotated[Seconds, Field(ge=0.0, le=3600.0)] = 10.0
    """The voltage must be fine again for so long before charging goes on."""
    back_random_seconds: Annotated[Seconds, Field(ge=0.0, le=1800.0)] = 20.0
    """And up to so much longer, drawn anew each time: the stations of a street do not come back in one step."""


class EvseSection(Section):
    id: EvseNumber = 1
    """Its number, the same on the bench and towards the CSMS; 1 for the first table, 2 for the second, …"""
    max_current_amps: Annotated[Amps, Field(ge=6.0, le=WHOLE_STATION_AMPS)] = 32.0
    """What the wiring and the contactor carry, per phase."""
    phases: Literal[1, 3] = 3
    """Phases that are connected."""
    phase_switching: Literal["never", "to_one_phase", "both_ways"] = "never"
    """Whether an EV that is plugged in may be changed between three phases and one; some are damaged by the way back to
    three. The board must have a contactor of its own for L2 and L3."""
    installer_limit_amps: Annotated[Amps, Field(ge=0.0, le=WHOLE_STATION_AMPS)] | None = None
    """A lower limit that the site needs; below the minimum current nothing is charged."""
    outlet: Literal["socket", "tethered"] | None = None
    """Where it differs from [safety] outlet."""
    meter: Name | None = None
    """The name of its meter; without it the meter that names this EVSE."""


class MeterSection(Section):
    name: Name = "meter"
    """How [[evse]] tables refer to it. Its register is kept by it: leave it when only the meter's address changes."""
    driver: Name = "modbus"
    """The installed meter driver."""
    evse: EvseNumber = 1
    """The EVSE that it measures."""
    poll_seconds: Annotated[Seconds, Field(ge=0.2, le=60.0)] = 1.0
    """Time between readings."""
    billing: Literal["required", "optional"] = "required"
    """`required`: no transaction starts without a valid reading."""
    options: Options = Field(default_factory=dict)
    """The driver's own keys."""


class ReaderSection(Section):
    name: Name = "reader"
    """How the log calls it."""
    driver: Name = "bench"
    """The installed reader driver."""
    evses: tuple[EvseNumber, ...] = ()
    """The EVSEs that it serves, in order; empty: all."""
    options: Options = Field(default_factory=dict)
    """The driver's own keys."""


class Iso15118Section(Section):
    driver: Name | None = None
    """The installed ISO 15118 stack; without one no EV is spoken with, and there is no plug and charge."""
    options: Options = Field(default_factory=dict)
    """The stack's own keys."""


class CsmsSection(Section):
    url: Annotated[str, Field(pattern=r"^[wW][sS][sS]?://[^\s]+$", max_length=512)] = "ws://127.0.0.1:9000/ocpp"
    """The CSMS's address, ws:// or wss://; the identity is appended."""
    identity: Annotated[Text, Field(max_length=48)] | None = None
    """Where it differs from [station] identity."""
    subprotocols: Annotated[tuple[Literal["ocpp2.0.1", "ocpp1.6"], ...], Field(min_length=1, max_length=2)] = (
        "ocpp2.0.1",
        "ocpp1.6",
    )
    """OCPP versions offered, the preferred one first."""
    security_profile: Annotated[int, Field(ge=0, le=3)] = 0
    """0 open, 1 password, 2 TLS and password, 3 TLS and a certificate of the station."""
    basic_auth_password: Annotated[SecretStr, Field(min_length=8, max_length=64)] | None = None
    """For security profiles 1 and 2; better in a file of its own."""
    basic_auth_password_file: Path | None = None
    """A file that holds the password alone."""
    ca_file: Path | None = None
    """Certificates that the CSMS's must lead to; without it the system's."""
    client_certificate_file: Path | None = None
    """For security profile 3."""
    client_key_file: Path | None = None
    """For security profile 3."""
    assume_version: Literal["ocpp2.0.1", "ocpp1.6"] | None = None
    """For a CSMS that confirms no version: take this one. Without it such a connection has failed."""
    proxy: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    """An HTTP proxy on the way to the CSMS."""


class FirmwareSection(Section):
    backend: Literal["none", "file", "rauc"] = "none"
    """What installs new firmware: nothing, signed bundles into two directories, or RAUC."""
    slots_dir: Path | None = None
    """`file`: the directory of the slots `a` and `b` and the link `current`."""
    bundle_certificates_file: Path | None = None
    """`file`: certificates in PEM of whoever may sign a bundle."""
    manufacturer_roots_file: Path | None = None
    """Root certificates in PEM that a signing certificate may have been issued by, beside those the CSMS installs."""
    revocation_list_file: Path | None = None
    """The manufacturer's revocation lists in PEM or DER: a signing certificate that one names is refused as revoked."""
    product: Annotated[Text, Field(max_length=40)] = "chargepoint"
    """`file`: a bundle for another product is refused."""
    maximum_megabytes: Annotated[int, Field(ge=1, le=16_384, json_schema_extra={"unit": "MB"})] = 512
    """The largest file that is fetched, and the most that it may unpack to."""
    plain_requests: Literal["auto", "always", "never"] = "auto"
    """Requests without a signing certificate; `auto`: until a manufacturer's root is known, and never again."""
    prove_within_seconds: Annotated[Seconds, Field(ge=10.0, le=86_400.0)] = 900.0
    """Within it the CSMS must have accepted new firmware, or the old one is taken back."""
    most_starts: Annotated[int, Field(ge=1, le=20)] = 3
    """`file`: starts of new firmware that may fail before the old one is taken back."""
    rauc_program: Annotated[str, Field(min_length=1)] = "rauc"
    """`rauc`: its program."""
    reboot_command: Annotated[tuple[Text, ...], Field(min_length=1)] = ("systemctl", "reboot")
    """`rauc`: what reboots the machine."""


class PanelSection(Section):
    host: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^\S+$")] = "127.0.0.1"
    """The address of the local interface; anything but loopback opens it to the network."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Its port; 0: any free one."""
    pin_pad: bool = False
    """Take PINs that a keypad of the station sends to POST /api/evses/{id}/pin (2.0.1 KeyCode)."""


class BenchSection(Section):
    config: Path = Path("bench.toml")
    """The bench's own file, beside this one unless absolute."""
    start: Literal["auto", "external"] = "auto"
    """`auto`: the daemon starts the bench when the board is the mock and no bench is running."""
