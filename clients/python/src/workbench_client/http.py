"""Sends requests: repeats those that can have an effect only once, and raises the errors of the client."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Generator
from typing import Any

import httpx

from .errors import WorkbenchApiError, WorkbenchConnectionError, read_retry_after

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 30.0
"""A longer Retry-After is not waited for."""


class BearerAuth(httpx.Auth):
    """Reads the token for each request: it may be renewed in between."""

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token if isinstance(self._token, str) else self._token()
        request.headers["authorization"] = f"Bearer {token}"
        yield request


class RetryingClient(httpx.Client):
    """
    Repeats requests after a broken connection, 429, 502, 503 and 504, as late as Retry-After says, otherwise with exponential
    backoff and jitter.
    """

    def __init__(self, *, attempts: int, sleep: Callable[[float], None] = time.sleep, **options: Any) -> None:
        super().__init__(**options)
        self._attempts = attempts
        self._sleep = sleep

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        attempt = 1
        while True:
            failure: httpx.TransportError | None = None
            response: httpx.Response | None = None
            try:
                response = super().send(request, **options)
            except httpx.TransportError as error:
                failure = error
            if response is not None and response.status_code < 400:
                return response
            delay = self._delay_of(attempt, request, response)
            if delay is None or delay > _MAX_DELAY_S:
                if response is not None:
                    response.read()
                    raise WorkbenchApiError(response)
                origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
                raise WorkbenchConnectionError(f"No response from {origin}: {failure}") from failure
            if response is not None:
                response.close()
            self._sleep(delay)
            attempt += 1

    def _delay_of(
        self, attempt: int, request: httpx.Request, response: httpx.Response | None
    ) -> float | None:
        """Returns the wait before the next attempt; None if there is none."""
        refused_early = response is not None and response.status_code == 429
        is_transient = response is None or refused_early or 502 <= response.status_code <= 504
        if attempt >= self._attempts or not is_transient:
            return None
        if not (refused_early or _is_repeatable(request)):
            return None
        retry_after = None if response is None else read_retry_after(response)
        if retry_after is not None:
            return float(retry_after)
        ceiling: float = _FIRST_DELAY_S * 2 ** (attempt - 1)
        return ceiling / 2 + random.random() * ceiling / 2


def _is_repeatable(request: httpx.Request) -> bool:
    """A restart ends the run of the workbench each time. All other requests have the same effect when they are repeated."""
    if request.method != "POST" or "idempotency-key" in request.headers:
        return True
    return re.search(r"/(start|stop|open)$", request.url.path) is not None
