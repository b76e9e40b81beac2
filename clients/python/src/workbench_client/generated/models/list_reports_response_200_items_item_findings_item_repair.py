from enum import Enum


class ListReportsResponse200ItemsItemFindingsItemRepair(str, Enum):
    CONTAINER_INSTANCE = "container_instance"
    DRAIN = "drain"
    HOST_CHANGED = "host_changed"
    ORPHAN_HOST = "orphan_host"
    ORPHAN_TASK = "orphan_task"
    ORPHAN_VOLUME = "orphan_volume"
    QUOTA = "quota"
    RUN_ENDED = "run_ended"
    TASK_DEFINITION = "task_definition"
    TASK_MISSING = "task_missing"
    UNEXPECTED_TASK = "unexpected_task"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(
        cls, value: object
    ) -> "ListReportsResponse200ItemsItemFindingsItemRepair | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
