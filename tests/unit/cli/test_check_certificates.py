"""`chargepoint check-config` says what is wrong with the certificates that a station.toml names."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint import system_clock
from chargepoint.cli.configuration import checked_summary
from chargepoint.model.errors import ConfigurationError
from unit.security.authority import Issued, Period, authority, leaf, name

NOW = system_clock.utc_now()
VALID = Period(NOW - timedelta(days=1), NOW + timedelta(days=90))
ENDING = Period(NOW - timedelta(days=1), NOW + timedelta(days=10))
OVER = Period(NOW - timedelta(days=9), NOW - timedelta(days=1))


def station_file(folder: Path, ca: str, own: Issued, key: Issued, mode: int = 0o600) -> Path:
    (folder / "ca.pem").write_text(ca)
    (folder / "own.pem").write_text(own.pem)
    (folder / "own.key").write_bytes(key.key_pem)
    (folder / "own.key").chmod(mode)
    path = folder / "station.toml"
    path.write_text(
        f"""
        [station]
        state_dir = "{folder}"
        [csms]
        url = "wss://csms.example/ocpp"
        security_profile = 3
        ca_file = "{folder}/ca.pem"
        client_certificate_file = "{folder}/own.pem"
        client_key_file = "{folder}/own.key"
        """
    )
    return path


def test_good_files_pass_and_a_near_end_is_a_note(tmp_path: Path) -> None:
    ca = authority(period=VALID)
    good, ending = leaf(ca, name("SN-1"), period=VALID), leaf(ca, name("SN-1"), period=ENDING)
    assert "note: csms" not in checked_summary(station_file(tmp_path, ca.pem, good, good))
    summary = checked_summary(station_file(tmp_path, ca.pem, ending, ending))
    assert (
        f"note: csms.client_certificate_file: CN=SN-1,O=Acme ends on {VALID.ends - timedelta(80):%Y-%m-%d}" in summary
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("ca rubbish", "csms.ca_file: ca_file "),
        ("ca expired", "csms.ca_file: CN=Root,O=Acme has expired"),
        ("own expired", "csms.client_certificate_file: CN=SN-1,O=Acme has expired"),
        ("another key", "csms.client_key_file: "),
        ("open key", "chmod 600"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, wrong: str, said: str) -> None:
    ca = authority(period=OVER if wrong == "ca expired" else VALID)
    own = leaf(ca, name("SN-1"), period=OVER if wrong == "own expired" else VALID)
    key = leaf(ca, name("SN-2")) if wrong == "another key" else own
    text = "rubbish" if wrong == "ca rubbish" else ca.pem
    with pytest.raises(ConfigurationError) as caught:
        checked_summary(station_file(tmp_path, text, own, key, 0o644 if wrong == "open key" else 0o600))
    assert said in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


def test_a_missing_file_is_named_before_the_night(tmp_path: Path) -> None:
    ca = authority(period=VALID)
    own = leaf(ca, name("SN-1"), period=VALID)
    path = station_file(tmp_path, ca.pem, own, own)
    (tmp_path / "own.key").unlink()
    with pytest.raises(ConfigurationError, match=r"client_key_file: .*own\.key cannot be read"):
        checked_summary(path)
