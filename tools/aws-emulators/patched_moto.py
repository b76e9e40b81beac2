"""moto, with the few things without which our calls could not be tried on it at all, and a clock for its SQS.

What else it does wrong stays as it is: the tests say so, each with its reason. test/aws/moto-faults.test.ts holds
that moto still lacks what is mended here; where it fails, the mend goes.
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
    """Else each DescribeTasks moves a task on, so that four calls stop a healthy one. A setting of moto's own."""
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000_000})


def count_task_memory() -> None:
    """RunTask breaks down where a container has no memory of its own, as it has not wherever the task's counts."""
    backend = ecs.EC2ContainerServiceBackend
    original = backend._calculate_task_resource_requirements

    class Counted:
        def __init__(self, definition: Any) -> None:
            own = {"memory", "memoryReservation"}
            self.container_definitions = [
                container if own & container.keys() else {**container, "memory": 0}
                for container in definition.container_definitions
            ]

    backend._calculate_task_resource_requirements = staticmethod(lambda definition: original(Counted(definition)))


def report_task_version_and_connectivity() -> None:
    """ECS tells of every task its version, which grows with each change, its creation and its agent's connection."""
    original_init, original_stop = ecs.Task.__init__, ecs.EC2ContainerServiceBackend.stop_task

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        self.version = 1
        self.created_at = utcnow()
        if self.container_instance_arn is not None:
            self.connectivity = "CONNECTED"

    def stop_task(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = [task for tasks in self.tasks.values() for task in tasks.values()]
        before = {task.task_arn for task in known if task.last_status == "STOPPED"}
        stopped = original_stop(self, *args, **kwargs)
        stopped.version += stopped.task_arn not in before
        return stopped

    ecs.Task.__init__ = init
    ecs.EC2ContainerServiceBackend.stop_task = stop_task


class AccessPointAlreadyExists(EFSError):
    code = 409

    def __init__(self, access_point_id: str) -> None:
        super().__init__("AccessPointAlreadyExists", "An access point was made with this token.")
        self.description = json.dumps(
            {"ErrorCode": "AccessPointAlreadyExists", "Message": self.message, "AccessPointId": access_point_id}
        )


def enforce_access_point_tokens() -> None:
    """A token used before is answered with the access point that came of it: else none is ever found again."""
    original = efs.EFSBackend.create_access_point

    def create(self: Any, client_token: str, **kwargs: Any) -> Any:
        for known in self.access_points.values():
            if known.client_token == client_token and known.file_system_id == kwargs["file_system_id"]:
                raise AccessPointAlreadyExists(known.access_point_id)
        return original(self, client_token, **kwargs)

    efs.EFSBackend.create_access_point = create


def with_sqs_clock(application: Any) -> Any:
    """The clock of SQS is in the tests' hand: it stands still until `POST /clock/SECONDS` moves it on by so much."""
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
