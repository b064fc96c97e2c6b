"""A firmware bundle: a ZIP with `manifest.json`, `manifest.sig` and the files that the manifest names. Nothing else.

The manifest is signed by the manufacturer and holds every file's size, mode and SHA-256. Nothing of a bundle is
believed before its manifest's signature is good; what is unpacked are regular files alone, inside one directory.
"""

import hashlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chargepoint.firmware.ports import BundleRefusedError
from chargepoint.firmware.slots import MARK, sync_directory
from chargepoint.security.firmware_signature import is_signed_by

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
FILES = "files/"
MOST_FILES = 20_000
MOST_MANIFEST_BYTES = 8 << 20
MOST_DIRECTORY_BYTES = 8 << 20
"""Of the ZIP's own list of entries, which is read whole."""
PIECE_BYTES = 1 << 20
END_RECORD = struct.Struct("<4s4H2LH")
END_MAGIC = b"PK\x05\x06"
ZIP64_MAGIC = b"PK\x06\x07"
ZIP64_BYTES = 20


class BundledFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    is_executable: bool = False


class Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal[1]
    product: str
    version: Annotated[str, Field(min_length=1, max_length=50)]
    files: Annotated[Mapping[str, BundledFile], Field(max_length=MOST_FILES)]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files.values())


class Bundle:
    """An opened bundle whose manifest is the manufacturer's."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, digest: str) -> None:
        self._archive = archive
        self.manifest = manifest
        self.digest = digest
        """SHA-256 of the manifest: of all that the bundle is."""

    def close(self) -> None:
        self._archive.close()

    def unpack(self, directory: Path) -> None:
        """Every file of the manifest, checked and on the disk; BundleRefusedError, OSError."""
        made = {directory}
        for name, expected in self.manifest.files.items():
            target = directory / safe_path(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            made.update(parent for parent in target.parents if parent.is_relative_to(directory))
            self._unpack_file(name, expected, target)
        for each in sorted(made, reverse=True):
            sync_directory(each)

    def _unpack_file(self, name: str, expected: BundledFile, target: Path) -> None:
        digest, size = hashlib.sha256(), 0
        mode = 0o755 if expected.is_executable else 0o644
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        try:
            with os.fdopen(descriptor, "wb") as file, self._archive.open(FILES + name) as packed:
                while piece := packed.read(PIECE_BYTES):
                    size += len(piece)
                    if size > expected.size_bytes:
                        raise BundleRefusedError(f"{name} is larger than the manifest says")
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
            raise BundleRefusedError(f"{name} can not be unpacked: {error}") from error
        if size != expected.size_bytes or digest.hexdigest() != expected.sha256:
            raise BundleRefusedError(f"{name} is not what the manifest says")


def open_bundle(path: Path, signers: Sequence[x509.Certificate], product: str, scratch: Path) -> Bundle:
    """Checks all but the files' content. `scratch` is a directory of our own; BundleRefusedError, OSError."""
    _check_shape(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BundleRefusedError(f"it is no bundle: {error}") from error
    try:
        text = _member(archive, MANIFEST)
        signature = _member(archive, SIGNATURE).decode("ascii", errors="replace")
        signed = scratch / MANIFEST
        signed.write_bytes(text)
        if not any(is_signed_by(each, signature, signed) for each in signers):
            raise BundleRefusedError("its manifest is not signed by the manufacturer")
        signed.unlink()
        manifest = _read_manifest(text)
        _check_content(archive, manifest, product)
    except BaseException:
        archive.close()
        raise
    return Bundle(archive, manifest, hashlib.sha256(text).hexdigest())


def _check_shape(path: Path) -> None:
    """The ZIP's end says how long its list is: a list that would fill the memory is not read."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - END_RECORD.size - ZIP64_BYTES))
        tail = file.read()
    end = tail[-END_RECORD.size :]
    if len(end) < END_RECORD.size or not end.startswith(END_MAGIC) or tail[: -END_RECORD.size][:4] == ZIP64_MAGIC:
        raise BundleRefusedError("it is no bundle: a plain ZIP without a comment is wanted")
    _, _, _, _, entries, directory_bytes, _, _ = END_RECORD.unpack(end)
    if entries > MOST_FILES + 2 or directory_bytes > MOST_DIRECTORY_BYTES:
        raise BundleRefusedError(f"it has {entries} entries: at most {MOST_FILES} files are taken")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as packed:
            content = packed.read(MOST_MANIFEST_BYTES + 1)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise BundleRefusedError(f"it has no readable {name}: {error}") from error
    if len(content) > MOST_MANIFEST_BYTES:
        raise BundleRefusedError(f"its {name} is too long")
    return content


def _read_manifest(text: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BundleRefusedError(f"its manifest makes no sense: {error.errors(include_url=False)[:2]}") from error


def _check_content(archive: zipfile.ZipFile, manifest: Manifest, product: str) -> None:
    if manifest.product != product:
        raise BundleRefusedError(f"it is for {manifest.product!r}, this is {product!r}")
    for name in manifest.files:
        safe_path(name)
    packed = archive.infolist()
    names = {entry.filename for entry in packed}
    wanted = {MANIFEST, SIGNATURE, *(FILES + name for name in manifest.files)}
    if len(names) != len(packed) or names != wanted:
        odd = sorted(names ^ wanted)[:3]
        raise BundleRefusedError(f"its content is not what the manifest names: {', '.join(odd) or 'a name twice'}")
    if any(stat.S_ISLNK(entry.external_attr >> 16) for entry in packed):
        raise BundleRefusedError("it holds a link")


def safe_path(name: str) -> PurePosixPath:
    """Relative, plain, inside: BundleRefusedError for everything else."""
    path = PurePosixPath(name)
    is_plain = str(path) == name and not path.is_absolute() and ".." not in path.parts
    if not is_plain or "\\" in name or "\0" in name or name == MARK or any(len(part) > 255 for part in path.parts):
        raise BundleRefusedError(f"a file of it would lie outside: {name[:80]!r}")
    return path
