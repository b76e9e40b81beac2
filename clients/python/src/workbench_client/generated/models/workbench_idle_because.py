from enum import Enum


class WorkbenchIdleBecause(str, Enum):
    BROWSER = "browser"
    BUSY = "busy"
    EXTEND = "extend"
    IDE = "ide"
    KEEPALIVE = "keepalive"
    START = "start"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "WorkbenchIdleBecause | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
