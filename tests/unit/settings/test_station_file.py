"""station.toml: short, forgiving of nothing, and clear about everything at once."""

from pathlib import Path
from textwrap import dedent

import pytest

from chargepoint.app.own_settings import tolerated_faults
from chargepoint.model.errors import ConfigurationError
from chargepoint.safety.plan import read_safety_plan
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.config_schema import configuration_reference
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_file import read_station_file
from chargepoint_hal.driver_options import Kind, Option, OptionRules

SHIPPED = Path(__file__).parents[3] / "config" / "station.toml"


@pytest.fixture(autouse=True)
def no_runtime_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)


def read(directory: Path, text: str) -> StationConfig:
    file = directory / "station.toml"
    file.write_text(dedent(text), encoding="utf-8")
    return read_station_file(file, {"board": ["mock"], "meter": ["modbus"], "reader": ["bench"]})


def problems(directory: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        read(directory, text)
    prefix = f"{directory / 'station.toml'}: "
    lines = str(raised.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_the_shipped_file_is_short_and_works() -> None:
    assert len(SHIPPED.read_text(encoding="utf-8").splitlines()) < 30
    config = read_station_file(SHIPPED)
    assert [evse.id for evse in config.evse] == [1]
    meter = config.meter_of(1)
    assert meter is not None
    assert meter.options == {"bench_directory": "run", "evse": 1}
    assert config.evses_of(config.reader[0]) == (1,)
    assert config.settings == {"meter_value_sample_interval_seconds": "60"}


def test_an_empty_file_is_a_working_station(tmp_path: Path) -> None:
    assert read(tmp_path, "") == StationConfig()


def test_every_error_is_named_at_once_with_its_path_the_range_and_the_nearest_key(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        [station]
        idenity = "x"
        [safety]
        period_ms = 100
        lease_seconds = "x"
        [[evse]]
        phases = 2
        [[evse]]
        max_current_amps = nan
        [csms]
        url = "http://x"
        subprotocols = ["ocpp1.5"]
        [pannel]
        port = 1
        [settings]
        HeartbeatIntervl = 5
        MeterValueSampleInterval = -1
        NumberOfConnectors = 2
        """,
    )
    assert found == [
        "station.idenity: unknown key: did you mean identity?",
        "safety.period_ms: a number from 1 to 35 ms is wanted, got 100",
        "safety.lease_seconds: a number from 3 to 3600 s is wanted, got 'x'",
        "evse[0].phases: 1 or 3 is wanted, got 2",
        "evse[1].max_current_amps: a number from 6 to 80 A is wanted, got nan",
        "csms.url: an address with ws:// or wss:// of at most 512 characters is wanted, got 'http://x'",
        "csms.subprotocols[0]: ocpp2.0.1 or ocpp1.6 is wanted, got 'ocpp1.5'",
        "pannel: unknown key: did you mean panel?",
        "settings.HeartbeatIntervl: no such setting: did you mean HeartbeatInterval?",
        "settings.MeterValueSampleInterval: a whole number from 0 to 86400 s is wanted, got '-1'",
        "settings.NumberOfConnectors: can not be set: How many connectors there are; the [[evse]] tables say it.",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('[[evse]]\nmeter = "x"', "evse[0].meter: there is no [[meter]] named 'x'"),
        (
            '[[evse]]\nphases = 1\nphase_switching = "both_ways"',
            "evse[0].phase_switching: there is nothing to switch with phases = 1",
        ),
        ("[[evse]]\nid = 2", "evse: the ids must be 1 to 1, each once, got 2"),
        ("[[meter]]\nevse = 2", "meter[0].evse: there is no [[evse]] with id 2"),
        ("[[meter]]\n[[meter]]", "meter: 2 of them are named 'meter': give each its own name"),
        ("[temperature]\ncurve_celsius = [60]", "temperature.curve_amps: one amount of amps for each temperature"),
        (
            "[temperature]\ncurve_celsius = [60, 60]\ncurve_amps = [9, 8]",
            "temperature.curve_celsius: each must be warmer",
        ),
        ("[temperature]\ncurve_celsius = [60, 70]\ncurve_amps = [8, 9]", "temperature.curve_amps: none may be more"),
        ("[[reader]]\nevses = [3]", "reader[0].evses: there is no [[evse]] with id 3"),
        (
            '[board]\ndriver = "mok"',
            "board.driver: there is no board driver 'mok': did you mean mock? installed are mock",
        ),
        ('[csms]\nurl = "wss://x/"', "csms.security_profile: wss:// needs security profile 2 or 3"),
        ("[csms]\nsecurity_profile = 3", "csms.url: security profile 3 needs wss://"),
        ('[csms]\nsubprotocols = ["ocpp1.6", "ocpp1.6"]', "csms.subprotocols: a version is listed twice"),
        ('[station]\nvendor = "' + "x" * 21 + '"', "station.vendor: plain printable text of at most 20 characters"),
        ('[station]\nserial_number = "' + "x" * 26 + '"', "station.serial_number: plain printable text of at most 25"),
        ("evse = 1", "evse: a list of tables is wanted, got 1"),
        ("settings = 1", "settings: a table is wanted, got 1"),
        ("[panel]\nport = 8080.5", "panel.port: a whole number from 0 to 65535 is wanted, got 8080.5"),
        ('[csms]\nbasic_auth_password = "short"', "csms.basic_auth_password: a text of 8 to 64 characters is wanted"),
        ("[settings]\nFreeVendActive = 1970-01-01", "settings.FreeVendActive: a number, a text"),
        (
            "[settings]\nHeartbeatInterval = 5\nheartbeat_interval_seconds = 6",
            "settings.heartbeat_interval_seconds: is the same setting as HeartbeatInterval, which",
        ),
        (
            '[settings]\n"TxCtrlr.EVConnectionTimeOut" = 10\nConnectionTimeOut = 12',
            "settings.ConnectionTimeOut: is the same setting as TxCtrlr.EVConnectionTimeOut, which",
        ),
        (
            "[settings]\nheartbeat_interval_seconds = -1\nHeartbeatInterval = 5",
            "settings.HeartbeatInterval: is the same setting as heartbeat_interval_seconds, which",
        ),
    ],
)
def test_each_mistake_says_where_and_what(tmp_path: Path, text: str, wanted: str) -> None:
    assert any(wanted in problem for problem in problems(tmp_path, text))


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    text = '[csms]\nbasic_auth_password = "hunter22"\nsecurity_profile = {}'
    assert "hunter22" not in "".join(problems(tmp_path, text.format(7)))
    config = read(tmp_path, text.format(1))
    assert "hunter22" not in repr(config)
    assert config.csms.basic_auth_password is not None
    assert config.csms.basic_auth_password.get_secret_value() == "hunter22"


def test_the_password_may_live_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter22\n", encoding="utf-8")
    (tmp_path / "password").chmod(0o600)
    text = '[csms]\nsecurity_profile = 1\nbasic_auth_password_file = "{}"'
    config = read(tmp_path, text.format("password"))
    assert config.csms.basic_auth_password is not None
    assert config.csms.basic_auth_password.get_secret_value() == "hunter22"
    (tmp_path / "password").chmod(0o644)
    (open_to_all,) = problems(tmp_path, text.format("password"))
    assert "chmod 600" in open_to_all
    assert "hunter22" not in open_to_all
    (missing,) = problems(tmp_path, text.format("nowhere"))
    assert missing.startswith("csms.basic_auth_password_file: can not be read")


def test_presets_go_by_any_of_their_names(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        [settings]
        HeartbeatInterval = 60
        "OCPPCommCtrlr.MessageAttempts.TransactionEvent" = 7
        TxCtrlr.EVConnectionTimeOut = 45
        free_vend_active = true
        StopTxnSampledData = ["Voltage", "Current.Import"]
        CALL_SPACING_seconds = 0.5
        """,
    )
    assert config.settings == {
        "heartbeat_interval_seconds": "60",
        "transaction_message_attempts": "7",
        "connection_time_out_seconds": "45",
        "free_vend_active": "true",
        "stop_txn_sampled_data": "Voltage,Current.Import",
        "call_spacing_seconds": "0.5",
    }


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[station", b"a." * 5000 + b"a = 1", b"a = " + b"[" * 9000, b"#" * 65_537]
)
def test_a_file_that_is_no_station_toml_is_an_error_and_no_crash(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "station.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"station\.toml"):
        read_station_file(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can not be read"):
        read_station_file(tmp_path / "nothing.toml")


def test_systemd_names_the_run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/chargepoint:/run/other")
    assert read(tmp_path, "").station.run_dir == Path("/run/chargepoint")
    assert read(tmp_path, '[station]\nrun_dir = "here"').station.run_dir == Path("here")


SAFETY_TEXTS = [
    "",
    "[[evse]]\nphases = 1\n[[evse]]\nmax_current_amps = 16",
    "[safety]\nperiod_ms = 1\nlease_seconds = 3600\nminimum_current_amps = 16\nmax_closings = 100",
    "[temperature]\ncurve_celsius = [60]\ncurve_amps = [16]\nstale_limit_amps = 6",
    "[temperature]\ncurve_celsius = [60]\ncurve_amps = [16]\nstale_limit_amps = 5.9",
    "[temperature]\nstale_limit_amps = 6",
    "[safety]\nmaximum_temperature_celsius = 150\nminimum_off_seconds = 600\noutlet = 'tethered'\nwake_up = false",
]


@pytest.mark.parametrize("text", SAFETY_TEXTS)
def test_the_safety_process_reads_the_same_from_the_same_file(tmp_path: Path, text: str) -> None:
    config = read(tmp_path, text)
    plan = read_safety_plan(tmp_path / "station.toml")
    assert plan.run_dir == config.station.run_dir
    assert plan.board_driver == config.board.driver
    assert plan.period_seconds == pytest.approx(config.safety.period_ms / 1000.0)
    assert plan.lease_seconds == config.safety.lease_seconds
    assert plan.maximum_temperature_celsius == config.safety.maximum_temperature_celsius
    assert plan.tolerates_lost_thermometer == bool(tolerated_faults(config))
    assert [each.evse_id for each in plan.evses] == [each.id for each in config.evse]
    for planned, evse in zip(plan.evses, config.evse, strict=True):
        assert planned.rules.minimum_current_amps == config.safety.minimum_current_amps
        assert planned.rules.maximum_current_amps == evse.max_current_amps
        assert planned.rules.phases == evse.phases
        assert planned.rules.has_socket == ((evse.outlet or config.safety.outlet) == "socket")
        assert planned.rules.ventilation == config.safety.ventilation
        assert planned.rules.state_f_on_fault == config.safety.state_f_on_fault
        assert planned.rules.wake_up == config.safety.wake_up
        assert planned.rules.max_closings == config.safety.max_closings
        assert planned.rules.minimum_off_seconds == config.safety.minimum_off_seconds


SAFETY_LIMITS = [
    ("safety", "period_ms", (0.9, 36)),
    ("safety", "lease_seconds", (1, 2.9, 3601)),
    ("safety", "minimum_current_amps", (5.9, 17)),
    ("safety", "maximum_temperature_celsius", (19, 151)),
    ("temperature", "stale_limit_amps", (-1, 81)),
    ("safety", "max_closings", (0, 101)),
    ("safety", "minimum_off_seconds", (-1, 601)),
    ("safety", "outlet", ("'plug'",)),
    ("[evse]", "phases", (0, 2, 4)),
    ("[evse]", "max_current_amps", (5, 81)),
    ("[evse]", "id", (0, 100)),
]


@pytest.mark.parametrize(("table", "key", "wrong"), SAFETY_LIMITS)
def test_both_readers_refuse_the_same_values(
    tmp_path: Path, table: str, key: str, wrong: tuple[float | str, ...]
) -> None:
    for value in wrong:
        assert any(key in line for line in problems(tmp_path, f"[{table}]\n{key} = {value}"))
        with pytest.raises(ConfigurationError, match=key):
            read_safety_plan(tmp_path / "station.toml")


def test_the_reference_names_every_key_and_every_setting_that_can_be_preset() -> None:
    rules = OptionRules({"pin": Option("Where the LED is.", Kind.WHOLE_NUMBER, 0, 53)})
    text = configuration_reference({"board": {"led": rules}})
    assert all(f"[{section}]" in text for section in StationConfig.model_fields)
    assert "### [board] options of `led`" in text
    assert "| `pin` |  | a whole number from 0 to 53 | Where the LED is. |" in text
    assert "| `period_ms` | `10.0` | a number from 1 to 35 ms |" in text
    presets = text.split("## [settings]")[1]
    assert all((f"`{setting.name}`" in presets) != setting.is_fact for setting in CATALOGUE)
