"""Where secrets live: passwords, private keys, and the certificates that belong to them.

Files of mode 0600 in a directory of mode 0700, replaced atomically; what the service manager hands over as
credentials is read beneath them. No secret is ever in a repr, an error text or a log line.
"""

import os
import re
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chargepoint.model.errors import ConfigurationError, StorageError

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_UNFINISHED = ".unfinished"
PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Bytes that show themselves only where they are asked for by `reveal`."""

    _content: bytes

    def reveal(self) -> bytes:
        return self._content

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class KeyStore(Protocol):
    """Named secrets. Another implementation may keep private keys in hardware: they are never asked for here,
    only loaded into a TLS context."""

    def read(self, name: str) -> Secret | None:
        """None where there is none; ConfigurationError for one that others could read, StorageError for a disk."""
        ...

    def write(self, name: str, content: Secret) -> None:
        """Whole or not at all, also when the power fails; StorageError."""
        ...

    def remove(self, name: str) -> None:
        """No error where there is none; StorageError."""
        ...

    def names(self) -> tuple[str, ...]:
        """All there are, sorted; StorageError."""
        ...

    def load_identity(self, name: str, context: ssl.SSLContext) -> None:
        """A private key with its certificate chain into a TLS context; ConfigurationError where that fails."""
        ...


class FileKeyStore:
    """Implements `KeyStore` on a directory; `credentials` is the service manager's, read-only, beneath it."""

    def __init__(self, directory: Path, credentials: Path | None = None) -> None:
        self._directory = directory
        self._credentials = credentials

    def read(self, name: str) -> Secret | None:
        path = self._found(name)
        if path is None:
            return None
        try:
            return Secret(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"the secret {name} cannot be read ({error.strerror}): check {path.parent}") from error

    def write(self, name: str, content: Secret) -> None:
        path = self._directory / _checked(name)
        unfinished = path.with_name(path.name + _UNFINISHED)
        try:
            self._make_directory()
            unfinished.unlink(missing_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(handle, "wb") as file:
                file.write(content.reveal())
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            self._sync_directory()
        except OSError as error:
            raise StorageError(
                f"the secret {name} cannot be stored ({error.strerror}): check {self._directory}"
            ) from error

    def remove(self, name: str) -> None:
        try:
            (self._directory / _checked(name)).unlink(missing_ok=True)
            self._sync_directory()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError(
                f"the secret {name} cannot be removed ({error.strerror}): check {self._directory}"
            ) from error

    def names(self) -> tuple[str, ...]:
        found: set[str] = set()
        for directory in (self._directory, self._credentials):
            if directory is None:
                continue
            try:
                found.update(entry.name for entry in directory.iterdir())
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StorageError(f"{directory} cannot be listed ({error.strerror}): check its owner") from error
        return tuple(sorted(name for name in found if _NAME.fullmatch(name) and not name.endswith(_UNFINISHED)))

    def load_identity(self, name: str, context: ssl.SSLContext) -> None:
        path = self._found(name)
        if path is None:
            raise ConfigurationError(f"there is no key and certificate named {name}: have the CSMS sign one")
        try:
            context.load_cert_chain(path, password=_no_passphrase)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigurationError(
                f"the key and certificate {name} cannot be used ({error}): have the CSMS sign another"
            ) from error

    def _found(self, name: str) -> Path | None:
        own = self._directory / _checked(name)
        if own.exists():
            _refuse_open_to_others(own)
            return own
        provided = self._credentials / name if self._credentials is not None else None
        return provided if provided is not None and provided.exists() else None

    def _make_directory(self) -> None:
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        if stat.S_IMODE(self._directory.stat().st_mode) != PRIVATE_DIRECTORY:
            self._directory.chmod(PRIVATE_DIRECTORY)

    def _sync_directory(self) -> None:
        handle = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name.endswith(_UNFINISHED):
        raise ValueError(f"{name!r} is no name for a secret: use small letters, digits, dots and dashes")
    return name


def _refuse_open_to_others(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"the secret {path} is open to others (mode {mode:o}): run chmod 600 {path}")


def _no_passphrase() -> str:
    """Without this OpenSSL would ask at the terminal, and the daemon would hang."""
    return ""
