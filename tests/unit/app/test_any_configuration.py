"""Whatever a station.toml holds, `check-config` answers with words and an exit code, never with a traceback."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chargepoint.cli.commands import application
from chargepoint.settings.station_config import StationConfig

SECTIONS = [*StationConfig.model_fields, "evze"]
KEYS = sorted(
    {
        key
        for definition in StationConfig.model_json_schema()["$defs"].values()
        for key in definition.get("properties", ())
    }
    | {"map", "host", "unit", "serial_port", "bench_directory", "wires", "digits", "HeartbeatInterval", "x y", "a\nb"}
)
WORDS = [
    *("mock", "modbus", "rdm6300", "bench", "file", "rauc", "socket", "wss://h/", "ws://h:0/", "ws://[x", "./no.toml"),
    *("\0", "abb-b23", "/", ".", "x" * 5000, "ocpp1.6", "external", "eastron-sdm", "a:b", "ä\x1b[31m", "~"),
]
scalars = (
    st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.sampled_from([0, 1, 2, 3, 7])
    | st.floats()
)
names = st.sampled_from(KEYS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=8
)
tables = st.dictionaries(names, values, max_size=6)
documents = st.dictionaries(
    st.sampled_from(SECTIONS) | names, tables | st.lists(tables, max_size=3) | values, max_size=6
)


def toml(value: Any) -> str:
    """The value as TOML, in one line."""
    match value:
        case bool():
            return str(value).lower()
        case float() if math.isnan(value) or math.isinf(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        case int():
            return str(value)
        case float():
            return repr(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            return f"{{{', '.join(f'{toml(key)} = {toml(inner)}' for key, inner in value.items())}}}"


def checked(content: bytes) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "station.toml"
        path.write_bytes(content)
        result = CliRunner().invoke(application, ["check-config", str(path)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        lines = result.output.splitlines()
        assert result.exit_code == 0 or all(line.startswith(str(path)) for line in lines), lines
        return result.exit_code, result.output


@settings(deadline=None, max_examples=100)
@given(documents)
def test_any_toml_is_answered_in_words(document: dict[str, Any]) -> None:
    content = "".join(f"{toml(key)} = {toml(value)}\n" for key, value in document.items())
    exit_code, told = checked(content.encode())
    assert exit_code in (0, 2)
    assert told.strip()
    assert "Traceback" not in told
    assert "\x1b" not in told


@settings(deadline=None, max_examples=30)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_answered_in_words(content: bytes) -> None:
    exit_code, told = checked(content)
    assert exit_code in (0, 2)
    assert told.strip()


def test_numbers_that_toml_does_not_have_are_refused() -> None:
    for written in ("9" * 5000, "0x" + "f" * 4000, str(2**63)):
        exit_code, told = checked(f"[panel]\nport = {written}\n".encode())
        assert (exit_code, "is not TOML" in told) == (2, True)
