"""The errors of the client. Keys and tokens are in no message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import httpx

if TYPE_CHECKING:
    from .generated.models import Workbench


class WorkbenchApiError(Exception):
    """A response of the API with an error status."""

    def __init__(self, response: httpx.Response) -> None:
        error = _read_error(response)
        message = error.get("message")
        super().__init__(
            message if isinstance(message, str) else f"The API responded with status {response.status_code}."
        )
        self.status: int = response.status_code
        """The HTTP status."""
        self.code: str | None = _text_or_none(error.get("code"))
        """For example `workbench_not_found`. None if the response did not come from the controller."""
        self.reason: str | None = _text_or_none(error.get("reason"))
        """Narrows the code, for example `token_expired`."""
        self.fields: Mapping[str, str] = _read_fields(error.get("fields"))
        """The invalid fields of the request: field to what is expected. Empty for other errors."""
        self.retry_after_seconds: int | None = read_retry_after(response)
        self.request_id: str | None = response.headers.get("x-request-id")
        """Name it when you report a problem: the log of the controller has it."""


class WorkbenchConnectionError(Exception):
    """No response: the server cannot be reached, or the connection broke. The request may have had its effect."""


class WorkbenchWaitError(Exception):
    """The workbench will not get the status without a further request, or the wait has timed out."""

    def __init__(self, kind: Literal["failed", "timeout"], message: str, workbench: Workbench | None) -> None:
        super().__init__(message)
        self.kind = kind
        self.workbench = workbench
        """The last state that was read."""


def read_retry_after(response: httpx.Response) -> int | None:
    """Seconds. A date is not used: clocks differ."""
    value = response.headers.get("retry-after", "")
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value) else None


def _read_error(response: httpx.Response) -> Mapping[str, Any]:
    """The controller sends `{"error": {…}}`, API Gateway and proxies `{"message": …}` or any other body."""
    try:
        body = response.json()
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    return error if isinstance(error, dict) else {"message": body.get("message")}


def _read_fields(fields: object) -> Mapping[str, str]:
    if not isinstance(fields, dict):
        return {}
    return {name: expected for name, expected in fields.items() if isinstance(expected, str)}


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
