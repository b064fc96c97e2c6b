"""Where a file is, as the CSMS wrote it: checked once, and never shown with what is secret in it."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from chargepoint.transfer.outcomes import TransferError, TransferFault
from chargepoint.transfer.port import SCHEMES

LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class FileUrl:
    """A checked URL. As text it has neither credentials nor the query, which may be a signature."""

    scheme: str
    host: str
    port: int | None
    path: str
    """As written, percent-encoded; begins with a slash or is empty."""
    query: str = field(default="", repr=False)
    user: str | None = field(default=None, repr=False)
    """Decoded."""
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}{'?…' if self.query else ''}"[:LONGEST_SHOWN]

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """To be requested: with the query, without credentials."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.authority}{self.path}{query}"

    @property
    def is_secured(self) -> bool:
        return self.scheme in {"https", "ftps"}


def read_file_url(text: str) -> FileUrl:
    """TransferError: BAD_ADDRESS or UNKNOWN_SCHEME; its text shows nothing secret."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise TransferError(
            TransferFault.BAD_ADDRESS, "the location is no URL: give one like https://host/directory/"
        ) from error
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        known = ", ".join(sorted(SCHEMES))
        named = f"{scheme}://" if scheme else "a text without scheme"
        raise TransferError(
            TransferFault.UNKNOWN_SCHEME, f"the location is {named[:40]}: this station transfers over {known}"
        )
    if not parts.hostname or _has_control(unquote(text)):
        raise TransferError(
            TransferFault.BAD_ADDRESS, f"the {scheme} location names no host or is malformed: give {scheme}://host/path"
        )
    return FileUrl(
        scheme=scheme,
        host=parts.hostname,
        port=port,
        path=parts.path,
        query=parts.query,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def url_of_file(location: str, name: str) -> str:
    """The URL to bring a file of this name to: OCPP's location is a directory, unless it plainly is a file.

    A query (a signed URL) or a last part with an ending is taken to mean that very file. Text that is no URL comes
    back as it is, to be refused by the transfer.
    """
    try:
        parts = urlsplit(location.strip())
    except ValueError:
        return location
    last = parts.path.rsplit("/", 1)[-1]
    if parts.scheme == "" or parts.query or _looks_like_a_file(last):
        return location
    path = parts.path.rstrip("/") + "/" + quote(name)
    return SplitResult(parts.scheme, parts.netloc, path, "", "").geturl()


def _looks_like_a_file(last: str) -> bool:
    stem, dot, ending = last.rpartition(".")
    return bool(dot and stem and ending.isalnum() and len(ending) <= 4)


def _has_control(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
