"""A typed client of the Workbench Controller's API."""

from .client import LogPage, OpenedWorkbench, WorkbenchClient
from .errors import WorkbenchApiError, WorkbenchConnectionError, WorkbenchWaitError
from .generated import models
from .generated.models import Workbench
from .wait import Progress, describe_status

__all__ = [
    "LogPage",
    "OpenedWorkbench",
    "Progress",
    "Workbench",
    "WorkbenchApiError",
    "WorkbenchClient",
    "WorkbenchConnectionError",
    "WorkbenchWaitError",
    "describe_status",
    "models",
]
