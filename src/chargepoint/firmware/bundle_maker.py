"""Makes a bundle of a directory, for whoever releases firmware and for tests. The station itself never does."""

import base64
import hashlib
import json
import os
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from chargepoint.firmware.bundle import FILES, MANIFEST, SIGNATURE

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def make_bundle(tree: Path, target: Path, key: SigningKey, product: str, version: str) -> str:
    """Writes `target`; the base64 signature over all of it, as SignedUpdateFirmware wants one."""
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    listed = {path.relative_to(tree).as_posix(): _described(path) for path in files}
    manifest = json.dumps(
        {"format": 1, "product": product, "version": version, "files": listed}, indent=1, sort_keys=True
    ).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, manifest)
        archive.writestr(SIGNATURE, sign(key, manifest))
        for name, path in zip(listed, files, strict=True):
            archive.write(path, FILES + name)
    return sign(key, target.read_bytes())


def sign(key: SigningKey, content: bytes) -> str:
    """RSA-PSS or ECDSA, with SHA-256, in base64."""
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
        return base64.b64encode(key.sign(content, pss, hashes.SHA256())).decode()
    return base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()


def _described(path: Path) -> dict[str, object]:
    content = path.read_bytes()
    return {
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "is_executable": os.access(path, os.X_OK),
    }
