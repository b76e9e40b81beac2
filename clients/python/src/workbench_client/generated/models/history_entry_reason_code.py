from enum import Enum


class HistoryEntryReasonCode(str, Enum):
    CANNOT_FIT = "cannot_fit"
    EXITED = "exited"
    GATE_UNREACHABLE = "gate_unreachable"
    IDLE = "idle"
    IMAGE_PULL_FAILED = "image_pull_failed"
    INSTANCE_LOST = "instance_lost"
    MACHINE_DRAINED = "machine_drained"
    MAX_LIFE = "max_life"
    NO_CAPACITY = "no_capacity"
    OTHER = "other"
    OUT_OF_MEMORY = "out_of_memory"
    RETENTION = "retention"
    SCHEDULE = "schedule"
    SPOT_INTERRUPTED = "spot_interrupted"
    START_REFUSED = "start_refused"
    START_TIMEOUT = "start_timeout"
    STOPPED_EXTERNALLY = "stopped_externally"
    STOP_AT = "stop_at"
    STORAGE_FAILED = "storage_failed"
    TASK_LOST = "task_lost"

    @classmethod
    def _missing_(cls, value: object) -> "HistoryEntryReasonCode | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
