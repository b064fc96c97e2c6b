"""Secrets on disk: private, whole, silent."""

import pickle
import ssl
import stat
from pathlib import Path

import pytest

from chargepoint.model.errors import ConfigurationError, StorageError
from chargepoint.security.keystore import FileKeyStore, Secret
from unit.security.authority import authority, leaf, name

CANARY = b"canary-4711"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    for shown in (repr(secret), str(secret), f"{secret!r} {secret}", repr([secret]), "%s" % (secret,)):  # noqa: UP031
        assert "canary" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.requirement("A01.FR.10", "A02.FR.05")
def test_files_and_directory_are_for_the_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    store = FileKeyStore(directory)
    assert store.read("password") is None
    assert store.names() == ()
    store.write("password", Secret(CANARY))
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "password").stat().st_mode) == 0o600
    store.write("password", Secret(b"second"))
    assert stat.S_IMODE((directory / "password").stat().st_mode) == 0o600
    found = store.read("password")
    assert found is not None
    assert found.reveal() == b"second"
    assert store.names() == ("password",)
    store.remove("password")
    store.remove("password")
    assert store.read("password") is None


def test_a_directory_that_was_open_is_closed_to_others(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    directory.mkdir(mode=0o755)
    FileKeyStore(directory).write("password", Secret(CANARY))
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_file_open_to_others_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(CANARY)
    (tmp_path / "password").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600") as caught:
        FileKeyStore(tmp_path).read("password")
    assert "canary" not in str(caught.value)


def test_a_write_cut_short_leaves_the_old_secret(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path)
    store.write("password", Secret(b"first"))
    (tmp_path / "password.unfinished").write_bytes(b"hal")
    found = store.read("password")
    assert found is not None
    assert found.reveal() == b"first"
    assert store.names() == ("password",)
    store.write("password", Secret(b"second"))
    assert not (tmp_path / "password.unfinished").exists()


def test_a_disk_that_fails_is_told_without_the_secret(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the directory should be")
    with pytest.raises(StorageError, match="password") as caught:
        FileKeyStore(tmp_path / "keys").write("password", Secret(CANARY))
    assert "canary" not in str(caught.value)


def test_credentials_of_the_service_manager_lie_beneath_and_stay(tmp_path: Path) -> None:
    own, provided = tmp_path / "own", tmp_path / "credentials"
    provided.mkdir()
    (provided / "password").write_bytes(b"from the factory")
    (provided / "password").chmod(0o440)  # the service manager's own access list shows as a group bit
    store = FileKeyStore(own, provided)
    found = store.read("password")
    assert found is not None
    assert found.reveal() == b"from the factory"
    store.write("password", Secret(b"changed"))
    changed = store.read("password")
    assert changed is not None
    assert changed.reveal() == b"changed"
    assert (provided / "password").read_bytes() == b"from the factory"


@pytest.mark.parametrize("wrong", ["", "../password", "Pass", "a/b", ".hidden", "x.unfinished"])
def test_names_cannot_leave_the_directory(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="no name for a secret"):
        FileKeyStore(tmp_path).read(wrong)


def test_an_identity_is_loaded_and_a_bad_one_named(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path)
    context = ssl.create_default_context()
    with pytest.raises(ConfigurationError, match="station"):
        store.load_identity("station", context)
    mine, other = leaf(authority(), name("SN-1")), leaf(authority(), name("SN-2"))
    store.write("station", Secret(mine.key_pem + mine.pem.encode()))
    store.load_identity("station", context)
    store.write("station", Secret(mine.key_pem + other.pem.encode()))
    with pytest.raises(ConfigurationError, match="cannot be used"):
        store.load_identity("station", context)
