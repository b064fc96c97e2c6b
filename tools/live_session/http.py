"""JSON over HTTP to the bench, the CSMS and the local interface."""

from types import TracebackType
from typing import Any, Self

import aiohttp

Json = dict[str, Any]

NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""What asking a process may raise that is not there, starts or ends just now."""


class RefusedError(Exception):
    """An interface has refused a call that the demonstration holds for right."""


class Http:
    """`async with Http() as http:`."""

    def __init__(self, timeout_seconds: float = 5.0) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.session.close()

    async def get(self, url: str) -> Any:
        """The JSON at the URL; one of NO_ANSWER or RefusedError."""
        async with self.session.get(url) as response:
            return await _json_of(response)

    async def get_or_none(self, url: str) -> Any:
        """The JSON at the URL, None while nobody answers."""
        try:
            return await self.get(url)
        except (*NO_ANSWER, RefusedError):
            return None

    async def post(self, url: str, body: Json | None = None) -> Any:
        """Tell it; one of NO_ANSWER or RefusedError."""
        async with self.session.post(url, json=body or {}) as response:
            return await _json_of(response)


async def _json_of(response: aiohttp.ClientResponse) -> Any:
    if response.status >= 400:
        raise RefusedError(f"{response.method} {response.url} is refused: {(await response.text())[:300]}")
    return await response.json()
