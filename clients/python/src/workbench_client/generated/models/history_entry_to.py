from enum import Enum


class HistoryEntryTo(str, Enum):
    DELETING = "deleting"
    PENDING = "pending"
    PROVISIONING = "provisioning"
    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"
    STOPPING = "stopping"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "HistoryEntryTo | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
