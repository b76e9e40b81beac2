from enum import Enum


class ListReportsResponse200ItemsItemFindingsItemResult(str, Enum):
    AGENT_OUTDATED = "agent_outdated"
    DEFERRED = "deferred"
    DELETED = "deleted"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    INSTANCE_IDLE = "instance_idle"
    IN_GRACE_PERIOD = "in_grace_period"
    OVER_DELETION_LIMIT = "over_deletion_limit"
    QUARANTINED = "quarantined"
    RECORD_UNREADABLE = "record_unreadable"
    REFERENCED = "referenced"
    REGISTRATION_FAILED = "registration_failed"
    REPAIRED = "repaired"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(
        cls, value: object
    ) -> "ListReportsResponse200ItemsItemFindingsItemResult | None":
        """A later version of the API may return further values."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
