"""What may be installed out of a file, and what never is."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chargepoint.firmware.bundle import FILES, MANIFEST, MOST_FILES, SIGNATURE, safe_path
from chargepoint.firmware.bundle_maker import make_bundle, sign
from chargepoint.firmware.file_installer import FileInstaller, SlotRules
from chargepoint.firmware.ports import BundleRefusedError, InstallError, Standing
from chargepoint.firmware.slots import Slots
from chargepoint.storage.writer import InlineWriter
from unit.firmware.test_slots import station
from unit.security.authority import authority, leaf, name

PRODUCT = "chargepoint"
KEY = ec.generate_private_key(ec.SECP256R1())
MAKER = leaf(authority(), name("Bundle signing"), KEY)


def installer(root: Path, *, most_bytes: int = 10_000_000, keep_free_bytes: int = 0) -> FileInstaller:
    rules = SlotRules((MAKER.certificate,), PRODUCT, most_bytes, 3, keep_free_bytes)
    return FileInstaller(root, rules, InlineWriter())


def tree(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "chargepoint").write_text("#!/bin/sh\n")
    (folder / "bin" / "chargepoint").chmod(0o755)
    (folder / "which").write_text("new")
    (folder / "large").write_bytes(b"\0" * 3_000_000)
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def described(content: bytes, **fields: Any) -> dict[str, Any]:
    return {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **fields}


def forged(
    path: Path, files: dict[str, bytes], manifest: dict[str, Any] | None = None, *, key: Any = KEY, **entries: bytes
) -> Path:
    """A bundle with a right signature over whatever the manifest says."""
    listed = {name: described(content) for name, content in files.items()}
    whole = {"format": 1, "product": PRODUCT, "version": "2", "files": listed, **(manifest or {})}
    text = json.dumps(whole).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, text)
        archive.writestr(SIGNATURE, sign(key, text))
        for each, content in files.items():
            archive.writestr(FILES + each, content)
        for each, content in entries.items():
            archive.writestr(each, content)
    return path


async def test_a_signed_bundle_lies_whole_beside_the_running_firmware(tmp_path: Path) -> None:
    root = station(tmp_path / "slots")
    bundle = tmp_path / "bundle.zip"
    make_bundle(tree(tmp_path / "tree"), bundle, KEY, PRODUCT, "2.0.0")
    installing = installer(root)
    mark = await installing.install(bundle)
    assert await installing.standing(mark) is Standing.READY
    assert Slots(root).current == "a"
    program = root / "b" / "bin" / "chargepoint"
    assert program.read_text() == "#!/bin/sh\n"
    assert program.stat().st_mode & 0o777 == 0o755
    assert (root / "b" / "which").stat().st_mode & 0o777 == 0o644
    assert not list(root.glob("*.partial"))


async def test_where_an_installed_bundle_stands_is_told_from_the_disk_alone(tmp_path: Path) -> None:
    root = station(tmp_path / "slots")
    bundle = tmp_path / "bundle.zip"
    make_bundle(tree(tmp_path / "tree"), bundle, KEY, PRODUCT, "2.0.0")
    mark = await installer(root).install(bundle)
    assert await installer(root).standing("other") is Standing.ABSENT
    await installer(root).activate(mark)
    assert await installer(root).standing(mark) is Standing.READY, "it was not started yet"
    await installer(root).activate(mark)
    Slots(root).before_start()
    assert await installer(root).standing(mark) is Standing.ON_TRIAL
    with pytest.raises(InstallError, match="on trial"):
        await installer(root).install(bundle)
    await installer(root).confirm(mark)
    assert await installer(root).standing(mark) is Standing.CONFIRMED
    again = await installer(root).install(bundle)
    assert again != mark, "the same bundle a second time is another installation"
    await installer(root).activate(again)
    Slots(root).before_start()
    await installer(root).roll_back(again)
    assert await installer(root).standing(again) is Standing.ROLLED_BACK


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())])
async def test_a_bundle_that_somebody_else_has_signed_is_refused(tmp_path: Path, key: Any) -> None:
    root = station(tmp_path / "slots")
    with pytest.raises(BundleRefusedError, match="not signed by the manufacturer"):
        await installer(root).install(forged(tmp_path / "x.zip", {"which": b"evil"}, key=key))
    assert not (root / "b").exists()


@pytest.mark.parametrize(
    "name", ["../out", "/etc/passwd", "a/../../out", "./a", "a//b", "..", "a\\b", "slot.mark", "a\0b", "x" * 300]
)
async def test_nothing_is_unpacked_outside_of_its_slot(tmp_path: Path, name: str) -> None:
    root = station(tmp_path / "slots")
    with pytest.raises(BundleRefusedError):
        await installer(root).install(forged(tmp_path / "x.zip", {name: b"evil"}))
    assert names_in(root) == ["a", "current"]
    assert names_in(tmp_path) == ["slots", "x.zip"]
    with pytest.raises(BundleRefusedError):
        safe_path(name)


async def test_a_link_in_a_bundle_is_refused(tmp_path: Path) -> None:
    root, path = station(tmp_path / "slots"), tmp_path / "x.zip"
    text = json.dumps({"format": 1, "product": PRODUCT, "version": "2", "files": {"link": described(b"/etc")}}).encode()
    entry = zipfile.ZipInfo(FILES + "link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, text)
        archive.writestr(SIGNATURE, sign(KEY, text))
        archive.writestr(entry, b"/etc")
    with pytest.raises(BundleRefusedError, match="link"):
        await installer(root).install(path)


async def test_a_bomb_is_stopped_where_the_manifest_says_its_end_is(tmp_path: Path) -> None:
    root = station(tmp_path / "slots")
    bomb = forged(tmp_path / "bomb.zip", {"zeros": b"\0" * 50_000_000}, {"files": {"zeros": described(b"\0" * 1000)}})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(BundleRefusedError, match="larger than the manifest says"):
        await installer(root).install(bomb)
    honest = forged(tmp_path / "honest.zip", {"zeros": b"\0" * 50_000_000})
    with pytest.raises(BundleRefusedError, match="50000000 bytes"):
        await installer(root).install(honest)
    with pytest.raises(InstallError, match="make room"):
        await installer(root, most_bytes=10**9, keep_free_bytes=10**15).install(honest)
    assert not list(root.glob("*.partial"))


@pytest.mark.parametrize(
    ("files", "manifest", "entries", "says"),
    [
        ({"a": b"1"}, {"product": "toaster"}, {}, "toaster"),
        ({"a": b"1"}, {"format": 2}, {}, "makes no sense"),
        ({"a": b"1"}, {"files": {"a": {"size_bytes": 1, "sha256": "0" * 64}}}, {}, "not what the manifest says"),
        ({"a": b"1"}, {"files": {"a": {**described(b"1"), "size_bytes": 2}}}, {}, "not what the manifest says"),
        ({"a": b"1"}, {"files": {}}, {}, "files/a"),
        ({"a": b"1"}, {"files": {"a": described(b"1"), "b": described(b"2")}}, {}, "files/b"),
        ({"a": b"1"}, {}, {"extra": b"x"}, "extra"),
        ({"a": b"1"}, {"surprise": True}, {}, "makes no sense"),
    ],
)
async def test_a_bundle_is_what_its_manifest_says_or_refused(
    tmp_path: Path, files: dict[str, bytes], manifest: dict[str, Any], entries: dict[str, bytes], says: str
) -> None:
    root = station(tmp_path / "slots")
    with pytest.raises(BundleRefusedError, match=says):
        await installer(root).install(forged(tmp_path / "x.zip", files, manifest, **entries))
    assert not (root / "b").exists()


async def test_a_damaged_bundle_is_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    root = station(tmp_path / "slots")
    whole = forged(tmp_path / "whole.zip", {"a": bytes(range(256)) * 20, "b": b"2"}).read_bytes()
    damaged = tmp_path / "damaged.zip"
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            await installer(root).install(damaged)
        except BundleRefusedError:
            continue
        assert (root / "b" / "a").read_bytes() == bytes(range(256)) * 20, f"byte {place} does no harm"
    for length in (0, 1, 21, 22, len(whole) // 2, len(whole) - 1):
        damaged.write_bytes(whole[:length])
        with pytest.raises(BundleRefusedError):
            await installer(root).install(damaged)


@pytest.mark.parametrize("text", [b"", b"PK\x05\x06", b"#!/bin/sh\n", base64.b64encode(b"x" * 4000)])
async def test_what_is_no_bundle_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(text)
    with pytest.raises(BundleRefusedError):
        await installer(station(tmp_path / "slots")).install(path)


async def test_a_list_of_entries_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(MOST_FILES + 3):
            archive.writestr(str(number), b"")
    with pytest.raises(BundleRefusedError, match="entries"):
        await installer(station(tmp_path / "slots")).install(path)


async def test_a_file_that_is_not_there_is_no_bundle_s_fault(tmp_path: Path) -> None:
    with pytest.raises(InstallError) as caught:
        await installer(station(tmp_path / "slots")).install(tmp_path / "nothing.zip")
    assert not isinstance(caught.value, BundleRefusedError)
