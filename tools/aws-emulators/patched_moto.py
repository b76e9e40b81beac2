"""moto with the patches that the tests need to run at all, and a controllable clock for SQS.

Other differences from AWS are not patched: each test lists its exceptions with a reason.
test/aws/emulator-deviations.test.ts checks that moto still needs each patch. If one of its tests fails, delete the
patch.
"""

import json
from typing import Any, Callable

from moto.core.utils import utcnow
from moto.ecs import models as ecs
from moto.efs import models as efs
from moto.efs.exceptions import EFSError
from moto.moto_api import state_manager
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.sqs import models as sqs


def application() -> Any:
    disable_task_progression()
    count_task_memory()
    report_task_version_and_connectivity()
    enforce_access_point_tokens()
    return with_sqs_clock(DomainDispatcherApplication(create_backend_app))


def disable_task_progression() -> None:
    """By default each DescribeTasks advances the state of a task, so that four calls stop a healthy task."""
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000_000})


def count_task_memory() -> None:
    """Without this patch RunTask fails if only the task, and not its container, has a memory limit."""
    backend = ecs.EC2ContainerServiceBackend
    original = backend._calculate_task_resource_requirements

    class DefinitionWithMemory:
        def __init__(self, definition: Any) -> None:
            memory_keys = {"memory", "memoryReservation"}
            self.container_definitions = [
                container if memory_keys & container.keys() else {**container, "memory": 0}
                for container in definition.container_definitions
            ]

    backend._calculate_task_resource_requirements = staticmethod(
        lambda definition: original(DefinitionWithMemory(definition))
    )


def report_task_version_and_connectivity() -> None:
    """ECS reports for every task its version, which each change increments, its creation time and its connectivity."""
    original_init, original_stop = ecs.Task.__init__, ecs.EC2ContainerServiceBackend.stop_task

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        self.version = 1
        self.created_at = utcnow()
        if self.container_instance_arn is not None:
            self.connectivity = "CONNECTED"

    def stop_task(self: Any, *args: Any, **kwargs: Any) -> Any:
        all_tasks = [task for tasks in self.tasks.values() for task in tasks.values()]
        stopped_before = {task.task_arn for task in all_tasks if task.last_status == "STOPPED"}
        stopped = original_stop(self, *args, **kwargs)
        stopped.version += stopped.task_arn not in stopped_before
        return stopped

    ecs.Task.__init__ = init
    ecs.EC2ContainerServiceBackend.stop_task = stop_task


class AccessPointAlreadyExists(EFSError):
    code = 409

    def __init__(self, access_point_id: str) -> None:
        super().__init__("AccessPointAlreadyExists", "An access point with this token already exists.")
        self.description = json.dumps(
            {"ErrorCode": "AccessPointAlreadyExists", "Message": self.message, "AccessPointId": access_point_id}
        )


def enforce_access_point_tokens() -> None:
    """A token that was used before returns the existing access point, which callers could not find otherwise."""
    original = efs.EFSBackend.create_access_point

    def create(self: Any, client_token: str, **kwargs: Any) -> Any:
        for access_point in self.access_points.values():
            if access_point.client_token == client_token and access_point.file_system_id == kwargs["file_system_id"]:
                raise AccessPointAlreadyExists(access_point.access_point_id)
        return original(self, client_token, **kwargs)

    efs.EFSBackend.create_access_point = create


def with_sqs_clock(application: Any) -> Any:
    """Stops the clock of SQS. Tests advance it with `POST /clock/SECONDS`."""
    clock = {"now": sqs.unix_time()}
    sqs.unix_time = lambda *args: clock["now"]
    sqs.unix_time_millis = lambda *args: clock["now"] * 1000

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST" or not path.startswith("/clock/"):
            return application(environ, start_response)
        clock["now"] += float(path.removeprefix("/clock/"))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(clock["now"]).encode()]

    return respond
