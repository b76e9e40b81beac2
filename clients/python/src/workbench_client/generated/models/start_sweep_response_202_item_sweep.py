from enum import Enum


class StartSweepResponse202ItemSweep(str, Enum):
    ACTIVE = "active"
    CLUSTER = "cluster"
    HOSTS = "hosts"
    QUOTAS = "quotas"
    TASKS = "tasks"
    VOLUMES = "volumes"

    @classmethod
    def _missing_(cls, value: object) -> "StartSweepResponse202ItemSweep | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
