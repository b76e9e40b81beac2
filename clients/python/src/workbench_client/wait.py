"""Waits until a workbench has a status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from .errors import WorkbenchApiError, WorkbenchConnectionError, WorkbenchWaitError
from .generated.models import Workbench
from .generated.types import Unset

WaitTarget = Literal["running", "stopped", "deleted"]

_INTERVAL_S = 2


@dataclass(frozen=True)
class Progress:
    """What a wait has read last."""

    workbench: Workbench | None
    """None once the workbench is deleted, or if it could not be read yet."""
    elapsed_seconds: float
    problem: Exception | None = None
    """Why the last read failed. The wait goes on."""


class _Poll(Protocol):
    def __call__(self) -> tuple[Workbench, int | None]:
        """Returns the workbench and the seconds of Retry-After."""


def wait_until(
    target: WaitTarget,
    poll: _Poll,
    *,
    timeout_seconds: float,
    on_progress: Callable[[Progress], None] | None,
    sleep: Callable[[float], None],
    now: Callable[[], float],
) -> Workbench | None:
    """Polls as often as the API asks for with Retry-After. Returns None for `deleted`."""
    began = now()
    workbench: Workbench | None = None

    def report(problem: Exception | None = None) -> None:
        if on_progress is not None:
            on_progress(Progress(workbench, now() - began, problem))

    while True:
        interval = _INTERVAL_S
        try:
            workbench, retry_after = poll()
        except WorkbenchApiError as error:
            if error.code == "workbench_not_found":
                if target != "deleted":
                    raise WorkbenchWaitError(
                        "failed", "The workbench no longer exists.", workbench
                    ) from error
                workbench = None
                report()
                return None
            if error.status != 429 and error.status < 500:
                raise
            report(error)
        except WorkbenchConnectionError as error:
            report(error)
        else:
            report()
            if workbench.status == target:
                return workbench
            failure = _find_failure(target, workbench)
            if failure is not None:
                raise WorkbenchWaitError("failed", failure, workbench)
            interval = retry_after or _INTERVAL_S
        if now() - began + interval > timeout_seconds:
            status = "unknown" if workbench is None else describe_status(workbench)
            raise WorkbenchWaitError(
                "timeout",
                f"After {round(timeout_seconds)} s the workbench is not {target}. Its status: {status}.",
                workbench,
            )
        sleep(interval)


def _find_failure(target: WaitTarget, workbench: Workbench) -> str | None:
    """A workbench that is restarted stops first."""
    desired = workbench.desired_status
    if target == "deleted":
        return None if desired == "deleted" else "The workbench is not being deleted."
    if desired == "deleted":
        return "The workbench is being deleted."
    if desired == target:
        return None
    if target == "running":
        return f"The workbench does not start: {describe_status(workbench)}."
    is_kept = workbench.status == "running" or desired == "running"
    return "The workbench is not being stopped." if is_kept else None


def describe_status(workbench: Workbench) -> str:
    """Returns a status with its reason, for people."""
    reason, detail = workbench.status_reason, workbench.status_detail
    if not isinstance(reason, Unset):
        return f"{workbench.status}, {reason.message} ({reason.code})"
    return str(workbench.status) if isinstance(detail, Unset) else f"{workbench.status}, {detail}"
